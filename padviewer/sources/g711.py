"""The two codecs of telephones, A-law and mu-law (ITU-T G.711): a byte for a sample of 16 bits."""

from __future__ import annotations

import numpy as np

from padviewer.sources.base import Array


def _alaw() -> Array:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = code >> 4 & 7, (code & 15) << 4
    size = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.int16)


def _mulaw() -> Array:
    code = ~np.arange(256) & 0xFF
    size = (((code & 15) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return np.where(code & 0x80, -size, size).astype(np.int16)


_ALAW, _MULAW = _alaw(), _mulaw()


def decode_alaw(stored: Array) -> Array:
    """Returns int16 samples of A-law bytes (..., 1), without the last axis."""
    return _ALAW[stored[..., 0]]


def decode_mulaw(stored: Array) -> Array:
    """Returns int16 samples of mu-law bytes (..., 1), without the last axis."""
    return _MULAW[stored[..., 0]]
