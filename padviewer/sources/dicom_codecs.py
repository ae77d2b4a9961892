"""Decoders of single DICOM frames. Sizes in a frame's own header are compared with the file's before it is decoded."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource
from padviewer.sources.base import Array

_END = b"\xff\xd9"
_BASELINE, _LOSSLESS, _LS = (0xC0, 0xC1), (0xC3,), (0xF7,)


class FrameForm(NamedTuple):
    """What a frame must be.

    Attributes:
        name: of the file, for messages.
        rows, columns, samples: of the frame.
        bits: allocated for a sample: 8, 16 or 32.
        colors: the photometric interpretation.
    """

    name: str
    rows: int
    columns: int
    samples: int
    bits: int
    colors: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns, and samples where there are several."""
        return (self.rows, self.columns, self.samples)[: 3 if self.samples > 1 else 2]


Decode = Callable[[bytes, FrameForm], Array]


class _Stream(NamedTuple):
    """What a compressed stream declares of itself; `transform` is Adobe's colour transform, or None."""

    rows: int
    columns: int
    samples: int
    bits: int
    transform: int | None = None


def decode_rle(data: bytes, form: FrameForm) -> Array:
    """Decodes DICOM's run lengths: one segment for each byte of a sample, the most significant first."""
    from imagecodecs import packbits_decode  # noqa: PLC0415 imported when first needed

    width, pixels = form.bits // 8, form.rows * form.columns
    planes = width * form.samples
    count, *offsets = struct.unpack("<16I", data[:64])
    offsets = offsets[:count]
    if count != planes or any(not 64 <= offset <= len(data) for offset in offsets):
        raise DamagedSource(f"{form.name}: a frame has {count} segments, but {planes} are expected; copy it again")
    found = np.empty((form.samples, width, pixels), np.uint8)
    for number, (start, end) in enumerate(zip(offsets, [*offsets[1:], len(data)], strict=True)):
        part = packbits_decode(data[start:end], out=pixels + 1)  # one byte of filling may follow
        if len(part) < pixels:
            raise DamagedSource(
                f"{form.name}: a frame has {len(part)} of {pixels} pixels; it is cut short, copy it again"
            )
        found[number // width, number % width] = np.frombuffer(part, np.uint8, pixels)
    big = np.ascontiguousarray(found.transpose(2, 0, 1)).view(f">u{width}")
    return big.astype(f"u{width}").reshape(form.shape)


def decode_jpeg(data: bytes, form: FrameForm) -> Array:
    """Decodes JPEG baseline and extended; luminance and chrominance become RGB."""
    from imagecodecs import jpeg8_decode  # noqa: PLC0415

    stream = _jpeg_header(data, form, _BASELINE)
    _check(stream, form)
    if form.samples == 1:
        return _fitted(jpeg8_decode(data), form)
    # Adobe's marker is the stream's own word; without one the file's holds.
    is_rgb = form.colors == "RGB" if stream.transform is None else stream.transform == 0
    return _fitted(jpeg8_decode(data, colorspace="RGB" if is_rgb else "YCBCR", outcolorspace="RGB"), form)


def decode_lossless_jpeg(data: bytes, form: FrameForm) -> Array:
    """Decodes lossless JPEG."""
    from imagecodecs import jpeg8_decode  # noqa: PLC0415

    _check(_jpeg_header(data, form, _LOSSLESS), form)
    colors = "RGB" if form.samples > 1 else None
    return _fitted(jpeg8_decode(data, colorspace=colors, outcolorspace=colors), form)


def decode_jpeg_ls(data: bytes, form: FrameForm) -> Array:
    """Decodes JPEG-LS."""
    from imagecodecs import jpegls_decode  # noqa: PLC0415

    _check(_jpeg_header(data, form, _LS), form)
    return _fitted(jpegls_decode(data), form)


def decode_jpeg_2000(data: bytes, form: FrameForm) -> Array:
    """Decodes JPEG 2000; its own colour transform is undone."""
    from imagecodecs import jpeg2k_decode  # noqa: PLC0415

    start = data.find(b"\xff\x4f\xff\x51")  # some writers leave the boxes of a .jp2 file around it
    if start < 0:
        raise DamagedSource(f"{form.name}: a frame is no JPEG 2000 stream; copy or save the file again")
    stream = data[start:]
    right, bottom, left, top = struct.unpack(">4I", stream[8:24])
    (samples,) = struct.unpack(">H", stream[40:42])
    parts = stream[42 : 42 + 3 * min(samples, 4)]
    if any(step != 1 for step in (*parts[1::3], *parts[2::3])):
        raise UnsupportedSource(f"{form.name}: its JPEG 2000 components differ in size; save it without subsampling")
    bits = max((depth & 127) + 1 for depth in parts[::3])
    _check(_Stream(bottom - top, right - left, samples, bits), form)
    found: Array = jpeg2k_decode(stream, planar=False)
    if found.dtype.kind == "i":  # the sign goes up to the last bit that is allocated
        found = found.astype(f"i{form.bits // 8}").view(f"u{form.bits // 8}")
    return _fitted(found, form)


def _jpeg_header(data: bytes, form: FrameForm, kinds: tuple[int, ...]) -> _Stream:
    """Walks the markers up to the one that tells the size."""
    # Decoders make pixels up where a stream ends early; behind its end mark there may be filling.
    if not data.rstrip(b"\0\xff").endswith(_END):
        raise DamagedSource(f"{form.name}: a compressed frame has no end mark; it is cut short, copy it again")
    place, transform = 2, None
    while data[:2] == b"\xff\xd8" and place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        (length,) = struct.unpack(">H", data[place + 2 : place + 4])
        if marker == 0xEE and data[place + 4 : place + 9] == b"Adobe" and length >= 14:
            transform = data[place + 15]
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            if marker not in kinds:
                raise UnsupportedSource(
                    f"{form.name}: a frame is JPEG of process {marker & 15}, which its transfer syntax does not allow; "
                    "save it again"
                )
            bits, rows, columns, samples = struct.unpack(">BHHB", data[place + 4 : place + 10])
            return _Stream(rows, columns, samples, bits, transform)
        place += 2 + length
    raise DamagedSource(f"{form.name}: a frame is no JPEG stream; copy or save the file again")


def _check(stream: _Stream, form: FrameForm) -> None:
    declared, wanted = (stream.rows, stream.columns, stream.samples), (form.rows, form.columns, form.samples)
    if declared != wanted or not 1 <= stream.bits <= form.bits:
        raise DamagedSource(
            f"{form.name}: a compressed frame declares {' x '.join(map(str, declared))} samples of {stream.bits} bits, "
            f"but the file {' x '.join(map(str, wanted))} of {form.bits}; save it again"
        )


def _fitted(found: Any, form: FrameForm) -> Array:
    array = np.asarray(found)
    if array.shape != form.shape:
        raise DamagedSource(f"{form.name}: a frame came out as {array.shape}, not {form.shape}; save it again")
    return array.astype(f"u{form.bits // 8}", copy=False)


# By transfer syntax.
CODECS: dict[str, Decode] = {
    "1.2.840.10008.1.2.5": decode_rle,
    "1.2.840.10008.1.2.4.50": decode_jpeg,
    "1.2.840.10008.1.2.4.51": decode_jpeg,
    "1.2.840.10008.1.2.4.57": decode_lossless_jpeg,
    "1.2.840.10008.1.2.4.70": decode_lossless_jpeg,
    "1.2.840.10008.1.2.4.80": decode_jpeg_ls,
    "1.2.840.10008.1.2.4.81": decode_jpeg_ls,
    "1.2.840.10008.1.2.4.90": decode_jpeg_2000,
    "1.2.840.10008.1.2.4.91": decode_jpeg_2000,
}
