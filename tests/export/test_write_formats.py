from __future__ import annotations

import json

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from padviewer.errors import ExportError
from padviewer.export import EXTENSIONS, Payload, check_payload, write
from padviewer.export import tiff as tiff_module

RNG = np.random.default_rng(0)
SPEC = json.dumps({"axes": "HWC", "note": 'naïve \u2028 "quoted"'})
DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "c8", "c16"]


def noise(*shape, dtype="u1"):
    return RNG.integers(0, 2 if dtype == "?" else 200, shape).astype(dtype)


def payload(array, axes, name="padded", rows=3):
    blocks = lambda: (array[i : i + rows] for i in range(0, len(array), rows))  # noqa: E731
    return Payload(name, axes, array.shape, array.dtype.name, blocks, SPEC)


def written(array, axes, path, **options):
    calls = []
    size = write(payload(array, axes, **options), str(path), overwrite=False, progress=lambda *c: calls.append(c))
    assert size == path.stat().st_size
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    done = [c[0] for c in calls]
    assert done == sorted(done)
    assert {c[1] for c in calls} <= {array.nbytes}
    assert not calls or calls[-1] == (array.nbytes, array.nbytes)
    return path


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
    array = noise(5, 5)
    for extension in EXTENSIONS:
        for name in ("a", "b"):
            write(payload(array, "HW"), str(tmp_path / f"{name}{extension}"), overwrite=False, progress=lambda *c: None)
        assert (tmp_path / f"a{extension}").read_bytes() == (tmp_path / f"b{extension}").read_bytes()


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
        write(payload(array, axes), str(tmp_path / "a.png"), overwrite=False, progress=lambda *c: None)
    with pytest.raises(ExportError, match="PNG holds"):
        check_payload(payload(array, axes), "a.png")
    assert not list(tmp_path.iterdir())


def test_tiff_refuses_empty_arrays(tmp_path):
    with pytest.raises(ExportError, match="no elements"):
        write(payload(np.zeros((0, 4)), "HW"), str(tmp_path / "a.tif"), overwrite=False, progress=lambda *c: None)


@pytest.mark.parametrize("extension", [".npy", ".npz", ".tif"])
def test_a_tensor_is_streamed(tmp_path, extension):
    alive = []

    def blocks():
        for i in range(50):
            alive.append(i)
            yield np.full((1, 1000), i, np.int32)

    seen = []
    big = Payload("padded", "HW", (50, 1000), "int32", blocks, SPEC)
    write(big, str(tmp_path / f"a{extension}"), overwrite=False, progress=lambda *c: seen.append(len(alive)))
    assert seen == list(range(1, 51))


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("rows", [[3, 3], [3, 5], [8]])
def test_blocks_that_do_not_make_up_the_array(tmp_path, extension, rows):
    wrong = Payload("padded", "HW", (7, 5), "uint8", lambda: (np.zeros((n, 5), np.uint8) for n in rows), SPEC)
    with pytest.raises(ExportError, match="cannot be encoded"):
        write(wrong, str(tmp_path / f"a{extension}"), overwrite=False, progress=lambda *c: None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("block", [np.zeros((7, 5), np.int8), np.zeros((7, 4), np.uint8)])
def test_blocks_of_another_kind(tmp_path, block):
    wrong = Payload("padded", "HW", (7, 5), "uint8", lambda: iter([block]), SPEC)
    with pytest.raises(ExportError, match="cannot be encoded"):
        write(wrong, str(tmp_path / "a.npy"), overwrite=False, progress=lambda *c: None)


def test_blocks_in_any_memory_order(tmp_path):
    array = np.asfortranarray(noise(7, 5, dtype="f4"))
    np.testing.assert_array_equal(np.load(written(array, "HW", tmp_path / "a.npy")), array)
