"""What becomes of colours: kept, converted, or left alone, and said in a note."""

from __future__ import annotations

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from padviewer.sources import open_source
from padviewer.sources.color_profile import profile_note
from padviewer.sources.picture_colors import as_array

RNG = np.random.default_rng(0)


def read(path):
    with open_source(str(path), budget=2**24) as source:
        return source.take(tuple(np.arange(size) for size in source.info.shape)), source.info


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def noise(*shape):
    return RNG.integers(0, 255, shape, np.uint8)


def profile(name, *, version=4):
    """An ICC profile with nothing in it but a description."""
    if version == 4:
        text = name.encode("utf-16-be")
        tag = b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
    else:
        text = name.encode() + b"\0"
        tag = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text
    return b"\0" * 128 + struct.pack(">I4sII", 1, b"desc", 144, len(tag)) + tag


@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_colour_profile_is_named_and_not_applied(tmp_path, version, kind):
    array = np.full((8, 8, 3), 130, np.uint8)
    icc = profile("Wide Gamut RGB", version=version)
    Image.fromarray(array).save(tmp_path / "a", kind, icc_profile=icc, **({"lossless": True} if kind == "WEBP" else {}))
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert info.notes == ("colour profile 'Wide Gamut RGB' not applied",)


def test_srgb_needs_no_note(tmp_path):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(noise(4, 4, 3)).save(tmp_path / "a.png", icc_profile=icc)
    assert read(tmp_path / "a.png")[1].notes == ()


def test_other_profiles_of_lcms_are_named():
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert profile_note(icc) == ("colour profile 'Lab identity built-in' not applied",)


def test_damaged_profiles_do_no_harm():
    whole = profile("Some profile") + b"\xff" * 20
    for size in range(len(whole)):
        assert len(profile_note(whole[:size])) == (size > 0)
    for at in range(128, len(whole)):
        for value in (0, 127, 255):
            profile_note(whole[:at] + bytes([value]) + whole[at + 1 :])
    assert profile_note(None) == ()
    assert profile_note(b"\0" * 128 + b"\xff" * 400) == ("colour profile not applied",)


@pytest.mark.parametrize(
    ("gamma", "extra", "notes"),
    [
        (100_000, b"", ("gamma 1 not applied",)),
        (45_455, b"", ()),
        (45_000, b"", ()),
        (0, b"", ()),
        (100_000, chunk(b"sRGB", b"\0"), ()),
    ],
)
def test_gamma_of_a_png(tmp_path, gamma, extra, notes):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"gAMA", struct.pack(">I", gamma))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\x7f")) + chunk(b"IEND", b"")
    (tmp_path / "a").write_bytes(b"\x89PNG\r\n\x1a\n" + header + extra + pixels)
    found, info = read(tmp_path / "a")
    assert found.tolist() == [[127]]
    assert info.notes == notes


def test_ink_of_a_jpeg_is_turned_into_light(tmp_path):
    """Adobe's programs store CMYK inverted and mark such files; imagecodecs hands out what is stored."""
    ink = np.zeros((16, 16, 4), np.uint8)
    ink[:, 8:] = (255, 0, 0, 0)
    Image.fromarray(ink, "CMYK").save(tmp_path / "a.jpg", quality=100)
    stored = imagecodecs.jpeg8_decode((tmp_path / "a.jpg").read_bytes(), colorspace="CMYK", outcolorspace="CMYK")
    found, info = read(tmp_path / "a.jpg")
    inks = 255 - stored.astype(int)
    expected = (255 - inks[..., :3]) * (255 - inks[..., 3:]) / 255
    assert np.abs(found - expected).max() <= 1
    assert found[0, 0].tolist() == [255, 255, 255]
    assert np.abs(found[0, 15].astype(int) - (0, 255, 255)).max() <= 2
    assert info.notes == ("CMYK -> RGB",)


def test_premultiplied_or_not_alpha_is_kept_apart_from_the_colours(tmp_path):
    """A transparent pixel keeps the colour that the file has for it."""
    array = noise(5, 4, 4)
    array[0, :, 3] = 0
    Image.fromarray(array).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read(tmp_path / "a.png")[0], array)


def test_a_palette_with_one_transparent_entry(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    image.save(tmp_path / "a.gif", transparency=1)
    found, info = read(tmp_path / "a.gif")
    assert found.tolist() == [[[10, 20, 30, 255], [40, 50, 60, 0]]]
    assert info.notes == ("palette -> RGBA",)


# The larger one is turned into another mode block by block.
@pytest.mark.parametrize("size", [(7, 5), (1, 1), (1031, 613)])
@pytest.mark.parametrize(
    ("mode", "shown"),
    [(mode, mode) for mode in ("1", "L", "LA", "RGB", "RGBA", "I;16", "I;16B", "I", "F")]
    + [("P", "RGB"), ("CMYK", "RGB"), ("YCbCr", "RGB"), ("La", "LA")],
)
def test_pixels_are_those_that_numpy_gets_of_pillow(mode, shown, size):
    width, height = size
    image = {"La": lambda: Image.fromarray(noise(height, width, 2), "LA").convert("La")}.get(
        mode, lambda: Image.frombytes(mode, size, RNG.bytes(len(Image.new(mode, size).tobytes())))
    )()
    expected = np.asarray(image if mode == shown else image.convert(shown))
    found = as_array(image, shown, "a")
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype.newbyteorder("=")
    assert found.dtype.isnative
