"""Frames of a DICOM file that lie in fragments: where each is, without decoding any."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import NamedTuple

from padviewer.errors import DamagedSource
from padviewer.sources.dicom_header import DicomHeader, item_header
from padviewer.sources.opened import OpenedFile

_ITEM, _END = 0xFFFEE000, 0xFFFEE0DD
_MAX_FRAGMENTS = 1_000_000
# How the frames of JPEG, JPEG-LS and JPEG 2000 begin.
_STARTS = (b"\xff\xd8", b"\xff\x4f", b"\0\0\0\x0cjP")


class Fragment(NamedTuple):
    """A run of bytes; `place` is where its item begins."""

    place: int
    offset: int
    length: int


Frame = tuple[Fragment, ...]


def frames_of(file: OpenedFile, header: DicomHeader, count: int) -> list[Frame]:
    """Finds the fragments of each frame.

    Raises:
        DamagedSource: where they do not make `count` frames.
    """
    table, fragments = _fragments(file, header)
    if count == 1 and fragments:
        return [tuple(fragments)]
    if len(fragments) == count:
        return [(fragment,) for fragment in fragments]
    first = fragments[0].place if fragments else 0
    for offsets in (_extended(header, count), table):
        if offsets and len(offsets) == count:
            found = _cut(fragments, [first + offset for offset in offsets])
            if len(found) == count:
                return found
    data = header.pixels.data
    places = []
    for fragment in fragments:
        data.seek(fragment.offset)
        if data.read(6).startswith(_STARTS):
            places.append(fragment.place)
    found = _cut(fragments, places)
    if len(found) != count:
        raise DamagedSource(
            f"{file.name}: declares {count} frames, but its {len(fragments)} fragments make {len(found)}; it is cut "
            "short or damaged, copy it again"
        )
    return found


def _fragments(file: OpenedFile, header: DicomHeader) -> tuple[tuple[int, ...], list[Fragment]]:
    """Returns the offsets in the first item, and the fragments."""
    pixels = header.pixels
    place, table = pixels.offset, None
    found: list[Fragment] = []
    while True:
        tag, length = item_header(pixels.data, place)
        if tag in (_END, 0):  # many writers leave the end out
            break
        if tag != _ITEM or place + 8 + length > pixels.size or len(found) == _MAX_FRAGMENTS:
            raise DamagedSource(
                f"{file.name}: fragment {len(found)} of its pixels (byte {place}) declares {length} bytes, but the "
                f"data have {pixels.size}; the file is cut short or damaged, copy it again"
            )
        if table is None:
            if length > 4 * _MAX_FRAGMENTS:
                raise DamagedSource(f"{file.name}: its table of frames takes {length} bytes; save the file again")
            raw = pixels.data.read(length // 4 * 4)
            table = struct.unpack(f"<{len(raw) // 4}I", raw)
        else:
            found.append(Fragment(place, place + 8, length))
        place += 8 + length
    return table or (), found


def _extended(header: DicomHeader, count: int) -> tuple[int, ...]:
    raw = header.elements.get("ExtendedOffsetTable")
    if not isinstance(raw, bytes) or len(raw) != 8 * count:
        return ()
    return struct.unpack(f"<{count}Q", raw)


def _cut(fragments: list[Fragment], places: list[int]) -> list[Frame]:
    """Returns the fragments from each place up to the next; none where a place is not the begin of one."""
    numbers = {fragment.place: number for number, fragment in enumerate(fragments)}
    starts = [numbers.get(place, -1) for place in places]
    if not starts or starts[0] != 0 or any(a >= b for a, b in pairwise(starts)):
        return []
    return [tuple(fragments[a:b]) for a, b in pairwise([*starts, len(fragments)])]
