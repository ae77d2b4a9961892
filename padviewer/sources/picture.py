"""PNG, JPEG, BMP, GIF and WebP: decoded to memory, at the depth that the file has; animations frame by frame."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from padviewer.plan import ArrayInfo
from padviewer.sources.animation import AnimationSource
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source
from padviewer.sources.color_profile import profile_note
from padviewer.sources.gif_blocks import scan_gif
from padviewer.sources.jpeg import SMALLEST, JpegSource
from padviewer.sources.kept import KeptFile
from padviewer.sources.opened import OpenedFile
from padviewer.sources.picture_colors import as_array, form_of, frame_mode, mode_note, pixel_bytes, shown_mode
from padviewer.sources.pixel_limit import opened_picture
from padviewer.sources.png_chunks import PngChunks, chunks_of, scan_png, without_pixels

if TYPE_CHECKING:
    from PIL.Image import Image

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"BM", "BMP"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)
_NAMES = {"WEBP": "WebP"}
_ORIENTATION = 0x0112
# Where Pillow looks for it, as far as the header of a picture tells.
_TELL_ORIENTATION = frozenset({"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp"})
# Pixels from which on decoding a JPEG takes so long that people wait for it.
_LARGE_JPEG = 24_000_000
# Where the header of a PNG, always its first chunk, tells bits per sample.
_PNG_DEPTH, _PNG_COLORS = 24, 25
# Samples of a pixel, by the number of the kind of colours.
_PNG_BANDS = {0: 1, 2: 3, 4: 2, 6: 4}
_KEYED = "transparent colour -> alpha channel"
# libwebp has the frame, the canvas and the one before it, and hands out a fourth; Pillow's own and the array follow.
_WEBP_PIXEL = 6 * 4
# To lay a frame over those before, Pillow holds it, the canvas, a copy of that, and what is to be put back.
_CANVASES = 4


class _Frames(NamedTuple):
    """The frames of a picture.

    Attributes:
        number: 1 of a picture that is no animation.
        first: number of the first of them, as Pillow counts.
        size: (width, height) that they are cut to; None where none is larger.
        notes: on what was found.
    """

    number: int = 1
    first: int = 0
    size: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()


def picture_format(head: bytes) -> str | None:
    """Returns the format that a file begins as, or None."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a picture does."""
    return picture_format(head) is not None


def open_picture(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens a picture, upright, with palettes and printing colours turned into RGB.

    Most are decoded here. A large JPEG is decoded to an eighth of its size, and whole when it is first read; of an
    animation a frame is decoded when it is first read.
    """
    file.no_members(member)
    kind = picture_format(file.head)
    assert kind is not None
    file.check_budget(file.size, budget, "the file itself")
    found = tuple(chunks_of(file)) if kind == "PNG" else ()
    chunks = scan_png(file, found) if kind == "PNG" else None
    content = io.BytesIO(without_pixels(file, found)) if chunks and file.headers_only else file.handle
    _check_webp(file, budget)
    frames = _gif_frames(file, budget) if kind == "GIF" else _Frames()
    with opened_picture(file.name, content, kind, budget) as image:
        width, height = frames.size or image.size
        what = f"a picture of {width} x {height} pixels"
        file.check_budget(_read_whole(file, image) + width * height * _bytes_per_pixel(file, image), budget, what)
        if kind == "WEBP":
            frames = _Frames(getattr(image, "n_frames", 1))
        elif chunks:
            frames = _png_frames(chunks)
        elif kind == "JPEG" and (pictures := getattr(image, "n_frames", 1)) > 1:
            frames = _Frames(notes=(f"picture 1 of {pictures}",))
        if frames.number > 1:
            file.check_budget(_CANVASES * 4 * width * height, budget, f"to compose frames of {width} x {height} pixels")
            return _animation(file, image, frames._replace(size=(width, height)), chunks, budget)
        notes = list(frames.notes)
        if file.headers_only:
            bands, dtype = _form(file, image, notes)
            notes += _color_notes(image, chunks)
            shape = _upright_shape((height, width), bands, _orientation(image, notes, file.headers_only))
            return DeclaredSource(_info(file, kind, shape, dtype, notes), decoded=True)
        factor = SMALLEST if kind == "JPEG" and width * height >= _LARGE_JPEG else 1
        pixels = _first_frame(file, image, factor, notes)
        notes += _color_notes(image, chunks)
        # After the pixels: looking for EXIF may decode them too, and Pillow reports a cut file only the first time.
        turn = _orientation(image, notes, file.headers_only)
    pixels = upright(pixels, turn)
    bands = pixels.shape[2] if pixels.ndim > 2 else 1
    info = _info(file, kind, _upright_shape((height, width), bands, turn), pixels.dtype.name, notes)
    return ArraySource(pixels, info) if factor == 1 else _large_jpeg(file, info, pixels, turn, budget)


def _info(
    file: OpenedFile, kind: str, shape: tuple[int, ...], dtype: str, notes: list[str], batch: str = ""
) -> ArrayInfo:
    axes = batch + ("HW" if len(shape) - len(batch) == 2 else "HWC")
    return ArrayInfo(file.path, None, _NAMES.get(kind, kind), shape, dtype, axes, False, file.size, (), tuple(notes))


def _large_jpeg(file: OpenedFile, info: ArrayInfo, small: Array, turn: int, budget: int) -> JpegSource:
    def decode(data: bytes, factor: int) -> Array:
        with opened_picture(file.name, io.BytesIO(data), "JPEG", budget) as image:
            return upright(_first_frame(file, image, factor, []), turn)

    return JpegSource(KeptFile(file), info, decode, np.ascontiguousarray(small))


def _animation(file: OpenedFile, image: Image, frames: _Frames, chunks: PngChunks | None, budget: int) -> Source:
    kind, mode, name = str(image.format), frame_mode(image), file.name
    notes = [f"{frames.number} frames", *frames.notes, *mode_note(image, mode)]
    if kind == "PNG" and file.head[_PNG_DEPTH] == 16 and not mode.startswith("I"):
        notes.append("16 bits -> 8 bits")
    notes += _color_notes(image, chunks)
    turn = _orientation(image, notes, file.headers_only)
    assert frames.size is not None
    width, height = frames.size
    if file.headers_only:
        bands, dtype = form_of(mode)
        shape = (frames.number, *_upright_shape((height, width), bands, turn))
        return DeclaredSource(_info(file, kind, shape, dtype, notes, "B"))

    def decode(image: Image) -> Array:
        return upright(as_array(image, mode, name)[:height, :width], turn)

    image.seek(frames.first)
    sample = decode(image)
    info = _info(file, kind, (frames.number, *sample.shape), sample.dtype.name, notes, "B")
    return AnimationSource(KeptFile(file), info, kind, frames.first, decode, budget)


def _gif_frames(file: OpenedFile, budget: int) -> _Frames:
    found = scan_gif(file.handle.read(file.size))
    file.handle.seek(0)
    reach = f"frames that reach to {found.widest} x {found.highest} pixels"
    file.check_budget(found.widest * found.highest, budget, reach)
    if found.whole <= 1:
        # What is cut short within its first frame is for the decoder to tell.
        return _Frames(notes=("cut short after frame 1",) if found.is_cut and found.whole else ())
    notes: tuple[str, ...] = (f"cut short after frame {found.whole}",) if found.is_cut else ()
    if (found.widest, found.highest) != (found.width, found.height):
        notes += (f"frames cut to the canvas of {found.width} x {found.height}",)
    return _Frames(found.whole, 0, (found.width, found.height), notes)


def _png_frames(chunks: PngChunks) -> _Frames:
    count = min(chunks.declared, chunks.frames)
    if count <= 1:
        left_out = ("animation of one frame left out",) if count and chunks.has_still else ()
        return _Frames(notes=left_out)
    differ = chunks.declared != chunks.frames
    notes: tuple[str, ...] = (f"{chunks.declared} frames declared, {chunks.frames} found",) if differ else ()
    if chunks.has_still:
        notes += ("still picture before the frames left out",)
    return _Frames(count, int(chunks.has_still), None, notes)


def _first_frame(file: OpenedFile, image: Image, factor: int, notes: list[str]) -> Array:
    """Decodes the first frame; factors of 2, 4 and 8 are for JPEG."""
    image.seek(0)
    if factor > 1:
        image.draft(None, (image.width // factor, image.height // factor))
    if _is_deep_png(file, image):
        import imagecodecs  # noqa: PLC0415 loaded when first needed

        if "transparency" in image.info:
            notes.append(_KEYED)
        file.handle.seek(0)
        decoded: Array = imagecodecs.png_decode(file.handle.read(file.size))
        return decoded
    mode = shown_mode(image)
    notes += mode_note(image, mode)
    return as_array(image, mode, file.name)


def _form(file: OpenedFile, image: Image, notes: list[str]) -> tuple[int, str]:
    """Returns how many numbers a pixel of the first frame becomes, and their dtype, as `_first_frame` decodes it."""
    if _is_deep_png(file, image):
        is_keyed = "transparency" in image.info
        notes += [_KEYED] if is_keyed else []
        return _PNG_BANDS.get(file.head[_PNG_COLORS], 1) + is_keyed, "uint16" if file.head[
            _PNG_DEPTH
        ] == 16 else "uint8"
    mode = shown_mode(image)
    notes += mode_note(image, mode)
    return form_of(mode)


def _upright_shape(sizes: tuple[int, int], bands: int, orientation: int) -> tuple[int, ...]:
    """Returns the shape of a picture of (height, width) as `upright` turns it."""
    return (*(sizes[::-1] if orientation >= 5 else sizes), *([bands] if bands > 1 else []))


def upright(pixels: Array, orientation: int) -> Array:
    """Turns pixels (height, width, ...) as EXIF's orientation 1 to 8 says."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _check_webp(file: OpenedFile, budget: int) -> None:
    """Checks the size that a WebP file declares; its decoder takes memory as soon as it is made."""
    size = webp_size(file.head)
    if size:
        width, height = size
        needed = file.size + width * height * _WEBP_PIXEL
        file.check_budget(needed, budget, f"a picture of {width} x {height} pixels")


def webp_size(head: bytes) -> tuple[int, int] | None:
    """Returns (width, height) from the first 30 bytes of a WebP file, or None."""
    kind = head[12:16] if head[:4] == b"RIFF" else b""
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return None


def _read_whole(file: OpenedFile, image: Image) -> int:
    """Returns how many bytes of the file are in memory while it is decoded; of most formats only some at a time."""
    return file.size if image.format in ("WEBP", "GIF") or _is_deep_png(file, image) else 0


def _bytes_per_pixel(file: OpenedFile, image: Image) -> int:
    if image.format == "WEBP":
        return _WEBP_PIXEL
    return len(image.getbands()) * 2 if _is_deep_png(file, image) else pixel_bytes(image)


def _color_notes(image: Image, chunks: PngChunks | None) -> list[str]:
    notes = list(profile_note(image.info.get("icc_profile")))
    if chunks and chunks.gamma:
        notes.append(f"gamma {chunks.gamma:g} not applied")
    return notes


def _orientation(image: Image, notes: list[str], headers_only: bool) -> int:
    """Returns EXIF's orientation, 1 to 8; where only the header is wanted, Pillow is kept from decoding to find it."""
    if headers_only and _TELL_ORIENTATION.isdisjoint(image.info):
        return 1
    from PIL.Image import Image as Base  # noqa: PLC0415 loaded when first needed

    try:
        exif = Base.getexif(image) if headers_only else image.getexif()
        value = exif.get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 EXIF is a TIFF inside the picture, and as easily damaged as one
        notes.append("EXIF data damaged, rotation unknown")
        return 1
    if not isinstance(value, int) or not 2 <= value <= 8:
        return 1
    notes.append("EXIF rotation applied")
    return value


def _is_deep_png(file: OpenedFile, image: Image) -> bool:
    """Tells whether a PNG has 16 bits per sample or a transparent colour, which Pillow would reduce or misplace."""
    if image.format != "PNG":
        return False
    deep = file.head[_PNG_DEPTH] == 16
    keyed = image.mode in ("1", "L", "I;16", "RGB") and "transparency" in image.info
    return deep or keyed
