"""DICOM: pixels that are not compressed are mapped, others decoded frame by frame."""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source
from padviewer.sources.converted import Convert, ConvertedSource, PaletteSource, Scaling
from padviewer.sources.dicom_codecs import CODECS
from padviewer.sources.dicom_form import (
    PALETTE,
    PixelForm,
    full_of_422,
    meaning_of_bits,
    read_affine,
    read_form,
    read_palette,
    read_rescale,
    to_rgb,
)
from padviewer.sources.dicom_frames import Frame, frames_of
from padviewer.sources.dicom_header import (
    BIG_ENDIAN,
    DEFLATED,
    IMPLICIT,
    MAGIC,
    PREAMBLE,
    UNDEFINED,
    DicomHeader,
    Pixels,
    read_header,
)
from padviewer.sources.frames import FramesSource
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.opened import OpenedFile

_NATIVE = (IMPLICIT, "1.2.840.10008.1.2.1", BIG_ENDIAN, DEFLATED)
_LARGEST_CACHE = 256 << 20
# The frame before, what is decoded, and what is made of that by another order of samples and bytes.
_FRAMES = 4
# What OpenJPEG takes for a sample.
_SAMPLE = 16
_CINE = ("FrameTime", "FrameTimeVector")


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a DICOM file does."""
    return head[PREAMBLE : PREAMBLE + len(MAGIC)] == MAGIC


def open_dicom(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens the pixels of a DICOM file: values of the modality, or colours as RGB."""
    file.no_members(member)
    header = read_header(file, budget)
    form = read_form(file, header)
    if header.syntax not in _NATIVE and header.syntax not in CODECS:
        raise UnsupportedSource(
            f"{file.name}: transfer syntax {header.syntax_name!r} is not read; save it uncompressed, or as RLE, JPEG, "
            "JPEG-LS or JPEG 2000"
        )
    info = _info(file, header, form)
    read = _native if header.syntax in _NATIVE else _packed
    return _read_as(file, header, form, read(file, header, form, info, budget))


def _info(file: OpenedFile, header: DicomHeader, form: PixelForm) -> ArrayInfo:
    """Describes what is stored."""
    shape, axes = form.frame.shape, "HWC"[: len(form.frame.shape)]
    if form.count > 1:
        is_film = "C" in axes or any(name in header.elements for name in _CINE)
        shape, axes = (form.count, *shape), ("B" if is_film else "D") + axes
    return ArrayInfo(
        path=file.path,
        member=None,
        format="DICOM",
        shape=shape,
        dtype=form.value_dtype.name,
        axes=axes,
        axes_guessed=form.count > 1,
        file_bytes=file.size,
        affine=read_affine(header, form),
    )


# ---- what is stored


def _native(file: OpenedFile, header: DicomHeader, form: PixelForm, info: ArrayInfo, budget: int) -> Source:
    pixels = header.pixels
    if pixels.length == UNDEFINED:
        raise DamagedSource(f"{file.name}: its pixels are in fragments, but not compressed; save it again")
    held = min(pixels.length, pixels.size - pixels.offset)
    if form.nbytes > held:
        raise DamagedSource(
            f"{file.name}: declares {form.count} frames of {' x '.join(map(str, form.frame.shape))} samples, "
            f"{form.nbytes} bytes, but {held} are stored; it is cut short, copy it again"
        )
    # Big endian files hold bytes in words, pairwise turned round.
    is_swapped = header.syntax == BIG_ENDIAN and pixels.vr == "OW" and form.frame.bits == 8
    if form.frame.bits == 1 or form.frame.colors == "YBR_FULL_422" or is_swapped:
        return _by_frames(file, pixels, form, info, is_swapped, budget)
    dtype = form.value_dtype.newbyteorder("<" if header.little_endian else ">")

    def array(buffer: bytes | mmap.mmap, offset: int) -> Array:
        frame = form.frame
        if frame.samples == 1:
            return np.ndarray(info.shape, dtype, buffer, offset)
        sizes = (frame.samples, frame.rows, frame.columns) if form.planar else frame.shape
        found: Array = np.ndarray((form.count, *sizes), dtype, buffer, offset)
        found = np.moveaxis(found, 1, -1) if form.planar else found
        return found if form.count > 1 else found[0]

    if file.headers_only:
        return DeclaredSource(info, decoded=pixels.data is not file.handle)
    if pixels.data is not file.handle:
        pixels.data.seek(0)
        return ArraySource(array(pixels.data.read(), pixels.offset), info)
    kept = KeptFile(file)
    mapping = kept.map()
    return MappedSource(array(mapping, pixels.offset), info, mapping, kept)


def _by_frames(
    file: OpenedFile, pixels: Pixels, form: PixelForm, info: ArrayInfo, is_swapped: bool, budget: int
) -> Source:
    """Reads frames whose samples do not lie in bytes of their own."""
    kept, unpacked = KeptFile(file), b""
    if pixels.data is not file.handle:
        pixels.data.seek(0)
        unpacked = pixels.data.read()

    def decode(number: int) -> Array:
        first, last = number * form.frame_bits, (number + 1) * form.frame_bits
        start, end = first // 8, -(-last // 8)
        if is_swapped:
            start, end = start // 2 * 2, -(-end // 2) * 2
        place = pixels.offset + start
        raw = unpacked[place : pixels.offset + end] or kept.read(place, min(end, pixels.length) - start)
        data = np.frombuffer(raw, np.uint8)
        if is_swapped:
            data = data[: len(data) // 2 * 2].reshape(-1, 2)[:, ::-1].reshape(-1)
        if form.frame.bits == 1:
            skipped = first - 8 * start
            bits = np.unpackbits(data, bitorder="little")[skipped : skipped + form.frame_bits]
            return bits.reshape(form.frame.shape).view(bool)
        data = data[first // 8 - start :][: form.frame_bits // 8]
        if form.frame.colors == "YBR_FULL_422":
            return full_of_422(data, form.frame)
        if form.planar:
            return np.moveaxis(data.reshape(form.frame.samples, form.frame.rows, form.frame.columns), 0, -1)
        return data.reshape(form.frame.shape)

    return _frames_source(file, form, info, kept, decode, budget)


def _packed(file: OpenedFile, header: DicomHeader, form: PixelForm, info: ArrayInfo, budget: int) -> Source:
    """Decodes compressed frames, the first one at once."""
    if header.pixels.length != UNDEFINED:
        raise DamagedSource(f"{file.name}: its pixels should be compressed, but are not in fragments; save it again")
    frames, decode = frames_of(file, header, form.count), CODECS[header.syntax]
    kept = KeptFile(file)

    def decoded(number: int) -> Array:
        data = _encoded(kept, frames[number])
        return decode(data, form.frame).view(form.value_dtype)

    largest = max(sum(fragment.length for fragment in frame) for frame in frames)
    return _frames_source(file, form, info, kept, decoded, budget, 2 * largest)


def _encoded(kept: KeptFile, frame: Frame) -> bytes:
    return b"".join(kept.read(fragment.offset, fragment.length) for fragment in frame)


def _frames_source(
    file: OpenedFile,
    form: PixelForm,
    info: ArrayInfo,
    kept: KeptFile,
    decode: Callable[[int], Array],
    budget: int,
    stored: int = 0,
) -> Source:
    """Returns frames, the first one decoded; `stored` bytes are read for one of them."""
    samples = math.prod(form.frame.shape)
    needed = stored + samples * max(_FRAMES * form.value_dtype.itemsize, _SAMPLE if stored else 0)
    file.check_budget(needed, budget, f"decoding a frame of {' x '.join(map(str, form.frame.shape))} samples")
    if file.headers_only:
        kept.close()
        return DeclaredSource(info, decoded=form.count == 1)
    first = decode(0)
    if form.count == 1:
        kept.close()
        return ArraySource(first, info)
    return FramesSource(info, kept, decode, min(budget // 8, _LARGEST_CACHE))


# ---- what is read


def _read_as(file: OpenedFile, header: DicomHeader, form: PixelForm, stored: Source) -> Source:
    """Returns values, or colours, of what is stored."""
    info, frame = stored.info, form.frame
    steps: list[Convert] = []
    notes: list[str] = []
    bits = meaning_of_bits(form)
    if bits is not None and form.stored < frame.bits:
        notes.append(f"{form.stored} bits stored in {frame.bits}{', signed' * form.signed}")
        steps.append(bits)
    if frame.colors == PALETTE:
        return _colored(file, header, stored, steps, notes)
    dtype = info.dtype
    if frame.colors == "MONOCHROME1":
        notes.append("MONOCHROME1: low numbers are bright; they are not turned round")
    if frame.samples > 1:
        notes.append(frame.colors if frame.colors == "RGB" else f"{frame.colors} -> RGB")
        if frame.colors.startswith("YBR_FULL") and not _turned_by_codec(header):
            steps.append(to_rgb)
    else:
        rescale, remarks = read_rescale(header)
        notes.extend(remarks)
        if rescale is not None and frame.bits > 1:
            scaling = Scaling(np.dtype(dtype), *rescale)
            unit = ", HU" if str(header.elements.get("RescaleType", "")) == "HU" else ""
            notes.append(f"{scaling.note} (RescaleSlope, RescaleIntercept{unit})")
            steps.append(scaling)
            dtype = scaling.dtype
    info = replace(info, dtype=dtype, notes=(*reversed(notes), header.syntax_name))
    if not steps:
        stored.info = info
        return stored
    return ConvertedSource(stored, info, _in_turn(steps), by_pixels=to_rgb in steps)


def _turned_by_codec(header: DicomHeader) -> bool:
    """Whether the decoder gives RGB already."""
    return header.syntax in ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")


def _in_turn(steps: list[Convert]) -> Convert:
    def convert(stored: Array) -> Array:
        for step in steps:
            stored = step(stored)
        return stored

    return convert


def _colored(file: OpenedFile, header: DicomHeader, stored: Source, steps: list[Convert], notes: list[str]) -> Source:
    colors, first = read_palette(file, header)
    info = stored.info
    axes = info.axes.replace("D", "B") + "C"
    notes.append("palette -> RGB")
    info = replace(
        info,
        shape=(*info.shape, 3),
        dtype=colors.dtype.name,
        axes=axes,
        notes=(*reversed(notes), header.syntax_name),
        affine=None,
    )
    return PaletteSource(stored, info, _in_turn(steps), colors, first)
