"""Reads a table of numbers as spreadsheets copy it: cells between tabs, semicolons, commas or spaces."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.errors import UnsupportedSource, shortened

MAX_CHARACTERS = 64 << 20
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?\d{1,19}")
# 1,234 is one thousand for some and about one for others.
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)


def parse_table(text: str) -> npt.NDArray[Any]:
    """Returns a table of numbers.

    A first row of titles is left out, empty cells are NaN, and a comma may be the decimal point where it does not stand
    between cells.

    Args:
        text: lines of cells.

    Returns:
        (rows, columns); int64 where every cell is a whole number that fits, else float64.

    Raises:
        UnsupportedSource: where it is no table of numbers; says which cell is wrong.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnsupportedSource(f"the table has more than {MAX_CHARACTERS} characters; save it to a file instead")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise UnsupportedSource("the text is empty")
    rows = _cells(lines)
    if len(rows) > 1 and _is_title(rows[0]):
        rows = rows[1:]
    width = len(rows[0])
    for number, row in enumerate(rows, start=len(lines) - len(rows) + 1):
        if len(row) != width:
            raise UnsupportedSource(f"row {number} has {len(row)} cells and the first one {width}; expected a grid")
    return _array(_with_points(rows), first=len(lines) - len(rows) + 1)


def _cells(lines: list[str]) -> list[list[str]]:
    between = next((mark for mark in "\t;," if mark in lines[0]), None)
    return [[_cleaned(cell) for cell in line.split(between)] for line in lines]


def _cleaned(cell: str) -> str:
    """Returns a cell without spaces of any kind and quotes, with a minus that is one."""
    return cell.strip().strip('"').strip().replace("\u2212", "-").replace("\u00a0", "").replace("\u202f", "")


def _is_title(row: list[str]) -> bool:
    return any(row) and not any(_NUMBER.fullmatch(cell.replace(",", ".")) for cell in row)


def _with_points(rows: list[list[str]]) -> list[list[str]]:
    """Returns the cells with decimal points where they have decimal commas."""
    commas = [cell for row in rows for cell in row if "," in cell]
    if not commas or not all(map(_DECIMAL_COMMA.fullmatch, commas)):
        return rows
    if all(map(_THOUSANDS.fullmatch, commas)):
        example = shortened(commas[0], 20)
        text = f"{example} may be {example.replace(',', '')} or {example.replace(',', '.')}"
        raise UnsupportedSource(f"{text}; copy the table without separators of thousands, or with decimal points")
    return [[cell.replace(",", ".") for cell in row] for row in rows]


def _array(rows: list[list[str]], first: int) -> npt.NDArray[Any]:
    if all(_INTEGER.fullmatch(cell) for row in rows for cell in row):
        try:
            return np.array([[int(cell) for cell in row] for row in rows], np.int64)
        except OverflowError:
            pass
    for number, row in enumerate(rows, start=first):
        for column, cell in enumerate(row, start=1):
            if cell and not _NUMBER.fullmatch(cell):
                where = f"row {number}, column {column}"
                raise UnsupportedSource(f"{where}: {shortened(cell, 40)!r} is no number")
    return np.array([[float(cell or "nan") for cell in row] for row in rows], np.float64)
