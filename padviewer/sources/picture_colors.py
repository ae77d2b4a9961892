"""The pixels of an opened picture as an array: which modes are kept, and what the others become."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from padviewer.errors import UnsupportedSource
from padviewer.sources.base import Array

if TYPE_CHECKING:
    from PIL.Image import Image

# Modes that are handed out as they are; every other one is a way to write RGB.
_PLAIN = ("1", "L", "LA", "RGB", "RGBA", "I;16", "I;16L", "I;16B", "I", "F")
_BANDS = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I": 4, "F": 4}
# Bytes of a pixel in the array that is made of a mode.
_MADE = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "I;16": 2, "I;16L": 2, "I;16B": 2, "I": 4, "F": 4}
_BANDS_MADE = {"LA": 2, "RGB": 3, "RGBA": 4}
_DTYPES = {"1": "bool", "I;16": "uint16", "I;16L": "uint16", "I;16B": "uint16", "I": "int32", "F": "float32"}
# How Pillow writes pixels of a mode down: kind of numbers, and its name for them.
_STORED = {"1": ("b1", "L"), "I;16": ("<u2", "I;16"), "I;16L": ("<u2", "I;16L"), "I;16B": (">u2", "I;16B")}
_STORED |= {"I": ("=i4", "I"), "F": ("=f4", "F")}
# Pixels that are turned into another mode at a time: Pillow holds both.
_BLOCK = 1 << 17
# Pictures of at most so many pixels are turned in one piece, which takes less time and a few megabytes.
_SMALL = 1 << 19
_NAMES = {"P": "palette", "PA": "palette", "RGBa": "premultiplied RGBA", "La": "premultiplied LA"}
_GRAY = ("1", "L", "LA")


def form_of(mode: str) -> tuple[int, str]:
    """Returns how many numbers a pixel of a mode becomes, and their dtype."""
    return _BANDS_MADE.get(mode, 1), _DTYPES.get(mode, "uint8")


def pixel_bytes(image: Image) -> int:
    """Returns how many bytes a pixel takes while a picture is decoded: Pillow's own, and those of the array."""
    own = _BANDS.get(image.mode, 4)
    # The decoder keeps all coefficients until the last scan.
    scans = 2 * len(image.getbands()) if image.info.get("progressive") else 0
    # Before it is laid over the canvas, a frame is one by itself.
    frame = own if image.format == "GIF" else 0
    return own + scans + frame + _MADE.get(shown_mode(image), 4)


def shown_mode(image: Image) -> str:
    """Returns Pillow's mode that a picture is handed out in."""
    if image.mode in _PLAIN:
        return image.mode
    return "RGBA" if image.has_transparency_data else "RGB"


def frame_mode(image: Image) -> str:
    """Returns the mode of all frames of an animation, by its first one: a transparent colour becomes alpha."""
    if image.format == "GIF" or not image.has_transparency_data:
        return "RGB" if image.format == "GIF" and not image.has_transparency_data else shown_mode(image)
    return "LA" if image.mode in _GRAY else "RGBA"


def mode_note(image: Image, mode: str) -> tuple[str, ...]:
    """Returns a note where a picture is not handed out as it is stored."""
    return () if image.mode == mode else (f"{_NAMES.get(image.mode, image.mode)} -> {mode}",)


def as_array(image: Image, mode: str, name: str) -> Array:
    """Returns the pixels, (height, width) or (height, width, channels), in native byte order.

    Args:
        image: a picture, or the frame of an animation that it stands at.
        mode: what they are handed out as.
        name: of the file, for messages.
    """
    width, height = image.size
    if not width or not height:
        raise UnsupportedSource(f"{name}: a picture of no pixels is not read")
    image.load()
    if image.mode == mode:
        return _stored(image)
    if width * height <= _SMALL:
        return _stored(image.convert(mode))
    rows = max(1, _BLOCK // width)
    parts = ((top, image.crop((0, top, width, min(height, top + rows)))) for top in range(0, height, rows))
    bands, dtype = form_of(mode)
    whole = np.empty((height, width, bands)[: 2 + (bands > 1)], dtype)
    for top, part in parts:
        whole[top : top + rows] = _stored(part.convert(mode))
    return whole


def _stored(image: Image) -> Array:
    """Returns the pixels of a loaded picture of a plain mode, written down by Pillow in one piece.

    `numpy.asarray` has it write pieces of 64 KiB and joins them, which holds all twice and takes longer.
    """
    from PIL import ImageFile  # noqa: PLC0415 loaded when first needed

    bands, _dtype = form_of(image.mode)
    kind, raw = _STORED.get(image.mode, ("u1", image.mode))
    dtype = np.dtype(kind)
    shape = (image.height, image.width, bands)[: 2 + (bands > 1)]
    piece = ImageFile.MAXBLOCK
    ImageFile.MAXBLOCK = max(piece, math.prod(shape) * dtype.itemsize)
    try:
        data = image.tobytes("raw", raw)
    finally:
        ImageFile.MAXBLOCK = piece
    pixels: Array = np.frombuffer(data, dtype).reshape(shape)
    return pixels.astype(dtype.newbyteorder("="), copy=False)
