"""A data set of many files: pictures, arrays and sound of several sources and many sizes, the same on every machine."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from benchmarks.bench import ROOT

Pixels = npt.NDArray[np.uint8]
# Of so many files one is made, and the others are copies of it in other folders: what is timed is reading, not writing.
_COPIES = 5
# Files of a folder.
_FOLDER = 500
# Spread of the sizes around 420 pixels, as logarithms; and the sides that no picture goes beyond.
_MIDDLE, _SPREAD, _LEAST, _MOST = 420.0, 0.6, 16, 2400


def write_files(
    folder: Path, count: int, pictures_only: bool = False, seed: int = 0, copies: int = _COPIES
) -> list[Path]:
    """Writes files into folders of a folder; returns their paths.

    Args:
        folder: is made.
        count: of files.
        pictures_only: whether all are to be of formats that Pillow decodes.
        seed: of the sizes and crops.
        copies: of so many files one is made.
    """
    rng = np.random.default_rng(seed)
    sources = list(_sources(rng))
    kinds = _PICTURES if pictures_only else _PICTURES + _OTHERS
    written: list[Path] = []
    while len(written) < count:
        number = len(written)
        suffix, encode = kinds[number // copies % len(kinds)]
        content = encode(_crop(sources[number // copies % len(sources)], rng))
        for copy in range(min(copies, count - number)):
            path = folder / f"{number // _FOLDER:03}" / f"{copy}" / f"{len(written):06}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(path)
    return written


def _sources(rng: np.random.Generator) -> Iterator[Pixels]:
    """Yields the sample, pictures of the guide, and patterns that compress well and badly."""
    for path in (ROOT / "resources" / "samples" / "sample.png", *sorted((ROOT / "docs").rglob("*.png"))[:4]):
        with Image.open(path) as image:
            yield np.asarray(image.convert("RGB"))
    rows, columns = np.mgrid[:1600, :2000]
    waves = 127 + 120 * np.sin(rows / 37) * np.cos(columns / 53)
    yield np.stack([waves, waves[::-1], waves[:, ::-1]], -1).astype(np.uint8)
    yield np.clip(waves[..., None] + rng.normal(0, 12, (*waves.shape, 3)), 0, 255).astype(np.uint8)


def _crop(source: Pixels, rng: np.random.Generator) -> Pixels:
    height, width = np.clip(_MIDDLE * np.exp(rng.normal(0, _SPREAD, 2)), _LEAST, _MOST).astype(int).tolist()
    tiled = np.tile(source, (-(-height // source.shape[0]), -(-width // source.shape[1]), 1))
    top, left = int(rng.integers(0, tiled.shape[0] - height + 1)), int(rng.integers(0, tiled.shape[1] - width + 1))
    return np.ascontiguousarray(tiled[top : top + height, left : left + width])


def _by_pillow(kind: str, mode: str = "RGB", **settings: object) -> Callable[[Pixels], bytes]:
    def encode(pixels: Pixels) -> bytes:
        out = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(out, kind, **settings)
        return out.getvalue()

    return encode


def _npy(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    np.save(out, pixels.astype(np.float32))
    return out.getvalue()


def _npz(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, image=pixels)
    return out.getvalue()


def _tiff(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, photometric="rgb", compression="zlib")
    return out.getvalue()


def _wav(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(pixels.tobytes()[: pixels.size // 2 * 2])
    return out.getvalue()


_PICTURES: tuple[tuple[str, Callable[[Pixels], bytes]], ...] = (
    (".jpg", _by_pillow("JPEG", quality=88)),
    (".png", _by_pillow("PNG")),
    (".jpg", _by_pillow("JPEG", quality=75, progressive=True)),
    (".png", _by_pillow("PNG", "L")),
    (".jpg", _by_pillow("JPEG", "L")),
    (".webp", _by_pillow("WEBP", quality=80, method=0)),
    (".jpg", _by_pillow("JPEG", quality=95)),
    (".bmp", _by_pillow("BMP")),
)
_OTHERS: tuple[tuple[str, Callable[[Pixels], bytes]], ...] = (
    (".npy", _npy),
    (".npz", _npz),
    (".tif", _tiff),
    (".wav", _wav),
)
