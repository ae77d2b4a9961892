"""The arrays that windows are opened on, from a small picture to a sparse file of 100 GB."""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from benchmarks.bench import SAMPLE, Bench, BenchError

# Random bytes that are written over and over: making them takes longer than writing them.
_PATTERN = 1 << 24
_SPARE = 1 << 30


@dataclass(frozen=True)
class Case:
    """An array in a file.

    Attributes:
        name: shape and format, as the rows say it.
        shape, dtype: of the array.
        target: the target shape that it is padded to.
        suffix: `.npy` or `.jpg`; empty for the bundled picture.
        sparse: whether the file is one hole, which reads as zeros.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    target: tuple[int, int]
    suffix: str = ".npy"
    sparse: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes of the array."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    @property
    def size(self) -> str:
        """The target, as the command line takes it."""
        return "x".join(map(str, self.target))

    def options(self) -> tuple[str, ...]:
        """Returns the arguments of the command line that pad it."""
        return "--target", self.size

    def file(self, bench: Bench) -> Path:
        """Returns the file, which is made where it is not there yet.

        Raises:
            BenchError: the disk has no room for it.
        """
        if not self.suffix:
            return SAMPLE
        sparse = self.sparse or (bench.quick and self.nbytes > _SPARE)
        path = bench.directory / f"{'x'.join(map(str, self.shape))}-{self.dtype}{self.suffix}"
        if not path.exists():
            free = shutil.disk_usage(bench.directory).free
            if not sparse and self.nbytes + _SPARE > free:
                raise BenchError(f"{self.name}: needs {self.nbytes} bytes, but the disk has {free} free")
            with path.open("wb") as file:
                self._write(file, sparse)
        return path

    def _write(self, file: BinaryIO, sparse: bool) -> None:
        if self.suffix == ".jpg":
            Image.fromarray(_photo(self.shape)).save(file, "JPEG", quality=90)
        else:
            write_npy(file, self.shape, self.dtype, sparse)
        file.flush()
        # Or the disk would be busy with it while something is measured.
        os.fsync(file.fileno())


PICTURE = Case("640x480 PNG", (480, 640, 3), "uint8", (1024, 1024), suffix="")
LARGE = Case("3000x4000x3 npy", (3000, 4000, 3), "uint8", (4096, 4096))
PLANE = Case("20000x20000 uint8 npy", (20000, 20000), "uint8", (20480, 20480))
FLOATS = Case("16000x16000x3 float32 npy", (16000, 16000, 3), "float32", (16384, 16384))
SPARSE = Case("sparse 100 GB npy", (320_000, 320_000), "uint8", (327_680, 327_680), sparse=True)
CASES = (PICTURE, LARGE, PLANE, FLOATS, SPARSE)
PHOTO = Case("12-megapixel JPEG", (3000, 4000, 3), "uint8", (4096, 4096), suffix=".jpg")


def write_npy(file: BinaryIO, shape: tuple[int, ...], dtype: str, sparse: bool) -> None:
    """Writes an array of arbitrary elements, finite ones where they are floats; a sparse one is a hole of zeros."""
    kind = np.dtype(dtype)
    header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    left = math.prod(shape) * kind.itemsize
    if sparse:
        file.truncate(file.tell() + left)
        return
    rng = np.random.default_rng(0)
    count = _PATTERN // kind.itemsize
    pattern = rng.random(count).astype(kind) if kind.kind == "f" else rng.integers(0, 256, count).astype(kind)
    while left > 0:
        left -= file.write(pattern.view(np.uint8).data[:left])


def _photo(shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Returns smooth colours with grain: a JPEG of noise alone would be larger than photos are."""
    height, width, channels = shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    smooth = np.stack([np.sin(rows / (90 + 40 * i)) * np.cos(columns / (130 + 30 * i)) for i in range(channels)], -1)
    grain = np.random.default_rng(0).normal(0, 6, shape).astype(np.float32)
    return np.clip(127 + 100 * smooth + grain, 0, 255).astype(np.uint8)
