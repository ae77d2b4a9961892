"""OpenEXR files, read by OpenEXR."""

from __future__ import annotations

import json

import numpy as np
import OpenEXR
import pytest
from writing import SPEC, noise, payload, quietly, written

from padviewer.errors import ExportError
from padviewer.export import Payload, check_payload


def channels_of(path):
    with OpenEXR.File(str(path), separate_channels=True) as file:
        return {name: channel.pixels for name, channel in file.channels().items()}, dict(file.header())


def expected_channels(array, axes, names):
    pixels = array.reshape([size for size, letter in zip(array.shape, axes, strict=True) if letter in "HWC"])
    pixels = pixels[np.newaxis] if "C" not in axes else np.moveaxis(pixels, axes.replace("B", "").index("C"), 0)
    return dict(zip(names, pixels, strict=True))


@pytest.mark.parametrize("dtype", ["f2", "f4", "u4"])
@pytest.mark.parametrize("tile", [40, 1 << 20])
@pytest.mark.parametrize(
    ("shape", "axes", "name", "names"),
    [
        ((7, 5), "HW", "padded", ["Y"]),
        ((7, 5, 1), "HWC", "padded", ["Y"]),
        ((7, 5, 2), "HWC", "padded", ["0", "1"]),
        ((7, 5, 3), "HWC", "padded", ["R", "G", "B"]),
        ((7, 5, 4), "HWC", "padded", ["R", "G", "B", "A"]),
        ((3, 7, 5), "CHW", "padded", ["R", "G", "B"]),
        ((1, 4, 7, 5), "BCHW", "padded", ["R", "G", "B", "A"]),
        ((7, 5, 3), "HWC", "feature", ["0", "1", "2"]),
        ((7, 5, 12), "HWC", "feature", [f"{number:02}" for number in range(12)]),
        ((12, 7, 5), "CHW", "feature", [f"{number:02}" for number in range(12)]),
        ((1, 1), "HW", "padded", ["Y"]),
        ((5, 1, 3), "HWC", "padded", ["R", "G", "B"]),
        ((1, 50, 3), "HWC", "padded", ["R", "G", "B"]),
    ],
)
def test_openexr_reads_it(tmp_path, dtype, tile, shape, axes, name, names):
    array = noise(*shape, dtype=dtype)
    found, header = channels_of(written(array, axes, tmp_path / "a.exr", tile=tile, name=name))
    expected = expected_channels(array, axes, names)
    assert sorted(found) == sorted(names)
    for each in names:
        np.testing.assert_array_equal(found[each], expected[each])
        assert found[each].dtype == array.dtype
    assert json.loads(header["padviewer"]) == json.loads(SPEC)


def test_not_a_number_stays(tmp_path):
    array = np.array([[np.nan, np.inf], [-np.inf, -0.0]], np.float32)
    found, _ = channels_of(written(array, "HW", tmp_path / "a.exr"))
    assert found["Y"].tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("shape", "axes", "dtype", "cause"),
    [
        (
            (7, 5),
            "HW",
            "u1",
            r"holds float16, float32 or uint32; the padded is HW 7 x 5 uint8.*Use \.png, \.tif",
        ),
        ((7, 5), "HW", "f8", r"float64.*would not be the same array. Use \.tif, \.npy or \.h5"),
        ((7, 5), "HW", "?", "bool"),
        ((7, 5), "HW", "c8", "complex64"),
        ((7,), "T", "f4", "one picture"),
        ((2, 7, 5), "BHW", "f4", "one picture"),
        ((4, 7, 5), "DHW", "f4", "one picture"),
        ((5, 7), "WH", "f4", "one picture"),
        ((0, 5), "HW", "f4", "one picture"),
        ((7, 5, 0), "HWC", "f4", "one picture"),
    ],
)
def test_what_openexr_cannot_hold(tmp_path, shape, axes, dtype, cause):
    array = np.zeros(shape, dtype)
    with pytest.raises(ExportError, match=cause):
        quietly(array, axes, tmp_path / "a.exr")
    with pytest.raises(ExportError, match=cause):
        check_payload(payload(array, axes), "a.exr")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("shape", [(4, 2**31), (2**31, 4), (4, 2**29)])
def test_pictures_that_are_too_large(shape):
    with pytest.raises(ExportError, match=r"more than an OpenEXR can have"):
        check_payload(Payload("padded", "HW", shape, "float32", "{}"), "a.exr")
