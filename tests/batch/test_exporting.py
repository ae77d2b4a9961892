"""Exports of many items, read back by libraries that are not ours."""

from __future__ import annotations

import binascii
import hashlib
import shutil

import h5py
import imagecodecs
import numpy as np
import pytest
import safetensors.numpy
import tifffile
import zarr
from inline import Inline, export, lines_of, make_data_set, padded, tree

from padviewer.batch.bucketing import seed_of
from padviewer.batch.checksum import CHECKSUMS
from padviewer.batch.padding import TILE
from padviewer.batch.places import FORMATS
from padviewer.errors import ExportError, TargetExists
from padviewer.geometry import draw, split
from padviewer.verbs.batch import _CHECKSUMS, _FORMATS

TARGET = (8, 9)


@pytest.fixture
def data(tmp_path):
    return make_data_set(tmp_path / "in")


def collection(folder, form):
    """Returns what maps the names of arrays to them."""
    return zarr.open_group(folder / "data.zarr", mode="r") if form == "zarr" else h5py.File(folder / "data.h5")


def checksum(array):
    return f"crc32:{binascii.crc32(np.ascontiguousarray(array).tobytes()):08x}"


READERS = {
    "npy": (np.load, np.load),
    "npz": (lambda path: np.load(path)["padded"], lambda path: np.load(path)["mask"]),
    "tif": (tifffile.imread, tifffile.imread),
    "png": (lambda path: imagecodecs.png_decode(path.read_bytes()),) * 2,
    "safetensors": (
        lambda path: safetensors.numpy.load_file(path)["padded"],
        lambda path: safetensors.numpy.load_file(path)["mask"],
    ),
}


def test_the_command_line_names_all_formats():
    assert _FORMATS == FORMATS
    assert _CHECKSUMS == CHECKSUMS


@pytest.mark.parametrize("form", READERS)
def test_a_file_for_each_item(data, tmp_path, form):
    last = export(tmp_path / "out", data, form=form, target=TARGET, overflow="crop", mask=True)
    assert (last.done, last.failed, last.total, last.skipped) == (len(data), 0, len(data), 0)
    settings, records = lines_of(tmp_path / "out")
    assert settings["format"] == form
    assert [record["source"] for record in records] == [*data]
    read, read_mask = READERS[form]
    for record, (path, array) in zip(records, data.items(), strict=True):
        expected, mask = padded(array, TARGET)
        output = tmp_path / "out" / record["output"]
        np.testing.assert_array_equal(read(output), expected)
        assert read(output).dtype == array.dtype
        assert record["checksum"] == checksum(expected), path
        assert record["bytes"] == output.stat().st_size
        assert (tuple(record["input_shape"]), tuple(record["shape"])) == (array.shape, expected.shape)
        assert record["axes"] == "HWC"[: array.ndim]
        inside = record["mask"] == "mask"
        assert inside == (form in ("npz", "safetensors"))
        found = read_mask(output if inside else tmp_path / "out" / record["mask"])
        np.testing.assert_array_equal(found != 0, mask != 0)
    names = {record["output"] for record in records} | {record["mask"] for record in records} | {"manifest.jsonl"}
    assert tree(tmp_path / "out").keys() == names - {"mask"}


def written_in_groups(records, array):
    return [record for record in records if record["array"] == array]


def labels(records, array, root):
    return [record["source"].removeprefix(f"{root}/") for record in written_in_groups(records, array)]


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("form", ["zarr", "hdf5"])
def test_arrays_of_many_items(data, tmp_path, form, mask):
    export(tmp_path / "out", data, form=form, target=TARGET, overflow="crop", mask=mask, fill_value=7)
    _settings, records = lines_of(tmp_path / "out")
    opened = (
        zarr.open_group(tmp_path / "out/data.zarr", mode="r") if form == "zarr" else h5py.File(tmp_path / "out/data.h5")
    )
    arrays = {"HWC_8x9x3_uint8": 3, "HW_8x9_uint16": 2}
    assert {record["array"] for record in records} == arrays.keys()
    for name in arrays:
        found = opened[name][...]
        if form == "zarr":
            assert opened[name].attrs["items"] == labels(records, name, tmp_path / "in")
            assert opened[name].chunks[0] == 1
        else:
            assert opened[name].chunks is None
            assert [text.decode() for text in opened[f"{name}_items"][...]] == labels(records, name, tmp_path / "in")
        np.testing.assert_array_equal(opened[f"{name}_written"][...], np.ones(len(found), np.uint8))
        for index, record in enumerate(written_in_groups(records, name)):
            expected, expected_mask = padded(data[record["source"]], TARGET, fill=7)
            np.testing.assert_array_equal(found[index], expected)
            assert (record["index"], record["checksum"]) == (index, checksum(expected))
            if mask:
                np.testing.assert_array_equal(opened[record["mask"]][index], expected_mask)
        assert (f"{name}_mask" in opened) == mask


@pytest.mark.parametrize("mask", [False, True])
def test_files_of_records(data, tmp_path, mask):
    tf = pytest.importorskip("tensorflow")
    export(tmp_path / "out", data, form="tfrecord", target=TARGET, overflow="crop", mask=mask, shard=4)
    _settings, records = lines_of(tmp_path / "out")
    names = [f"{array}-{n:05d}-of-00002.tfrecord" for array in ("HWC_8x9x3_uint8", "HW_8x9_uint16") for n in range(2)]
    assert tree(tmp_path / "out").keys() == {*names, "manifest.jsonl"}
    features = {name: tf.io.FixedLenFeature([], tf.string) for name in ("data", "axes", "dtype", "item")}
    features["shape"] = tf.io.VarLenFeature(tf.int64)
    if mask:
        features["mask"] = tf.io.FixedLenFeature([], tf.string)
    for name in names:
        there = [record for record in records if record["output"] == name]
        read = list(tf.data.TFRecordDataset(str(tmp_path / "out" / name)))
        assert [record["index"] for record in there] == [*range(len(read))]
        for record, message in zip(there, read, strict=True):
            example = tf.io.parse_single_example(message, features)
            shape = tf.sparse.to_dense(example["shape"]).numpy()
            dtype = example["dtype"].numpy().decode()
            expected, expected_mask = padded(data[record["source"]], TARGET)
            np.testing.assert_array_equal(
                np.frombuffer(example["data"].numpy(), dtype).reshape(shape), expected, strict=True
            )
            assert record["checksum"] == checksum(expected)
            assert example["item"].numpy().decode() == record["source"].removeprefix(f"{tmp_path}/in/")
            if mask:
                found = np.frombuffer(example["mask"].numpy(), np.uint8).reshape(TARGET)
                np.testing.assert_array_equal(found, expected_mask)


@pytest.mark.parametrize("form", FORMATS)
def test_a_bad_item_stops_no_other(data, tmp_path, form):
    bad = tmp_path / "in" / "a bad one.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    torn = tmp_path / "in" / "torn.npy"
    torn.write_bytes((tmp_path / "in/gray/3.npy").read_bytes()[:-10])
    last = export(tmp_path / "out", [bad, *data, torn], form=form, target=TARGET, overflow="crop")
    assert (last.done, last.failed) == (len(data), 2)
    _settings, records = lines_of(tmp_path / "out")
    failed = {record["source"]: record["reason"] for record in records if record["outcome"] == "failed"}
    assert failed.keys() == {str(bad), str(torn)}
    assert all(path.rsplit("/", 1)[1] in reason for path, reason in failed.items())
    assert len(records) == len(data) + 2


@pytest.mark.parametrize("form", ["zarr", "hdf5", "tfrecord"])
def test_an_item_that_breaks_after_its_size_was_read(data, tmp_path, form):
    class Breaking(Inline):
        def submit(self, fn, /, *args, **kwargs):
            if fn.func.__name__ == "pad_items":
                for path in paths:
                    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
            return super().submit(fn, *args, **kwargs)

    paths = [tmp_path / "in" / name for name in ("rgb1.png", "gray/3.npy")]
    last = export(tmp_path / "out", data, Breaking(), form=form, target=TARGET, overflow="crop", mask=True)
    assert (last.done, last.failed) == (len(data) - 2, 2)
    if form == "tfrecord":
        check_records(tmp_path / "out", data, {str(path) for path in paths})
        return
    opened = (
        zarr.open_group(tmp_path / "out/data.zarr", mode="r") if form == "zarr" else h5py.File(tmp_path / "out/data.h5")
    )
    for name, index in (("HWC_8x9x3_uint8", 1), ("HW_8x9_uint16", 3)):
        expected = np.ones(6, np.uint8)
        expected[index] = 0
        np.testing.assert_array_equal(opened[f"{name}_written"][...], expected)
        assert not opened[name][index].any()
        assert not opened[f"{name}_mask"][index].any()


def check_records(folder, data, broken):
    """Checks that files of records hold all items but those that broke, whole and in their order."""
    tf = pytest.importorskip("tensorflow")
    features = {name: tf.io.FixedLenFeature([], tf.string) for name in ("data", "mask", "dtype")}
    kept = [record for record in lines_of(folder)[1] if record["source"] not in broken]
    assert {record["source"] for record in kept} == data.keys() - broken
    for path in folder.glob("*.tfrecord"):
        there = [record for record in kept if record["output"] == path.name]
        found = list(tf.data.TFRecordDataset(str(path)))
        assert [record["index"] for record in there] == [*range(len(found))]
        for record, message in zip(there, found, strict=True):
            example = tf.io.parse_single_example(message, features)
            expected, mask = padded(data[record["source"]], TARGET)
            assert example["data"].numpy() == expected.tobytes()
            assert example["mask"].numpy() == mask.tobytes()


def test_a_checksum_that_nobody_forges(data, tmp_path):
    export(tmp_path / "out", data, target=TARGET, overflow="crop", checksum="sha256")
    for record in lines_of(tmp_path / "out")[1]:
        array = np.load(tmp_path / "out" / record["output"])
        assert record["checksum"] == f"sha256:{hashlib.sha256(array.tobytes()).hexdigest()}"


@pytest.mark.parametrize("position", ["start", "center", "end"])
@pytest.mark.parametrize("fill", [0, -0.0, 0.0, 3])
@pytest.mark.parametrize("form", ["npy", "tif", "npz", "safetensors"])
def test_rows_of_padding_read_as_such(tmp_path, position, fill, form):
    array = np.full((3, 4), 2.5, np.float32)
    np.save(tmp_path / "a.npy", array)
    options = {"target": (10, 6), "position": position, "fill_value": fill, "mask": True}
    export(tmp_path / "out", [tmp_path / "a.npy"], form=form, **options)
    [record] = lines_of(tmp_path / "out")[1]
    widths = {"start": [(0, 7), (0, 2)], "center": [(3, 4), (1, 1)], "end": [(7, 0), (2, 0)]}[position]
    assert record["pad_width"] == [[*each] for each in widths]
    expected = np.pad(array, widths, constant_values=fill)
    found = READERS[form][0](tmp_path / "out" / record["output"])
    assert found.tobytes() == expected.tobytes()


def test_buckets_take_each_item_where_it_wastes_least(data, tmp_path):
    targets = ((4, 12), (12, 12), (12, 8))
    export(tmp_path / "out", data, targets=targets, position="center")
    _settings, records = lines_of(tmp_path / "out")
    for record in records:
        array = data[record["source"]]
        fitting = [
            n for n, target in enumerate(((4, 12), (12, 12), (12, 8))) if all(np.less_equal(array.shape[:2], target))
        ]
        areas = [(48, 144, 96)[n] for n in fitting]
        assert record["bucket"] == fitting[int(np.argmin(areas))]
        assert tuple(record["target"]) == targets[record["bucket"]]


def test_random_positions_are_drawn_for_each_item_and_stay(data, tmp_path):
    export(tmp_path / "out", data, target=(20, 20), position="random", position_seed=5)
    export(tmp_path / "other", [*reversed(data)][:4], target=(20, 20), position="random", position_seed=5)
    _settings, records = lines_of(tmp_path / "out")
    seeds = {record["source"]: record["position_seed"] for record in records}
    assert len(set(seeds.values())) == len(data)
    for record in records:
        assert record["position_seed"] == seed_of(5, record["source"].removeprefix(f"{tmp_path}/in/"))
        array = data[record["source"]]
        before = tuple(split(20 - array.shape[n], "random", draw(record["position_seed"], n))[0] for n in range(2))
        assert tuple(pair[0] for pair in record["pad_width"][:2]) == before
        expected, _mask = padded(array, (20, 20), before=before)
        np.testing.assert_array_equal(np.load(tmp_path / "out" / record["output"]), expected)


def test_large_items_are_written_tile_by_tile(tmp_path):
    array = np.arange(1 << 20, dtype=np.uint8).reshape(1 << 10, 1 << 10)
    np.save(tmp_path / "a.npy", array)
    for form in ("npy", "zarr", "hdf5", "tfrecord"):
        target = (5000, TILE // 4096)
        export(tmp_path / form, [tmp_path / "a.npy"], form=form, target=target, mode="reflect", mask=True)
        _settings, [record] = lines_of(tmp_path / form)
        expected = np.pad(array, [(0, target[0] - 1024), (0, target[1] - 1024)], mode="reflect")
        assert record["checksum"] == checksum(expected)
        if form == "npy":
            np.testing.assert_array_equal(np.load(tmp_path / "npy/a.npy"), expected)
            mask = np.load(tmp_path / "npy/a.mask.npy")
            assert mask[:1024, :1024].all()
            assert mask.sum() == 1 << 20
        elif form == "zarr":
            found = zarr.open_group(tmp_path / "zarr/data.zarr", mode="r")
            assert found[record["array"]].chunks[1] < target[0]
            np.testing.assert_array_equal(found[record["array"]][0], expected)
            np.testing.assert_array_equal(found[record["mask"]][0], mask)
        elif form == "hdf5":
            with h5py.File(tmp_path / "hdf5/data.h5") as file:
                np.testing.assert_array_equal(file[record["array"]][0], expected)
                np.testing.assert_array_equal(file[record["mask"]][0], mask)


ARRAYS = {
    "signal": np.arange(5, dtype=np.float32),
    "volume": np.arange(2 * 6 * 7, dtype=np.int64).reshape(2, 6, 7),
    "batch": np.arange(2 * 3 * 4 * 3, dtype=np.float64).reshape(2, 3, 4, 3),
    "empty": np.empty((0, 5), np.float32),
    "bool": np.eye(4, 6, dtype=bool),
    "complex": np.array([[1 + 2j, np.nan]], np.complex64),
    "half": np.full((3, 3), np.nan, np.float16),
    "big-endian": np.arange(6, dtype=">i4").reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(30, dtype=np.int16).reshape(5, 6)),
}


@pytest.mark.parametrize("form", ["npy", "zarr", "hdf5", "tfrecord"])
def test_axes_and_dtypes_of_all_kinds(tmp_path, form):
    (tmp_path / "in").mkdir()
    for name, array in ARRAYS.items():
        np.save(tmp_path / "in" / f"{name}.npy", array)
    last = export(tmp_path / "out", [tmp_path / "in" / f"{name}.npy" for name in ARRAYS], form=form, multiple_of=(4,))
    assert (last.done, last.failed) == (len(ARRAYS), 0)
    opened = collection(tmp_path / "out", form) if form in ("zarr", "hdf5") else {}
    for record in lines_of(tmp_path / "out")[1]:
        name = record["source"].rsplit("/", 1)[1].removesuffix(".npy")
        array = ARRAYS[name].astype(ARRAYS[name].dtype.newbyteorder("="))
        expected = np.pad(array, record["pad_width"])
        assert record["checksum"] == checksum(expected), name
        spatial = [n for letter, n in zip(record["axes"], expected.shape, strict=True) if letter in "TDHW"]
        assert all(size % 4 == 0 for size in spatial)
        if form == "npy":
            np.testing.assert_array_equal(np.load(tmp_path / "out" / record["output"]), expected, strict=True)
        elif form != "tfrecord":
            np.testing.assert_array_equal(opened[record["array"]][record["index"]], expected, strict=True)


def test_names_that_would_meet(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    names = ["a.npy", "a.npz", "a.mask.npy", "b\n.npy", "c\udcff.npy", "x/a.npy", "a_x.npy"]
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if name.endswith(".npz"):
            np.savez(path, x=np.ones((2, 2)), **{"y/../z": np.zeros((3, 3))})
        else:
            np.save(path, np.full((2, 3), len(name)))
    items = [(str(folder / name), None) for name in names if name != "a.npz"]
    items += [(str(folder / "a.npz"), "x"), (str(folder / "a.npz"), "y/../z")]
    last = export(tmp_path / "out", items, target=(4, 4), mask=True)
    assert (last.done, last.failed) == (len(items), 0)
    _settings, records = lines_of(tmp_path / "out")
    outputs = [name for record in records for name in (record["output"], record["mask"])]
    assert len(set(outputs)) == 2 * len(items)
    assert {name.encode("utf-8", "surrogateescape") for name in outputs} | {b"manifest.jsonl"} == {
        str(path.relative_to(tmp_path / "out")).encode("utf-8", "surrogateescape")
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    for record in records:
        assert checksum(np.load(tmp_path / "out" / record["output"])) == record["checksum"]


def test_what_is_in_the_folder_is_not_written_over(data, tmp_path):
    out = tmp_path / "out"
    export(out, data, target=TARGET)
    before = tree(out)
    with pytest.raises(TargetExists, match=r"12 items written.*--resume.*--force"):
        export(out, data, target=TARGET)
    with pytest.raises(ExportError, match=r"target was 8x9 and is 9x9; position was start and is end"):
        export(out, data, target=(9, 9), position="end", resume=True)
    assert tree(out) == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")
    with pytest.raises(TargetExists, match=r"not empty \(mine.txt\)"):
        export(tmp_path / "full", data)
    export(tmp_path / "full", data, force=True)
    assert (tmp_path / "full/mine.txt").read_text() == "mine"
    export(out, [*data][:3], target=TARGET, force=True, mask=True)
    assert len(tree(out)) == 7
    export(out, data, form="zarr", force=True, overflow="crop", target=TARGET)
    assert {path.name for path in out.iterdir()} == {"data.zarr", "manifest.jsonl", "gray"}


@pytest.mark.parametrize("form", ["npy", "zarr", "hdf5", "tfrecord"])
def test_a_resumed_export_does_what_is_left(data, tmp_path, form):
    settings = {"form": form, "target": TARGET, "overflow": "crop", "mask": True}
    export(tmp_path / "whole", data, **settings)
    out = tmp_path / "out"
    export(out, data, **settings)
    first, *lines = (out / "manifest.jsonl").read_bytes().splitlines(keepends=True)
    written = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    last = export(out, data, resume=True, **settings)
    assert (last.done, last.skipped) == (len(data), len(data))
    kept = {path for path, then in written.items() if path.stat().st_mtime_ns == then}
    assert {path.name for path in written.keys() - kept} <= {"manifest.jsonl", "c.0", "data.h5"}
    if form == "npy":
        (out / "rgb0.npy").unlink()
        (out / "manifest.jsonl").write_bytes(first + b"".join(lines[:5]) + lines[5][:40])
        last = export(out, data, resume=True, **settings)
        assert (last.done, last.skipped) == (len(data), 4)
    assert tree(out) == tree(tmp_path / "whole")


def test_failed_items_are_tried_again(data, tmp_path):
    bad = tmp_path / "in" / "late.npy"
    assert export(tmp_path / "out", [bad, *data]).failed == 1
    np.save(bad, np.ones((2, 2)))
    last = export(tmp_path / "out", [bad, *data], resume=True)
    assert (last.done, last.failed, last.skipped) == (len(data) + 1, 0, len(data))
    records = lines_of(tmp_path / "out")[1]
    assert [record["outcome"] for record in records] == ["written"] * (len(data) + 1)


def test_collections_refuse_other_items(data, tmp_path):
    export(tmp_path / "out", [*data][:5], form="zarr", overflow="crop", target=TARGET)
    with pytest.raises(ExportError, match=r"other items \(7 are new, 0 are missing\)"):
        export(tmp_path / "out", data, form="zarr", overflow="crop", target=TARGET, resume=True)


def test_a_manifest_of_a_stranger_is_not_believed(data, tmp_path):
    out = tmp_path / "out"
    precious = tmp_path / "precious.npy"
    precious.write_bytes(b"mine")
    settings = {"form": "tfrecord", "target": TARGET, "overflow": "crop"}
    export(out, data, **settings)
    text = (out / "manifest.jsonl").read_text()
    name = "HWC_8x9x3_uint8-00000-of-00002.tfrecord"
    (out / "manifest.jsonl").write_text(text.replace(name, "../precious.npy"))
    with pytest.raises(ExportError, match="is damaged"):
        export(out, data, resume=True, **settings)
    export(out, data, force=True, **settings)
    assert precious.read_bytes() == b"mine"
    shutil.rmtree(out)
    export(out, data)
    text = (out / "manifest.jsonl").read_text()
    (out / "manifest.jsonl").write_text(text.replace('"rgb0.npy"', '"../precious.npy"'))
    export(out, data, force=True)
    assert precious.read_bytes() == b"mine"
