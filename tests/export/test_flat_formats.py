"""Formats whose elements lie in one run: HDF5 and safetensors, read back by the libraries of that name."""

from __future__ import annotations

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest
import safetensors
import safetensors.numpy
from held import Held
from read_back import read_back
from writing import DTYPES, SHAPES, SPEC, noise, payload, quietly, written

from padviewer import __version__
from padviewer.errors import ExportError
from padviewer.export import check_payload, write

EMPTY = [((0,), "T"), ((0, 4), "HW"), ((3, 0, 2), "HWC")]


@pytest.mark.parametrize("dtype", DTYPES)
def test_hdf5(tmp_path, dtype):
    for number, (shape, axes) in enumerate(SHAPES + EMPTY):
        array = noise(*shape, dtype=dtype)
        (tmp_path / str(number)).mkdir()
        path = written(array, axes, tmp_path / str(number) / f"a{('.h5', '.hdf5')[number % 2]}", name="feature")
        with h5py.File(path) as file:
            assert list(file) == ["feature"]
            found = file["feature"]
            np.testing.assert_array_equal(found[...], array)
            assert (found.shape, found.dtype) == (array.shape, array.dtype)
            assert found.chunks is None
            assert found.attrs["axes"] == axes
            assert "".join(axis.label for axis in found.dims) == axes
            assert json.loads(found.attrs["settings"]) == json.loads(SPEC)
            assert found.attrs["software"] == f"padviewer {__version__}"


def test_long_settings_fit_into_hdf5(tmp_path):
    array = noise(3, 4)
    text = json.dumps({"note": "x" * 200_000})
    path = written(array, "HW", tmp_path / "a.h5")
    assert path.stat().st_size < 1 << 14
    told = replace(payload(array, "HW"), spec_json=text)
    write(told, Held(array), str(path), overwrite=True, progress=lambda *c: None)
    with h5py.File(path) as file:
        assert file["padded"].attrs["settings"] == text
        np.testing.assert_array_equal(file["padded"][...], array)


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype != "c16"])
def test_safetensors(tmp_path, dtype):
    for number, (shape, axes) in enumerate(SHAPES + EMPTY):
        array = noise(*shape, dtype=dtype)
        (tmp_path / str(number)).mkdir()
        path = written(array, axes, tmp_path / str(number) / "a.safetensors", name="mask")
        found = safetensors.numpy.load_file(path)
        assert list(found) == ["mask"]
        np.testing.assert_array_equal(found["mask"], array)
        assert (found["mask"].shape, found["mask"].dtype) == (array.shape, array.dtype)
        with safetensors.safe_open(path, framework="np") as file:
            told = file.metadata()
        assert (told["axes"], told["stage"]) == (axes, "mask")
        assert json.loads(told["settings"]) == json.loads(SPEC)
        assert int.from_bytes(path.read_bytes()[:8], "little") % 8 == 0


def test_safetensors_has_no_double_complex(tmp_path):
    array = noise(3, 4, dtype="c16")
    with pytest.raises(ExportError, match=r"no complex128, which the padded is.*Use \.npy"):
        quietly(array, "HW", tmp_path / "a.safetensors")
    with pytest.raises(ExportError, match="complex128"):
        check_payload(payload(array, "HW"), "a.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("extension", [".h5", ".safetensors", ".nii", ".tfrecord"])
def test_zero_bytes_are_holes(tmp_path, extension):
    array = np.zeros((4096, 4096), np.uint8)
    array[5] = 1
    path = written(array, "HW", tmp_path / f"a{extension}", tile=1 << 16)
    np.testing.assert_array_equal(read_back(path), array)
    assert path.stat().st_size >= array.nbytes
    assert path.stat().st_blocks * 512 < 1 << 19
