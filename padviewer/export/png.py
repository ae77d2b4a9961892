"""PNG: one picture of 1 to 4 channels with 1, 8 or 16 bits."""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO

import numpy as np

from padviewer.errors import ExportError
from padviewer.export.payload import Array, Payload, Progress

_LAYOUTS = ("HW", "HWC", "CHW")
_MAX_SIDE = 2**31 - 1


def check_png(payload: Payload) -> None:
    """Raises an `ExportError` where PNG cannot hold the array."""
    axes, shape = _squeezed(payload)
    height, width, channels = _sizes(axes, shape)
    fits = axes in _LAYOUTS and 1 <= channels <= 4 and 0 < height <= _MAX_SIDE and 0 < width <= _MAX_SIDE
    if not fits or payload.dtype not in ("uint8", "uint16", "bool") or (payload.dtype == "bool" and channels > 1):
        raise ExportError(
            "PNG holds one picture of 1 to 4 channels in uint8 or uint16, or one channel of bool; "
            f"the {payload.name} is {payload.axes} {' x '.join(map(str, payload.shape))} {payload.dtype}. "
            "Use .npy, .npz or .tif"
        )


def write_png(payload: Payload, file: BinaryIO, progress: Progress) -> None:
    """Writes a PNG; masks and booleans with one bit per pixel. The settings' JSON goes into a text chunk."""
    check_png(payload)
    axes, shape = _squeezed(payload)
    pixels = payload.whole(progress).reshape(shape)
    if axes == "CHW":
        pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if payload.name == "mask":
        pixels = pixels != 0
    file.write(_with_text(_encoded(pixels), "padviewer", payload.spec_json))


def _squeezed(payload: Payload) -> tuple[str, tuple[int, ...]]:
    """Returns axes and shape without those axes of one element that are neither height, width nor channels."""
    pairs = [p for p in zip(payload.axes, payload.shape, strict=True) if p[1] != 1 or p[0] in "HWC"]
    return "".join(letter for letter, _ in pairs), tuple(size for _, size in pairs)


def _sizes(axes: str, shape: tuple[int, ...]) -> tuple[int, int, int]:
    size = dict(zip(axes, shape, strict=True))
    return size.get("H", 0), size.get("W", 0), size.get("C", 1)


def _encoded(pixels: Array) -> bytes:
    if pixels.dtype == np.uint16:
        import imagecodecs  # noqa: PLC0415 loaded when first needed

        return bytes(imagecodecs.png_encode(pixels))
    from PIL import Image  # noqa: PLC0415 loaded when first needed

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _with_text(png: bytes, key: str, text: str) -> bytes:
    """Puts an international text chunk behind the header, which is always 33 bytes long."""
    body = b"iTXt" + key.encode("latin1") + b"\0\0\0\0\0" + text.encode()
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    return png[:33] + chunk + png[33:]
