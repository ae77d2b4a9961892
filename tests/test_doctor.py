"""What the doctor finds, with and without an engine that answers."""

from __future__ import annotations

from padviewer.cli import main
from padviewer.doctor import LIBRARIES, examine
from padviewer.errors import WorkerDied
from padviewer.workers.crew import Crew
from padviewer.workers.messages import Devices
from padviewer.workers.process import InlineWorker


def crew_of(answer):
    return Crew(engine=lambda _backend: InlineWorker(lambda: lambda _request, _progress: answer()))


def test_it_tells_versions_limits_and_devices():
    found = Devices(("CPU:0", "GPU:0"), "TensorFlow 2.99, Keras 3.99")
    told = {what: (finding, fine) for what, finding, fine in examine(crew_of(lambda: found), 3 << 30)}
    assert told["devices"] == ("CPU:0, GPU:0  (TensorFlow 2.99, Keras 3.99)", True)
    assert told["memory budget"][0].startswith("3.0 GiB")
    assert all(told[name][1] for name in LIBRARIES)
    assert told["Python"][0].startswith("3.")


def test_an_engine_that_dies_is_a_finding():
    def die():
        raise WorkerDied("the engine process ended by signal SIGILL")

    assert ("devices", "the engine process ended by signal SIGILL", False) in list(examine(crew_of(die), 1))


def test_a_library_that_is_missing_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr("padviewer.doctor.LIBRARIES", ("numpy", "no-such-library"))
    told = list(examine(crew_of(lambda: Devices((), "")), 1))
    assert ("no-such-library", "not installed; run make run, or pip install padviewer", False) in told


def test_the_verb_prints_a_line_for_each_and_starts_the_real_engine(capfd):
    assert main(["doctor"]) in (0, 1)  # libraries of the window may be missing here, and are told then
    out, err = capfd.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert any("devices" in line and "CPU:0" in line for line in lines)
    assert all(line.startswith(("  ", "! ")) for line in lines)
    assert len(lines) >= len(LIBRARIES) + 4
