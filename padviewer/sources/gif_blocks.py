"""The blocks of a GIF: how many frames it has and how large they are, found without decoding one."""

from __future__ import annotations

from typing import NamedTuple

_HEADER = 13
_EXTENSION, _FRAME, _END = 0x21, 0x2C, 0x3B
_DESCRIPTOR = 9


class GifFrames(NamedTuple):
    """What the blocks of a GIF tell.

    Attributes:
        whole: frames that are there whole.
        width, height: of the canvas: the declared screen, enlarged where the first frame is larger.
        widest, highest: what frames reach to; beyond the canvas they are cut off.
        is_cut: whether the file ends before the mark of its end.
    """

    whole: int
    width: int
    height: int
    widest: int
    highest: int
    is_cut: bool


def scan_gif(data: bytes) -> GifFrames:
    """Walks through the blocks of a GIF (a whole file, or a mapping of one)."""
    width, height = _number(data, 6), _number(data, 8)
    at = _HEADER + _palette(data[_HEADER - 3 : _HEADER - 2])
    widest, highest, count = width, height, 0
    while at < len(data) and data[at] != _END:
        if data[at] == _EXTENSION:
            at = _after_blocks(data, at + 2)
        elif data[at] == _FRAME:
            start = at + 1
            right = _number(data, start) + _number(data, start + 4)
            lower = _number(data, start + 2) + _number(data, start + 6)
            at = start + _DESCRIPTOR + _palette(data[start + _DESCRIPTOR - 1 : start + _DESCRIPTOR])
            at = _after_blocks(data, at + 1)
            if not count:
                width, height = max(width, right), max(height, lower)
            widest, highest = max(widest, right), max(highest, lower)
            count += at <= len(data)
        else:
            at += 1
    return GifFrames(count, width, height, widest, highest, at >= len(data))


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _palette(flags: bytes) -> int:
    """Returns how many bytes the palette takes that flags announce."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """Returns where a chain of blocks ends that begins at `at`; beyond the data where it is cut short."""
    size = len(data)
    while at < size:
        length = data[at]
        at += 1 + length
        if not length:
            return at
    return size + 1
