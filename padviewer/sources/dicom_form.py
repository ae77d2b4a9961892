"""What the pixels of a DICOM file are: sizes, bits and colours, checked, and what is done to them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource, shortened
from padviewer.sources.base import Array
from padviewer.sources.dicom_codecs import FrameForm
from padviewer.sources.dicom_header import DicomHeader
from padviewer.sources.opened import OpenedFile

PALETTE = "PALETTE COLOR"
_GRAY = ("MONOCHROME1", "MONOCHROME2")
_YBR = ("YBR_FULL", "YBR_FULL_422")
# What JPEG 2000 undoes by itself.
_YBR_2000 = ("YBR_RCT", "YBR_ICT")
_ORIENTED = 6


@dataclass(frozen=True)
class PixelForm:
    """The pixels of a file.

    Attributes:
        frame: rows, columns, samples, bits allocated and colours.
        count: of frames.
        stored, high: number of bits that hold a value, and the highest of them.
        signed: whether values are.
        planar: whether samples lie plane by plane.
        dtype: of floating-point pixels; else empty.
    """

    frame: FrameForm
    count: int
    stored: int
    high: int
    signed: bool
    planar: bool
    dtype: str

    @property
    def value_dtype(self) -> np.dtype[Any]:
        """Dtype of a value."""
        if self.dtype:
            return np.dtype(self.dtype)
        if self.frame.bits == 1:
            return np.dtype(bool)
        return np.dtype(f"{'i' if self.signed else 'u'}{self.frame.bits // 8}")

    @property
    def frame_bits(self) -> int:
        """Bits that a frame takes without compression."""
        samples = 2 if self.frame.colors == "YBR_FULL_422" else self.frame.samples
        return self.frame.rows * self.frame.columns * samples * self.frame.bits

    @property
    def nbytes(self) -> int:
        """Bytes of all frames without compression."""
        return -(-self.count * self.frame_bits // 8)


def read_form(file: OpenedFile, header: DicomHeader) -> PixelForm:
    """Reads and checks what the elements say of the pixels.

    Raises:
        DamagedSource: where an element is missing or makes no sense.
        UnsupportedSource: where bits or colours are not read.
    """
    try:
        form = _form(file, header)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        cause = f"{error.args[0]} is missing" if isinstance(error, KeyError) else "a size is no number"
        raise DamagedSource(f"{file.name}: {cause} in the DICOM header; copy or save the file again") from error
    frame = form.frame
    if min(frame.rows, frame.columns, form.count) < 1:
        raise DamagedSource(
            f"{file.name}: declares {form.count} frames of {frame.rows} x {frame.columns} pixels; save it again"
        )
    if frame.bits not in ((32, 64) if form.dtype else (1, 8, 16, 32)):
        raise UnsupportedSource(f"{file.name}: has {frame.bits} bits allocated for a sample; 1, 8, 16 and 32 are read")
    if not 1 <= form.stored <= form.high + 1 <= frame.bits:
        raise DamagedSource(
            f"{file.name}: declares {form.stored} bits stored up to bit {form.high} of {frame.bits}; save it again"
        )
    _check_colors(file, header, form)
    return form


def _form(file: OpenedFile, header: DicomHeader) -> PixelForm:
    colors = str(header.elements.get("PhotometricInterpretation", "")).strip()
    allocated = header.number("BitsAllocated")
    stored = header.number("BitsStored", allocated)
    frame = FrameForm(
        file.name,
        header.number("Rows"),
        header.number("Columns"),
        header.number("SamplesPerPixel", 1),
        allocated,
        colors,
    )
    is_float = bool(header.pixels.dtype)
    return PixelForm(
        frame,
        header.number("NumberOfFrames", 1),
        allocated if is_float else stored,
        allocated - 1 if is_float else header.number("HighBit", stored - 1),
        header.number("PixelRepresentation", 0) == 1,
        frame.samples > 1 and header.number("PlanarConfiguration", 0) == 1,
        header.pixels.dtype,
    )


def _check_colors(file: OpenedFile, header: DicomHeader, form: PixelForm) -> None:
    colors, samples = form.frame.colors, form.frame.samples
    wanted = 1 if colors in (*_GRAY, PALETTE) else 3
    is_2000 = header.syntax.startswith("1.2.840.10008.1.2.4.9")
    known = (*_GRAY, PALETTE, "RGB", *_YBR, *(_YBR_2000 if is_2000 else ()))
    if colors not in known:
        raise UnsupportedSource(
            f"{file.name}: has the colours {shortened(colors, 40) or '(none)'!r}, which are not read; save it as "
            "MONOCHROME2 or RGB"
        )
    if samples != wanted:
        raise DamagedSource(f"{file.name}: declares {samples} samples for a pixel of {colors}; save it again")
    if wanted == 3 and (form.frame.bits == 1 or form.signed or (colors in _YBR and form.frame.bits != 8)):
        raise UnsupportedSource(
            f"{file.name}: has {colors} of {form.frame.bits} bits{', signed' * form.signed}; save it as RGB of 8 bits"
        )


# ---- from what is stored to values


def meaning_of_bits(form: PixelForm) -> Callable[[Array], Array] | None:
    """Returns what cuts the bits of values out of those that are allocated; None where they are the same."""
    unused = form.frame.bits - 1 - form.high
    shift = form.frame.bits - form.stored
    if form.dtype or form.frame.bits == 1:
        return None
    dtype = form.value_dtype

    def convert(stored: Array) -> Array:
        values = (stored.view(f"u{stored.dtype.itemsize}") << unused).view(dtype) if unused else stored.view(dtype)
        shifted: Array = values >> shift if shift else values
        return shifted

    return convert


def to_rgb(pixels: Array) -> Array:
    """Turns full-range YCbCr of 8 bits (..., 3) into RGB, by the matrix of the standard (CCIR 601, as JPEG has it)."""
    wide = pixels.astype(np.float32)
    y, blue, red = wide[..., 0], wide[..., 1] - 128, wide[..., 2] - 128
    rgb = np.stack(
        [y + 1.402 * red, y - 0.114 * 1.772 / 0.587 * blue - 0.299 * 1.402 / 0.587 * red, y + 1.772 * blue], -1
    )
    rounded: Array = np.clip(np.floor(rgb + 0.5), 0, 255).astype(np.uint8)
    return rounded


def full_of_422(data: Array, form: FrameForm) -> Array:
    """Returns YCbCr (rows, columns, 3) of bytes that hold one Cb and Cr for two pixels of a row: Y Y Cb Cr."""
    if form.columns % 2:
        raise DamagedSource(
            f"{form.name}: has YBR_FULL_422 in rows of {form.columns} pixels, an odd number; save it again"
        )
    pairs = data.reshape(form.rows, form.columns // 2, 4)
    luminance = pairs[..., :2].reshape(form.rows, form.columns)
    return np.stack([luminance, *(pairs[..., band].repeat(2, axis=1) for band in (2, 3))], axis=-1)


def read_palette(file: OpenedFile, header: DicomHeader) -> tuple[Array, int]:
    """Returns the colours (entries, 3), uint8 or uint16, and the value that the first of them is for.

    Raises:
        DamagedSource: where the tables are missing or of the wrong length.
        UnsupportedSource: where they are segmented.
    """
    if "SegmentedRedPaletteColorLookupTableData" in header.elements:
        raise UnsupportedSource(f"{file.name}: has a segmented palette, which is not read; save it as RGB")
    tables, firsts = [], set()
    for color in ("Red", "Green", "Blue"):
        shape = header.numbers(f"{color}PaletteColorLookupTableDescriptor", 3)
        raw = header.elements.get(f"{color}PaletteColorLookupTableData")
        entries = int(shape[0]) or 1 << 16 if shape else 0
        # One byte of filling makes an odd length even.
        width = len(raw) // entries if entries > 0 and isinstance(raw, bytes) else 0
        if shape is None or not isinstance(raw, bytes) or width not in (1, 2):
            raise DamagedSource(f"{file.name}: the {color.lower()} palette is missing or cut short; save it again")
        order = "<" if header.little_endian else ">"
        tables.append(np.frombuffer(raw, f"{order}u{width}", entries))
        firsts.add(int(shape[1]))
    if len({(table.dtype, len(table)) for table in tables}) > 1 or len(firsts) > 1:
        raise DamagedSource(f"{file.name}: its red, green and blue palettes differ in length; save it again")
    first = firsts.pop()
    signed = header.number("PixelRepresentation", 0) == 1
    colors = np.stack(tables, axis=-1)
    return colors.astype(colors.dtype.newbyteorder("=")), first - (1 << 16) if signed and first > 32767 else first


# ---- rescaling and places


def read_rescale(header: DicomHeader) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """Returns slope and intercept of the modality, where all frames have the same; and notes."""
    dose = header.numbers("DoseGridScaling", 1)
    if dose is not None:
        return None, (f"DoseGridScaling of {dose[0]:.9g} not applied: numbers as stored",)
    if "ModalityLUTSequence" in header.elements:
        return None, ("modality lookup table not applied: numbers as stored",)
    found = _pair(header.elements)
    if found is None:
        groups = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
        pairs = {pair for name in groups for pair in _pairs(header.elements, name)}
        if len(pairs) > 1:
            return None, ("rescaling differs from frame to frame and is not applied: numbers as stored",)
        found = pairs.pop() if pairs else None
    if found is not None and not all(math.isfinite(number) for number in found):
        return None, ("rescaling makes no sense and is not applied: numbers as stored",)
    return (None if found == (1, 0) else found), ()


def _pairs(elements: Any, name: str) -> set[tuple[float, float]]:
    """Returns the different slopes and intercepts in the items of a sequence."""
    if name not in elements or getattr(elements.get_item(name), "value", None) is None:
        return set()
    found = set()
    for item in elements[name].value:
        for inner in item.get("PixelValueTransformationSequence") or ():
            pair = _pair(inner)
            if pair is not None:
                found.add(pair)
    return found


def _pair(elements: Any) -> tuple[float, float] | None:
    slope, intercept = elements.get("RescaleSlope"), elements.get("RescaleIntercept")
    try:
        return None if slope in (None, "") or intercept in (None, "") else (float(slope), float(intercept))
    except (TypeError, ValueError):
        return math.nan, math.nan


def read_affine(header: DicomHeader, form: PixelForm) -> tuple[float, ...] | None:
    """Returns the matrix from (row, column, slice) to millimetres, x to the right, y to the front and z up.

    None where there are several frames, or the file does not tell it.
    """
    turn = header.numbers("ImageOrientationPatient", _ORIENTED)
    place, spacing = header.numbers("ImagePositionPatient", 3), header.numbers("PixelSpacing", 2)
    if turn is None or place is None or spacing is None or form.count > 1 or form.frame.samples > 1:
        return None
    thickness = (header.numbers("SliceThickness", 1) or (1.0,))[0] or 1.0
    right, down = np.array(turn[:3]), np.array(turn[3:])
    columns = [down * spacing[0], right * spacing[1], np.cross(right, down) * thickness, np.array(place)]
    matrix = np.vstack([np.stack(columns, axis=1), [0.0, 0.0, 0.0, 1.0]])
    matrix[:2] *= -1  # DICOM counts x to the left and y to the back
    return tuple(matrix.ravel().tolist()) if np.isfinite(matrix).all() else None
