"""Exports that were interrupted go on where they were, or start afresh; nobody sees a mixture."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from held import Held
from read_back import read_back

from padviewer.errors import Cancelled, ExportError, TargetExists
from padviewer.export import Payload, Portions, continues, remove_abandoned, temporary_paths, write

ARRAY = np.random.default_rng(0).integers(1, 255, (40, 50, 2)).astype(np.uint16)
PAYLOAD = Payload("padded", "HWC", ARRAY.shape, "uint16", "{}", origin="a file of Tuesday")
# Twenty tiles, noted after each second one.
PORTIONS = Portions(tile=400, noted=800, kept=0)
SUFFIXES = (".npy", ".tif", ".zarr", ".h5", ".safetensors", ".tfrecord", ".nii")


def export(path, content, payload=PAYLOAD, progress=lambda *c: None, **more):
    more = {"portions": PORTIONS, **more}
    return write(payload, content, str(path), overwrite=True, progress=progress, **more)


class Stopping(Held):
    """Stops when the k-th tile is asked for."""

    def __init__(self, k, array=ARRAY):
        super().__init__(array)
        self.k = k

    def read(self, region):
        if len(self.asked) == self.k - 1:
            raise Cancelled("by the user")
        return super().read(region)


class Slow(Held):
    """Lets notes be made between two tiles."""

    def read(self, region):
        time.sleep(0.02)
        return super().read(region)


def interrupted(path, k=12, payload=PAYLOAD, array=ARRAY, **more):
    with pytest.raises(Cancelled):
        export(path, Stopping(k, array), payload, **more)


def names(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("k", [2, 12, 20])
def test_what_is_written_is_not_written_again(tmp_path, suffix, k):
    path = tmp_path / f"a{suffix}"
    whole = Held(ARRAY)
    export(tmp_path / f"whole{suffix}", whole)
    interrupted(path, k)
    assert not path.exists()
    assert continues(str(path)).startswith("the same export again continues at ")
    rest, told = Held(ARRAY), []
    export(path, rest, progress=lambda *c: told.append(c))
    assert rest.asked == whole.asked[k - 1 :]
    assert told[0][0] > ARRAY.nbytes * (k - 1) / len(whole.asked)
    assert told[-1] == (ARRAY.nbytes, ARRAY.nbytes)
    np.testing.assert_array_equal(read_back(path, axes="HWC"), ARRAY)
    assert names(tmp_path) == sorted([path.name, f"whole{suffix}"])
    assert continues(str(path)) is None


def test_a_picture_of_floats_goes_on(tmp_path):
    path = tmp_path / "a.exr"
    content = Held(ARRAY.astype(np.float16))
    payload = replace(PAYLOAD, dtype="float16")
    interrupted(path, payload=payload, array=content.array)
    export(path, content, payload)
    assert len(content.asked) == 9
    np.testing.assert_array_equal(read_back(path, axes="HWC"), ARRAY)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_again_and_again(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    for _ in range(5):
        interrupted(path, k=4)
    rest = Held(ARRAY)
    export(path, rest)
    np.testing.assert_array_equal(read_back(path, axes="HWC"), ARRAY)
    assert len(rest.asked) == 20 - 15 if suffix != ".zarr" else rest.asked


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "change",
    [
        {"origin": "a file of Wednesday"},
        {"spec_json": '{"fill": 1}'},
        {"dtype": "int16"},
        {"shape": (50, 40, 2)},
        {"name": "feature"},
        {"axes": "HTC"},
    ],
)
def test_another_array_starts_afresh_and_removes_what_was_left(tmp_path, suffix, change):
    path = tmp_path / f"a{suffix}"
    interrupted(path)
    (older,) = temporary_paths(str(path))
    payload = replace(PAYLOAD, **change)
    other = Held((ARRAY + 1).reshape(payload.shape).astype(payload.dtype))
    export(path, other, payload)
    assert len(other.asked) >= 20
    np.testing.assert_array_equal(read_back(path, payload.name, payload.axes), other.array)
    assert not os.path.exists(older)  # noqa: PTH110
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_fresh_starts_over(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    interrupted(path)
    content = Held(ARRAY)
    export(path, content, fresh=True)
    np.testing.assert_array_equal(read_back(path, axes="HWC"), ARRAY)
    assert content.asked[0] == tuple((0, *span[1:]) for span in content.asked[0])
    assert len(content.asked) >= 20
    assert names(tmp_path) == [path.name]


def damage_journal(part):
    (part / "journal").write_bytes((part / "journal").read_bytes().replace(b'"done"', b'"d\x00ne"'))


def cut_content(part):
    if (part / "content").is_dir():
        (part / "content" / "zarr.json").write_bytes(b"{}")
    else:
        os.truncate(part / "content", 100)


def remove_content(part):
    shutil.rmtree(part / "content") if (part / "content").is_dir() else (part / "content").unlink()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("damage", [damage_journal, cut_content, remove_content])
def test_damage_starts_afresh(tmp_path, suffix, damage):
    path = tmp_path / f"a{suffix}"
    interrupted(path)
    (part,) = tmp_path.iterdir()
    damage(part)
    content = Held(ARRAY)
    export(path, content)
    assert len(content.asked) >= 20
    np.testing.assert_array_equal(read_back(path, axes="HWC"), ARRAY)
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize(("suffix", "more"), [(".npz", {}), (".npy", {"portions": Portions(tile=400)})])
def test_small_arrays_and_streams_leave_nothing(tmp_path, suffix, more):
    interrupted(tmp_path / f"a{suffix}", **more)
    assert names(tmp_path) == []


def test_an_array_that_nothing_tells_from_others_leaves_nothing(tmp_path):
    interrupted(tmp_path / "a.npy", payload=replace(PAYLOAD, origin=""))
    assert names(tmp_path) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_keeps_what_was_noted_and_says_so(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"a{suffix}"
    real, calls = os.pwrite, itertools.count()

    def pwrite(descriptor, data, offset):
        if next(calls) == 15:
            end = time.monotonic() + 60
            while continues(str(path)) is None and time.monotonic() < end:
                time.sleep(0.01)  # the first note is made meanwhile, however busy the disk is
            raise OSError(errno.ENOSPC, "full")
        return real(descriptor, data, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", pwrite)
        content = Slow(ARRAY)
        with pytest.raises(ExportError, match=r"disk is full.*what is written stays, and the same export again contin"):
            export(path, content)
    rest = Held(ARRAY)
    export(path, rest)
    assert 1 <= len(rest.asked) < 32
    np.testing.assert_array_equal(read_back(path, axes="HWC"), ARRAY)


def test_space_is_wanted_for_what_is_left_alone(tmp_path, monkeypatch):
    path = tmp_path / "a.npy"
    interrupted(path, k=20)
    usage = type(shutil.disk_usage(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1, 1, 400 + (1 << 16)))
    with pytest.raises(ExportError, match=r"needs 7\.8 KiB"):
        export(tmp_path / "b.npy", Held(ARRAY))
    export(path, Held(ARRAY))


def test_a_part_that_somebody_writes_is_left_alone(tmp_path):
    path = tmp_path / "a.npy"
    interrupted(path)
    (part,) = temporary_paths(str(path))
    descriptor = os.open(part, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        content = Held(ARRAY)
        export(path, content)
        assert len(content.asked) == 20
        assert temporary_paths(str(path)) == [part]
    finally:
        os.close(descriptor)
    rest = Held(ARRAY)
    export(path, rest)
    assert len(rest.asked) == 9


def test_what_can_be_continued_outlives_exports_to_other_targets(tmp_path):
    path = tmp_path / "a.npy"
    interrupted(path)
    export(tmp_path / "b.npy", Held(ARRAY))
    remove_abandoned(str(tmp_path / "b.npy"))
    remove_abandoned(str(path))
    assert continues(str(path))
    assert continues(str(tmp_path / "b.npy")) is None


def test_a_target_that_appears_meanwhile_costs_nothing_but_the_name(tmp_path):
    path = tmp_path / "a.npy"
    with pytest.raises(TargetExists):
        write(
            PAYLOAD,
            Held(ARRAY),
            str(path),
            overwrite=False,
            progress=lambda *c: path.write_bytes(b"theirs"),
            portions=PORTIONS,
        )
    assert path.read_bytes() == b"theirs"
    rest = Held(ARRAY)
    export(path, rest)
    assert rest.asked == []
    np.testing.assert_array_equal(np.load(path), ARRAY)


KILLED = """
import os, signal, sys, time
sys.path[:0] = sys.argv[2:]
from held import Held
from read_back import read_back
from test_resume import ARRAY, export

class Deadly(Held):
    def read(self, region):
        time.sleep(0.1)  # notes are made meanwhile
        if len(self.asked) == 11:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(region)

export(sys.argv[1], Deadly(ARRAY))
"""


@pytest.mark.parametrize("suffix", [".npy", ".zarr", ".tfrecord"])
def test_a_process_that_is_killed_in_the_middle(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    here = Path(__file__).parent
    done = subprocess.run([sys.executable, "-c", KILLED, path, here, here.parent], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not path.exists()
    remove_abandoned(str(path))
    rest, whole = Held(ARRAY), Held(ARRAY)
    export(path, rest)
    export(tmp_path / f"whole{suffix}", whole)
    # Some tiles may have been written and not noted, and one was on its way.
    assert len(whole.asked) - 11 <= len(rest.asked) <= len(whole.asked) - 6
    np.testing.assert_array_equal(read_back(path, axes="HWC"), ARRAY)
    assert names(tmp_path) == sorted([path.name, f"whole{suffix}"])
