"""Arrays within groups of a Zarr: how they are listed, named, and which axes they have."""

from __future__ import annotations

import json

import numpy as np
import pytest
import zarr
from zarrs import BUDGET, create, everything, numbers, read, same, write_2, write_3

from padviewer.errors import UnsupportedSource
from padviewer.sources import open_source, zarr_tree


def info(path, member=None):
    with open_source(str(path), member, budget=BUDGET) as source:
        return source.info


def group_3(path, **attributes):
    path.mkdir(parents=True, exist_ok=True)
    (path / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group", "attributes": attributes}))


@pytest.fixture(params=[2, 3])
def tree(request, tmp_path):
    root = zarr.open_group(str(tmp_path / "t.zarr"), mode="w", zarr_format=request.param)
    for name, dtype in (("b/10", "int16"), ("b/9", "float32"), ("b/c/deep", "uint8"), ("a", "bool")):
        array = numbers((4, 6), dtype, len(name))
        create(f"{tmp_path}/t.zarr/{name}", data=array, chunks=(3, 3), zarr_format=request.param)
    root.require_group("b/c")
    root.require_group("none")
    return tmp_path / "t.zarr", root


def test_the_arrays_of_a_tree(tree):
    path, root = tree
    found = info(path)
    assert found.member == "/a"
    assert [(each.name, each.described) for each in found.members] == [
        ("/a", "bool 4 x 6"), ("/b/9", "float32 4 x 6"), ("/b/10", "int16 4 x 6"), ("/b/c/deep", "uint8 4 x 6"),
    ]  # fmt: skip
    for each in found.members:
        assert same(read(path, each.name), root[each.name][...])
    assert same(read(path, "b/c//deep/"), root["b/c/deep"][...])
    assert info(path, "b/c//deep/").member == "/b/c/deep"
    assert info(path / "b" / "9").member is None


def test_members_that_are_not_there(tree):
    path, _root = tree
    with pytest.raises(UnsupportedSource, match=r"no member '/b/deep'.*did you mean '/b/c/deep'"):
        info(path, "b/deep")
    with pytest.raises(UnsupportedSource, match=r"'/b' is a group; choose an array in it: /b/9, /b/10, /b/c/deep"):
        info(path, "b")
    with pytest.raises(UnsupportedSource, match="leave '::' out"):
        info(path / "a", "b")


@pytest.mark.parametrize("name", ["../other", "/b/../a", "a/0", "b/.", "/", "b/c/deep/x", "b\0", "x" * 300, "b/\n"])
def test_a_name_never_leads_elsewhere(tree, name):
    path, _root = tree
    create(path.parent / "other", data=np.arange(3))
    with pytest.raises(UnsupportedSource) as caught:
        info(path, name)
    assert "t.zarr" in caught.value.message
    assert len(caught.value.message) < 400


def test_what_cannot_be_read_is_listed_with_its_reason(tmp_path):
    path = tmp_path / "t.zarr"
    group_3(path)
    write_3(path / "a", data_type="string", codecs=[{"name": "vlen-utf8"}], fill_value="")
    write_3(path / "b", codecs=[{"name": "bytes"}, {"name": "made_up"}])
    write_3(path / "c")
    (path / "c" / "zarr.json").write_text("{")
    write_3(path / "d", {"c/0": b"\1\2\3\4"})
    found = info(path)
    assert found.member == "/d"
    assert [each.readable for each in found.members] == [False, False, False, True]
    for each, word in zip(found.members, ("'string'", "'made_up'", "no JSON"), strict=False):
        assert word in each.described
    for folder in (path / "d").iterdir():
        if folder.is_dir():
            (folder / "0").unlink()
            folder.rmdir()
    (path / "d" / "zarr.json").unlink()
    with pytest.raises(UnsupportedSource, match=r"no array that can be read; /a: .*'string'"):
        info(path)


def test_a_group_with_nothing_in_it(tmp_path):
    group_3(tmp_path / "t.zarr")
    with pytest.raises(UnsupportedSource, match="no array that can be read"):
        info(tmp_path / "t.zarr")


def test_consolidated_metadata_alone_are_a_group(tmp_path):
    write_2(tmp_path / "t.zarr" / "a", {"0": b"\1\2\3\4"})
    (tmp_path / "t.zarr" / ".zmetadata").write_text("{}")
    assert read(tmp_path / "t.zarr").tolist() == [1, 2, 3, 4]


def test_so_many_members_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(zarr_tree, "MAX_MEMBERS", 50)
    path = tmp_path / "t.zarr"
    group_3(path)
    write_3(path / "0")
    for number in range(1, 55):
        (path / str(number)).mkdir()
        (path / str(number) / "zarr.json").hardlink_to(path / "0" / "zarr.json")
    found = info(path)
    assert len(found.members) == 50
    assert found.members[-1].name == "/49"
    assert any("50" in note for note in found.notes)
    assert info(path, "/54").shape == (4,)


def test_so_deep_groups_are_listed(tmp_path):
    path = inside = tmp_path / "t.zarr"
    for _depth in range(40):
        group_3(inside)
        inside /= "g"
    write_3(inside)
    write_3(path / "x")
    found = info(path)
    assert [each.name for each in found.members] == ["/x"]
    assert any("32 deep" in note for note in found.notes)
    with pytest.raises(UnsupportedSource, match="41 groups deep"):
        info(path, "/g" * 40 + "/x")


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (["t", "c", "z", "y", "x"], "BCDHW"),
        (["time", "lat", "lon"], "BHW"),
        (["y", "x", "channel"], "HWC"),
        (["Height", "Width"], "HW"),
        (["time", "channel"], "TC"),
        (["time"], "T"),
        (["B", "H", "W", "C"], "BHWC"),
        (["T", "C"], "TC"),
        (["b", "time"], "BT"),
        (["z", "x"], None),
        (["y", "x", "y"], None),
        (["t", "b", "y", "x"], None),
        (["speed", "y", "x"], None),
        ([None, "y", "x"], None),
        (["y"], None),
        ("yx", None),
        ([1, 2], None),
        (None, None),
    ],
)
def test_names_of_axes(tmp_path, names, axes):
    rank = len(names) if isinstance(names, list) else 2
    grid = {"name": "regular", "configuration": {"chunk_shape": [1] * rank}}
    write_3(tmp_path / "a", shape=[6] * rank, chunk_grid=grid, dimension_names=names)
    write_2(tmp_path / "b", shape=[6] * rank, chunks=[1] * rank)
    (tmp_path / "b" / ".zattrs").write_text(json.dumps({"_ARRAY_DIMENSIONS": names}))
    for name in "ab":
        found = info(tmp_path / name)
        assert found.axes_guessed == (axes is None)
        if axes is not None:
            assert found.axes == axes


OME = {
    "axes": [{"name": name} for name in ("t", "z", "y", "x")],
    "datasets": [{"path": "0"}, {"path": "half/1"}],
}


@pytest.mark.parametrize(
    ("attributes", "axes"),
    [
        ({"ome": {"version": "0.5", "multiscales": [OME]}}, "BDHW"),
        ({"multiscales": [OME]}, "BDHW"),
        ({"multiscales": [OME | {"axes": ["z", "c", "y", "x"]}]}, "DCHW"),
        ({"multiscales": [OME | {"datasets": [{"path": "9"}]}]}, None),
        ({"multiscales": [OME | {"axes": 7}]}, None),
        ({"multiscales": [OME | {"axes": [{"name": 7}, None, [], {}]}]}, None),
        ({"multiscales": "none"}, None),
        ({"multiscales": [None, 5, {"datasets": 4}, {"datasets": [4]}]}, None),
    ],
)
def test_axes_of_ome_zarr(tmp_path, attributes, axes):
    path = tmp_path / "t.zarr"
    group_3(path)
    group_3(path / "image", **attributes)
    group_3(path / "image" / "half")
    grid = {"name": "regular", "configuration": {"chunk_shape": [8] * 4}}
    for name in ("0", "half/1"):
        write_3(path / "image" / name, shape=[7, 8, 9, 10], chunk_grid=grid)
        found = info(path, f"/image/{name}")
        assert (None if found.axes_guessed else found.axes) == axes


def test_first_versions_of_ome_zarr_have_five_axes(tmp_path):
    path = tmp_path / "t.zarr"
    group_3(path, multiscales=[{"version": "0.1", "datasets": [{"path": "0"}]}])
    grid = {"name": "regular", "configuration": {"chunk_shape": [1] * 5}}
    write_3(path / "0", shape=[6] * 5, chunk_grid=grid)
    found = info(path)
    assert (found.axes, found.notes) == ("BCDHW", ("axes t c z y x",))


def test_names_win_over_those_of_the_group(tmp_path):
    path = tmp_path / "t.zarr"
    group_3(path, multiscales=[OME])
    grid = {"name": "regular", "configuration": {"chunk_shape": [8] * 4}}
    write_3(path / "0", shape=[7, 8, 9, 10], chunk_grid=grid, dimension_names=["c", "z", "y", "x"])
    assert info(path).axes == "CDHW"


def test_reading_follows_the_member(tree):
    path, root = tree
    with open_source(str(path), "/b/10", budget=BUDGET) as source:
        assert same(everything(source), root["b/10"][...])
