"""FLAC, Ogg and AIFF: compressed sound, decoded in blocks where samples are wanted."""

from __future__ import annotations

import mmap
import os
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from padviewer.errors import DamagedSource, PadviewerError, UnsupportedSource
from padviewer.formats import library
from padviewer.geometry import Indices
from padviewer.objects import Ranges
from padviewer.plan import ArrayInfo
from padviewer.pulse import beat
from padviewer.sources.base import Array, DeclaredSource, Source, check_indices
from padviewer.sources.kept import KeptFile
from padviewer.sources.opened import OpenedFile, decoding
from padviewer.sources.segments import SegmentCache

_BLOCK = 1 << 16
# Decoded blocks may take this part of the budget.
_CACHE_SHARE = 8
# Silence takes little: a frame of FLAC holds so many samples in some ten bytes. Headers that declare more lie.
_MOST_PER_BYTE = 1 << 13
_MAX_CHANNELS = 1024
# Names of formats as libsndfile has them, and ours.
_NAMES = {"FLAC": "FLAC", "OGG": "Ogg", "AIFF": "AIFF"}


class _Samples(NamedTuple):
    """How samples are asked for of libsndfile, and what they are: it shifts integers up to the top of its own."""

    asked: str
    shift: int
    dtype: str
    note: str = ""


_SAMPLES = {
    "PCM_S8": _Samples("int16", 8, "int8"),
    "PCM_U8": _Samples("int16", 8, "int8", "unsigned -> signed"),
    "PCM_16": _Samples("int16", 0, "int16"),
    "PCM_24": _Samples("int32", 8, "int32", "24-bit samples in int32, not scaled"),
    "PCM_32": _Samples("int32", 0, "int32"),
    "DOUBLE": _Samples("float64", 0, "float64"),
}
_OTHERS = _Samples("float32", 0, "float32")


def matches(head: bytes) -> bool:
    """Tells whether a file begins as one of these does."""
    aiff = head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")
    return head[:4] in (b"fLaC", b"OggS") or aiff


def open_sound(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens the samples of a sound file; one channel makes a signal `T`, several `TC`."""
    file.no_members(member)
    soundfile = library("soundfile", "wav", f"{file.name}: to read compressed sound")
    kept = KeptFile(file)
    try:
        return _open(file, kept, soundfile, budget)
    except BaseException:
        kept.close()
        raise


def _open(file: OpenedFile, kept: KeptFile, soundfile: ModuleType, budget: int) -> Source:
    sound = soundfile.SoundFile(_Content(kept.content()))
    frames, channels = int(sound.frames), int(sound.channels)
    name = _NAMES.get(sound.format)
    if name is None or not 1 <= channels <= _MAX_CHANNELS:
        raise UnsupportedSource(
            f"{file.name}: {sound.format} of {channels} channels is not read; save it as WAV or FLAC"
        )
    if frames < 0 or frames * channels > file.size * _MOST_PER_BYTE:
        raise DamagedSource(
            f"{file.name}: declares {frames} frames, which {file.size} bytes cannot hold; it was not closed when it "
            "was written, save it again"
        )
    samples = _SAMPLES.get(sound.subtype, _OTHERS)
    size = min(frames, _BLOCK) * channels * np.dtype(samples.asked).itemsize
    file.check_budget(2 * size, budget, f"a block of {min(frames, _BLOCK)} frames of {channels} channels")
    notes = [f"{int(sound.samplerate)} Hz", *([samples.note] if samples.note else [])]
    if samples is _OTHERS and sound.subtype != "FLOAT":
        notes.append(f"{str(sound.subtype).lower().replace('_', ' ')} -> float32")
    shape, axes = ((frames, channels), "TC") if channels > 1 else ((frames,), "T")
    info = ArrayInfo(file.path, None, name, shape, samples.dtype, axes, False, file.size, (), tuple(notes))
    if file.headers_only:
        kept.close()
        return DeclaredSource(info)
    source = SoundSource(kept, info, sound, samples, budget // _CACHE_SHARE)
    if frames:
        source.read_block((frames - 1) // _BLOCK)  # a file that is cut short is told at once
    return source


class _Content:
    """The bytes of a file for libsndfile, which asks for them by callbacks: an exception in one would be printed.

    Args:
        mapping: of the file, or what fetches its header.
    """

    def __init__(self, mapping: mmap.mmap | Ranges) -> None:
        self._mapping, self._at = mapping, 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves on, as far as the file goes."""
        start = {os.SEEK_CUR: self._at, os.SEEK_END: len(self._mapping)}.get(whence, 0)
        self._at = min(max(0, start + offset), len(self._mapping))
        return self._at

    def tell(self) -> int:
        """Returns where it stands."""
        return self._at

    def read(self, count: int) -> bytes:
        """Reads on."""
        try:
            found = self._mapping[self._at : self._at + max(0, count)]
        except PadviewerError:
            return b""  # whoever asked for ranges knows that they are not enough
        self._at += len(found)
        return found


class SoundSource(Source):
    """Sound that is decoded in blocks, which are kept while there is room.

    Args:
        file: closed with the source.
        info: (frames) or (frames, channels).
        sound: opened by soundfile.
        samples: how they are asked for.
        allowed: bytes that decoded blocks may take.
    """

    def __init__(self, file: KeptFile, info: ArrayInfo, sound: Any, samples: _Samples, allowed: int) -> None:
        self.info = info
        self._file, self._sound, self._samples = file, sound, samples
        self._blocks = SegmentCache(allowed)

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors.

        Raises:
            DamagedSource: where they cannot be decoded, or the file has changed since it was opened.
        """
        check_indices(self.info.shape, indices)
        frames, channels = indices[0], indices[1] if len(indices) > 1 else np.arange(1)
        out = np.empty((len(frames), len(channels)), self.info.dtype)
        if out.size:
            with self._file.unchanged(), decoding(self._file.path):
                blocks = frames // _BLOCK
                for block in np.unique(blocks).tolist():
                    wanted = blocks == block
                    out[wanted] = self.read_block(block)[np.ix_(frames[wanted] - block * _BLOCK, channels)]
        return out.reshape([len(vector) for vector in indices])

    def read_block(self, number: int) -> Array:
        """Decodes a block, (frames, channels), unless it is kept."""
        kept = self._blocks.find(self, number, 0)
        if kept is not None:
            return kept
        beat()
        start = number * _BLOCK
        count = min(_BLOCK, self.info.shape[0] - start)
        if self._sound.tell() != start:
            self._sound.seek(start)
        read = self._sound.read(count, dtype=self._samples.asked, always_2d=True)
        if len(read) < count:
            raise DamagedSource(
                f"{self._file.name}: frame {start + len(read)} of {self.info.shape[0]} cannot be read; the file is "
                "damaged or cut short, copy it again"
            )
        found: Array = (read >> self._samples.shift).astype(self.info.dtype) if self._samples.shift else read
        self._blocks.keep(self, number, 0, found)
        return found

    def close(self) -> None:
        """Lets the blocks go, and closes the file."""
        self._blocks.clear()
        self._sound.close()
        self._file.close()
