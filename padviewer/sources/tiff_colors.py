"""What the tags of a TIFF say about colour and orientation, applied to decoded pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from padviewer.errors import DamagedSource
from padviewer.sources.base import Array
from padviewer.sources.opened import OpenedFile
from padviewer.sources.picture import upright

_WHITE_IS_ZERO, _PALETTE, _SEPARATED, _YCBCR = 0, 3, 5, 6
_JPEG = 7
_ORIENTATION = 274
_START_OF_FRAME = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def as_seen(pixels: Array, letters: str, page: Any, notes: list[str]) -> tuple[Array, str]:
    """Applies palette, inversion, printing colours and orientation.

    Args:
        pixels: as decoded.
        letters: tifffile's letters of its axes.
        page: the page that tells photometric interpretation and orientation.
        notes: what was done is added here.

    Returns:
        The pixels and their letters.
    """
    photometric = -1 if page.photometric is None else int(page.photometric)
    if photometric == _PALETTE and page.colormap is not None and pixels.dtype.kind == "u":
        notes.append("palette -> RGB")
        colors = (np.asarray(page.colormap) >> 8).astype(np.uint8).T
        pixels, letters = colors[np.minimum(pixels, len(colors) - 1)], letters + "S"
    elif photometric == _WHITE_IS_ZERO and pixels.dtype.kind in "bu":
        notes.append("white-is-zero inverted")
        pixels = ~pixels if pixels.dtype.kind == "b" else (2**page.bitspersample - 1 - pixels).astype(pixels.dtype)
    elif photometric in (_SEPARATED, _YCBCR) and int(page.compression) != _JPEG:
        pixels = _as_rgb(pixels, letters, "CMYK" if photometric == _SEPARATED else "YCbCr", notes)
    if isinstance(page.bitspersample, int) and 1 < page.bitspersample < 8 * page.dtype.itemsize:
        notes.append(f"{page.bitspersample}-bit samples, values kept")
    return _turned(pixels, letters, page, notes), letters


def _as_rgb(pixels: Array, letters: str, mode: str, notes: list[str]) -> Array:
    from PIL import Image  # noqa: PLC0415 loaded when first needed

    if letters != "YXS" or pixels.dtype != np.uint8 or pixels.shape[-1] != Image.getmodebands(mode):
        notes.append(f"{mode} channels as stored")
        return pixels
    notes.append(f"{mode} -> RGB")
    height, width = pixels.shape[:2]
    image = Image.frombytes(mode, (width, height), np.ascontiguousarray(pixels).tobytes())
    return np.asarray(image.convert("RGB"))


def _turned(pixels: Array, letters: str, page: Any, notes: list[str]) -> Array:
    tag = page.tags.get(_ORIENTATION)
    orientation = getattr(tag, "value", 1)
    if letters[:2] != "YX" or orientation not in range(2, 9):
        return pixels
    notes.append("EXIF rotation applied")
    return upright(pixels, int(orientation))


def checked_jpeg(file: OpenedFile, series: Any, page: Any) -> None:
    """Refuses JPEG tiles that declare other sizes than the TIFF: their decoder trusts them, and takes the memory."""
    height, width = page.chunks[-3:-1] if page.axes.endswith("S") else page.chunks[-2:]
    for part in series.pages:
        for offset, count in zip(part.dataoffsets, part.databytecounts, strict=False):
            file.handle.seek(offset)
            size = jpeg_size(file.handle.read(min(count, 1 << 16)))
            if size is not None and (size[0] > height or size[1] > width):
                raise DamagedSource(
                    f"{file.name}: a JPEG tile declares {size[0]} x {size[1]} pixels where the TIFF has {height} x "
                    f"{width}; save the TIFF again"
                )


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Returns (height, width) that a JPEG stream declares, or None."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _START_OF_FRAME:
            return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
        at += 1 if marker == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
