"""Sizes of items from JSON Lines, as `padviewer sizes --json` prints them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from padviewer.axes import MAX_RANK, parse_axes
from padviewer.dataset.measured import Measured
from padviewer.errors import SettingsError, shortened
from padviewer.spec import MAX_SIZE

LONGEST_LINE = 1 << 20
_TEXTS = ("path", "axes", "dtype", "format", "error")
_COUNTS = ("file_bytes", "modified", "further")


def read_records(lines: Iterable[bytes], name: str) -> Iterator[Measured]:
    """Yields the item of each line; empty lines are left out.

    Args:
        lines: of the file.
        name: of the file, for errors.

    Raises:
        SettingsError: a line is not what `padviewer sizes --json` prints.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _item(line)
            except ValueError as error:
                raise SettingsError(f"{shortened(name)}, line {number}: {error}") from error


def _item(line: bytes) -> Measured:
    if len(line) > LONGEST_LINE:
        raise ValueError(f"expected at most {LONGEST_LINE} bytes, as padviewer sizes --json prints them")
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected a JSON object, as padviewer sizes --json prints it; {error}") from error
    if not isinstance(record, dict) or not set(record) <= set(Measured._fields) or "path" not in record:
        raise ValueError(f"expected a JSON object with path and any of {', '.join(Measured._fields[1:])}")
    _check(record)
    item = Measured.of_record({"member": None, "shape": [], **record})
    if not item.error and (not item.shape or len(item.axes) != len(item.shape)):
        raise ValueError(
            f"axes {item.axes!r} and shape {list(item.shape)}: expected a letter for each size, or an error"
        )
    if not item.error:
        parse_axes(item.axes)
    return item


def _check(record: dict[str, Any]) -> None:
    for name in _TEXTS:
        if not isinstance(record.get(name, ""), str):
            raise ValueError(f"{name} {shortened(repr(record[name]), 60)}: expected text")
    if not isinstance(record.get("member"), str | None):
        raise ValueError(f"member {shortened(repr(record['member']), 60)}: expected text or null")
    for name in _COUNTS:
        if type(record.get(name, 0)) is not int:
            raise ValueError(f"{name} {shortened(repr(record[name]), 60)}: expected a whole number")
    shape = record.get("shape", [])
    fits = isinstance(shape, list) and len(shape) <= MAX_RANK
    if not fits or not all(type(size) is int and 0 <= size <= MAX_SIZE for size in shape):
        raise ValueError(f"shape {shortened(repr(shape), 60)}: expected at most {MAX_RANK} sizes from 0 to {MAX_SIZE}")
