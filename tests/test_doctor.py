"""What the doctor finds, with and without an engine that answers."""

from __future__ import annotations

import json
import resource

import pytest

from padviewer.cli import main
from padviewer.doctor import LIBRARIES, Finding, examine, library_versions
from padviewer.errors import WorkerDied
from padviewer.formats import Format
from padviewer.workers.crew import Crew
from padviewer.workers.messages import Devices
from padviewer.workers.process import InlineWorker


def crew_of(answer):
    return Crew(engine=lambda _backend: InlineWorker(lambda: lambda _request, _progress: answer()))


def findings(answer=lambda: Devices(("CPU:0", "GPU:0"), "TensorFlow 2.99, Keras 3.99"), budget: int = 3 << 30):
    return {found.what: found for found in examine(crew_of(answer), budget)}


def test_it_tells_versions_limits_and_devices():
    told = findings()
    assert told["devices"] == Finding("devices", "CPU:0, GPU:0  (TensorFlow 2.99, Keras 3.99)", True)
    assert told["memory budget"].finding.startswith("3.0 GiB")
    assert all(told[name].fine for name in LIBRARIES)
    assert told["Python"].finding.startswith("3.")
    assert set(library_versions()) == set(LIBRARIES)


def test_it_tells_what_the_system_allows(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    told = findings()
    assert f"open files {resource.getrlimit(resource.RLIMIT_NOFILE)[0]}" in told["limits"].finding
    assert told["state"].finding.startswith(f"{tmp_path}/state/padviewer (sessions, logs): ")
    assert told["state"].finding.endswith(" free")
    assert " free" in told["shared memory"].finding
    assert " free of " in told["memory"].finding
    assert told["encodings"].finding.startswith("names of files utf-8, locale ")
    assert told["Qt platform"].finding == "offscreen, by QT_QPA_PLATFORM; OpenGL is not used"


def test_a_display_that_does_not_answer_is_told_and_is_no_failure(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    told = findings()["display"]
    assert told.finding.startswith(":4711: ")
    assert "rendered to a picture" in told.finding
    assert told.fine
    monkeypatch.delenv("DISPLAY")
    assert findings()["display"] == Finding("display", "none; the window is rendered to a picture instead")


def test_an_engine_that_dies_is_a_finding():
    def die():
        raise WorkerDied("the engine process ended by signal SIGILL")

    assert findings(die)["devices"] == Finding("devices", "the engine process ended by signal SIGILL", False)


def test_a_library_that_is_missing_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr("padviewer.doctor.LIBRARIES", ("numpy", "no-such-library"))
    missing = "not installed; run make run, or pip install padviewer"
    assert findings()["no-such-library"] == Finding("no-such-library", missing, False)


def test_an_optional_library_that_is_missing_is_no_failure(monkeypatch):
    formats = (
        Format("PNG", (".png",)),
        Format("Odd", (".odd",), "no_such_reader.io", "odd"),
        Format("Odder", (".odder",), "no_such_reader", "odd"),
        Format("MATLAB", (".mat",), "numpy.linalg", "mat"),
    )
    monkeypatch.setattr("padviewer.doctor.FORMATS", formats)
    told = findings()
    line = "not installed; pip install 'padviewer[odd]'  (for Odd, Odder)"
    assert told["no_such_reader"] == Finding("no_such_reader", line, True)
    assert told["numpy"].finding.endswith("  (for MATLAB)")


def test_too_few_open_files_are_a_failure():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))
    try:
        told = findings()["limits"]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert not told.fine
    assert told.finding.endswith("expected at least 256 open files: ulimit -n 256")


def test_the_verb_prints_a_line_for_each_and_starts_the_real_engine(capfd):
    assert main(["doctor"]) in (0, 1)  # libraries of the window may be missing here, and are told then
    out, err = capfd.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert any("devices" in line and "CPU:0" in line for line in lines)
    assert all(line.startswith(("  ", "! ")) for line in lines)
    assert len(lines) >= len(LIBRARIES) + 4


@pytest.mark.parametrize("fine", [True, False])
def test_as_json_it_is_an_object_on_each_line_and_the_exit_code_says_whether_it_works(capfd, monkeypatch, fine):
    found = [Finding("one", "1"), Finding("two", "deux\n", fine)]
    monkeypatch.setattr("padviewer.doctor.examine", lambda _crew, _budget: iter(found))
    assert main(["doctor", "--json", "--no-devices"]) == (0 if fine else 1)
    told = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert told == [found._asdict() for found in found]
