"""OpenEXR: channels of one part, decoded whole. Red, green and blue (and alpha) are one array."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np

from padviewer.errors import DamagedSource, shortened
from padviewer.formats import library
from padviewer.plan import ArrayInfo, Member
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source
from padviewer.sources.exr_header import MAGIC, Channel, Part, read_parts
from padviewer.sources.kept import KeptFile
from padviewer.sources.members import MAX_MEMBERS, described, listed, no_such_member, unique_name
from padviewer.sources.opened import OpenedFile

_COLORS = ("R", "G", "B")
_ALPHA = "A"


class _Entry(NamedTuple):
    """A member: one channel, or those of a colour side by side."""

    name: str
    part: int
    channels: tuple[Channel, ...]
    shape: tuple[int, ...]
    dtype: str


def matches(head: bytes) -> bool:
    """Tells whether a file begins as an OpenEXR file does."""
    return head.startswith(MAGIC)


def open_exr(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Decodes a channel, or the channels of a colour, at the size of the data window."""
    parts = read_parts(file)
    entries = _entries(parts)
    chosen = entries[0] if member is None else next((entry for entry in entries if entry.name == member), None)
    if chosen is None:
        assert member is not None
        raise no_such_member(file.name, member, [entry.name for entry in entries])
    part = parts[chosen.part]
    library("OpenEXR", "exr", f"{file.name}: to read OpenEXR")
    _check_budget(file, parts, chosen, budget)
    members = tuple(Member(entry.name, described(entry.dtype, entry.shape)) for entry in entries[:MAX_MEMBERS])
    info = ArrayInfo(
        path=file.path,
        member=chosen.name if len(entries) > 1 else member,
        format="OpenEXR",
        shape=chosen.shape,
        dtype=chosen.dtype,
        axes="HW" if len(chosen.shape) == 2 else "HWC",
        axes_guessed=False,
        file_bytes=file.size,
        members=members if len(entries) > 1 else (),
        notes=(*_notes(part, chosen), *listed(len(entries))),
    )
    if file.headers_only:
        return DeclaredSource(info, decoded=True)
    return ArraySource(_decode(file, parts, chosen), info)


def _entries(parts: list[Part]) -> list[_Entry]:
    """Lists the members: of each part colours first, then luminance, then every channel by its name."""
    entries: list[_Entry] = []
    taken: dict[str, int] = {}
    for number, part in enumerate(parts):
        prefix = f"{part.name or number}/" if len(parts) > 1 else ""
        colors = [
            _Entry("", number, channels, (*part.shape_of(channels[0]), len(channels)), dtype)._replace(name=name)
            for name, channels, dtype in _colors(part)
        ]
        singles = sorted(part.channels, key=lambda channel: channel.name != "Y")
        plain = [_Entry(each.name, number, (each,), part.shape_of(each), each.dtype) for each in singles]
        for entry in (*colors, *plain):
            entries.append(entry._replace(name=unique_name(prefix + entry.name, taken)))
    return entries


def _colors(part: Part) -> list[tuple[str, tuple[Channel, ...], str]]:
    """Returns name, channels and dtype of each colour; that of no layer comes first."""
    layers: dict[str, dict[str, Channel]] = {}
    for channel in part.channels:
        layer, _dot, last = channel.name.rpartition(".")
        layers.setdefault(layer, {})[last] = channel
    found = []
    for layer, channels in sorted(layers.items()):
        if all(color in channels for color in _COLORS):
            bands = tuple(channels[color] for color in (*_COLORS, _ALPHA) if color in channels)
            dtypes = {band.dtype for band in bands}
            # A number for an object and a light are not brought to one dtype.
            together = dtypes <= {"float16", "float32"} or dtypes == {"uint32"}
            if together and {(band.step_x, band.step_y) for band in bands} == {(1, 1)}:
                name = f"{layer}.{'RGBA'[: len(bands)]}".lstrip(".")
                found.append((name, bands, max(dtypes) if len(dtypes) == 1 else "float32"))
    return found


def _notes(part: Part, chosen: _Entry) -> tuple[str, ...]:
    names = ", ".join(shortened(channel.name, 40) for channel in chosen.channels)
    notes = [f"channel{'s' * (len(chosen.channels) > 1)} {names}"]
    if len({channel.dtype for channel in chosen.channels}) > 1:
        notes.append("float16 and float32 -> float32")
    first = chosen.channels[0]
    if (first.step_x, first.step_y) != (1, 1):
        notes.append(f"one sample for {first.step_x} x {first.step_y} pixels")
    if part.display is not None and part.data is not None and part.display != part.data:
        left, top = part.data.left - part.display.left, part.data.top - part.display.top
        notes.append(
            f"data window at x {left}, y {top} of the {part.display.width} x {part.display.height} display window"
        )
    if part.levels:
        notes.append("the full level; smaller ones left out")
    return tuple(notes)


def _check_budget(file: OpenedFile, parts: list[Part], chosen: _Entry, budget: int) -> None:
    """The library decodes all channels of all parts at once."""
    needed = sum(part.bytes_of(channel) for part in parts for channel in part.channels)
    own = int(np.prod(chosen.shape, dtype=object)) * np.dtype(chosen.dtype).itemsize
    channels = sum(len(part.channels) for part in parts)
    # Threads have a tile, or rows that are compressed together, each: as stored, and decoded.
    pieces = max(2 * part.piece_bytes * min(part.pieces, 1 + (os.cpu_count() or 1)) for part in parts)
    what = f"decoding its {channels} channels, which come together, in {'tiles' if parts[chosen.part].tile else 'rows'}"
    file.check_budget(needed + own + pieces, budget, what)


def _decode(file: OpenedFile, parts: list[Part], chosen: _Entry) -> Array:
    openexr: Any = library("OpenEXR", "exr", f"{file.name}: to read OpenEXR")
    kept = KeptFile(file)
    # By its descriptor: the name may lead to another file by now.
    with kept.unchanged():
        decoded = openexr.File(f"/dev/fd/{file.handle.fileno()}", separate_channels=True)
        # A part whose pixels cannot be decoded is left out, and those behind it move up.
        if len(decoded.parts) != len(parts):
            raise DamagedSource(
                f"{file.name}: the pixels of {len(parts) - len(decoded.parts)} of its {len(parts)} parts cannot be "
                "decoded; the file is damaged or cut short, copy it again"
            )
        channels = decoded.channels(chosen.part)
        arrays = [np.asarray(channels[channel.name].pixels) for channel in chosen.channels]
    kept.close()
    part = parts[chosen.part]
    for channel, array in zip(chosen.channels, arrays, strict=True):
        if array.shape != part.shape_of(channel) or array.dtype.name != channel.dtype:
            raise DamagedSource(
                f"{file.name}: channel {shortened(channel.name, 40)!r} came out as {array.dtype} of {array.shape}, but "
                f"{channel.dtype} of {part.shape_of(channel)} is declared; save the file again"
            )
    if len(arrays) == 1:
        return arrays[0].copy()
    return np.stack(arrays, axis=-1, dtype=chosen.dtype)
