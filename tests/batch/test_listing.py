"""What paths of a command line mean, and an outcome for what they cannot mean."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from padviewer.batch.listing import list_items

BUDGET = 1 << 28


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files `a.png`, `b.npy`, `notes.doc`, and more of them in folders in it; the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.npy", "notes.doc", "deep/c.png", "deep/deeper/d.png", "deep/.hidden/e.png", "x[1].png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def listed(*paths):
    with ThreadPoolExecutor(2) as threads:
        return list_items(paths, threads, BUDGET)


def names(*paths):
    found = listed(*paths)
    assert found.refused == ()
    return [path for path, member in found.items if member is None]


def test_folders_stand_for_the_files_in_them_in_order(folder):
    found = listed(".")
    assert found.items == tuple(
        (f"./{name}", None) for name in ("a.png", "b.npy", "x[1].png", "deep/c.png", "deep/deeper/d.png")
    )
    assert (found.refused, found.left_out, found.repeated) == ((), 1, 0)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.png", ["a.png", "x[1].png"]),
        ("**/*.png", ["a.png", "x[1].png", "deep/c.png", "deep/deeper/d.png"]),
        ("deep/**", ["deep/c.png", "deep/deeper/d.png"]),
        ("**/deeper/*", ["deep/deeper/d.png"]),
        ("de?p/[c].png", ["deep/c.png"]),
        ("x[1].png", ["x[1].png"]),
        ("*.doc", ["notes.doc"]),
        ("deep/.hidden/*", ["deep/.hidden/e.png"]),
        ("deep/*/*.png", ["deep/deeper/d.png"]),
        ("d*", ["deep/c.png", "deep/deeper/d.png"]),
    ],
)
def test_patterns(folder, pattern, expected):
    assert names(pattern) == expected
    assert names(str(folder / pattern)) == [str(folder / name) for name in expected]


def test_what_does_not_exist_is_an_item_and_a_pattern_without_files_is_refused(folder):
    assert names("missing.png") == ["missing.png"]
    found = listed("*.jpg", "missing/*.png", "a.png")
    assert [item.path for item in found.refused] == ["*.jpg", "missing/*.png"]
    assert all("no file has a name like this" in item.error for item in found.refused)
    assert found.items == (("a.png", None),)


def test_lists_hold_a_path_on_each_line(folder):
    (folder / "list").write_bytes(b"b.npy\n\ndeep\r\n*.doc\nmissing.png\n@odd\n")
    expected = ["b.npy", "deep/c.png", "deep/deeper/d.png", "notes.doc", "missing.png", "@odd"]
    assert names("@list") == expected
    (folder / "list").write_bytes(b"a\nb.png\0\xff.png\0")
    assert names("@list") == ["a\nb.png", os.fsdecode(b"\xff.png")]
    (refused,) = listed("@none").refused
    assert "list cannot be read" in refused.error
    (folder / "list").write_bytes(b"x" * 100_000)
    assert "one path on each line" in listed("@list").refused[0].error


def test_an_item_that_is_named_twice_is_one(folder):
    found = listed("a.png", ".", str(folder / "a.png"), "./deep/../a.png", "a.png::one")
    assert len(found.items) == 6
    assert found.repeated == 3
    (folder / "same.png").symlink_to("a.png")
    assert len(listed("a.png", "same.png").items) == 2


def test_links_in_circles_and_folders_without_files(folder):
    (folder / "deep" / "back").symlink_to(folder)
    assert len(names(".")) == 5
    assert "deep/deeper/d.png" in names("**/*.png")
    (folder / "nothing").mkdir()
    (folder / "others").mkdir()
    (folder / "others" / "x.doc").touch()
    first, second = listed("nothing", "others").refused
    assert "holds no file" in first.error
    assert "1 of others" in second.error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list any folder")
def test_folders_that_may_not_be_listed(folder):
    closed = folder / "deep" / "deeper"
    closed.chmod(0)
    try:
        assert [item.path for item in listed(".").refused] == ["./deep/deeper"]
        assert next(item.path for item in listed("deep/*/*.png").refused) == "deep/deeper"
    finally:
        closed.chmod(0o700)


def test_members_are_chosen_by_name_or_pattern(folder):
    np.savez("two.npz", left=np.zeros(3), right=np.zeros((2, 2)), words=np.array(["no"]))
    np.save("one.npy", np.zeros(3))
    assert listed("two.npz::left").items == (("two.npz", "left"),)
    found = listed("two.npz::*", "one.npy::*")
    assert found.items == (("two.npz", "left"), ("two.npz", "right"), ("one.npy", None))
    (refused,) = found.refused
    assert (refused.path, refused.member) == ("two.npz", "words")
    assert listed("*.npz::r*", "one.npy::raw:uint8:?x2").items == (("two.npz", "right"), ("one.npy", "raw:uint8:?x2"))
    assert "no member has a name like" in listed("two.npz::q*").refused[0].error
    assert listed("a.png::*").refused[0].path == "a.png"


def test_folders_that_are_arrays_are_items(folder):
    (folder / "array.zarr").mkdir()
    (folder / "marked").mkdir()
    (folder / "marked" / "zarr.json").touch()
    assert names("array.zarr", "marked", "*.zarr") == ["array.zarr", "marked"]
    assert {"./array.zarr", "./marked"} < set(names("."))


def test_urls_of_the_web_are_refused(folder):
    assert "URL" in listed("https://host/x.png").refused[0].error
