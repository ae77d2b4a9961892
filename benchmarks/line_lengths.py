"""How long lines of text are: counted in the documentation strings of Python's standard library.

`python -m benchmarks.line_lengths` counts anew, in the library of the Python that runs it. The counts beside this file
are of CPython 3.11.7 (Python Software Foundation licence), so that every machine draws the same lengths.
"""

from __future__ import annotations

import ast
import json
import platform
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

COUNTS = Path(__file__).with_suffix(".json")
# Tests, programs, and what is not the library's own or not in every version.
LEFT_OUT = {"test", "tests", "idlelib", "turtledemo", "site-packages", "dist-packages", "lib2to3", "distutils",
            "pydoc_data", "ensurepip"}  # fmt: skip


def drawn(count: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Returns the lengths in characters, shape (count,), of lines drawn without putting them back."""
    counts = json.loads(COUNTS.read_text("ascii"))["lines"]
    lengths = np.repeat(np.arange(1, len(counts) + 1), counts)
    return np.random.default_rng(seed).choice(lengths, count, replace=False)


def counted() -> list[int]:
    """Returns how many lines have 1, 2, 3, ... characters, white space around them left out."""
    seen = Counter(len(line) for path in _modules() for line in _documentation(path))
    return [seen[length] for length in range(1, max(seen) + 1)]


def _modules() -> Iterator[Path]:
    library = Path(sysconfig.get_path("stdlib"))
    yield from (path for path in sorted(library.rglob("*.py")) if not LEFT_OUT & {*path.relative_to(library).parts})


def _documentation(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from filter(None, map(str.strip, (ast.get_docstring(node) or "").splitlines()))


if __name__ == "__main__":
    source = f"documentation strings of the standard library of CPython {platform.python_version()}"
    answer = {"source": source, "licence": "Python Software Foundation licence", "lines": counted()}
    COUNTS.write_text(json.dumps(answer) + "\n", "ascii")
