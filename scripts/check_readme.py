"""Checks that the README and docs/ tell the truth: targets, options and pictures that they name are there.

python scripts/check_readme.py
"""

from __future__ import annotations

import argparse
import itertools
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)|<(?:img|source)[^>]+src(?:set)?=\"([^\"\s]+)")
# Home folders and scratch folders of whoever wrote it; a /path/to/... of an example is none.
ABSOLUTE = re.compile(r"(?<![\w.:/])/(?:home|root|Users|work|tmp|mnt|opt|usr)/\S*")
# The parser of each verb; of None, the one that opens the window.
Parsers = dict[str | None, argparse.ArgumentParser]
SHELLS = ("", "sh", "bash", "console", "shell")


def code_blocks(text: str) -> list[tuple[str, str]]:
    """Returns language and content of each fenced block."""
    return [(match[1], match[2]) for match in FENCE.finditer(text)]


def commands(text: str) -> Iterator[list[str]]:
    """Yields the words of each command in the shell blocks, without prompts, comments and continuation marks."""
    for language, block in code_blocks(text):
        if language not in SHELLS:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            try:
                words = shlex.split(line.strip().removeprefix("$ "), comments=True)
            except ValueError:
                continue  # output of a command, not a command
            # What follows a pipe or a redirection belongs to another program.
            words = list(itertools.takewhile(lambda word: word not in ("|", "&&", "||", ";", ">", "&"), words))
            if words:
                yield words


def first_block_problems(text: str) -> Iterator[str]:
    """Yields what the first code block fails to show."""
    blocks = code_blocks(text)
    first = blocks[0][1] if blocks else ""
    for command in ("make run", "make test"):
        if not re.search(rf"^(?:\$ )?{command}\b", first, re.MULTILINE):
            yield f"the first code block does not show `{command}`"


def target_problems(text: str, makefile: str) -> Iterator[str]:
    """Yields each `make X` that the Makefile does not have."""
    named = set(re.findall(r"^(?:\$ )?make ([a-z][\w-]*)", "\n".join(b for _, b in code_blocks(text)), re.MULTILINE))
    named |= set(re.findall(r"`make ([a-z][\w-]*)[^`]*`", text))
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    yield from (f"`make {name}` is not in the Makefile" for name in sorted(named - targets))


def picture_problems(text: str, folder: Path) -> Iterator[str]:
    """Yields each picture that is not where the text says; addresses are left alone."""
    for match in PICTURE.finditer(text):
        name = (match[1] or match[2]).split("#")[0]
        if "://" not in name and not (folder / name).is_file():
            yield f"the picture {name} is missing"


def path_problems(text: str) -> Iterator[str]:
    """Yields each absolute path of somebody's machine."""
    yield from (f"names the absolute path {match[0]}" for match in ABSOLUTE.finditer(text))


def padviewer_arguments(words: list[str]) -> list[str] | None:
    """Returns what a command passes to padviewer, or None where it calls something else."""
    if words[0] == "make" and words[1:2] == ["run"]:
        given = [word.removeprefix("ARGS=") for word in words[2:] if word.startswith("ARGS=")]
        return shlex.split(given[0]) if given else []
    for start in (["padviewer"], ["uv", "run", "main.py"], ["uv", "run", "padviewer"], ["python", "main.py"]):
        if words[: len(start)] == start:
            return words[len(start) :]
    return words[3:] if words[:3] == ["python", "-m", "padviewer"] else None


def options(parser: argparse.ArgumentParser) -> set[str]:
    """Returns the options that a parser knows, `-h` among them."""
    return {option for action in parser._actions for option in action.option_strings}


def command_problems(text: str, parsers: Parsers) -> Iterator[str]:
    """Yields each option, and each word in the place of a verb, that the command line does not know."""
    for words in commands(text):
        arguments = padviewer_arguments(words)
        if not arguments:
            continue
        verb = arguments[0] if arguments[0] in parsers else None
        # A lone word could be a file; in an example it is a verb that was renamed.
        if verb is None and re.fullmatch(r"[a-z][a-z-]*", arguments[0]):
            yield f"`{shlex.join(words)}`: padviewer has no verb {arguments[0]}"
        for option in (word.split("=")[0] for word in arguments if re.match(r"--?[a-zA-Z]", word)):
            if option not in options(parsers[verb]):
                yield f"`{shlex.join(words)}`: padviewer has no option {option}"


def main() -> int:
    """Prints every problem; returns 1 where there is one."""
    from padviewer.cli import build_parser
    from padviewer.verbs import VERBS

    readme = ROOT / "README.md"
    if not readme.is_file():
        print("README.md is missing")
        return 1
    makefile = (ROOT / "Makefile").read_text("utf-8")
    parsers: Parsers = {verb: build_parser(verb) for verb in (None, *VERBS)}
    problems = [f"README.md: {problem}" for problem in first_block_problems(readme.read_text("utf-8"))]
    for page in (readme, *sorted((ROOT / "docs").rglob("*.md"))):
        text = page.read_text("utf-8")
        found = [*target_problems(text, makefile), *picture_problems(text, page.parent), *path_problems(text)]
        found += command_problems(text, parsers)
        problems += [f"{page.relative_to(ROOT)}: {problem}" for problem in found]
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
