"""Smaller pictures of OME-Zarr stand in for the whole one where a view would decode much; those that lie do not."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zarrs import BUDGET, create, numbers, same, write_3

from padviewer.errors import DamagedSource
from padviewer.sources import open_source
from padviewer.sources.ome_zarr import factor_between

SIZE = 16384


def pyramid(path, shapes, axes="yx", dtype="complex128", chunk=256):
    """Writes a picture at several sizes, of which the first chunk of each is stored."""
    path.mkdir()
    datasets = [{"path": f"s/{number}"} for number in range(len(shapes))]
    multiscales = [{"axes": [{"name": name} for name in axes], "datasets": datasets}]
    attributes = {"ome": {"version": "0.5", "multiscales": multiscales}}
    (path / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group", "attributes": attributes}))
    (path / "s").mkdir()
    (path / "s" / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group"}))
    made = []
    for number, shape in enumerate(shapes):
        z = create(path / "s" / str(number), shape=shape, chunks=[min(n, chunk) for n in shape], dtype=dtype)
        first = tuple(slice(min(n, chunk)) for n in shape)
        z[first] = numbers([min(n, chunk) for n in shape], dtype, number + 1)
        made.append(z)
    return made


@pytest.fixture
def halves(tmp_path):
    shapes = [(SIZE + 1, SIZE), (SIZE // 2 + 1, SIZE // 2), (SIZE // 4, SIZE // 4)]
    return tmp_path / "p.zarr", pyramid(tmp_path / "p.zarr", shapes)


def test_the_smallest_picture_for_a_step(halves):
    path, made = halves
    with open_source(str(path), budget=BUDGET) as source:
        assert source.info.axes == "HW"
        found = {step: source.preview(step) for step in (1, 2, 3, 4, 100)}
        assert [None if each is None else each.factor for each in found.values()] == [None, 2, 2, 4, 4]
        rows, columns = np.arange(0, SIZE, 7), np.array([5, 3, 3, SIZE - 1])
        preview = found[4]
        assert preview.lasts
        assert preview.source.info.shape == source.info.shape
        small = made[2][...]
        expected = small[np.ix_(np.minimum(rows // 4, SIZE // 4 - 1), columns // 4)]
        assert same(preview.source.take((rows, columns)), expected)


def test_a_smaller_picture_opens_by_itself(halves):
    path, made = halves
    with open_source(str(path), "/s/1", budget=BUDGET) as source:
        assert source.info.shape == made[1].shape
        assert source.preview(4).factor == 2


def test_small_pictures_are_read_as_they_are(tmp_path):
    pyramid(tmp_path / "p.zarr", [(2000, 2000), (1000, 1000)])
    with open_source(str(tmp_path / "p.zarr"), budget=BUDGET) as source:
        assert source.preview(100) is None


def test_depth_may_stay_as_it_is(tmp_path):
    shapes = [(2, 3, 5, SIZE, SIZE), (2, 3, 5, SIZE // 2, SIZE // 2), (2, 3, 2, SIZE // 2, SIZE // 2)]
    pyramid(tmp_path / "p.zarr", shapes, axes="tczyx")
    with open_source(str(tmp_path / "p.zarr"), budget=4 * BUDGET) as source:
        assert source.preview(4).factor == 2
        assert source.preview(4).source._small.info.shape == shapes[1]


LIES = {
    "another dtype": lambda path: create(path, shape=(SIZE // 2, SIZE // 2), chunks=(256, 256), dtype="uint16"),
    "another shape": lambda path: create(path, shape=(SIZE // 2, SIZE // 3), chunks=(256, 256), dtype="complex128"),
    "another rank": lambda path: create(path, shape=(SIZE // 2,), chunks=(256,), dtype="complex128"),
    "larger": lambda path: create(path, shape=(SIZE * 2, SIZE * 2), chunks=(256, 256), dtype="complex128"),
    "empty": lambda path: create(path, shape=(0, SIZE // 2), chunks=(1, 256), dtype="complex128"),
    "not there": lambda path: None,
    "damaged": lambda path: write_3(path, data_type=5),
    "a link": lambda path: path.symlink_to("0"),
    "chunks beyond the budget": lambda path: create(
        path, shape=(SIZE // 2, SIZE // 2), chunks=(SIZE // 2, SIZE * 2), dtype="complex128"
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_picture_that_lies_is_left_out(tmp_path, lie):
    path = tmp_path / "p.zarr"
    pyramid(path, [(SIZE, SIZE), (8, 8), (SIZE // 4, SIZE // 4)])
    for file in sorted((path / "s" / "1").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    (path / "s" / "1").rmdir()
    LIES[lie](path / "s" / "1")
    with open_source(str(path), budget=BUDGET) as source:
        assert source.preview(2) is None
        assert source.preview(4).factor == 4


@pytest.mark.parametrize("name", ["../../other", "/s/../s/1", "", 5, None, "s/0"])
def test_a_name_leads_nowhere_else(tmp_path, name):
    path = tmp_path / "p.zarr"
    pyramid(path, [(SIZE, SIZE)])
    create(tmp_path / "other", shape=(SIZE // 2, SIZE // 2), chunks=(256, 256), dtype="complex128")
    document = json.loads((path / "zarr.json").read_text())
    document["attributes"]["ome"]["multiscales"][0]["datasets"].append({"path": name})
    (path / "zarr.json").write_text(json.dumps(document))
    with open_source(str(path), budget=BUDGET) as source:
        assert source.preview(100) is None


def test_a_damaged_smaller_picture_is_told(halves):
    path, _made = halves
    next((path / "s" / "2" / "c").rglob("0/0")).write_bytes(b"nothing")
    with open_source(str(path), budget=BUDGET) as source, pytest.raises(DamagedSource, match="/s/2"):
        source.preview(4).source.take((np.arange(9), np.arange(9)))


@given(st.integers(2, 20), st.lists(st.integers(40, 5000), min_size=1, max_size=3), st.booleans())
def test_factors(factor, sizes, up):
    small = tuple(-(-size // factor) if up else size // factor for size in sizes)
    axes = "DHW"[-len(sizes) :]
    found = factor_between(tuple(sizes), small, axes)
    assert found is not None
    assert all(m in (n // found, -(-n // found)) for n, m in zip(sizes, small, strict=True))
    assert factor_between(tuple(sizes), tuple(sizes), axes) is None
    assert factor_between((*sizes, 4), (*small, 2), axes + "C") is None
