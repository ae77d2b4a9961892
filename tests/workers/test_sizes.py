"""Sizes of files: from headers, in groups, with an outcome for each; and remembered."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
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
