"""CSV, TSV and other text with numbers: rows by columns, by a rule that is simple enough to be known."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from padviewer.axes import guess_axes
from padviewer.bytecount import format_bytes
from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource, shortened
from padviewer.formats import TEXT_SUFFIXES
from padviewer.plan import ArrayInfo
from padviewer.pulse import beat
from padviewer.sources.base import Array, ArraySource, Source
from padviewer.sources.opened import OpenedFile

SUFFIXES = (".csv", ".tsv", *TEXT_SUFFIXES)
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# What programs write where a number is missing.
_MISSING = frozenset({"", "na", "n/a", "null", "none", "-", "?"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|[+-]?(inf|infinity|nan)$", re.ASCII | re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?$", re.ASCII)
# Between them a comma is part of a number; so many lines are looked at for one.
_BESIDE_COMMAS = ("\t", ";")
_LOOKED_AT = 200
# Bytes that a character of a line may take while the line is taken apart; cells that are converted at once.
_LINE_COST = 50
_BLOCK = 1 << 12
# Beyond it not every integer is a float64.
_EXACT = 1 << 53
_SHOWN, _SHOWN_NAMES = 40, 8
# Parsed blocks and the whole they become are in memory together.
_COPIES = 2


class _Dialect(NamedTuple):
    """How cells are told apart and read.

    Attributes:
        delimiter: between cells; None is any white space.
        decimal_comma: whether a comma stands before the fraction.
    """

    delimiter: str | None
    decimal_comma: bool = False


class _Table(NamedTuple):
    """What the first lines tell.

    Attributes:
        dialect: of all lines.
        names: of the columns, where the first line has them.
        width: cells in a line.
        columns: those that hold numbers.
    """

    dialect: _Dialect
    names: tuple[str, ...]
    width: int
    columns: tuple[int, ...]


def matches(head: bytes) -> bool:
    """Tells whether a file begins as text that holds nothing but numbers."""
    text = _decoded(head)
    if text is None:
        return False
    lines = text.splitlines()
    # The last line may be cut.
    whole = [line for line in (lines[:-1] or lines) if line.strip() and not line.startswith("#")]
    cells = [cell for line in whole for cell in _cells(line, _dialect(line))]
    return bool(cells) and all(_is_number(cell) for cell in cells)


def may_be_table(file: OpenedFile) -> bool:
    """Tells whether a file is text, and of a name that tables have: what begins with names has no sign of its own."""
    return file.path.lower().endswith(SUFFIXES) and _decoded(file.head) is not None


def open_delimited(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Parses numbers: `float64`, or `int64` where all are integers; one column or one row make a signal."""
    file.no_members(member)
    table = _first_lines(file, budget)
    cells = _most_cells(file, table.dialect)
    file.check_budget(_COPIES * 8 * cells, budget, f"up to {cells} numbers")
    notes: list[str] = []
    numbers = _parsed(file, table, budget, notes)
    numbers, axes = _shaped(numbers, table)
    found = axes or guess_axes(numbers.shape)
    told = (*_table_notes(table), *notes)
    name = "TSV" if table.dialect.delimiter == "\t" else "CSV" if table.dialect.delimiter else "text"
    shape, dtype = numbers.shape, numbers.dtype.name
    return ArraySource(numbers, ArrayInfo(file.path, None, name, shape, dtype, found, True, file.size, (), told))


def _decoded(head: bytes) -> str | None:
    """Returns the beginning of a file as text; None where it is none."""
    encoding = _encoding(head)
    text = head[: len(head) // 2 * 2].decode(encoding, "replace" if encoding == "utf-16" else "surrogateescape")
    return None if any(c < " " and c not in "\t\n\r\f\v" for c in text) else text


def _encoding(head: bytes) -> str:
    return next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")


def _lines(file: OpenedFile, budget: int) -> Iterator[tuple[int, str]]:
    """Yields lines that hold something, with their numbers; those that begin with # are left out."""
    longest = budget // _LINE_COST
    file.handle.seek(0)
    stream = io.TextIOWrapper(file.handle, _encoding(file.head), "surrogateescape")
    try:
        number = 0
        while line := stream.readline(longest):
            number += 1
            if len(line) == longest:
                raise OversizedSource(
                    f"{file.name}: line {number} has {longest} characters and more, which the budget of "
                    f"{format_bytes(budget)} does not allow to take apart; break it into rows, or raise the budget "
                    "with --budget"
                )
            if "\0" in line:
                raise DamagedSource(f"{file.name}: line {number} holds a NUL byte, which no text has; copy it again")
            line = line.strip("\r\n\f\v ")
            if line.strip() and not line.startswith("#"):
                yield number, line
    finally:
        with suppress(ValueError):  # who reads only the first lines may close the file before this ends
            stream.detach()


def _dialect(line: str) -> _Dialect:
    """Chooses what stands between cells by one line: a tab, else a semicolon, else a comma, else white space."""
    for delimiter in _BESIDE_COMMAS:
        if delimiter in line:
            dialect = _Dialect(delimiter)
            return dialect._replace(decimal_comma=_has_decimal_comma(line, dialect))
    return _Dialect("," if "," in line else None)


def _has_decimal_comma(line: str, dialect: _Dialect) -> bool:
    return "," in line and any(_DECIMAL_COMMA.match(cell.strip(' "')) for cell in line.split(dialect.delimiter))


def _cells(line: str, dialect: _Dialect) -> list[str]:
    if dialect.delimiter is None:
        return line.split()
    if '"' in line:
        found = next(csv.reader([line], delimiter=dialect.delimiter, strict=True, skipinitialspace=True))
    else:
        found = line.split(dialect.delimiter)
    cells = [cell.strip() for cell in found]
    return [cell.replace(",", ".") for cell in cells] if dialect.decimal_comma else cells


def _is_number(cell: str) -> bool:
    return _NUMBER.match(cell) is not None


def _is_missing(cell: str) -> bool:
    return cell.lower() in _MISSING


def _first_lines(file: OpenedFile, budget: int) -> _Table:
    """Looks at the first lines; the second one tells what separates cells, as names may hold anything."""
    some = itertools.islice(_lines(file, budget), _LOOKED_AT)
    lines = list(itertools.islice(some, 2))
    if not lines:
        raise UnsupportedSource(f"{file.name}: holds no line with numbers")
    # A line of numbers is no line of names, whatever stands between the cells of the next one.
    first = _dialect(lines[0][1])
    of_numbers = all(_is_number(cell) for cell in _split(file, *lines[0], first))
    dialect = first if of_numbers else _dialect(lines[-1][1])
    if dialect.delimiter in _BESIDE_COMMAS and not dialect.decimal_comma:
        dialect = dialect._replace(decimal_comma=any(_has_decimal_comma(line, dialect) for _number, line in some))
    named: tuple[str, ...] = ()
    cells = _split(file, *lines[0], dialect)
    has_names = any(not _is_number(cell) and not _is_missing(cell) for cell in cells)
    if has_names and len(lines) > 1:
        named, cells = tuple(cells), _split(file, *lines[1], dialect)
    columns = tuple(at for at, cell in enumerate(cells) if _is_number(cell) or _is_missing(cell))
    if not any(_is_number(cell) for cell in cells):
        raise UnsupportedSource(
            f"{file.name}: line {lines[-1][0]} holds no number, as far as cells are separated by {_told(dialect)}; "
            "numbers separated by commas, semicolons, tabs or spaces are read"
        )
    names = _names(named, len(cells), lines[0][1]) if has_names and len(lines) > 1 else ()
    return _Table(dialect, names, len(cells), columns)


def _names(cells: tuple[str, ...], width: int, line: str) -> tuple[str, ...]:
    """Returns a name for each column; where there is one less, the first column has none, as R writes it."""
    if width == 1:
        return (line,)
    found = ("", *cells) if len(cells) == width - 1 else cells
    return found if len(found) == width else tuple(str(at + 1) for at in range(width))


def _split(file: OpenedFile, number: int, line: str, dialect: _Dialect) -> list[str]:
    try:
        return _cells(line, dialect)
    except csv.Error as error:
        raise DamagedSource(
            f"{file.name}: line {number} cannot be split into cells ({error}); save it again"
        ) from error


def _told(dialect: _Dialect) -> str:
    return {None: "white space", "\t": "tabs", ";": "semicolons", ",": "commas"}[dialect.delimiter]


def _most_cells(file: OpenedFile, dialect: _Dialect) -> int:
    """Returns how many cells there are at most: one more than marks that separate them."""
    marks = [(dialect.delimiter or " ").encode(), b"\n", b"\r", *([b"\t"] if dialect.delimiter is None else [])]
    file.handle.seek(0)
    found = 1
    while block := file.handle.read(1 << 20):
        beat()
        found += sum(block.count(mark) for mark in marks)
    return found


def _parsed(file: OpenedFile, table: _Table, budget: int, notes: list[str]) -> Array:
    """Returns the numbers (rows, columns); zeros in one place where nobody will read them."""
    lines = itertools.islice(_lines(file, budget), 1 if table.names else 0, None)
    at_once = max(1, _BLOCK // table.width)
    blocks: list[Array] = []
    kinds: set[str] = set()
    rows, missing, beyond = 0, 0, False
    while some := list(itertools.islice(lines, at_once)):
        beat()
        block, count = _block(file, table, some)
        kind, rows = block.dtype.kind, rows + len(block)
        kinds.add(kind)
        beyond |= kind == "i" and bool(block.min() < -_EXACT or block.max() > _EXACT)
        if not file.headers_only:
            blocks.append(block)
        missing += count
    if missing:
        notes.append(f"{missing} empty cell{'s' if missing > 1 else ''} -> NaN")
    if beyond and len(kinds) > 1:
        notes.append("integers beyond 2^53 rounded")
    if file.headers_only:
        zero = np.zeros((), np.float64 if "f" in kinds else np.int64)
        return np.broadcast_to(zero, (rows, len(table.columns)))
    return np.concatenate(blocks)


def _block(file: OpenedFile, table: _Table, lines: list[tuple[int, str]]) -> tuple[Array, int]:
    """Returns the numbers of some lines, int64 where all are integers in its range; and how many are missing."""
    rows = [_row(file, table, *line) for line in lines]
    # Python reads 1_000 as a number, as in programs.
    if not any("_" in line for _number, line in lines):
        for kind, dtype in ((int, np.int64), (float, np.float64)):
            with suppress(ValueError, OverflowError):
                return np.array([[kind(cell) for cell in row] for row in rows], dtype), 0
    missing = 0
    for (number, _line), row in zip(lines, rows, strict=True):
        for at, cell in enumerate(row):
            if _is_missing(cell):
                row[at] = "nan"
                missing += 1
            elif not _is_number(cell):
                raise UnsupportedSource(
                    f"{file.name}: line {number}, column {table.columns[at] + 1} holds {shortened(cell, _SHOWN)!r}, "
                    f"which is no number; cells are separated by {_told(table.dialect)}. Write a number, or nothing"
                )
    return np.array([[float(cell) for cell in row] for row in rows], np.float64), missing


def _row(file: OpenedFile, table: _Table, number: int, line: str) -> list[str]:
    """Returns the cells of a line that are in columns of numbers."""
    cells = _split(file, number, line, table.dialect)
    if len(cells) != table.width:
        raise DamagedSource(
            f"{file.name}: line {number} has {len(cells)} cells where the first row has {table.width}, separated by "
            f"{_told(table.dialect)}; give all rows the same number"
        )
    return cells if len(table.columns) == table.width else [cells[at] for at in table.columns]


def _shaped(numbers: Array, table: _Table) -> tuple[Array, str | None]:
    """Returns one row or column as a signal; and the axes, None where they are to be guessed."""
    if 1 in numbers.shape:
        return numbers.reshape(-1), "T"
    return numbers, "TC" if table.names else None


def _table_notes(table: _Table) -> list[str]:
    notes = [f"separated by {_told(table.dialect)}{', decimal comma' if table.dialect.decimal_comma else ''}"]
    if table.names:
        names = [shortened(table.names[at], _SHOWN) or "-" for at in table.columns]
        more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
        notes.append(f"columns {', '.join(names[:_SHOWN_NAMES])}{more}")
    held = set(table.columns)
    left_out = [at for at in range(table.width) if at not in held]
    if left_out:
        names = [table.names[at] if table.names else str(at + 1) for at in left_out]
        notes.append(f"columns of text left out: {shortened(', '.join(names), 2 * _SHOWN)}")
    return notes
