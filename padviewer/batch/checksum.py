"""The checksum of a padded tensor: of its bytes, little-endian in C order, whatever they are written to.

CRC-32 finds what a disk or a network has changed, at the speed of memory. SHA-256 also tells for certain whether two
tensors are the same; it takes as long as decoding a small picture.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import cast

import numpy as np

from padviewer.export import Array

CHECKSUMS = ("crc32", "sha256")
# Zeros that stay in the processor's cache: those of a tensor that was just made would have to be fetched.
_ZEROS = np.zeros(1 << 18, np.uint8)


class Checksum:
    """A checksum of what comes piece by piece.

    Args:
        name: one of `CHECKSUMS`.
    """

    def __init__(self, name: str) -> None:
        self._sha = hashlib.sha256() if name == "sha256" else None
        self._crc = 0

    def update(self, data: Array) -> None:
        """Takes the elements that come next."""
        little = np.ascontiguousarray(data, data.dtype.newbyteorder("<")).reshape(-1).view(np.uint8)
        if self._sha is None:
            self._crc = _crc32()(little.data, self._crc)
        else:
            self._sha.update(little.data)

    def zeros(self, nbytes: int) -> None:
        """Takes bytes of zero that come next; they need not be anywhere."""
        for at in range(0, nbytes, len(_ZEROS)):
            self.update(_ZEROS[: nbytes - at])

    @property
    def text(self) -> str:
        """What is noted: `crc32:1c291ca3`."""
        return f"crc32:{self._crc:08x}" if self._sha is None else f"sha256:{self._sha.hexdigest()}"


@lru_cache(maxsize=1)
def _crc32() -> Callable[[memoryview, int], int]:
    """Returns the fastest function for CRC-32: zlib-ng's takes a tenth of zlib's time, for the same number."""
    try:
        from imagecodecs import zlibng_crc32  # noqa: PLC0415 loaded when first needed
    except ImportError:  # imagecodecs can be built without it
        return zlib.crc32
    return cast("Callable[[memoryview, int], int]", zlibng_crc32)
