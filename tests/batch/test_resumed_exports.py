"""What a resumed export does again, and under which names."""

from __future__ import annotations

import json
import os

import h5py
import numpy as np
import pytest
import zarr
from inline import export, lines_of, make_data_set, tree

from padviewer.errors import ExportError

TARGET = (8, 9)


@pytest.fixture
def data(tmp_path):
    return make_data_set(tmp_path / "in")


def change(path, array):
    """Writes another array into a source, at another time."""
    np.save(path, array)
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("form", ["npy", "zarr", "hdf5", "tfrecord"])
def test_sources_that_have_changed_are_done_again(tmp_path, form):
    folder, settings = tmp_path / "in", {"form": form, "target": TARGET, "mask": True}
    folder.mkdir()
    items = {folder / f"{number}.npy": np.full((3, 4), number + 1, np.uint8) for number in range(5)}
    for path, array in items.items():
        np.save(path, array)
    export(tmp_path / "out", items, **settings)
    changed = folder / "3.npy"
    change(changed, np.full((3, 4), 77, np.uint8))
    last = export(tmp_path / "out", items, resume=True, **settings)
    assert (last.done, last.failed, last.changed) == (5, 0, 1)
    export(tmp_path / "whole", items, **settings)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    again = export(tmp_path / "out", items, resume=True, **settings)
    assert (again.skipped, again.changed) == (5, 0)
    record = lines_of(tmp_path / "out")[1][3]
    assert (record["source_bytes"], record["source_modified"]) == (changed.stat().st_size, 1)


def test_a_source_that_is_gone_keeps_what_is_written(tmp_path, data):
    export(tmp_path / "out", data, target=TARGET)
    os.unlink(next(iter(data)))  # noqa: PTH108
    last = export(tmp_path / "out", data, target=TARGET, resume=True)
    assert (last.skipped, last.changed, last.failed) == (len(data), 0, 0)


def test_a_changed_source_that_cannot_be_read_leaves_nothing_old(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones((2, 2), np.uint8))
    export(tmp_path / "out", [path], target=TARGET, mask=True)
    path.write_bytes(b"no array")
    last = export(tmp_path / "out", [path], target=TARGET, mask=True, resume=True)
    assert (last.failed, last.changed) == (1, 1)
    assert tree(tmp_path / "out").keys() == {"manifest.jsonl"}


def test_names_stay_when_a_source_changes(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    paths = [folder / "a.npy", folder / "a.bin"]
    for number, path in enumerate(paths):
        with path.open("wb") as file:
            np.save(file, np.full((2, 2), number, np.uint8))
    export(tmp_path / "out", paths, target=TARGET)
    before = tree(tmp_path / "out").keys()
    change(paths[0], np.full((2, 2), 9, np.uint8))
    assert export(tmp_path / "out", paths, target=TARGET, resume=True).changed == 1
    assert tree(tmp_path / "out").keys() == before
    assert np.load(tmp_path / "out/a.npy.npy")[0, 0] == 9


def test_masks_that_are_gone_come_back(tmp_path, data):
    export(tmp_path / "out", data, target=TARGET, overflow="crop", mask=True)
    before = tree(tmp_path / "out")
    gone = sorted((tmp_path / "out").rglob("*.mask.npy"))[:2]
    for path in gone:
        path.unlink()
    last = export(tmp_path / "out", data, target=TARGET, overflow="crop", mask=True, resume=True)
    assert last.skipped == len(data) - 2
    assert tree(tmp_path / "out") == before


def test_items_keep_their_names_when_fewer_or_others_come(tmp_path):
    paths = [tmp_path / "in" / "train" / "x.npy", tmp_path / "in" / "test" / "x.npy"]
    elsewhere = tmp_path / "other" / "x.npy"
    for number, path in enumerate([*paths, elsewhere]):
        path.parent.mkdir(parents=True)
        np.save(path, np.full((2, 2), number, np.uint8))
    out = tmp_path / "out"
    settings = {"target": TARGET, "position": "random"}
    export(out, paths, **settings)
    (out / "train" / "x.npy").unlink()
    assert export(out, paths[:1], resume=True, **settings).done == 1
    assert tree(out).keys() == {"train/x.npy", "test/x.npy", "manifest.jsonl"}
    export(tmp_path / "whole", paths, **settings)
    assert tree(out) == tree(tmp_path / "whole")
    with pytest.raises(ExportError, match=r"was begun with items below .*other/x.npy does not lie there"):
        export(out, [*paths, elsewhere], resume=True, **settings)
    settings_line = json.loads((out / "manifest.jsonl").read_text().splitlines()[0])
    assert settings_line["root"] == f"{tmp_path}/in/"


AXES = {"CHW": (3, 5, 6), "HWC": (5, 6, 3), "HW": (5, 6), "BCHW": (2, 3, 5, 6), "BHWC": (2, 5, 6, 3), "CT": (3, 7)}
AXES |= {"TC": (7, 3), "T": (7,), "CDHW": (2, 3, 5, 6), "DHWC": (3, 5, 6, 2), "DHW": (3, 5, 6)}


@pytest.mark.parametrize("form", ["npy", "npz", "tif", "safetensors", "zarr", "hdf5", "tfrecord"])
@pytest.mark.parametrize("position", ["start", "center", "end"])
def test_masks_of_all_orders_of_axes(tmp_path, form, position):
    """The mask of a tensor of ones, padded by zeros, is the tensor itself without its channels."""
    for axes, shape in AXES.items():
        path, out = tmp_path / "x.npy", tmp_path / f"out-{axes}"
        np.save(path, np.ones(shape, np.uint8))
        target = tuple(16 for letter in axes if letter in "DHWT")
        export(out, [path], form=form, axes=axes, target=target, position=position, mask=True)
        data, mask = written(out, form, lines_of(out)[1][0])
        without = data.take(0, axes.index("C")) if "C" in axes else data
        np.testing.assert_array_equal(mask, without, err_msg=axes)
        assert int(data.sum()) == np.prod(shape)


def written(out, form, record):  # noqa: PLR0911 one for each format
    """Returns the tensor and the mask of the one item of an export."""
    if form == "npy":
        return np.load(out / record["output"]), np.load(out / record["mask"])
    if form == "npz":
        with np.load(out / record["output"]) as found:
            return found["padded"], found["mask"]
    if form == "tif":
        import tifffile  # noqa: PLC0415

        data, mask = (tifffile.imread(out / record[name]) for name in ("output", "mask"))
        return data.reshape(record["shape"]), mask.reshape(places_of(record))
    if form == "safetensors":
        import safetensors.numpy  # noqa: PLC0415

        found = safetensors.numpy.load_file(out / record["output"])
        return found["padded"], found["mask"]
    if form == "zarr":
        group = zarr.open_group(out / "data.zarr", mode="r")
        return group[record["array"]][0], group[record["mask"]][0]
    if form == "hdf5":
        with h5py.File(out / "data.h5") as file:
            return file[record["array"]][0], file[record["mask"]][0]
    return examples(out / record["output"], record)


def places_of(record):
    """Returns the sizes of the pixel mask."""
    return [size for letter, size in zip(record["axes"], record["shape"], strict=True) if letter != "C"]


def examples(path, record):
    """Returns tensor and mask of the one record."""
    import tensorflow as tf  # noqa: PLC0415

    features = {name: tf.io.FixedLenFeature([], tf.string) for name in ("data", "mask")}
    found = tf.io.parse_single_example(next(iter(tf.data.TFRecordDataset(str(path)))), features)
    shape = record["shape"]
    data, mask = (np.frombuffer(found[name].numpy(), np.uint8) for name in ("data", "mask"))
    return data.reshape(shape), mask.reshape(places_of(record))


def test_every_complaint_names_its_file(tmp_path):
    path = tmp_path / "signal.npy"
    np.save(path, np.ones(5, np.float32))
    for form in ("npy", "zarr"):
        last = export(tmp_path / form, [path], form=form, target=TARGET)
        [record] = lines_of(tmp_path / form)[1]
        assert record["reason"].startswith(f"{path}: target has 2 sizes"), record
        assert last.failed == 1
    assert "--force" in record["reason"]
