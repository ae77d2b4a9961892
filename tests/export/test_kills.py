"""Processes are killed at any moment of an export, and several write to one target: no file is torn.

`PADVIEWER_FAULT_ROUNDS` says how often.
"""

from __future__ import annotations

import random
import re
import sys

import numpy as np
import pytest
from driving_faults import ROUNDS, make_old, names, remove, tree
from fault_driver import array_for
from read_back import read_back

from padviewer.export import EXTENSIONS, continues, notes, temporary_paths

# Of the array that is exported; it is written in 60 tiles, most of which are noted.
SIDE = 512


def test_a_process_that_is_killed_at_any_moment(driver, tmp_path):
    moments = random.Random(0)
    extensions = [extension for extension in EXTENSIONS if extension not in (".tiff", ".hdf5")]
    seconds, wholes = {}, {}
    tally = dict.fromkeys(("killed", "old", "new", "continued"), 0)
    for number in range(ROUNDS or 12):
        extension = extensions[number % len(extensions)]
        path = tmp_path / f"a{extension}"
        if extension not in seconds:
            runs = [driver.run("export", path, "time", kept=True, side=SIDE)["seconds"] for _ in range(2)]
            seconds[extension] = min(runs)
            wholes[extension] = tree(path)
            np.testing.assert_array_equal(read_back(path), array_for(str(path), side=SIDE))
            remove(path)
        make_old(path)
        old = tree(path)
        for _ in range(moments.choice((1, 1, 2, 3))):
            delay = moments.uniform(0, seconds[extension])
            tally["killed"] += driver.run("export", path, "killed", delay, kept=True, side=SIDE)["killed"]
            there = tree(path)
            assert there in (old, wholes[extension]), (number, extension, delay)
            assert not temporary_paths(str(path)) or str(path) in {note.target for note in notes()}, "it is found again"
            tally["old" if there == old else "new"] += 1
        driver.run("clean", path)
        assert set(names(tmp_path)) <= {path.name, *(p.rpartition("/")[2] for p in temporary_paths(str(path)))}
        tally["continued"] += continues(str(path)) is not None
        assert driver.run("export", path, kept=True, side=SIDE)["result"] == []
        assert tree(path) == wholes[extension], (number, extension)
        assert names(tmp_path) == [path.name]
        remove(path)
    assert tally["killed"] >= (ROUNDS or 12) // 2
    print(f"\n{tally}", file=sys.stderr)  # noqa: T201 - a figure for whoever asks for it (-s)


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("extension", [".npy", ".zarr", ".h5", ".nii.gz"])
def test_several_that_write_one_target(driver, tmp_path, extension, overwrite, kept):
    path = tmp_path / f"a{extension}"
    shifts = range(3)
    wholes = []
    for shift in shifts:
        driver.run("export", path, shift=shift)
        wholes.append(tree(path))
        remove(path)
    for _ in range(1 + ROUNDS // 20):
        if overwrite:
            make_old(path)
        results = driver.run("export", path, "together", len(shifts), overwrite=overwrite, kept=kept)["results"]
        assert tree(path) in wholes
        won = [shift for shift, result in enumerate(results) if result == []]
        if overwrite:
            assert won == [*shifts], results
        else:
            # One was first; the others found its file.
            assert len(won) == 1, results
            assert tree(path) == wholes[won[0]]
            assert {result[0] for result in results if result} == {"TargetExists"}
        driver.run("clean", path)
        left = [name for name in names(tmp_path) if name != path.name]
        assert left == [] or kept
        for name in left:
            remove(tmp_path / name)
        remove(path)


@pytest.mark.parametrize("extension", [".npy", ".zarr"])
def test_the_same_export_twice_at_once(driver, tmp_path, extension):
    """The second has a part of its own, as the first holds the one that could be continued."""
    path = tmp_path / f"a{extension}"
    driver.run("export", path, kept=True, side=SIDE)
    whole = tree(path)
    results = driver.run("export", path, "together", 2, kept=True, side=SIDE)["results"]
    assert all(not result or re.search("TargetExists|appeared", str(result)) for result in results), results
    assert tree(path) == whole
