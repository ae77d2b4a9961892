"""Sizes of files: from headers, in groups, with an outcome for each; and remembered."""

from __future__ import annotations

import os
import signal
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import safetensors.numpy
import scipy.io
import tifffile
import zarr
from astropy.io import fits
from leftovers import worker_processes
from PIL import Image

from padviewer.sources import open_source
from padviewer.workers.pool import Pool
from padviewer.workers.sizes import measure, measured, members_of

BUDGET = 1 << 30
SAMPLES = Path(__file__).parents[2] / "resources" / "samples"


def same_as_opened(found):
    with open_source(*found.item, budget=BUDGET) as source:
        info = source.info
    assert found.error == ""
    assert found[2:8] == (info.shape, info.axes, info.dtype, info.format, info.file_bytes, info.modified)


def test_sizes_are_those_of_the_opened_samples():
    items = [(str(path), None) for path in sorted(SAMPLES.iterdir())]
    assert items
    for found in measure(items, BUDGET):
        same_as_opened(found)


def test_each_item_that_cannot_be_measured_says_why(tmp_path):
    np.save(tmp_path / "good.npy", np.zeros((3, 4)))
    (tmp_path / "empty.png").touch()
    (tmp_path / "words.png").write_text("no picture")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    names = ["good.npy", "empty.png", "words.png", "pipe.png", "folder.png", "missing.png", "x" * 5000]
    found = measure([(str(tmp_path / name), None) for name in names], BUDGET)
    assert [each.path for each in found] == [str(tmp_path / name) for name in names]
    assert [bool(each.error) for each in found] == [False, *[True] * 6]
    assert found[0].shape == (3, 4)
    for each, word in zip(found[1:], ["empty", "format", "pipe", "directory", "no such", "longer"], strict=True):
        assert word in each.error
        assert each.shape == ()


def test_members_are_measured_by_name(tmp_path):
    path = str(tmp_path / "several.npz")
    np.savez_compressed(path, first=np.zeros((2, 3)), second=np.zeros((4, 5, 3), np.uint8), odd=np.array(["a"]))
    found = measure([(path, None), (path, "second"), (path, "third")], BUDGET)
    assert [each.shape for each in found] == [(2, 3), (4, 5, 3), ()]
    assert found[1].name == f"{path}::second"
    assert "third" in found[2].error
    assert [(member.name, member.readable) for member in members_of(path, BUDGET)] == [
        ("first", True), ("second", True), ("odd", False),
    ]  # fmt: skip


def test_names_of_any_bytes_are_measured(tmp_path):
    paths = [os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.npy"), str(tmp_path / "a\nb.npy")]
    for path in paths:
        with open(path, "wb") as file:  # noqa: PTH123 - names of any bytes
            np.save(file, np.zeros((5, 6, 3), np.uint8))
    memory = str(tmp_path / "memory.sqlite")
    for _ in range(2):
        assert [each.shape for each in measure([(path, None) for path in paths], BUDGET, memory)] == [(5, 6, 3)] * 2


def test_a_pool_measures_all_and_loses_none(tmp_path):
    paths = []
    for number in range(60):
        paths.append(str(tmp_path / f"{number}.png"))
        Image.new("L", (number + 1, 5)).save(paths[-1])
    (tmp_path / "7.png").write_bytes(b"cut")
    with Pool(2) as pool:
        found = [each for group in measured(pool, [(path, None) for path in paths], BUDGET) for each in group]
    assert sorted(each.path for each in found) == sorted(paths)
    assert {each.shape for each in found if not each.error} == {(5, n + 1) for n in range(60) if n != 7}
    assert [each.path for each in found if each.error] == [paths[7]]


@pytest.mark.parametrize("axes", ["HWC", "T"])
def test_what_opening_says_of_axes_is_what_is_measured(tmp_path, axes):
    shape = (7, 8, 3) if axes == "HWC" else (50,)
    np.save(tmp_path / "a.npy", np.zeros(shape, np.float32))
    assert [each.axes for each in measure([(str(tmp_path / "a.npy"), None)], BUDGET)] == [axes]


def test_many_members_are_measured_with_one_listing(tmp_path, monkeypatch):
    path = str(tmp_path / "many.npz")
    np.savez(path, **{f"a{n}": np.zeros((n + 1, 4), np.uint8) for n in range(300)})
    listings = []
    real = zipfile.ZipFile.__init__

    def counted(*given, **more):
        listings.append(1)
        real(*given, **more)

    monkeypatch.setattr(zipfile.ZipFile, "__init__", counted)
    items = [(path, f"a{n}") for n in range(300)]
    found = measure([*items, (path, "missing"), (path, "a7")], BUDGET)
    assert len(listings) == 1
    assert [each.shape for each in found] == [*((n + 1, 4) for n in range(300)), (), (8, 4)]
    assert "missing" in found[300].error
    assert all(each.item == item for each, item in zip(found, items, strict=False))


@pytest.mark.parametrize("suffix", ["h5", "zarr", "zarr.zip", "mat", "npz", "safetensors", "tif", "fits"])
def test_members_have_the_sizes_that_they_have_opened(tmp_path, suffix):
    path = tmp_path / f"several.{suffix}"
    arrays = {name: np.zeros(shape, np.uint8) for name, shape in (("a", (3, 40)), ("b", (4, 5, 3)), ("c", (6, 7, 8)))}
    written(path, arrays)
    members = [member.name for member in members_of(str(path), BUDGET) if member.readable]
    assert len(members) == 3
    memory = str(tmp_path / "memory.sqlite")
    for _ in range(2):
        found = measure([(str(path), name) for name in members], BUDGET, memory)
        for each in found:
            same_as_opened(each)
    (missing, _other) = measure([(str(path), "none"), (str(path), members[0])], BUDGET)
    assert "none" in missing.error


def written(path, arrays):
    suffix = path.name.partition(".")[2]
    if suffix == "h5":
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[f"group/{name}"] = array
            file["group/a"].dims[0].label = "x"
    elif suffix.startswith("zarr"):
        store = zarr.storage.ZipStore(path, mode="w") if suffix == "zarr.zip" else str(path)
        group = zarr.open_group(store, mode="w")
        for name, array in arrays.items():
            group.create_array(name, data=array)
        if suffix == "zarr.zip":
            store.close()
    elif suffix == "mat":
        scipy.io.savemat(path, arrays)
    elif suffix == "npz":
        np.savez_compressed(path, **arrays)
    elif suffix == "safetensors":
        safetensors.numpy.save_file(arrays, path)
    elif suffix == "fits":
        units = [fits.ImageHDU(array, name=name) for name, array in arrays.items()]
        fits.HDUList([fits.PrimaryHDU(), *units]).writeto(path)
    else:
        with tifffile.TiffWriter(path) as tif:
            for array in arrays.values():
                tif.write(array, photometric="minisblack", metadata=None)


def test_what_changes_deep_in_a_folder_is_seen(tmp_path):
    path, memory = tmp_path / "tree.zarr", str(tmp_path / "memory.sqlite")
    group = zarr.open_group(str(path), mode="w")
    group.create_array("inner/a", data=np.zeros((3, 4)))
    for place in [path, *path.rglob("*")]:
        os.utime(place, (1e9, 1e9))
    item = (str(path), "/inner/a")
    assert measure([item], BUDGET, memory)[0].shape == (3, 4)
    times = [(place, place.stat().st_mtime_ns) for place in (path, path / "zarr.json")]
    group["inner/a"].resize((9, 4))
    for place, time in times:
        os.utime(place, ns=(time, time))
    assert measure([item], BUDGET, memory)[0].shape == (9, 4)


def test_processes_that_are_killed_and_stopped_lose_nothing(tmp_path):
    paths = [str(tmp_path / f"{number}.npy") for number in range(400)]
    for number, path in enumerate(paths):
        np.save(path, np.zeros((number, 2), np.uint8))
    found, spared = [], worker_processes()
    with Pool(2, silence=2.0) as pool:
        for number, group in enumerate(measured(pool, [(path, None) for path in paths], BUDGET)):
            found += group
            # The second one after all that the first one had have been tried again: nobody is unlucky twice.
            if number in (1, 33):
                victim = next(iter(worker_processes() - spared))
                os.kill(victim, signal.SIGKILL if number == 1 else signal.SIGSTOP)
    assert sorted(each.path for each in found) == sorted(paths)
    assert {each.path: each.shape for each in found} == {path: (n, 2) for n, path in enumerate(paths)}


def test_files_that_vanish_meanwhile_have_an_outcome(tmp_path):
    paths = [str(tmp_path / f"{number}.npy") for number in range(100)]
    for path in paths:
        np.save(path, np.zeros((3, 2), np.uint8))
    found = []
    with Pool(1) as pool:
        for number, group in enumerate(measured(pool, [(path, None) for path in paths], BUDGET)):
            found += group
            if not number:
                for path in paths[50:]:
                    os.remove(path)  # noqa: PTH107
    assert len(found) == 100
    assert all(each.shape == (3, 2) for each in found[:50])
    gone = [each for each in found if each.error]
    assert gone
    assert all("no such file" in each.error for each in gone)
