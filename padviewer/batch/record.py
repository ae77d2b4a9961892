"""What became of one item of an export of many, as a line of the manifest."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Self

from padviewer.dataset.measured import Item

WRITTEN, FAILED, PLANNED = "written", "failed", "planned"
# It can be padded, but what it is written with is to be written anew.
TRIED = "tried"
# The export cannot go on: this item was not to blame, and nothing is noted of it.
STOPPED = "stopped"


class Record(NamedTuple):
    """An item and what became of it.

    Attributes:
        source: path of the file.
        member: name of the array in it; None where it holds one.
        outcome: `written`, `failed`; `planned` while an array has a place for it that nobody has filled.
        reason: why it failed.
        input_shape: sizes of its axes.
        shape: of the padded tensor.
        axes: one letter for each axis of both.
        dtype: numpy's name.
        pad_width: elements added before and after on each axis; negative numbers are a crop.
        target: sizes of the spatial axes after padding, in the order D, H, W, or T.
        bucket: number of the bucket among those given; None where one target serves all.
        position_seed: of the position `random`; None for others.
        output: path of the file that holds it, from the manifest's folder.
        array: name of the array in a collection; empty where it has a file of its own.
        index: along the first axis of that array, or of the record in its shard; None where it has a file of its own.
        mask: where the pixel mask is: a path beside `output`, or a name in it; empty where none was asked for.
        checksum: of the padded tensor's bytes, little-endian in C order: `crc32:1c291ca3` or `sha256:...`.
        nbytes: size of `output` where the item has a file of its own.
        source_bytes, source_modified: of the source when it was read: its size, and when it was written to before,
            in nanoseconds; None of what is no file here.
    """

    source: str
    member: str | None
    outcome: str
    reason: str = ""
    input_shape: tuple[int, ...] = ()
    shape: tuple[int, ...] = ()
    axes: str = ""
    dtype: str = ""
    pad_width: tuple[tuple[int, int], ...] = ()
    target: tuple[int, ...] = ()
    bucket: int | None = None
    position_seed: int | None = None
    output: str = ""
    array: str = ""
    index: int | None = None  # type: ignore[assignment]  # nobody searches a record as a tuple
    mask: str = ""
    checksum: str = ""
    nbytes: int | None = None
    source_bytes: int | None = None
    source_modified: int | None = None

    @property
    def item(self) -> Item:
        """Path and member."""
        return self.source, self.member

    def line(self) -> bytes:
        """Returns its line, without what is empty."""
        pairs = zip(_NAMES, self, strict=True)
        return json.dumps({name: value for name, value in pairs if value not in _EMPTY}).encode()

    @classmethod
    def of_line(cls, line: bytes) -> Self:
        """Returns what a line came from.

        Raises:
            ValueError: it is no such line.
        """
        try:
            told: dict[str, Any] = json.loads(line)
            values = {_FIELDS[name]: value for name, value in told.items()}
            for name in ("input_shape", "shape", "target"):
                values[name] = tuple(values.get(name, ()))
            values["pad_width"] = tuple((before, after) for before, after in values.get("pad_width", ()))
            record = cls(**{"member": None, **values})
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"no record of an item ({type(error).__name__})") from error
        if not isinstance(record.source, str) or not isinstance(record.member, str | None):
            raise ValueError("no record of an item (source)")
        return record


_NAMES = tuple("bytes" if name == "nbytes" else name for name in Record._fields)
_FIELDS = dict(zip(_NAMES, Record._fields, strict=True))
_EMPTY: tuple[object, ...] = (None, "", ())
