"""The python blocks of a page, and running them in order: what a reader would see who types them."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A python block.

    Attributes:
        line: of the page, on which the code begins, counted from 1.
        code: to run.
        expected: what the text block right below it says that it prints or raises; None where there is no such block.
    """

    line: int
    code: str
    expected: str | None


def blocks_of(text: str) -> list[Block]:
    found = list(_FENCE.finditer(text))
    blocks = []
    for match, below in zip(found, [*found[1:], None], strict=True):
        if match[1] != "python":
            continue
        adjoins = below is not None and below[1] == "text" and not text[match.end() : below.start()].strip()
        blocks.append(Block(text[: match.start(2)].count("\n") + 1, match[2], below[2] if adjoins else None))
    return blocks


def run(page: Path, block: Block, namespace: dict[str, Any]) -> str:
    """Returns what the block printed, and where its last word is an exception, that; others are raised."""
    # Empty lines in front make tracebacks name the lines of the page.
    code = compile("\n" * (block.line - 1) + block.code, str(page), "exec")
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(code, namespace)
    except Exception as error:
        if block.expected is None:
            raise
        printed.write(f"{type(error).__name__}: {error}\n")
    return printed.getvalue()


def as_expected(block: Block, printed: str) -> bool:
    """Whether the output is the one that the page shows, `...` standing for anything, white space for white space."""
    return block.expected is None or doctest.OutputChecker().check_output(block.expected, printed, _FLAGS)
