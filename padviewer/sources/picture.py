"""PNG, JPEG, BMP, GIF and WebP: decoded to memory, at the depth that the file has."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from padviewer.bytecount import format_bytes
from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, ArraySource, Source
from padviewer.sources.jpeg import SMALLEST, JpegSource
from padviewer.sources.kept import KeptFile
from padviewer.sources.opened import OpenedFile

if TYPE_CHECKING:
    from PIL.Image import Image

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"BM", "BMP"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)
# Modes that are handed out as they are; every other one is a way to write RGB.
_PLAIN = ("1", "L", "LA", "RGB", "RGBA", "I;16", "I;16L", "I;16B", "I", "F")
_BANDS = {"1": 1, "L": 1, "LA": 2, "I;16": 2, "I;16L": 2, "I;16B": 2, "I": 4, "F": 4}
_ORIENTATION = 0x0112
# Pixels from which on decoding a JPEG takes so long that people wait for it.
_LARGE_JPEG = 24_000_000
# Where the header of a PNG, always its first chunk, tells bits per sample.
_PNG_DEPTH = 24


def picture_format(head: bytes) -> str | None:
    """Returns the format that a file begins as, or None."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a picture does."""
    return picture_format(head) is not None


def open_picture(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Decodes a picture: the first frame, upright, with palettes and printing colours turned into RGB.

    A large JPEG is decoded to an eighth of its size, and whole when it is first read.
    """
    file.no_members(member)
    kind = picture_format(file.head)
    assert kind is not None
    file.check_budget(file.size, budget, "the file itself")
    if kind == "PNG":
        _check_png(file)
    _check_webp(file, budget)
    with _opened(file, file.handle, kind, budget) as image:
        width, height = image.size
        file.check_budget(
            width * height * _bytes_per_pixel(file, image), budget, f"a picture of {width} x {height} pixels"
        )
        notes = [f"frame 1 of {frames}"] if (frames := getattr(image, "n_frames", 1)) > 1 else []
        factor = SMALLEST if kind == "JPEG" and width * height >= _LARGE_JPEG else 1
        pixels = _first_frame(file, image, factor, notes)
        # After the pixels: looking for EXIF may decode them too, and Pillow reports a cut file only the first time.
        turn = _orientation(image, notes)
    if turn != 1:
        pixels = upright(pixels, turn)
        notes.append("EXIF rotation applied")
    sizes = (width, height) if turn >= 5 else (height, width)
    shape, axes = (*sizes, *pixels.shape[2:]), "HW" if pixels.ndim == 2 else "HWC"
    name = "WebP" if kind == "WEBP" else kind
    info = ArrayInfo(file.path, None, name, shape, pixels.dtype.name, axes, False, file.size, (), tuple(notes))
    return ArraySource(pixels, info) if factor == 1 else _large_jpeg(file, info, pixels, turn, budget)


def _large_jpeg(file: OpenedFile, info: ArrayInfo, small: Array, turn: int, budget: int) -> JpegSource:
    def decode(data: bytes, factor: int) -> Array:
        with _opened(file, io.BytesIO(data), "JPEG", budget) as image:
            return upright(_first_frame(file, image, factor, []), turn)

    return JpegSource(KeptFile(file), info, decode, np.ascontiguousarray(small))


def _first_frame(file: OpenedFile, image: Image, factor: int, notes: list[str]) -> Array:
    """Decodes the first frame; factors of 2, 4 and 8 are for JPEG."""
    image.seek(0)
    if factor > 1:
        image.draft(None, (image.width // factor, image.height // factor))
    return _pixels(file, image, notes)


def upright(pixels: Array, orientation: int) -> Array:
    """Turns pixels (height, width, ...) as EXIF's orientation 1 to 8 says."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


@contextmanager
def _opened(file: OpenedFile, content: BinaryIO, kind: str, budget: int) -> Iterator[Image]:
    """Opens a picture, with our budget in the place of Pillow's own limit, which warns at it and raises at twice."""
    from PIL import Image  # noqa: PLC0415 loaded when first needed

    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = max(1, budget)
    try:
        with Image.open(content, formats=[kind]) as image:
            yield image
    except Image.DecompressionBombError as error:
        raise OversizedSource(
            f"{file.name}: declares more pixels than the budget of {format_bytes(budget)} can hold; raise the budget "
            "with --budget, or use a smaller file"
        ) from error
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _check_webp(file: OpenedFile, budget: int) -> None:
    """Checks the size that a WebP file declares; its decoder takes memory as soon as it is made."""
    size = webp_size(file.head)
    if size:
        width, height = size
        file.check_budget(width * height * 4, budget, f"a picture of {width} x {height} pixels")


def webp_size(head: bytes) -> tuple[int, int] | None:
    """Returns (width, height) from the first 30 bytes of a WebP file, or None."""
    kind = head[12:16] if head[:4] == b"RIFF" else b""
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return None


def _bytes_per_pixel(file: OpenedFile, image: Image) -> int:
    if _is_deep_png(file, image):
        return len(image.getbands()) * 2
    return _BANDS.get(image.mode, 4)


def _orientation(image: Image, notes: list[str]) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 EXIF is a TIFF inside the picture, and as easily damaged as one
        notes.append("EXIF data damaged, rotation unknown")
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _is_deep_png(file: OpenedFile, image: Image) -> bool:
    """Tells whether a PNG has 16 bits per sample or a transparent colour, which Pillow would reduce or misplace."""
    if image.format != "PNG":
        return False
    deep = file.head[_PNG_DEPTH] == 16
    keyed = image.mode in ("1", "L", "I;16", "RGB") and "transparency" in image.info
    return deep or keyed


def _check_png(file: OpenedFile) -> None:
    """Compares the checksums of a PNG's pixel data, which Pillow leaves out."""
    file.handle.seek(len(_MAGIC[0][0]))
    while len(head := file.handle.read(8)) == 8:
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind != b"IDAT":
            file.handle.seek(length + 4, os.SEEK_CUR)
            continue
        body = file.handle.read(min(length, file.size))
        if file.handle.read(4) != zlib.crc32(body, zlib.crc32(kind)).to_bytes(4, "big"):
            raise DamagedSource(f"{file.name}: the checksum of its pixel data is wrong; copy or save it again")
    file.handle.seek(0)


def _pixels(file: OpenedFile, image: Image, notes: list[str]) -> Array:
    if _is_deep_png(file, image):
        import imagecodecs  # noqa: PLC0415 loaded when first needed

        if "transparency" in image.info:
            notes.append("transparent colour -> alpha channel")
        file.handle.seek(0)
        decoded: Array = imagecodecs.png_decode(file.handle.read())
        return decoded
    if image.mode not in _PLAIN:
        target = "RGBA" if image.has_transparency_data else "RGB"
        notes.append(f"{'palette' if image.mode[0] == 'P' else image.mode} -> {target}")
        return np.asarray(image.convert(target))
    pixels = np.asarray(image)
    if pixels.dtype.kind not in "buif":
        raise UnsupportedSource(f"{file.name}: pixels of mode {image.mode} are not read; save it as RGB")
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
