"""CRC-32C (Castagnoli), the checksum of Zarr's shards, by numpy: the standard library has no other CRC than zlib's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint32]

_POLYNOMIAL = np.uint32(0x82F63B78)
_ONES = np.uint32(0xFFFFFFFF)


def _one_bit(state: Numbers) -> Numbers:
    return (state >> np.uint32(1)) ^ (_POLYNOMIAL * (state & np.uint32(1)))


def _one_byte(state: Numbers) -> Numbers:
    for _bit in range(8):
        state = _one_bit(state)
    return state


_TABLE = _one_byte(np.arange(256, dtype=np.uint32))
_BITS = np.uint32(1) << np.arange(32, dtype=np.uint32)


def crc32c(data: bytes | bytearray | memoryview) -> int:
    """Returns the checksum of some bytes, 0 to 2^32 - 1.

    The bytes are cut into lanes, whose registers step side by side. A register is linear in what went through it, so
    those of two lanes make up one: that of the first, moved on by the length of the second, and that of the second.
    """
    size = len(data)
    lanes = 1 << (size.bit_length() // 2)
    length = -(-size // lanes)
    # Zeros in front leave a register of zero as it is.
    padded = np.zeros(lanes * length, np.uint8)
    padded[lanes * length - size :] = np.frombuffer(data, np.uint8)
    state = np.zeros(lanes, np.uint32)
    for column in np.ascontiguousarray(padded.reshape(lanes, length).T):
        state = _TABLE[(state ^ column) & np.uint32(255)] ^ (state >> np.uint32(8))
    moves = _moving(length)
    while len(state) > 1:
        state = _moved(moves, state[::2]) ^ state[1::2]
        moves = _moved(moves, moves)
    begun = _moved(_moving(size), np.array([_ONES]))
    return int(state[0] ^ begun[0] ^ _ONES)


def _moving(count: int) -> Numbers:
    """Returns what `count` bytes of zero make of each bit of a register, shape (32,)."""
    moves, step = _BITS, _one_byte(_BITS)
    while count:
        if count & 1:
            moves = _moved(step, moves)
        step, count = _moved(step, step), count >> 1
    return moves


def _moved(moves: Numbers, state: Numbers) -> Numbers:
    """Returns registers after the bytes of zero that `moves` stands for."""
    found = np.zeros_like(state)
    for bit, move in enumerate(moves):
        found ^= move * ((state >> np.uint32(bit)) & np.uint32(1))
    return found
