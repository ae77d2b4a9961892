"""What is exported opens again: the same elements, and the same axes where the file tells them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from padviewer.errors import PadviewerError
from padviewer.export import EXTENSIONS, Payload, Portions, check_payload, write
from padviewer.formats import FOLDER_SUFFIXES, SUFFIXES
from padviewer.sources import open_source

RNG = np.random.default_rng(3)
DTYPES = ("?", "u1", "i2", "u4", "i8", "f2", "f4", "c8")
SHAPES = [
    ((7,), "T"), ((9, 8), "HW"), ((9, 8, 3), "HWC"), ((3, 9, 8), "CHW"), ((6, 9, 8), "DHW"), ((2, 6, 9, 8, 3), "BDHWC"),
]  # fmt: skip
TELLING = (".tif", ".zarr", ".h5", ".safetensors")
READ = [extension for extension in EXTENSIONS if extension in (*SUFFIXES, *FOLDER_SUFFIXES)]


class Elements:
    """Of an array that is there."""

    def __init__(self, array):
        self._array = array

    def read(self, region):
        return self._array[tuple(slice(span.start, span.stop) for span in region)]

    def constant(self, _region):
        return None


def with_axes(data, axes, info):
    """Returns what was opened with the axes that were written, where the file has them in another order."""
    if info.format in ("PNG", "OpenEXR") and axes == "CHW":
        return np.moveaxis(data, -1, 0)
    if info.format != "NIfTI":
        return data
    inside = [letter for letter in "TWHD" if letter in axes]
    rest = [letter for letter in axes if letter in "BC"]
    data = data.reshape([*data.shape[: len(inside)], *data.shape[3:]] if rest else data.shape[: len(inside)])
    return data.transpose([[*inside, *rest].index(letter) for letter in axes])


@pytest.mark.parametrize("extension", READ)
@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_what_is_exported_opens_again(tmp_path, extension, shape, axes):
    opened = 0
    for dtype in DTYPES:
        array = RNG.integers(0, 2 if dtype == "?" else 100, shape).astype(dtype)
        payload = Payload("padded", axes, shape, array.dtype.name, json.dumps({"axes": axes}))
        path = tmp_path / f"{array.dtype.name}{extension}"
        try:
            check_payload(payload, str(path))
        except PadviewerError:
            continue  # the format does not hold it
        write(payload, Elements(array), str(path), overwrite=False, progress=lambda *_: None, portions=Portions(500))
        with open_source(str(path), budget=1 << 24) as source:
            found = source.take(tuple(np.arange(size) for size in source.info.shape))
            info = source.info
        np.testing.assert_array_equal(with_axes(found, axes, info).reshape(shape), array)
        if extension in TELLING and axes != "T":
            assert info.axes == axes, info
        opened += 1
    assert opened or extension in (".png", ".exr")
