"""WAV: samples are read from the mapped file, time by channels, as the integers or floats that are stored."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource
from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source, check_indices
from padviewer.sources.g711 import decode_alaw, decode_mulaw
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.opened import OpenedFile

_ORDERS = {b"RIFF": "<", b"RF64": "<", b"RIFX": ">"}
_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_CODECS = {2: "Microsoft ADPCM", 0x11: "IMA ADPCM", 0x31: "GSM 6.10", 0x50: "MPEG", 0x55: "MP3", 0x161: "WMA"}
_PLAIN = {(_PCM, 1): "u1", (_PCM, 2): "i2", (_PCM, 4): "i4", (_PCM, 8): "i8"} | {
    (_FLOAT, 2): "f2", (_FLOAT, 4): "f4", (_FLOAT, 8): "f8"
}  # fmt: skip
# A length that programs write which do not know how long a sound will be; of 64 bits where that one has them.
_UNKNOWN = 0xFFFFFFFF
_MAX_CHUNKS = 10_000


class _Layout(NamedTuple):
    """What the chunk `fmt ` tells.

    Attributes:
        tag: number of the codec.
        channels: how many there are.
        rate: frames in a second.
        width: bytes of a sample.
        bits: of a sample that tell something.
    """

    tag: int
    channels: int
    rate: int
    width: int
    bits: int


class _Data(NamedTuple):
    """Where the samples lie, how many bytes are declared, and how many there are."""

    start: int
    declared: int
    size: int


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a WAV does."""
    return head[:4] in _ORDERS and head[8:12] == b"WAVE"


def open_wav(file: OpenedFile, member: str | None, budget: int) -> Source:  # noqa: ARG001 nothing is decoded ahead
    """Opens the samples of a WAV file; one channel makes a signal `T`, several `TC`."""
    file.no_members(member)
    layout, data = _read_chunks(file)
    frames, spare = divmod(data.size, layout.width * layout.channels)
    notes = [f"{layout.rate} Hz", *_length_notes(layout, data, spare)]
    decode, dtype = _decoder(file, layout, notes)
    shape = (frames, layout.channels) if layout.channels > 1 else (frames,)
    axes = "TC" if layout.channels > 1 else "T"
    name = dtype.newbyteorder("=").name
    info = ArrayInfo(file.path, None, "WAV", shape, name, axes, False, file.size, (), tuple(notes))
    if not frames:
        return ArraySource(np.empty(shape, name), info)
    if file.headers_only:
        return DeclaredSource(info)
    kept = KeptFile(file)
    mapping = kept.map()
    if decode is None:
        return MappedSource(np.ndarray(shape, dtype, mapping, data.start), info, mapping, kept)
    raw = np.ndarray((*shape, layout.width), np.uint8, mapping, data.start)
    bytes_info = ArrayInfo(file.path, None, "WAV", raw.shape, "uint8", axes, False, file.size)
    return CodedSource(MappedSource(raw, bytes_info, mapping, kept), info, decode)


class CodedSource(Source):
    """Samples that are made of bytes when they are read.

    Args:
        stored: the bytes, with those of a sample on an axis behind the others; closed with the source.
        info: of the samples.
        decode: turns bytes into samples; the last axis is left out.
    """

    def __init__(self, stored: Source, info: ArrayInfo, decode: Callable[[Array], Array]) -> None:
        self.info = info
        self._stored, self._decode = stored, decode

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors."""
        check_indices(self.info.shape, indices)
        width = np.arange(self._stored.info.shape[-1])
        return np.ascontiguousarray(self._decode(self._stored.take((*indices, width))))

    def close(self) -> None:
        """Closes the file."""
        self._stored.close()


def _read_chunks(file: OpenedFile) -> tuple[_Layout, _Data]:
    order = _ORDERS[file.head[:4]]
    layout, long_size, at = None, 0, 12
    for _ in range(_MAX_CHUNKS):
        file.handle.seek(at)
        head = file.handle.read(8)
        if len(head) < 8:
            break
        kind, size = head[:4], int(struct.unpack(order + "I", head[4:])[0])
        if kind == b"fmt ":
            layout = _layout(file, file.handle.read(min(size, 40)), order)
        elif kind == b"ds64" and size >= 16:
            long_size = int(struct.unpack("<Q", file.handle.read(16)[8:].ljust(8, b"\0"))[0])
        elif kind == b"data":
            if layout is None:
                raise DamagedSource(f"{file.name}: its samples come before what describes them; save the WAV again")
            declared = long_size if size == _UNKNOWN and long_size else size
            rest = file.size - at - 8
            return layout, _Data(at + 8, declared, rest if declared == _UNKNOWN else min(declared, rest))
        at += 8 + size + size % 2
    missing = "samples (no chunk 'data')" if layout else "description of its samples (no chunk 'fmt ')"
    raise DamagedSource(f"{file.name}: has no {missing}; it is cut short or damaged, copy it again")


def _layout(file: OpenedFile, body: bytes, order: str) -> _Layout:
    if len(body) < 16:
        raise DamagedSource(f"{file.name}: the description of its samples is cut short; save the WAV again")
    tag, channels, rate, _speed, block, bits = struct.unpack(order + "HHIIHH", body[:16])
    if tag == _EXTENSIBLE and len(body) >= 26:
        valid, tag = struct.unpack(order + "H4xH", body[18:26])
        bits = valid or bits
    if not channels or block % channels or not block:
        raise DamagedSource(
            f"{file.name}: declares {channels} channels in frames of {block} bytes, which no WAV has; save it again"
        )
    return _Layout(tag, channels, rate, block // channels, bits)


def _length_notes(layout: _Layout, data: _Data, spare: int) -> list[str]:
    notes, frame = [], layout.width * layout.channels
    if data.declared == _UNKNOWN:
        notes.append("length not declared, read to the end of the file")
    elif data.size < data.declared:
        notes.append(f"cut short: {data.size // frame} of {data.declared // frame} frames")
    if spare:
        notes.append(f"{spare} bytes after the last whole frame left out")
    return notes


def _decoder(
    file: OpenedFile, layout: _Layout, notes: list[str]
) -> tuple[Callable[[Array], Array] | None, np.dtype[np.generic]]:
    """Returns what turns bytes into samples, None where they are samples already; and the dtype."""
    order, kind = _ORDERS[file.head[:4]], (layout.tag, layout.width)
    if layout.tag in (_ALAW, _MULAW) and layout.width == 1:
        notes.append(f"{'A-law' if layout.tag == _ALAW else 'mu-law'} -> int16")
        return decode_alaw if layout.tag == _ALAW else decode_mulaw, np.dtype(np.int16)
    if kind == (_PCM, 3):
        notes.append(f"{layout.bits}-bit samples in int32, not scaled")
        return _integers_of_24_bits(order), np.dtype(np.int32)
    if kind not in _PLAIN:
        codec = _CODECS.get(layout.tag, f"codec {layout.tag:#x}")
        what = "PCM" if layout.tag == _PCM else "floats" if layout.tag == _FLOAT else codec
        raise UnsupportedSource(
            f"{file.name}: {what} of {layout.bits} bits in {layout.width} bytes is not read; save it as PCM of 8 to 32 "
            "bits, or as floats"
        )
    if kind == (_PCM, 1):
        notes.append("unsigned: 128 is silence")
    if layout.tag == _PCM and layout.bits != 8 * layout.width:
        notes.append(f"{layout.bits} bits of {8 * layout.width} used, values kept")
    return None, np.dtype(order + _PLAIN[kind])


def _integers_of_24_bits(order: str) -> Callable[[Array], Array]:
    def decode(stored: Array) -> Array:
        # As the upper bytes of 32 bits they bring their sign along.
        wide = np.zeros((*stored.shape[:-1], 4), np.uint8)
        wide[..., (slice(1, 4) if order == "<" else slice(0, 3))] = stored
        return wide.view(order + "i4")[..., 0].astype(np.int32) >> 8

    return decode
