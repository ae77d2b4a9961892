"""Whatever fails, the target is the old file or the new one, and nothing else is left."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from held import Held
from read_back import read_back

from padviewer.errors import Cancelled, ExportError, TargetExists
from padviewer.export import EXTENSIONS, Payload, Portions, check_target, temporary_paths, write

OLD = b"the old file"
ARRAY = np.arange(60, dtype=np.uint8).reshape(6, 10)


def array_for(path):
    """Returns an array that the format holds."""
    return ARRAY.astype(np.float32) if str(path).endswith(".exr") else ARRAY


def export(path, *, overwrite=True, progress=lambda *c: None, content=None):
    content = content or Held(array_for(path))
    payload = Payload("padded", "HW", content.array.shape, content.array.dtype.name, "{}")
    # Three tiles.
    portions = Portions(tile=20 * content.array.itemsize)
    return write(payload, content, str(path), overwrite=overwrite, progress=progress, portions=portions)


def make_old(path):
    """Puts something older in the place of the target; returns what tells it."""
    if path.suffix == ".zarr":
        path.mkdir()
        (path / "zarr.json").write_bytes(OLD)
    else:
        path.write_bytes(OLD)


def is_old(path):
    return (path / "zarr.json" if path.suffix == ".zarr" else path).read_bytes() == OLD


def names(directory):
    return sorted(path.name for path in directory.iterdir())


class FailingRead(Held):
    """Fails when the k-th tile is read."""

    def __init__(self, array, k, error):
        super().__init__(array)
        self.left, self.error = k, error

    def read(self, region):
        self.left -= 1
        if self.left == 0:
            raise self.error
        return super().read(region)


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), RuntimeError("defect"), Cancelled("by the user")])
def test_the_kth_tile_fails(tmp_path, extension, k, error):
    path = tmp_path / f"a{extension}"
    make_old(path)
    with pytest.raises(Cancelled if isinstance(error, Cancelled) else ExportError):
        export(path, content=FailingRead(array_for(path), k, error))
    assert names(tmp_path) == [path.name]
    assert is_old(path)


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("error", [Cancelled("by the user"), KeyboardInterrupt()])
def test_progress_can_end_the_export(tmp_path, extension, error):
    def progress(done, total):
        raise error

    with pytest.raises(type(error)):
        export(tmp_path / f"a{extension}", progress=progress)
    assert names(tmp_path) == []


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_disk_that_fills_up(tmp_path, extension):
    path = tmp_path / f"a{extension}"
    make_old(path)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # The system refuses what a file has beyond its limit, with another number than that of a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, usual[1]))
    try:
        with pytest.raises(ExportError, match=r"cannot be written .*File too large"):
            export(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, handler)
    assert names(tmp_path) == [path.name]
    assert is_old(path)


def test_space_is_checked_first(tmp_path, monkeypatch):
    usage = type(shutil.disk_usage(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 90, 10))
    with pytest.raises(ExportError, match=r"needs 60 B, but 10 B are free"):
        export(tmp_path / "a.npy")
    assert names(tmp_path) == []


@pytest.mark.parametrize(("extension", "fits"), [(".nii.gz", True), (".png", True), (".nii", False), (".npz", False)])
def test_padding_takes_no_space_where_it_is_compressed(tmp_path, monkeypatch, extension, fits):
    usage = type(shutil.disk_usage(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1 << 20, 1 << 20, (1 << 16) + 100))
    content = Held(np.full((64, 64), 7, np.uint8), finds=True)
    if fits:
        export(tmp_path / f"a{extension}", content=content)
        np.testing.assert_array_equal(read_back(tmp_path / f"a{extension}"), content.array)
        return
    with pytest.raises(ExportError, match=r"needs 4\.0 KiB"):
        export(tmp_path / f"a{extension}", content=content)


def test_existing_targets_are_asked_about(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(OLD)
    with pytest.raises(TargetExists, match="exists already"):
        export(path, overwrite=False)
    with pytest.raises(TargetExists):
        check_target(str(path), False)
    check_target(str(path), True)
    assert path.read_bytes() == OLD
    export(path)
    assert np.load(path).shape == (6, 10)


def test_a_target_that_appears_meanwhile_is_kept(tmp_path):
    path = tmp_path / "a.npy"
    with pytest.raises(TargetExists, match="meanwhile"):
        export(path, overwrite=False, progress=lambda *c: path.write_bytes(OLD))
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["a.npy"]


def test_file_systems_without_hard_links(tmp_path, monkeypatch):
    def link(*_args, **_more):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    export(tmp_path / "a.npy", overwrite=False)
    assert names(tmp_path) == ["a.npy"]


def test_links_are_asked_about_and_stay(tmp_path):
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there" / "real.npy", tmp_path / "link.npy"
    real.write_bytes(OLD)
    link.symlink_to(real)
    with pytest.raises(TargetExists, match=r"is a link to .*real\.npy"):
        export(link, overwrite=False)
    assert real.read_bytes() == OLD
    export(link)
    assert link.is_symlink()
    assert np.load(real).shape == (6, 10)
    assert names(tmp_path / "there") == ["real.npy"]


def test_a_dangling_link_is_asked_about(tmp_path):
    link = tmp_path / "link.npy"
    link.symlink_to(tmp_path / "new.npy")
    with pytest.raises(TargetExists, match="is a link"):
        export(link, overwrite=False)
    export(link)
    assert link.is_symlink()
    assert (tmp_path / "new.npy").exists()


def test_a_link_to_itself(tmp_path):
    (tmp_path / "a.npy").symlink_to(tmp_path / "a.npy")
    with pytest.raises(ExportError, match="leads back to itself"):
        export(tmp_path / "a.npy")


def test_permissions_are_kept(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(OLD)
    path.chmod(0o640)
    export(path)
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("missing/a.npy", "does not exist"),
        ("file/a.npy", "not a directory"),
        ("directory.npy", "is a directory"),
        ("pipe.npy", "not a regular file"),
        ("a.xyz", r"'\.xyz' is of no format.*\.npy, \.npz, \.png, \.tif, \.tiff, \.zarr, \.h5, .*\.nii, \.nii\.gz"),
        ("a", "no format"),
        ("a\0.npy", "cannot be written"),
        ("a" * 300 + ".npy", "longer than the system allows"),
    ],
)
def test_impossible_targets(tmp_path, name, cause):
    (tmp_path / "directory.npy").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe.npy")
    before = names(tmp_path)
    for overwrite in (False, True):
        with pytest.raises(ExportError, match=cause) as caught:
            check_target(str(tmp_path / name), overwrite)
        assert not isinstance(caught.value, TargetExists)
        with pytest.raises(ExportError, match=cause):
            export(tmp_path / name, overwrite=overwrite)
    assert names(tmp_path) == before


@pytest.mark.parametrize("stem", ["a" * 250, "é" * 120, "[x]*?", os.fsdecode(b"\xff\n")])
def test_unusual_names(tmp_path, stem):
    path = os.path.join(tmp_path, f"{stem}.npy")  # noqa: PTH118
    export(path, overwrite=False)
    assert os.listdir(tmp_path) == [f"{stem}.npy"]  # noqa: PTH208


KILLED = """
import sys, time
import numpy as np
from padviewer.export import Payload, Portions, write

class Slow:
    def constant(self, region):
        return None
    def read(self, region):
        if region[0].start:
            print("writing", flush=True)
            time.sleep(60)
        return np.zeros((1, 10), np.uint8)

payload = Payload("padded", "HW", (2, 10), "uint8", "{}")
write(payload, Slow(), sys.argv[1], overwrite=True, progress=lambda *c: None, portions=Portions(tile=10))
"""


def test_what_a_killed_writer_leaves_can_be_found(tmp_path):
    path = tmp_path / "[a].npy"
    path.write_bytes(OLD)
    assert temporary_paths(str(path)) == []
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
    assert path.read_bytes() == OLD
    (found,) = temporary_paths(str(path))
    assert names(tmp_path) == sorted([path.name, os.path.basename(found)])  # noqa: PTH119
    assert temporary_paths(str(tmp_path / "other.npy")) == []
    export(path)
    assert names(tmp_path) == [path.name]


def test_check_target_is_quick_and_makes_nothing(tmp_path):
    start = time.process_time()
    check_target(str(tmp_path / "a.tiff"), False)
    assert time.process_time() - start < 0.1
    assert names(tmp_path) == []
