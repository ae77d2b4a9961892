"""What becomes of the colours, bits and samples that a TIFF can have, compared with other readers."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps

from padviewer.sources import open_source

RNG = np.random.default_rng(0)


def read(path):
    with open_source(str(path), budget=2**24) as source:
        return source.take(tuple(np.arange(size) for size in source.info.shape)), source.info


def noise(*shape, dtype="u1"):
    return RNG.integers(0, 200, shape).astype(dtype)


@pytest.mark.parametrize("kind", [8, 9, 10, 32803, 34892])
def test_colours_that_are_left_as_stored(tmp_path, kind):
    array = noise(6, 5) if kind == 32803 else noise(6, 5, 3)
    tifffile.imwrite(tmp_path / "a", array, photometric=kind, metadata=None)
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    names = {8: "CIELab", 9: "ICCLab", 10: "ITULab", 32803: "colour filter array", 34892: "linear raw"}
    assert info.notes == (f"{names[kind]} as stored",)


@pytest.mark.parametrize(("kind", "notes"), [(1, ("colours premultiplied with alpha, as stored",)), (2, ()), (0, ())])
def test_alpha_is_as_stored(tmp_path, kind, notes):
    array = noise(6, 5, 4)
    tifffile.imwrite(tmp_path / "a", array, photometric="rgb", extrasamples=[kind], metadata=None)
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert info.notes == notes


def test_a_palette_with_alpha(tmp_path):
    colors = noise(3, 256, dtype="u2") * 256
    array = noise(6, 5, 2)
    tifffile.imwrite(tmp_path / "a", array[..., 0], photometric="palette", colormap=colors, metadata=None)
    content = (tmp_path / "a").read_bytes()
    with tifffile.TiffFile(tmp_path / "a") as tif:
        tags = tif.pages[0].tags
        samples, bits, counts = (tags[n].offset + 8 for n in (277, 258, 279))
    content = bytearray(content)
    data = len(content)
    content += array.tobytes()
    content[samples : samples + 2] = struct.pack("<H", 2)
    content[bits - 4 : bits + 4] = struct.pack("<IHH", 2, 8, 8)
    content[counts : counts + 4] = struct.pack("<I", array.size)
    with tifffile.TiffFile(tmp_path / "a") as tif:
        place = tif.pages[0].tags[273].offset + 8
    content[place : place + 4] = struct.pack("<I", data)
    (tmp_path / "a").write_bytes(bytes(content))
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found[..., :3], (colors.T >> 8)[array[..., 0]])
    np.testing.assert_array_equal(found[..., 3], array[..., 1])
    assert info.notes == ("palette -> RGBA",)


@pytest.mark.parametrize("compression", ["raw", "jpeg", "tiff_lzw"])
def test_ink_becomes_light_however_it_is_compressed(tmp_path, compression):
    image = Image.fromarray(np.kron(noise(4, 4, 3), np.ones((8, 8, 1), np.uint8))).convert("CMYK")
    image.save(tmp_path / "a", "TIFF", compression=compression)
    found, info = read(tmp_path / "a")
    with Image.open(tmp_path / "a") as stored:
        np.testing.assert_array_equal(found, np.asarray(stored.convert("RGB")))
    assert info.notes == ("CMYK -> RGB",)


@pytest.mark.parametrize("bits", [2, 4, 6, 7, 9, 10, 12, 14])
def test_samples_that_are_packed_keep_their_values(tmp_path, bits):
    array = RNG.integers(0, 2**bits, (7, 9)).astype("u1" if bits <= 8 else "u2")
    tifffile.imwrite(tmp_path / "a", array, bitspersample=bits, photometric="minisblack", metadata=None)
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, array)
    assert info.notes == (f"{bits}-bit samples, values kept",)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("samples", [1, 2, 5, 9])
@pytest.mark.parametrize("predictor", [False, True])
def test_any_number_of_samples(tmp_path, planar, samples, predictor):
    array = noise(6, 5, samples, dtype="u2")
    stored = array if planar == "contig" else np.moveaxis(array, -1, 0)
    options = {"compression": "zlib", "predictor": True} if predictor else {}
    tifffile.imwrite(
        tmp_path / "a", stored, planarconfig=planar, photometric="minisblack", extrasamples=[0] * (samples - 1),
        metadata=None, **options,
    )  # fmt: skip
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found.reshape(stored.shape), stored)
    assert "C" in info.axes or samples == 1


def test_a_colour_profile_is_named(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    tifffile.imwrite(tmp_path / "a", noise(6, 5, 3), photometric="rgb", iccprofile=profile, metadata=None)
    assert read(tmp_path / "a")[1].notes == ("colour profile 'Lab identity built-in' not applied",)


@pytest.mark.parametrize("bits", [1, 4, 8])
def test_palettes_of_any_depth(tmp_path, bits):
    """Pillow writes the palette of 8 bits; of 1 and 4, the pixels are packed here."""
    colors = noise(3, 2**bits, dtype="u2") * 257
    array = RNG.integers(0, 2**bits, (9, 8)).astype("u1")
    packed = np.packbits(np.unpackbits(array[..., None], axis=-1)[..., 8 - bits :].reshape(9, -1), axis=-1)
    (tmp_path / "a").write_bytes(palette_page(packed.tobytes(), colors.ravel(), bits, (8, 9), 8))
    found, info = read(tmp_path / "a")
    np.testing.assert_array_equal(found, (colors.T >> 8)[array])
    assert info.notes[0] == "palette -> RGB"


def palette_page(pixels, colors, bits, size, start, following=0, orientation=1):
    """A TIFF of one page, or, from another start than 8 on, a page that follows others."""
    tags = 11
    places = start + 2 + 12 * tags + 4
    fields = [
        (256, 4, 1, size[0]), (257, 4, 1, size[1]), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 3),
        (273, 4, 1, places), (274, 3, 1, orientation), (277, 3, 1, 1), (278, 4, 1, size[1]), (279, 4, 1, len(pixels)),
        (320, 3, len(colors), places + len(pixels)),
    ]  # fmt: skip
    body = struct.pack("<H", tags) + b"".join(struct.pack("<HHII", *found) for found in fields)
    body += struct.pack("<I", following) + pixels + colors.astype("<u2").tobytes()
    return body if start > 8 else b"II*\0" + struct.pack("<I", 8) + body


@pytest.mark.parametrize("differ", ["nothing", "palette", "orientation"])
def test_pages_with_palettes_and_orientations_of_their_own(tmp_path, differ):
    """Of a stack, tifffile tells these of the first page alone."""
    one, two = noise(3, 256, dtype="u2") * 257, noise(3, 256, dtype="u2") * 257
    second = two if differ == "palette" else one
    array = noise(2, 4, 6)
    first = palette_page(array[0].tobytes(), one.ravel(), 8, (6, 4), 8)
    turn = 3 if differ == "orientation" else 1
    link = 8 + 2 + 12 * 11
    content = first[:link] + struct.pack("<I", len(first)) + first[link + 4 :]
    content += palette_page(array[1].tobytes(), second.ravel(), 8, (6, 4), len(content), orientation=turn)
    (tmp_path / "a").write_bytes(content)
    with Image.open(tmp_path / "a") as image:
        expected = []
        for number in range(2):
            image.seek(number)
            expected.append(np.asarray(ImageOps.exif_transpose(image).convert("RGB")))
    found, info = read(tmp_path / "a")
    if differ == "nothing":
        np.testing.assert_array_equal(found, np.stack(expected))
        return
    assert [member.name for member in info.members] == ["page 1", "page 2"]
    for number in range(2):
        with open_source(str(tmp_path / "a"), f"page {number + 1}", budget=2**24) as source:
            pixels = source.take(tuple(np.arange(size) for size in source.info.shape))
            np.testing.assert_array_equal(pixels, expected[number])
