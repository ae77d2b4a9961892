"""What the tags of a TIFF say about colour and orientation, applied to the pixels that are wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from padviewer.errors import DamagedSource
from padviewer.geometry import Indices
from padviewer.sources.base import Array
from padviewer.sources.color_profile import profile_note

_WHITE_IS_ZERO, _PALETTE, _SEPARATED, _YCBCR = 0, 3, 5, 6
_JPEG = 7
_ORIENTATION, _PROFILE = 274, 34675
_LARGEST_PROFILE = 1 << 24
_PREMULTIPLIED = 1
# What no rule of ours turns into light.
_AS_STORED = {
    8: "CIELab",
    9: "ICCLab",
    10: "ITULab",
    32803: "colour filter array",
    32844: "LogL",
    32845: "LogLuv",
    34892: "linear raw",
}
_END = b"\xff\xd9"
_START_OF_FRAME = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


class Pixels(Protocol):
    """Pixels that are read by region."""

    def take(self, indices: tuple[Indices, ...], /) -> Array:
        """Reads the elements at the cross product of one index vector per axis; none is empty."""


class Look(NamedTuple):
    """How pixels are seen that are stored in another way.

    Attributes:
        shape: sizes of the axes as seen.
        letters: tifffile's letters for them.
        dtype: as seen, native.
        recolor: what turns stored pixels into those seen, or None. Pixels change by themselves, not with their place.
        samples: what `recolor` takes on its last axis: all samples of a pixel, of which this many are stored; 0 where
            a stored pixel is one number without an axis for samples; None where it turns each number by itself.
        orientation: EXIF's, 1 to 8, of the first two axes.
    """

    shape: tuple[int, ...]
    letters: str
    dtype: np.dtype[Any]
    recolor: Callable[[Array], Array] | None = None
    samples: int | None = None
    orientation: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether pixels are seen as they are stored."""
        return self.recolor is None and self.orientation == 1

    def take(self, pixels: Pixels, indices: tuple[Indices, ...]) -> Array:
        """Reads what is seen at the cross product of one index vector per axis; none is empty."""
        stored = self._stored(indices)
        if self.samples is None:
            found = pixels.take(stored)
        else:
            found = pixels.take((*stored[:-1], *([np.arange(self.samples)] if self.samples else [])))
        if self.recolor is not None:
            found = self.recolor(found)
        if self.samples is not None:
            found = found[..., stored[-1]]
        return found.swapaxes(0, 1) if self.orientation >= 5 else found

    def _stored(self, indices: tuple[Indices, ...]) -> tuple[Indices, ...]:
        """Returns where upright pixels lie before they are turned: the inverse of `upright`."""
        if self.orientation == 1:
            return indices
        rows, columns, *others = indices
        if self.orientation in (3, 4, 7, 8):
            rows = self.shape[0] - 1 - rows
        if self.orientation in (2, 3, 6, 7):
            columns = self.shape[1] - 1 - columns
        return (columns, rows, *others) if self.orientation >= 5 else (rows, columns, *others)


def look_of(
    shape: tuple[int, ...],
    letters: str,
    dtype: np.dtype[Any],
    page: Any,
    notes: list[str],
    *,
    unless_told: Any = None,
) -> Look:
    """Tells how palette, inversion, printing colours and orientation change what is stored.

    Args:
        shape: of what is stored.
        letters: tifffile's letters of its axes.
        dtype: of what is stored, native.
        page: the page that tells photometric interpretation and orientation.
        notes: what is done is added here.
        unless_told: another page, which tells the orientation where `page` does not.
    """
    photometric = -1 if page.photometric is None else int(page.photometric)
    look = Look(shape, letters, dtype)
    if photometric == _PALETTE and page.colormap is not None and dtype.kind in "bu":
        look = _looked_up(look, page.colormap, notes)
    elif photometric == _WHITE_IS_ZERO and dtype.kind in "bu":
        notes.append("white-is-zero inverted")
        look = look._replace(recolor=_inversion(dtype, page.bitspersample))
    elif photometric == _SEPARATED:
        look = _as_rgb(look, "CMYK", notes)
    elif photometric == _YCBCR and int(page.compression) != _JPEG:
        look = _as_rgb(look, "YCbCr", notes)
    elif photometric in _AS_STORED:
        notes.append(f"{_AS_STORED[photometric]} as stored")
    if _PREMULTIPLIED in (page.extrasamples or ()):
        notes.append("colours premultiplied with alpha, as stored")
    notes += profile_note(_profile(page))
    if isinstance(page.bitspersample, int) and 1 < page.bitspersample < 8 * page.dtype.itemsize:
        notes.append(f"{page.bitspersample}-bit samples, values kept")
    tag = page.tags.get(_ORIENTATION)
    if tag is None and unless_told is not None:
        tag = unless_told.tags.get(_ORIENTATION)
    return _turned(look, getattr(tag, "value", 1), notes)


def _looked_up(look: Look, colormap: Any, notes: list[str]) -> Look:
    """Looks colours up in a palette; samples beside the entry of a pixel, such as alpha, follow its colour."""
    colors = (np.asarray(colormap) >> 8).astype(np.uint8).T

    def found(pixels: Array) -> Array:
        return colors[np.minimum(pixels, len(colors) - 1)]

    def found_with_others(pixels: Array) -> Array:
        return np.concatenate([found(pixels[..., 0]), pixels[..., 1:]], -1)

    if "S" not in look.letters:
        notes.append("palette -> RGB")
        return look._replace(
            shape=(*look.shape, 3), letters=look.letters + "S", dtype=colors.dtype, recolor=found, samples=0
        )
    if look.letters[-1] != "S" or look.dtype != np.uint8:
        notes.append("palette entries as stored")
        return look
    samples = look.shape[-1]
    notes.append("palette -> RGBA" if samples == 2 else f"palette -> RGB and {samples - 1} more")
    return look._replace(shape=(*look.shape[:-1], samples + 2), recolor=found_with_others, samples=samples)


def _profile(page: Any) -> bytes | None:
    """Returns the colour profile of a page; None where it has none, or one too large to be one."""
    tag = page.tags.get(_PROFILE)
    if tag is None or tag.count > _LARGEST_PROFILE:
        return None
    return tag.value if isinstance(tag.value, bytes) else None


def _inversion(dtype: np.dtype[Any], bits: int) -> Callable[[Array], Array]:
    if dtype.kind == "b":
        return np.invert
    top = 2**bits - 1
    return lambda pixels: (top - pixels).astype(dtype)


def _as_rgb(look: Look, mode: str, notes: list[str]) -> Look:
    from PIL import Image  # noqa: PLC0415 loaded when first needed

    samples = Image.getmodebands(mode)
    if look.letters != "YXS" or look.dtype != np.uint8 or look.shape[-1] != samples:
        notes.append(f"{mode} channels as stored")
        return look

    def recolored(pixels: Array) -> Array:
        height, width = pixels.shape[:2]
        image = Image.frombytes(mode, (width, height), np.ascontiguousarray(pixels).tobytes())
        return np.asarray(image.convert("RGB"))

    notes.append(f"{mode} -> RGB")
    return look._replace(shape=(*look.shape[:-1], 3), recolor=recolored, samples=samples)


def _turned(look: Look, orientation: Any, notes: list[str]) -> Look:
    if look.letters[:2] != "YX" or orientation not in range(2, 9):
        return look
    notes.append("EXIF rotation applied")
    rows, columns, *others = look.shape
    shape = (columns, rows, *others) if orientation >= 5 else look.shape
    return look._replace(shape=shape, orientation=int(orientation))


def check_jpeg(name: str, data: bytes, height: int, width: int) -> None:
    """Refuses a JPEG segment that declares other sizes than the TIFF, or is cut short.

    Its decoder trusts the sizes, takes the memory, and makes up what is not there.
    """
    # Behind the end mark there may be filling.
    if not data.rstrip(b"\0\xff").endswith(_END):
        raise DamagedSource(f"{name}: a JPEG tile has no end mark; it is cut short, copy the file again")
    size = jpeg_size(data)
    if size is not None and (size[0] > height or size[1] > width):
        raise DamagedSource(
            f"{name}: a JPEG tile declares {size[0]} x {size[1]} pixels where the TIFF has {height} x {width}; save "
            "the TIFF again"
        )


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Returns (height, width) that a JPEG stream declares, or None."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _START_OF_FRAME:
            return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
        at += 1 if marker == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
