"""PNG: one picture of 1 to 4 channels with 1, 8 or 16 bits."""

from __future__ import annotations

import io
import os
import zlib

import numpy as np

from padviewer.errors import ExportError
from padviewer.export.payload import Array, Payload, squeezed
from padviewer.export.store import opening
from padviewer.geometry import Region

_LAYOUTS = ("HW", "HWC", "CHW")
_MAX_SIDE = 2**31 - 1


def check_png(payload: Payload) -> None:
    """Raises an `ExportError` where PNG cannot hold the array."""
    axes, shape = squeezed(payload)
    height, width, channels = _sizes(axes, shape)
    fits = axes in _LAYOUTS and 1 <= channels <= 4 and 0 < height <= _MAX_SIDE and 0 < width <= _MAX_SIDE
    if not fits or payload.dtype not in ("uint8", "uint16", "bool") or (payload.dtype == "bool" and channels > 1):
        raise ExportError(
            "PNG holds one picture of 1 to 4 channels in uint8 or uint16, or one channel of bool; "
            f"{payload.described}. Use .npy, .npz or .tif"
        )


class PngStore:
    """Writes a PNG; masks and booleans with one bit per pixel. The settings' JSON goes into a text chunk.

    The picture is in memory until it is complete.

    Args:
        payload: what is written.
        path: of the file to make.
    """

    scattered = False

    def __init__(self, payload: Payload, path: str, _tile: tuple[int, ...], _resumed: bool) -> None:
        self._payload = payload
        with opening(path, False) as self._file:
            self._pixels = np.empty(payload.shape, payload.dtype)

    def put(self, region: Region, data: Array) -> None:
        """Takes the elements of a region."""
        self._pixels[tuple(slice(span.start, span.stop) for span in region)] = data

    def holds(self, _value: Array) -> bool:
        """Never: each pixel is put."""
        return False

    def sync(self) -> None:
        """Waits for the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Encodes the picture."""
        axes, shape = squeezed(self._payload)
        pixels = self._pixels.reshape(shape)
        if axes == "CHW":
            pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
        if pixels.ndim == 3 and pixels.shape[-1] == 1:
            pixels = pixels[..., 0]
        if self._payload.name == "mask":
            pixels = pixels != 0
        self._file.write(_with_text(_encoded(pixels), "padviewer", self._payload.spec_json))
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


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
