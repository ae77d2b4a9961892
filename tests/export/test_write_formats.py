from __future__ import annotations

import json
import math

import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr
from held import Held
from PIL import Image
from read_back import read_back
from writing import DTYPES, SPEC, noise, payload, quietly, written

from padviewer import __version__
from padviewer.errors import ExportError, TargetExists
from padviewer.export import EXTENSIONS, Portions, check_payload, write
from padviewer.export import tiff as tiff_module


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(7,), (7, 5), (7, 5, 3), (0, 4), (3, 0)])
def test_npy_and_npz(tmp_path, dtype, shape):
    array = noise(*shape, dtype=dtype)
    axes = "HWC"[: len(shape)] if len(shape) > 1 else "T"
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    found = np.load(written(array, axes, tmp_path / "1" / "a.npy"), allow_pickle=False)
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype
    with np.load(written(array, axes, tmp_path / "2" / "a.npz", name="feature"), allow_pickle=False) as archive:
        assert archive.files == ["feature", "spec"]
        np.testing.assert_array_equal(archive["feature"], array)
        assert archive["feature"].dtype == array.dtype
        assert archive["spec"].shape == ()
        assert json.loads(archive["spec"].item()) == json.loads(SPEC)


def test_the_same_array_makes_the_same_bytes(tmp_path):
    for extension in EXTENSIONS:
        array = noise(5, 5, dtype=dtype_for(extension))
        for name in ("a", "b"):
            quietly(array, "HW", tmp_path / f"{name}{extension}")
        found = [tree(tmp_path / f"{name}{extension}") for name in ("a", "b")]
        assert found[0] == found[1]


def dtype_for(extension):
    """Returns a dtype that a format holds."""
    return "f4" if extension == ".exr" else "u1"


def tree(path):
    """Returns the bytes of a file, or of each file of a folder."""
    return {p.relative_to(path): p.read_bytes() for p in (path, *sorted(path.rglob("*"))) if p.is_file()}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "axes", "letters"),
    [
        ((7,), "T", "YX"),
        ((7, 3), "TC", "XC"),
        ((7, 5), "HW", "YX"),
        ((7, 5, 1), "HWC", "YXC"),
        ((7, 5, 2), "HWC", "YXS"),
        ((7, 5, 3), "HWC", "YXS"),
        ((7, 5, 4), "HWC", "YXS"),
        ((7, 5, 33), "HWC", "YXS"),
        ((3, 7, 5), "CHW", "CYX"),
        ((4, 7, 5), "DHW", "ZYX"),
        ((2, 7, 5, 3), "BHWC", "QYXS"),
        ((2, 4, 7, 5, 3), "BDHWC", "QZYXS"),
        ((1, 7, 5, 3), "BHWC", "QYXS"),
    ],
)
@pytest.mark.parametrize("name", ["padded", "feature"])
def test_tiff(tmp_path, dtype, shape, axes, letters, name):
    array = noise(*shape, dtype=dtype)
    path = written(array, axes, tmp_path / "a.tif", name=name)
    with tifffile.TiffFile(path) as file:
        found = file.asarray(squeeze=False) if axes != "T" else file.asarray()[0]
        metadata = file.shaped_metadata[0]
        assert not file.is_bigtiff
        rgb = file.pages[0].photometric.name == "RGB"
    np.testing.assert_array_equal(found.reshape(shape), array)
    assert found.dtype == ("u1" if dtype == "?" else array.dtype)
    assert (metadata["axes"], json.loads(metadata["padviewer"])) == (letters, json.loads(SPEC))
    assert rgb == (name == "padded" and letters.endswith("S") and shape[-1] in (3, 4))


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 3), (7, 5, 4)])
def test_pillow_reads_the_tiff(tmp_path, shape):
    array = noise(*shape)
    with Image.open(written(array, "HWC"[: len(shape)], tmp_path / "a.tiff")) as image:
        np.testing.assert_array_equal(np.asarray(image), array)


def test_big_arrays_become_bigtiff(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff_module, "_CLASSIC", 1000)
    array = noise(40, 40)
    with tifffile.TiffFile(written(array, "HW", tmp_path / "a.tif")) as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.asarray(), array)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((7, 5), "HW"),
        ((7, 5, 1), "HWC"),
        ((7, 5, 2), "HWC"),
        ((7, 5, 3), "HWC"),
        ((7, 5, 4), "HWC"),
        ((3, 7, 5), "CHW"),
        ((1, 7, 5), "CHW"),
        ((1, 7, 5, 3), "BHWC"),
        ((1, 1, 7, 5), "BDHW"),
        ((1, 1, 3), "HWC"),
    ],
)
def test_png(tmp_path, dtype, shape, axes):
    array = noise(*shape, dtype=dtype) * (1 if dtype == "u1" else 300)
    path = written(array, axes, tmp_path / "a.png")
    expected = array.reshape([n for n, a in zip(shape, axes, strict=True) if a in "HWC"])
    expected = np.moveaxis(expected, 0, -1) if axes == "CHW" else expected
    expected = expected[..., 0] if expected.ndim == 3 and expected.shape[-1] == 1 else expected
    found = imagecodecs.png_decode(path.read_bytes())
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == array.dtype
    with Image.open(path) as image:
        image.load()
        assert json.loads(image.info["padviewer"]) == json.loads(SPEC)


@pytest.mark.parametrize(("dtype", "name"), [("?", "padded"), ("u1", "mask")])
def test_masks_have_one_bit(tmp_path, dtype, name):
    array = noise(7, 13, dtype="?").astype(dtype)
    path = written(array, "HW", tmp_path / "a.png", name=name)
    with Image.open(path) as image:
        assert image.mode == "1"
        np.testing.assert_array_equal(np.asarray(image), array.astype(bool))


@pytest.mark.parametrize(
    ("shape", "axes", "dtype"),
    [
        ((7, 5), "HW", "f4"),
        ((7, 5), "HW", "i2"),
        ((7, 5, 5), "HWC", "u1"),
        ((7, 5, 3), "HWC", "?"),
        ((2, 7, 5), "BHW", "u1"),
        ((4, 7, 5), "DHW", "u1"),
        ((7,), "T", "u1"),
        ((7, 3), "TC", "u1"),
        ((0, 5), "HW", "u1"),
        ((7, 5, 0), "HWC", "u1"),
        ((5, 7), "WH", "u1"),
    ],
)
def test_png_refuses_what_it_cannot_hold(tmp_path, shape, axes, dtype):
    array = np.zeros(shape, dtype)
    with pytest.raises(ExportError, match=r"PNG holds one picture .*\.npy, \.npz or \.tif"):
        quietly(array, axes, tmp_path / "a.png")
    with pytest.raises(ExportError, match="PNG holds"):
        check_payload(payload(array, axes), "a.png")
    assert not list(tmp_path.iterdir())


def test_tiff_refuses_empty_arrays(tmp_path):
    with pytest.raises(ExportError, match="no elements"):
        quietly(np.zeros((0, 4)), "HW", tmp_path / "a.tif")


@pytest.mark.parametrize("extension", [extension for extension in EXTENSIONS if extension != ".png"])
def test_a_tensor_is_streamed(tmp_path, extension):
    content = Held(noise(50, 1000, dtype="f4"))
    seen = []
    write(
        payload(content.array, "HW"),
        content,
        str(tmp_path / f"a{extension}"),
        overwrite=False,
        progress=lambda *c: seen.append(len(content.asked)),
        portions=Portions(tile=4000),
    )
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) >= 50


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("wrong", [np.zeros((7, 5), np.int8), np.zeros((7, 4)), np.zeros((6, 5))])
def test_tiles_of_another_kind(tmp_path, extension, wrong):
    dtype = dtype_for(extension)
    with pytest.raises(ExportError, match="cannot be encoded"):
        write(
            payload(np.zeros((7, 5), dtype), "HW"),
            Held(wrong if wrong.dtype == np.int8 else wrong.astype(dtype)),
            str(tmp_path / f"a{extension}"),
            overwrite=False,
            progress=lambda *c: None,
        )
    assert not list(tmp_path.iterdir())


def test_tiles_in_any_memory_order(tmp_path):
    array = np.asfortranarray(noise(7, 5, dtype="f4"))
    np.testing.assert_array_equal(np.load(written(array, "HW", tmp_path / "a.npy")), array)


def whole_zarr(path):
    return zarr.open_array(path, mode="r")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((7,), "T"),
        ((7, 5), "HW"),
        ((7, 5, 3), "HWC"),
        ((3, 7, 5), "CHW"),
        ((3, 2, 7, 5), "BCHW"),
        ((2, 3, 7, 5, 3), "BDHWC"),
        ((0, 5), "HW"),
        ((3, 0, 2), "HWC"),
    ],
)
@pytest.mark.parametrize("tile", [40, 1 << 20])
def test_zarr(tmp_path, dtype, shape, axes, tile):
    array = noise(*shape, dtype=dtype)
    found = whole_zarr(written(array, axes, tmp_path / "a.zarr", tile=tile))
    np.testing.assert_array_equal(found[...], array)
    assert found.dtype == array.dtype
    assert found.metadata.zarr_format == 3
    assert "".join(found.metadata.dimension_names) == axes
    assert found.attrs["padviewer"]["settings"] == json.loads(SPEC)
    assert found.attrs["padviewer"]["stage"] == "padded"
    assert found.attrs["padviewer"]["version"] == __version__


@pytest.mark.parametrize(
    ("dtype", "fill"),
    [
        ("?", True), ("u1", 255), ("i1", -128), ("u8", 2**64 - 1), ("i8", -(2**63)), ("f2", 0.1), ("f4", math.nan),
        ("f4", -0.0), ("f8", -math.inf), ("f8", 0.1), ("c8", 1.5), ("c16", 0.1),
    ],
)  # fmt: skip
def test_chunks_of_the_fill_value_are_left_out_of_a_zarr(tmp_path, dtype, fill):
    array = np.full((8, 8), fill, dtype)
    array[:2, :2] = 1
    path = written(array, "HW", tmp_path / "a.zarr", tile=4 * array.itemsize, fill_value=fill)
    found = whole_zarr(path)
    assert found[...].tobytes() == array.tobytes()
    chunks = [str(p.relative_to(path / "c")) for p in (path / "c").rglob("*") if p.is_file()]
    assert chunks == ([] if fill is True else ["0/0"])


@pytest.mark.parametrize("extension", [".npy", ".tif"])
def test_zero_bytes_are_holes_of_a_file(tmp_path, extension):
    array = np.zeros((4096, 4096), np.uint8)
    array[5] = 1
    path = written(array, "HW", tmp_path / f"a{extension}", tile=1 << 16)
    np.testing.assert_array_equal(np.load(path) if extension == ".npy" else tifffile.imread(path), array)
    assert path.stat().st_blocks * 512 < 1 << 18


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_value_for_each_channel(tmp_path, extension):
    class Channels(Held):
        def constant(self, region):
            return self.array[:1, :1, region[-1].start : region[-1].stop]

    array = np.broadcast_to(np.array([7, 0, 9], dtype_for(extension)), (6, 5, 3))
    path = tmp_path / f"a{extension}"
    content = Channels(array)
    write(payload(array, "HWC"), content, str(path), overwrite=False, progress=lambda *c: None, portions=Portions(30))
    assert content.asked == []
    np.testing.assert_array_equal(read_back(path, axes="HWC"), array)


def test_a_zarr_replaces_a_zarr_and_no_other_folder(tmp_path):
    path = tmp_path / "a.zarr"
    quietly(noise(7, 5), "HW", path)
    with pytest.raises(TargetExists):
        quietly(noise(7, 5), "HW", path)
    array = noise(3, 4)
    write(payload(array, "HW"), Held(array), str(path), overwrite=True, progress=lambda *c: None)
    np.testing.assert_array_equal(whole_zarr(path)[...], array)
    (tmp_path / "mine.zarr").mkdir()
    (tmp_path / "mine.zarr" / "letter.txt").write_text("dear")
    (tmp_path / "file.zarr").write_text("dear")
    for name in ("mine.zarr", "file.zarr"):
        with pytest.raises(ExportError, match="no Zarr"):
            write(payload(array, "HW"), Held(array), str(tmp_path / name), overwrite=True, progress=lambda *c: None)
    assert (tmp_path / "mine.zarr" / "letter.txt").read_text() == "dear"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zarr", "file.zarr", "mine.zarr"]


def test_a_picture_that_takes_more_memory_than_it_may_is_refused(tmp_path):
    array = noise(40, 40)
    with pytest.raises(ExportError, match=r"takes 3\.1 KiB of memory as png, more than the budget of 3\.0 KiB"):
        check_payload(payload(array, "HW"), "a.png", Portions(memory=3072))
    check_payload(payload(array, "HW"), "a.npz", Portions(memory=3072))
