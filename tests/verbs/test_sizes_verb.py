"""The verb `sizes`, from the command line to what it prints."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import psutil
import pytest
from PIL import Image
from processes import running_children

from padviewer.cli import main

PROGRAM = [sys.executable, "-m", "padviewer"]
SAMPLES = Path(__file__).parents[2] / "resources" / "samples"


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "padviewer"


@pytest.fixture
def mixed(tmp_path):
    """40 pictures of two sizes, and three signals, in folders."""
    folder = tmp_path / "mixed"
    for number in range(40):
        place = folder / f"{number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB" if number % 4 else "L", (64, 32) if number % 2 else (20 + number, 48)).save(
            place / f"{number:02}.png"
        )
    for number in range(3):
        np.save(folder / f"{number}.npy", np.zeros(100 * (number + 1), np.float32))
    return folder


def run(capfd, *arguments):
    code = main(["sizes", *map(str, arguments)])
    told = capfd.readouterr()
    return code, told.out, told.err


def test_arrays_that_nobody_named_are_told_of(capfd, state, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    array = np.zeros((3, 4), np.float32)
    np.savez(folder / "m.npz", a=array, b=array, c=array)
    np.save(folder / "one.npy", array)
    with h5py.File(folder / "t.h5", "w") as file:
        file["a"], file["g/b"], file["words"] = array, array, "text"
        file["soft"] = h5py.SoftLink("/a")
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))
    expected = (
        "padviewer: 2 files hold 3 further arrays, which are left out; name the members, or all of them by file::*\n"
    )
    for _remembered in range(2):
        assert run(capfd, folder)[::2] == (0, expected)
    code, out, err = run(capfd, f"{folder}/*.*::*", "--json")
    assert len(out.splitlines()) == 8
    assert [record["further"] for record in map(json.loads, out.splitlines())] == [0] * 8
    assert code == 1
    refused = {line.removeprefix("padviewer: error: ") for line in err.splitlines()}
    assert len(refused) == 2
    assert f"{folder}/t.h5::/soft: a soft link, which is not followed" in refused
    assert any(line.startswith(f"{folder}/t.h5::/words: holds text") for line in refused)


def test_the_table_tells_how_sizes_are_spread(capfd, state, mixed):
    code, out, err = run(capfd, mixed)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "43 items measured"
    assert "H W: 40 items" in lines
    assert "T: 3 items" in lines
    heights = next(line for line in lines if re.match(r"  H +\d", line)).split()
    pairs = [(32 if n % 2 else 48, 64 if n % 2 else 20 + n) for n in range(40)]
    assert heights[1:] == [
        str(np.quantile([h for h, _w in pairs], q, method="inverted_cdf")) for q in (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)
    ]
    assert "32 x 64 (20, 50 %)" in out
    assert re.search(r"channels +3 \(30, 75 %\), none \(10, 25 %\)", out)
    assert re.search(r"dtype +float32\n", out)
    assert re.search(r"  T +100 +100 +100 +200 +300 +300 +300\n", out)


def test_json_has_a_line_for_each_item_in_order(capfd, state, mixed):
    (mixed / "bad.png").write_text("no picture")
    code, out, err = run(capfd, mixed, "--json", "--workers", "2")
    records = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert len(records) == 44
    assert [record["path"] for record in records] == [
        *(str(mixed / name) for name in ("0.npy", "1.npy", "2.npy", "bad.png")),
        *(str(mixed / f"{n % 3}" / f"{n:02}.png") for n in sorted(range(40), key=lambda n: (n % 3, n))),
    ]
    by_name = {Path(record["path"]).name: record for record in records}
    assert by_name["01.png"]["shape"] == [32, 64, 3]
    assert (by_name["01.png"]["axes"], by_name["01.png"]["dtype"], by_name["01.png"]["error"]) == ("HWC", "uint8", "")
    assert by_name["bad.png"]["error"]
    assert "bad.png" in err


def test_what_was_measured_is_remembered(capfd, state, mixed, monkeypatch):
    for path in mixed.rglob("*.*"):
        os.utime(path, (1e9, 1e9))
    first = run(capfd, mixed, "--json")
    assert list(state.iterdir()) == [state / "sizes.sqlite"]
    for path in mixed.rglob("*.png"):  # nobody reads them now: they have the same size and time
        path.write_bytes(b"\0" * path.stat().st_size)
        os.utime(path, (1e9, 1e9))
    assert run(capfd, mixed, "--json") == first
    code, _out, err = run(capfd, mixed, "--json", "--fresh")
    assert code == 1
    assert "20 more were refused" in err


def test_axes_can_be_given(capfd, state, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((4, 100, 50)))
    np.save(tmp_path / "b.npy", np.zeros((4, 100)))
    assert "H W" in run(capfd, tmp_path / "a.npy")[1]
    code, out, err = run(capfd, tmp_path, "--axes", "dhw")
    assert code == 1
    assert "D H W: 1 item" in out
    assert "has 2 axes (4 x 100), but --axes DHW names 3" in err
    assert run(capfd, tmp_path, "--axes", "QQ")[0] == 2
    assert run(capfd, tmp_path, "--workers", "0")[0] == 2


def test_nothing_to_measure_is_said(capfd, state, tmp_path):
    code, out, err = run(capfd, tmp_path)
    assert code == 1
    assert out == "0 items measured, 1 refused\n"
    assert "holds no file" in err
    (tmp_path / "list").touch()
    code, out, err = run(capfd, f"@{tmp_path}/list", "--json")
    assert (code, out) == (1, "")
    assert "nothing to measure" in err


def test_files_of_other_formats_and_repeated_ones_are_counted(capfd, state, tmp_path):
    for path in SAMPLES.iterdir():
        shutil.copy(path, tmp_path)
    (tmp_path / "README.doc").touch()
    out = run(capfd, tmp_path, *tmp_path.glob("*.png"))[1]
    count = len(list(SAMPLES.glob("*.png")))
    assert f"{count} items named twice" in out
    assert "1 file of other formats left out" in out


def test_a_name_that_is_no_text_is_told(capfd, state, tmp_path):
    name = os.fsdecode(b"\xff.npy")
    np.save(tmp_path / "a.npy", np.zeros(3))
    (tmp_path / "a.npy").rename(tmp_path / name)
    code, out, _err = run(capfd, tmp_path, "--json")
    assert code == 0
    assert json.loads(out)["path"].endswith("\\xff.npy") or json.loads(out)["path"].endswith("\\udcff.npy")


# ---- as a process of its own


def many(folder, count=600):
    folder.mkdir()
    for number in range(count):
        np.save(folder / f"{number:03}.npy", np.zeros((number + 1, 3), np.uint8))
    return folder


def test_progress_is_told_on_a_terminal_alone(tmp_path, state):
    ours, theirs = pty.openpty()
    command = [*PROGRAM, "sizes", str(many(tmp_path / "many")), "--workers", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        told = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                block = os.read(ours, 4096)
            except OSError:  # nobody has the other end any more
                break
            told += block
        out = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0
    assert out.startswith(b"600 items measured\n")
    assert re.search(rb"\d+ of 600 measured", told)
    assert told.rstrip(b" \r") != told  # and taken away


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_time_and_leaves_no_process(tmp_path, state, number):
    many(tmp_path / "many", 3)
    (tmp_path / "many" / "endless.csv").write_text("1,2\n" * 4_000_000)
    command = [*PROGRAM, "sizes", str(tmp_path / "many"), "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        try:
            children = wait_for_children(process.pid)
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == (130 if number == signal.SIGINT else 143)
    assert (out, err) == (b"", b"")
    psutil.wait_procs(children, 10)
    assert not [child for child in children if child.is_running()]


def wait_for_children(pid):
    """Returns the workers of a program when they read a file that takes long."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        children = [child for child, line in running_children(pid).items() if "resource_tracker" not in line]
        with suppress(psutil.NoSuchProcess):
            if any(file.path.endswith("endless.csv") for child in children for file in child.open_files()):
                return children
        time.sleep(0.05)
    raise TimeoutError("no worker reads the long file")
