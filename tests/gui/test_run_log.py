"""The log in files, and what a program that crashed leaves for its next start."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from padviewer.gui.log.lines import LogLines, as_text
from padviewer.gui.log.run import FILE_BYTES, FILES, SLOTS, take_log

PROGRAM = """
import json, os, signal, sys
os.environ['QT_QPA_PLATFORM'] = 'offscreen'
from PySide6.QtCore import QTimer, qFatal
from padviewer.gui.launch import launch
from padviewer.gui.options import window_options
from padviewer.spec import PipelineSpec
def crash_by_address():
    import ctypes
    ctypes.string_at(0)
ENDS = {
    'segv': crash_by_address,
    'fatal': lambda: qFatal('no more'),
    'kill': lambda: os.kill(os.getpid(), signal.SIGKILL),
    'term': lambda: os.kill(os.getpid(), signal.SIGTERM),
}
def watch(window):
    seen = []
    def look():
        if (window.session.plan is None and not window.message.kind) or seen:
            return
        seen.append(True)
        buttons = [button.text() for button in window.message.remedies()]
        shown = ''
        for button in window.message.remedies():
            if button.text() == 'Show what happened':
                from padviewer.gui.log.details import DetailsDialog
                button.click()
                shown = window.findChildren(DetailsDialog)[0].text
        target = window.session.spec.target
        window.session.edit({'target': (700, 900)})
        window.keeper.keep()
        window.keeper._writer.wait(10)
        print(json.dumps([window.message.message, buttons, shown, target]), flush=True)
        ENDS.get(sys.argv[1], window.close)()
    timer = QTimer(window, interval=20)
    timer.timeout.connect(look)
    timer.start()
if __name__ == '__main__':
    items = tuple((path, None) for path in sys.argv[2:])
    sys.exit(launch(window_options(items, PipelineSpec(), 1 << 32), on_start=watch))
"""
Run = Callable[..., tuple[int, list[Any]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the program, which ends itself in a way that is named; returns its exit code and what it showed."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }

    def run_it(end: str, *paths: Path) -> tuple[int, list[Any]]:
        done = subprocess.run(
            [sys.executable, str(script), end, *map(str, paths)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        # The system's memory that a crash leaves is taken away by Python, which says so.
        said = [line for line in done.stderr.splitlines() if "resource_tracker" not in line and "warnings" not in line]
        assert said == [], "nothing on the terminal, not even of a crash"
        return done.returncode, json.loads(done.stdout)

    return run_it


def test_what_ended_the_program_is_told_at_the_next_start_with_the_session_and_once(run: Run, photo: Path) -> None:
    code, first = run("segv", photo)
    assert code == -signal.SIGSEGV
    assert first[:2] == ["", []], "a first start has nothing to tell"

    code, (message, buttons, shown, target) = run("fatal")
    assert message == "padviewer ended unexpectedly last time; this is as it was."
    assert buttons == ["Start afresh", "Show what happened"], "one note for both"
    assert target == [700, 900], "no setting is lost"
    assert "Segmentation fault" in shown.splitlines()[0]
    assert "crash_by_address" in shown, "where it was"
    assert "opened photo.png" in shown, "what was logged before"
    assert str(photo.parent) not in shown
    assert code == -signal.SIGABRT

    code, (message, buttons, shown, _target) = run("kill", photo)
    assert (message, buttons) == ("padviewer ended unexpectedly last time.", ["Show what happened"])
    assert "Aborted" in shown.splitlines()[0]
    assert "  qt        no more" in shown, "what Qt said before it gave up"
    assert code == -signal.SIGKILL

    code, (message, buttons, shown, _target) = run("term", photo)
    assert "killed by the system, or for want of memory" in shown.splitlines()[0]
    assert code == 0

    assert run("close", photo) == (0, ["", [], "", []]), "a polite end by SIGTERM is no crash"


def lines_of(run_folder: Path) -> str:
    names = sorted((path for path in run_folder.iterdir() if path.name.startswith("padviewer.log")), reverse=True)
    return "".join(path.read_text("utf-8") for path in names)


def test_files_are_rotated_within_their_bound_and_hold_the_newest(tmp_path: Path) -> None:
    log = logging.getLogger("padviewer.reader")
    run = take_log(tmp_path)
    run.begin(catches_faults=False)
    logging.getLogger("padviewer").setLevel(logging.INFO)
    second = 0.0
    for number in range(20_000):
        record = log.makeRecord(log.name, logging.INFO, "", 0, "line %d %s", (number, "x" * 100), None)
        second += 0.02  # slower than what is left out
        record.created = second
        log.handle(record)
    run.end()
    files = [path for path in run.folder.iterdir() if path.name.startswith("padviewer.log")]
    assert len(files) == FILES
    assert all(path.stat().st_size <= FILE_BYTES for path in files)
    assert sum(path.stat().st_size for path in files) > (FILES - 1) * FILE_BYTES * 0.9
    numbers = [int(line.split(" line ")[1].split()[0]) for line in lines_of(run.folder).splitlines()]
    assert numbers == list(range(numbers[0], 20_000)), "in order, and none is missing"
    assert run.folder.stat().st_mode & 0o077 == 0, "nobody else reads it"


def test_each_window_has_a_folder_and_the_number_of_windows_is_no_limit(tmp_path: Path) -> None:
    runs = [take_log(tmp_path) for _ in range(SLOTS)]
    assert len({run.folder for run in runs}) == SLOTS
    with pytest.raises(OSError, match="8 windows"):
        take_log(tmp_path)
    runs[3].end()
    again = take_log(tmp_path)
    assert again.folder == runs[3].folder
    for run in (*runs, again):
        run.end()


def test_a_crash_of_another_window_is_told_and_a_living_one_is_none(tmp_path: Path) -> None:
    living, crashed = take_log(tmp_path), take_log(tmp_path)
    for run in (living, crashed):
        run.begin(catches_faults=False)
    logging.getLogger("padviewer").error("the last words")
    crashed.end(clean=False)
    again = take_log(tmp_path)
    assert again.crash is not None
    assert "the last words" in again.crash.file.read_text("utf-8")
    again.end()
    once_more = take_log(tmp_path)
    assert once_more.crash is None
    for run in (once_more, living):
        run.end()


@pytest.mark.parametrize("note", [b"", b"{", b"[1]", b"\xff\xfe", b'{"boot": "another"}'])
def test_a_note_that_cannot_be_read_is_a_crash_still(tmp_path: Path, note: bytes) -> None:
    run = take_log(tmp_path)
    run.begin(catches_faults=False)
    run.end(clean=False)
    (run.folder / "running").write_bytes(note)
    again = take_log(tmp_path)
    assert again.crash is not None
    assert ("restarted" in again.crash.cause) == (b"another" in note)
    again.end()


def test_a_disk_that_takes_nothing_does_not_end_the_program(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = take_log(tmp_path)
    run.begin(catches_faults=False)
    run.file.mkdir()
    logging.getLogger("padviewer").error("nobody will read this")
    run.end()
    assert capfd.readouterr() == ("", "")


def test_lines_in_memory_are_bounded_and_counted() -> None:
    lines = LogLines(limit=10)
    log = logging.getLogger("padviewer.reader")
    for number in range(25):
        lines.handle(log.makeRecord(log.name, logging.WARNING, "", 0, "line %d", (number,), None))
    assert [line.text for line in lines.since(0)] == [f"line {number}" for number in range(15, 25)]
    assert [line.number for line in lines.since(22)] == [23, 24, 25]
    assert lines.since(25) == []
    assert as_text(lines.since(24)).endswith("  warning  reader    line 24\n")
    lines.clear()
    assert (lines.since(0), lines.count) == ([], 25)


def test_a_flood_of_one_source_leaves_others_their_room_and_is_counted(tmp_path: Path) -> None:
    lines, run = LogLines(), take_log(tmp_path)
    lines.attach()
    run.begin(catches_faults=False)
    for name, count in (("reader", 5000), ("engine", 3)):
        log = logging.getLogger(f"padviewer.{name}")
        for _ in range(count):
            record = log.makeRecord(log.name, logging.WARNING, "", 0, name, (), None)
            record.created = 1000.5
            log.handle(record)
    lines.detach()
    run.end()
    texts = [line.text for line in lines.since(0)]
    assert texts.count("reader") == 100
    assert lines_of(run.folder).count("left out") == 1, "two handlers tell it once each"
    assert texts[100:] == ["engine  (4,900 lines were left out before this one)", "engine", "engine"]
