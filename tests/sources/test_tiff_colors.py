"""What becomes of the colours, bits and samples that a TIFF can have, compared with other readers."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

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
