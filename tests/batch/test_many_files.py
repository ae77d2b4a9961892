"""Many files with a real reader: an outcome for each, whatever the others do."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from padviewer.batch.files import describe, export, sweep
from padviewer.errors import DamagedSource, ExportError, SourceNotFound, TargetExists, WorkerDied
from padviewer.export import Portions, continues, notes
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec
from padviewer.workers.crew import Crew
from padviewer.workers.process import ProcessWorker
from padviewer.workers.start import start_reader

BUDGET = 1 << 28


@pytest.fixture
def crew():
    with Crew() as crew:
        yield crew


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def run(crew, items, outputs, **more):
    items = [(str(item), None) for item in items]
    outputs = [str(output) for output in outputs]
    return list(export(crew, items, outputs, PipelineSpec(), Stage.PADDED, BUDGET, **{"overwrite": False, **more}))


def test_a_bad_one_does_not_stop_the_rest(crew, tmp_path):
    for name in ("a", "c"):
        np.save(tmp_path / f"{name}.npy", np.ones((2, 3)))
    (tmp_path / "b.npy").write_bytes(b"")
    items = [tmp_path / f"{name}.npy" for name in "abxc"]
    found = list(describe(crew, [(str(item), None) for item in items], BUDGET))
    assert [type(outcome.error) for outcome in found] == [type(None), DamagedSource, SourceNotFound, type(None)]
    assert [outcome.value and outcome.value.shape for outcome in found] == [(2, 3), None, None, (2, 3)]
    outputs = [tmp_path / f"out_{name}.npy" for name in "abxc"]
    done = run(crew, items, outputs)
    assert [type(outcome.error) for outcome in done] == [type(None), DamagedSource, SourceNotFound, type(None)]
    assert [outcome.value for outcome in done] == [str(outputs[0]), None, None, str(outputs[3])]
    assert [outcome.item for outcome in done] == [(str(item), None) for item in items]
    assert [type(outcome.error) for outcome in run(crew, items[:1], outputs[:1])] == [TargetExists]
    assert run(crew, items[:1], outputs[:1], overwrite=True)[0].error is None


def test_directories_are_made_where_asked_for_and_a_bad_one_is_one_item(crew, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    (tmp_path / "file").write_text("no directory")
    items = [tmp_path / "a.npy"] * 3
    outputs = [tmp_path / "new/deep/a.npy", tmp_path / "file/a.npy", tmp_path / "last.npy"]
    done = run(crew, items[:1], outputs[:1])
    assert isinstance(done[0].error, ExportError)
    assert "does not exist" in done[0].error.message
    done = run(crew, items, outputs, make_directories=True)
    assert [type(outcome.error) for outcome in done] == [type(None), ExportError, type(None)]
    assert "cannot be made" in done[1].error.message
    assert outputs[0].exists()
    assert outputs[2].exists()


def test_files_that_end_the_reader_are_items_that_failed(tmp_path):
    readers = []

    def start():
        readers.append(start_reader())
        return readers[-1]

    def kill_when_asked(name):
        if "deadly" in name:
            os.kill(readers[-1].pid, signal.SIGKILL)
        return name

    paths = [f"{name}.npy" for name in ("good1", *(f"deadly{i}" for i in range(6)), "good2")]
    for path in paths:
        np.save(tmp_path / path, np.ones((4, 300, 300)))
    with Crew(reader=lambda: Killed(start(), kill_when_asked)) as crew:
        items = [(str(tmp_path / path), None) for path in paths]
        outputs = [str(tmp_path / f"out_{path}") for path in paths]
        done = list(export(crew, items, outputs, PipelineSpec(), Stage.PADDED, BUDGET, overwrite=False))
    assert [type(outcome.error) for outcome in done] == [type(None), *[WorkerDied] * 6, type(None)]
    assert all("SIGKILL" in outcome.error.message for outcome in done[1:-1])
    assert names(tmp_path) == sorted([*paths, "out_good1.npy", "out_good2.npy"])


class Killed:
    """A reader's process that is killed from outside as soon as it has been asked for certain files."""

    def __init__(self, worker: ProcessWorker, asked) -> None:
        self._worker, self._asked = worker, asked
        self.ended = worker.ended

    def submit(self, request, on_progress=None):
        if hasattr(request, "stage"):
            self._asked(request.plan.info.path)
        return self._worker.submit(request, on_progress)

    @property
    def alive(self):
        return self._worker.alive

    def kill(self):
        self._worker.kill()


ABANDON = """
import os, signal, sys
from padviewer.export.target import replacing
with replacing(sys.argv[1], overwrite=True) as file, replacing(sys.argv[2], overwrite=True) as other:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_program_left_is_taken_away_by_the_next(crew, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    targets = (tmp_path / "b.npy", tmp_path / "other.tif")
    subprocess.run([sys.executable, "-c", ABANDON, *targets], check=False, timeout=60)
    (tmp_path / ".mine.tmp").write_text("of another program")
    assert len([name for name in names(tmp_path) if name.endswith(".padviewer-tmp")]) == 2
    assert run(crew, [tmp_path / "a.npy"], [tmp_path / "b.npy"])[0].error is None
    assert names(tmp_path) == [".mine.tmp", "a.npy", "b.npy"]


def test_the_next_export_cleans_other_folders_too(crew, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()
    subprocess.run(
        [sys.executable, "-c", ABANDON, *(folder / "b\n.npy" for folder in folders)], check=False, timeout=60
    )
    assert [len(names(folder)) for folder in folders] == [1, 1]
    shutil.rmtree(folders[0])  # or a disk that was taken away: what was there may come back
    (tmp_path / "state" / "padviewer" / "unfinished" / "x.json").write_text("no JSON")
    sweep(crew)
    assert names(folders[1]) == []
    assert [note.target for note in notes()] == [str(folders[0] / "b\n.npy")]
    folders[0].mkdir()
    sweep(crew)
    assert notes() == []
    assert names(tmp_path / "state" / "padviewer" / "unfinished") == []


class Interrupted(Crew):
    """Ctrl+C as soon as some of an export is on the disk, as a slow disk has it later than it is written."""

    output = ""

    def run(self, job, on_progress=None):
        def interrupt(_done, _total):
            if continues(self.output):
                raise KeyboardInterrupt

        return super().run(job, interrupt)


@pytest.mark.parametrize("fresh", [False, True])
def test_an_interrupted_export_is_continued_unless_it_is_to_be_fresh(tmp_path, fresh):
    np.save(tmp_path / "a.npy", np.ones((4000, 40_000), np.uint8))
    item, output, said = (str(tmp_path / "a.npy"), None), str(tmp_path / "b.npy"), []
    portions = Portions(tile=1 << 20, noted=1 << 21, kept=1 << 20)

    def run_in(crew, **more):
        return list(
            export(
                crew, [item], [output], PipelineSpec(), Stage.PADDED, BUDGET, overwrite=False, say=said.append,
                portions=portions, **more,
            )
        )  # fmt: skip

    with Interrupted() as crew:
        crew.output = output
        with pytest.raises(KeyboardInterrupt):
            run_in(crew)
    assert len(said) == 1
    assert re.fullmatch(rf"{re.escape(output)}: stopped; the same export again continues at [1-9]?\d %", said.pop())
    with Crew() as crew:
        assert run_in(crew, fresh=fresh)[0].error is None
    assert len(said) == (0 if fresh else 1)
    assert fresh or "b.npy: continues an export that was interrupted, at " in said[0]
    assert np.load(output).all()
    assert names(tmp_path) == ["a.npy", "b.npy"]
