"""OpenEXR: one picture of half, float or unsigned 32-bit channels, uncompressed scan lines."""

from __future__ import annotations

import os
import struct

import numpy as np

from padviewer import __version__
from padviewer.errors import ExportError
from padviewer.export.payload import Array, Payload, squeezed
from padviewer.export.runs import write_all
from padviewer.export.store import opening
from padviewer.geometry import Region, counts

_LAYOUTS = ("HW", "HWC", "CHW")
_TYPES = {"uint32": 0, "float16": 1, "float32": 2}
_LIMIT = 2**31
_MAGIC = bytes((0x76, 0x2F, 0x31, 0x01, 2, 0, 0, 0))
# In front of each line: its number, and its bytes.
_LINE = struct.Struct("<ii")


def check_exr(payload: Payload) -> None:
    """Raises an `ExportError` where OpenEXR cannot hold the array."""
    axes, shape = squeezed(payload)
    if axes not in _LAYOUTS or 0 in shape:
        raise ExportError(
            f"OpenEXR holds one picture with height, width and channels; {payload.described}. "
            "Use .npy, .h5, .tif or .zarr"
        )
    if payload.dtype not in _TYPES:
        raise ExportError(
            f"OpenEXR holds float16, float32 or uint32; {payload.described}, and turning it into one of these would "
            f"not be the same array. Use {_instead(payload.dtype)}"
        )
    if max(shape) >= _LIMIT or _Lines(payload).line_bytes >= _LIMIT:
        raise ExportError(
            f"{payload.described}: more than an OpenEXR can have in a line or on an axis (2^31 bytes). Use .npy or .tif"
        )


def _instead(dtype: str) -> str:
    return ".png, .tif or .npy" if dtype in ("bool", "uint8", "uint16") else ".tif, .npy or .h5"


class ExrStore:
    """Writes an OpenEXR file: lines of the picture, in each of them one channel after the other.

    Args:
        payload: what is written.
        path: of the file.
        resumed: whether the file has its header and some lines, of which some are written again.

    Raises:
        ValueError: where the file is resumed and holds another picture.
    """

    scattered = True

    def __init__(self, payload: Payload, path: str, _tile: tuple[int, ...], resumed: bool) -> None:
        self._lines = _Lines(payload)
        header = _header(payload, self._lines)
        self._first = len(header) + 8 * self._lines.height
        length = self._first + self._lines.height * self._lines.stride
        with opening(path, resumed) as self._file:
            if resumed:
                if self._file.read(len(header)) != header or os.fstat(self._file.fileno()).st_size != length:
                    raise ValueError("another picture is there")
            else:
                self._file.write(header)
                self._write_offsets()
                self._file.truncate(length)

    def put(self, region: Region, data: Array) -> None:
        """Writes the elements of a region."""
        if not data.size:
            return
        lines = self._lines
        pixels, (top, left, first) = lines.planar(data, region)
        if pixels.shape[1:] == (lines.channels, lines.width):
            self._put_lines(top, pixels)
            return
        descriptor, itemsize = self._file.fileno(), pixels.itemsize
        for row, line in enumerate(pixels, top):
            start = self._first + row * lines.stride
            write_all(descriptor, memoryview(_LINE.pack(row, lines.line_bytes)), start)
            for channel, run in enumerate(line, first):
                place = lines.places[channel] * lines.width + left
                write_all(descriptor, run.view(np.uint8).data, start + _LINE.size + place * itemsize)

    def _put_lines(self, top: int, pixels: Array) -> None:
        """Writes whole lines in one piece."""
        lines = self._lines
        out = np.empty((len(pixels), lines.stride), np.uint8)
        numbers = np.empty((len(pixels), 2), "<i4")
        numbers[:, 0], numbers[:, 1] = np.arange(top, top + len(pixels)), lines.line_bytes
        out[:, : _LINE.size] = numbers.view(np.uint8)
        ordered = np.ascontiguousarray(pixels[:, lines.order])
        out[:, _LINE.size :] = ordered.view(np.uint8).reshape(len(pixels), -1)
        write_all(self._file.fileno(), out.reshape(-1).data, self._first + top * lines.stride)

    def _write_offsets(self) -> None:
        """Writes where each line begins, some of them at a time."""
        for start in range(0, self._lines.height, 1 << 20):
            rows = np.arange(start, min(start + (1 << 20), self._lines.height), dtype="<u8")
            self._file.write((self._first + rows * self._lines.stride).astype("<u8").tobytes())

    def holds(self, _value: Array) -> bool:
        """Never: each line has its number."""
        return False

    def sync(self) -> None:
        """Waits for the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Does nothing: all is written already."""

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


class _Lines:
    """Where the elements of a payload lie in the lines of a picture.

    Attributes:
        height, width, channels: of the picture.
        names: of the channels, in the payload's order.
        order: the channels in the order in which a line has them, which is that of their names.
        places: where each channel stands in a line.
        line_bytes, stride: bytes of a line, without and with what is in front of it.
    """

    def __init__(self, payload: Payload) -> None:
        self._axes, shape = squeezed(payload)
        self._kept = [number for number, letter in enumerate(payload.axes) if letter in "HWC"]
        size = dict(zip(self._axes, shape, strict=True))
        self.height, self.width, self.channels = size["H"], size["W"], size.get("C", 1)
        self.names = _channel_names(payload, self.channels)
        self.order = sorted(range(self.channels), key=self.names.__getitem__)
        self.places = sorted(range(self.channels), key=self.order.__getitem__)
        self.line_bytes = self.width * self.channels * np.dtype(payload.dtype).itemsize
        self.stride = _LINE.size + self.line_bytes

    def planar(self, data: Array, region: Region) -> tuple[Array, tuple[int, int, int]]:
        """Returns elements as (rows, channels, columns), C-contiguous, and the first row, column and channel."""
        shape = [counts(region)[number] for number in self._kept]
        start = dict(zip(self._axes, (region[number].start for number in self._kept), strict=True))
        pixels = data.reshape(shape)
        if "C" not in self._axes:
            pixels = pixels[..., np.newaxis]
        pixels = np.moveaxis(pixels, (self._axes + "C").index("C"), 1)
        little = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
        return little, (start["H"], start["W"], start.get("C", 0))


def _channel_names(payload: Payload, channels: int) -> list[str]:
    """Returns the names of the channels: colours, `Y` where there is one, else numbers that sort as they count."""
    if payload.name == "padded" and channels in (3, 4):
        return list("RGBA"[:channels])
    if channels == 1:
        return ["Y"]
    digits = len(str(channels - 1))
    return [f"{number:0{digits}}" for number in range(channels)]


def _header(payload: Payload, lines: _Lines) -> bytes:
    kind = _TYPES[payload.dtype]
    channels = b"".join(name.encode() + b"\0" + struct.pack("<iiii", kind, 0, 1, 1) for name in sorted(lines.names))
    window = struct.pack("<iiii", 0, 0, lines.width - 1, lines.height - 1)
    attributes = [
        ("channels", "chlist", channels + b"\0"),
        ("compression", "compression", b"\0"),
        ("dataWindow", "box2i", window),
        ("displayWindow", "box2i", window),
        ("lineOrder", "lineOrder", b"\0"),
        ("padviewer", "string", payload.spec_json.encode()),
        ("pixelAspectRatio", "float", struct.pack("<f", 1)),
        ("screenWindowCenter", "v2f", struct.pack("<ff", 0, 0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1)),
        ("software", "string", f"padviewer {__version__}".encode()),
    ]
    told = [
        name.encode() + b"\0" + kind.encode() + b"\0" + len(value).to_bytes(4, "little") + value
        for name, kind, value in attributes
    ]
    return _MAGIC + b"".join(told) + b"\0"
