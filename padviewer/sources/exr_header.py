"""The headers of an OpenEXR file: parts, channels and windows, read before any library sees the file."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource, printable, shortened
from padviewer.sources.opened import OpenedFile

MAGIC = b"\x76\x2f\x31\x01"
_TILED, _DEEP, _MULTIPART = 0x200, 0x800, 0x1000
_TYPES = {0: "uint32", 1: "float16", 2: "float32"}
_MAX_NAME = 255
_MAX_PARTS = 1000
_MAX_ATTRIBUTES = 20_000
_MAX_CHANNELS = 10_000
# Attributes of other names are passed over.
_SIZES = {"dataWindow": 16, "displayWindow": 16, "tiles": 9, "compression": 1}
# Rows that are compressed together; the most for methods that came later.
_ROWS = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32}
_MOST_ROWS = 256


class Window(NamedTuple):
    """A rectangle of pixels, both ends included."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels of a row."""
        return self.right - self.left + 1

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top + 1


class Channel(NamedTuple):
    """A channel: dtype, and of how many columns and rows one has a sample."""

    name: str
    dtype: str
    step_x: int
    step_y: int


@dataclass
class Part:
    """A part of a file; a file of the older kind has one.

    Attributes:
        name: as the file gives it, or empty.
        kind: `scanlineimage`, `tiledimage`, or deep kinds.
        channels: by name, in the order of the file.
        data, display: the windows.
        tile: width and height of tiles, where the part has them.
        levels: whether it has smaller pictures beside the first.
        compression: its number.
    """

    name: str = ""
    kind: str = ""
    channels: tuple[Channel, ...] = ()
    data: Window | None = None
    display: Window | None = None
    tile: tuple[int, int] | None = None
    levels: bool = False
    compression: int = 0
    seen: set[str] = field(default_factory=set)

    def shape_of(self, channel: Channel) -> tuple[int, int]:
        """Returns rows and columns of a channel's samples: those whose coordinates its steps divide."""
        assert self.data is not None
        rows = self.data.bottom // channel.step_y - -(-self.data.top // channel.step_y) + 1
        columns = self.data.right // channel.step_x - -(-self.data.left // channel.step_x) + 1
        return rows, columns

    def bytes_of(self, channel: Channel) -> int:
        """Returns the bytes of a channel's samples."""
        return math.prod(self.shape_of(channel)) * np.dtype(channel.dtype).itemsize

    @property
    def pieces(self) -> int:
        """Number of tiles, or of rows that are compressed together."""
        assert self.data is not None
        if self.kind == "tiledimage" and self.tile is not None:
            return -(-self.data.width // self.tile[0]) * -(-self.data.height // self.tile[1])
        return -(-self.data.height // _ROWS.get(self.compression, _MOST_ROWS))

    @property
    def piece_bytes(self) -> int:
        """Bytes of one of them, decoded."""
        assert self.data is not None
        size = self.tile or (self.data.width, min(self.data.height, _ROWS.get(self.compression, _MOST_ROWS)))
        return math.prod(size) * sum(np.dtype(channel.dtype).itemsize for channel in self.channels)


def read_parts(file: OpenedFile) -> list[Part]:
    """Reads and checks all headers.

    Raises:
        DamagedSource: where they make no sense, or declare more than the file can hold.
        UnsupportedSource: where a part is deep, or of a later version.
    """
    return _Headers(file).parts()


class _Headers:
    def __init__(self, file: OpenedFile) -> None:
        self._file, self._handle = file, file.handle
        self._attributes = 0

    def parts(self) -> list[Part]:
        self._handle.seek(4)
        (version,) = struct.unpack("<I", self._read(4))
        if version & 0xFF > 2:
            raise UnsupportedSource(
                f"{self._file.name}: version {version & 0xFF} of OpenEXR; versions 1 and 2 are read"
            )
        if version & _DEEP:
            raise self._deep()
        parts = [self._part()]
        while version & _MULTIPART:
            if self._read(1) == b"\0":
                break
            self._handle.seek(-1, 1)
            if len(parts) == _MAX_PARTS:
                raise self._damaged(f"it has over {_MAX_PARTS} parts")
            parts.append(self._part())
        for part in parts:
            part.kind = part.kind or ("tiledimage" if version & _TILED else "scanlineimage")
            self._check(part)
        return parts

    def _part(self) -> Part:
        part = Part()
        while name := self._word():
            kind = self._word()
            (size,) = struct.unpack("<i", self._read(4))
            self._attributes += 1
            if not 0 <= size <= self._file.size - self._handle.tell() or self._attributes > _MAX_ATTRIBUTES:
                raise self._damaged(f"attribute {shortened(name, 40)!r} declares {size} bytes")
            if name in part.seen:
                raise self._damaged(f"attribute {shortened(name, 40)!r} occurs twice")
            part.seen.add(name)
            self._attribute(part, name, kind, size)
        return part

    def _attribute(self, part: Part, name: str, kind: str, size: int) -> None:
        end = self._handle.tell() + size
        if size < _SIZES.get(name, 0):
            raise self._damaged(f"attribute {name} has {size} bytes")
        if name in ("name", "type") and kind == "string":
            text = printable(self._read(min(size, _MAX_NAME)).decode("utf-8", "replace"))
            part.name, part.kind = (text, part.kind) if name == "name" else (part.name, text)
        elif name == "channels":
            part.channels = tuple(self._channels(end))
        elif name == "dataWindow":
            part.data = Window(*struct.unpack("<4i", self._read(16)))
        elif name == "displayWindow":
            part.display = Window(*struct.unpack("<4i", self._read(16)))
        elif name == "compression":
            part.compression = self._read(1)[0]
        elif name == "tiles":
            width, height, mode = struct.unpack("<2IB", self._read(9))
            part.tile, part.levels = (width, height), mode & 15 > 0
        self._handle.seek(end)

    def _channels(self, end: int) -> list[Channel]:
        found: list[Channel] = []
        while self._handle.tell() < end and (name := self._word()):
            number, _linear, step_x, step_y = struct.unpack("<4i", self._read(16))
            if number not in _TYPES or step_x < 1 or step_y < 1 or len(found) == _MAX_CHANNELS:
                raise self._damaged(
                    f"channel {shortened(name, 40)!r} is of type {number} and has a sample every {step_x} x {step_y} "
                    "pixels"
                )
            found.append(Channel(name, _TYPES[number], step_x, step_y))
        return found

    def _check(self, part: Part) -> None:
        if part.kind.startswith("deep"):
            raise self._deep()
        window = part.data
        if window is None or not part.channels:
            raise self._damaged("it declares no channels or no data window")
        if window.width < 1 or window.height < 1:
            raise self._damaged(f"it declares a data window of {window.width} x {window.height} pixels")
        if any(min(part.shape_of(channel)) < 1 for channel in part.channels):
            raise self._damaged("a channel has no sample in the data window")
        if part.kind == "tiledimage" and (part.tile is None or min(part.tile) < 1):
            raise self._damaged(f"it declares tiles of {part.tile}")
        chunks = part.pieces
        if 8 * chunks > self._file.size:
            raise self._damaged(
                f"it declares {window.width} x {window.height} pixels in {chunks} pieces, but the file has "
                f"{self._file.size} bytes"
            )

    def _word(self) -> str:
        """Reads a name up to its zero byte."""
        start = self._handle.tell()
        found = self._handle.read(_MAX_NAME + 1)
        word, zero, _rest = found.partition(b"\0")
        if not zero:
            raise self._damaged("a name in the header has no end")
        self._handle.seek(start + len(word) + 1)
        return word.decode("utf-8", "replace")

    def _read(self, count: int) -> bytes:
        found = self._handle.read(count)
        if len(found) < count:
            raise self._damaged("the header is cut short")
        return found

    def _damaged(self, cause: str) -> DamagedSource:
        return DamagedSource(f"{self._file.name}: {cause}; the OpenEXR file is damaged, copy or save it again")

    def _deep(self) -> UnsupportedSource:
        return UnsupportedSource(
            f"{self._file.name}: is a deep image, with any number of samples at a pixel, which no array holds; flatten "
            "it first"
        )
