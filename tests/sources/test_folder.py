from __future__ import annotations

import os
from pathlib import Path

import pytest

from padviewer.errors import SourceError
from padviewer.sources.folder import Found, LeftOut, files_in


def test_files_come_by_name_and_then_those_of_folders(tmp_path):
    for name in (
        "b.png",
        "a.npy",
        "notes.txt",
        "Z.TIF",
        "deep/c.npy",
        "deep/deeper/d.jpg",
        "apart/e.npz",
        ".git/f.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(files_in(str(tmp_path))) == [
        *(Found(str(tmp_path / name)) for name in ("Z.TIF", "a.npy", "b.png")),
        LeftOut(1),
        Found(str(tmp_path / "apart/e.npz")),
        LeftOut(0),
        Found(str(tmp_path / "deep/c.npy")),
        LeftOut(0),
        Found(str(tmp_path / "deep/deeper/d.jpg")),
        LeftOut(0),
    ]


def test_folders_that_are_arrays_are_one_file(tmp_path):
    for name in ("a.zarr/zarr.json", "a.zarr/c/0", "named otherwise/.zarray", "plain/b.npy"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link.zarr").symlink_to("a.zarr")
    found = [one.path for one in files_in(str(tmp_path)) if isinstance(one, Found)]
    assert found == [str(tmp_path / name) for name in ("a.zarr", "link.zarr", "named otherwise", "plain/b.npy")]


def test_links_to_files_are_files_and_links_to_folders_lead_nowhere(tmp_path):
    (tmp_path / "real.npy").touch()
    (tmp_path / "link.npy").symlink_to("real.npy")
    (tmp_path / "dangling.npy").symlink_to("missing")
    (tmp_path / "loop").symlink_to(".")
    found = [one.path for one in files_in(str(tmp_path)) if isinstance(one, Found)]
    assert found == [str(tmp_path / name) for name in ("dangling.npy", "link.npy", "real.npy")]


def test_names_of_any_bytes_come_back_as_they_are(tmp_path):
    names = [b"\xff\xfe.npy", b"two\nlines.npy", "\u202eypn.gnp.png".encode(), b"-o.npy", "🖼.png".encode()]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()
    found = {os.fsencode(Path(one.path).name) for one in files_in(str(tmp_path)) if isinstance(one, Found)}
    assert found == set(names)


def test_a_trap_of_folders_ends(tmp_path):
    deep = tmp_path / "/".join(["d"] * 60)
    deep.mkdir(parents=True)
    (deep / "far.npy").touch()
    (found,) = [one for one in files_in(str(tmp_path)) if isinstance(one, Found)]
    assert found.error is not None
    assert "32 folders deep" in found.error.message


@pytest.mark.parametrize(("path", "cause"), [("missing", "No such file"), ("file.npy", "Not a directory")])
def test_what_cannot_be_listed_says_why(tmp_path, path, cause):
    (tmp_path / "file.npy").touch()
    with pytest.raises(SourceError, match=cause):
        list(files_in(str(tmp_path / path)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list any folder")
def test_a_folder_without_rights_is_told_and_the_others_are_listed(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "a.npy").touch()
    closed, found = [one for one in files_in(str(tmp_path)) if isinstance(one, Found)]
    assert closed.error is not None
    assert "Permission denied" in closed.error.message
    assert found.path.endswith("open/a.npy")
