"""Places that cannot be written to: full, read-only, another person's, gone meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from driving_faults import OLD, TESTS, make_old, names, tree
from fault_driver import array_for
from held import Held
from read_back import read_back

from padviewer.errors import ExportError, TargetExists
from padviewer.export import EXTENSIONS, Payload, Portions, check_target, write

ARRAY = np.arange(60, dtype=np.uint8).reshape(6, 10)


def export(path, progress=lambda *_: None, overwrite=True):
    payload = Payload("padded", "HW", ARRAY.shape, "uint8", "{}")
    write(payload, Held(ARRAY), str(path), overwrite=overwrite, progress=progress, portions=Portions(tile=20))


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """What became of exports to a disk of 1 MB."""
    # The mount is seen in there alone, and goes with the process.
    command = ["unshare", "-rm", sys.executable, TESTS / "full_disk.py", tmp_path_factory.mktemp("disk")]
    try:
        allowed = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("a small disk is mounted by `unshare` (util-linux), which is not installed")
    if allowed.returncode:
        pytest.skip(f"no disk may be mounted here: {allowed.stderr.decode().strip()}")
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode and "mount" in done.stderr:
        pytest.skip(f"no disk may be mounted here: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_disk_that_fills_up_meanwhile(small_disk, extension):
    said, kept, others = small_disk["filled"][extension]
    assert f"a{extension}: the disk is full; make room, or choose another disk" in said
    assert kept
    assert others == []


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_disk_that_is_too_small(small_disk, extension):
    said, kept, others = small_disk["refused"][extension]
    size = "16.0 MiB" if extension == ".exr" else "4.0 MiB"
    assert f"a{extension}: needs {size}, but " in said
    assert "are free on the disk; make room" in said
    assert kept
    assert others == []


def test_what_replaces_a_file_on_a_full_disk(small_disk):
    said, kept, others = small_disk["replaced"]
    assert "session.json: the disk is full" in said
    assert kept
    assert others == ["session.json"]


def test_a_disk_that_is_read_only(small_disk):
    for name in ("new.npy", "session.npy"):
        assert f"{name}: the disk is read-only; choose another place" in small_disk[name]


@pytest.fixture
def open_folder():
    """A folder that everybody may enter; those of pytest are private."""
    folder = Path(tempfile.mkdtemp(prefix="padviewer-test-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(driver, path, **more):
    """Exports without the rights of root, if this is root; else as who runs the tests."""
    if os.geteuid() == 0:
        ((result),) = driver.run("export", path, "nobody", **more)["results"]
        return result
    return driver.run("export", path, **more)["result"]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_folder_without_rights(driver, open_folder, extension):
    path = open_folder / f"a{extension}"
    make_old(path)
    old = tree(path)
    open_folder.chmod(0o555)
    kind, is_ours, text = as_nobody(driver, path)
    assert (kind, is_ours) == ("ExportError", True)
    assert f"no permission to write in {open_folder}; choose another place" in text
    assert tree(path) == old
    assert names(open_folder) == [path.name]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that is another person's")
@pytest.mark.parametrize("extension", [".npy", ".zarr", ".nii.gz"])
def test_a_file_of_another_person_in_a_folder_of_all(driver, open_folder, extension):
    """As in /tmp: who does not own a file may neither replace nor remove it."""
    open_folder.chmod(0o1777)
    path = open_folder / f"a{extension}"
    make_old(path)
    old = tree(path)
    _kind, is_ours, text = as_nobody(driver, path)
    assert is_ours
    assert f"{path.name}: no permission to write there" in text
    assert tree(path) == old
    assert names(open_folder) == [path.name]
    assert as_nobody(driver, open_folder / f"b{extension}") == []
    np.testing.assert_array_equal(read_back(open_folder / f"b{extension}"), array_for(str(path)))
    assert names(open_folder) == [path.name, f"b{extension}"]


@pytest.mark.parametrize("extension", [".npy", ".zarr", ".h5", ".nii.gz"])
def test_a_folder_that_is_removed_meanwhile(tmp_path, extension):
    folder = tmp_path / "there"
    folder.mkdir()
    with pytest.raises(ExportError, match=rf"a\{extension}: the directory does not exist; make it first"):
        export(folder / f"a{extension}", lambda *_: shutil.rmtree(folder, ignore_errors=True))
    assert names(tmp_path) == []


def test_a_folder_that_is_moved_meanwhile(tmp_path):
    folder = tmp_path / "there"
    folder.mkdir()

    def move(*_):
        if folder.exists():
            folder.rename(tmp_path / "elsewhere")

    with pytest.raises(ExportError, match="the directory does not exist"):
        export(folder / "a.npy", move)
    check_target(str(tmp_path / "elsewhere" / "a.npy"), False)
    export(tmp_path / "elsewhere" / "a.npy")
    # What the first could not take with it is what a killed one leaves.
    assert names(tmp_path / "elsewhere") == ["a.npy"]


@pytest.mark.parametrize("overwrite", [True, False])
def test_an_old_file_that_vanishes_meanwhile(tmp_path, overwrite):
    path = tmp_path / "a.npy"
    path.write_bytes(OLD)
    if not overwrite:
        with pytest.raises(TargetExists):
            export(path, overwrite=False)
    export(path, lambda *_: path.unlink(missing_ok=True))
    np.testing.assert_array_equal(np.load(path), ARRAY)
    assert names(tmp_path) == ["a.npy"]


@pytest.mark.parametrize("device", ["/dev/null", "/dev/full"])
def test_a_device(tmp_path, device):
    link = tmp_path / "a.npy"
    link.symlink_to(device)
    for overwrite in (True, False):
        with pytest.raises(ExportError, match=r"a\.npy: is not a regular file; choose another name"):
            export(link, overwrite=overwrite)
    assert names(tmp_path) == ["a.npy"]


def test_a_link_that_becomes_another_meanwhile(tmp_path):
    first, second, link = tmp_path / "first.npy", tmp_path / "second.npy", tmp_path / "link.npy"
    first.write_bytes(OLD)
    second.write_bytes(OLD)
    link.symlink_to(first)

    def turn(*_):
        link.unlink()
        link.symlink_to(second)

    export(link, turn)
    # What was asked about is what is written.
    np.testing.assert_array_equal(np.load(first), ARRAY)
    assert second.read_bytes() == OLD
    assert names(tmp_path) == ["first.npy", "link.npy", "second.npy"]
