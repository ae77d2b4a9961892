"""Jobs from their first request to their last: what they return, and what they leave when a worker is ended."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from padviewer.errors import Cancelled, DamagedSource, DeviceError, PlanError, SourceNotFound, WorkerDied
from padviewer.export import Portions, temporary_paths
from padviewer.export.target import replacing
from padviewer.plan import Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.client import Client
from padviewer.workers.crew import Crew
from padviewer.workers.export_job import export_job
from padviewer.workers.export_messages import Begun
from padviewer.workers.jobs import ENGINES, READER, Pump, open_job, run_job
from padviewer.workers.process import InlineWorker, ProcessWorker
from padviewer.workers.reader import Reader
from padviewer.workers.start import make_reader, start_engine, start_reader

BUDGET = 1 << 30
ROWS, COLUMNS = 4000, 1 << 16


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A sparse file of 256 MB, which takes long enough to be written to be killed in the middle."""
    path = tmp_path_factory.mktemp("large") / "large.npy"
    np.lib.format.open_memmap(path, "w+", "uint8", (ROWS, COLUMNS)).flush()
    return str(path)


class Staff:
    """A crew whose reader's process is known."""

    def __init__(self):
        self.readers = []
        self.crew = Crew(reader=self._start)

    def _start(self):
        self.readers.append(start_reader())
        return self.readers[-1]

    def kill_reader(self, *_progress):
        os.kill(self.readers[-1].pid, signal.SIGKILL)


@pytest.fixture
def staff(leaves_nothing):
    staff = Staff()
    yield staff
    staff.crew.close()


def plan_of(crew, path, **settings):
    return resolve(PipelineSpec(axes="HW", **settings), crew.run(open_job(path, None, BUDGET)), BUDGET)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_reader_killed_while_it_writes_leaves_no_file(staff, large, tmp_path, overwrite):
    target = tmp_path / "out.npy"
    if overwrite:
        target.write_bytes(b"the old file")
    before = names(tmp_path)
    plan = plan_of(staff.crew, large)
    with pytest.raises(WorkerDied, match="SIGKILL"):
        staff.crew.run(export_job(plan, Stage.PADDED, str(target), overwrite), staff.kill_reader)
    assert names(tmp_path) == before
    assert not overwrite or target.read_bytes() == b"the old file"
    staff.crew.run(export_job(plan, Stage.MASK, str(tmp_path / "mask.npy"), False))
    assert np.load(tmp_path / "mask.npy", mmap_mode="r").shape == (ROWS, COLUMNS)


def test_what_another_process_is_writing_there_stays(staff, large, tmp_path):
    target = str(tmp_path / "out.npy")
    plan = plan_of(staff.crew, large)
    with replacing(target, overwrite=False) as theirs:
        theirs.write(b"theirs")
        (living,) = temporary_paths(target)
        with pytest.raises(WorkerDied):
            staff.crew.run(export_job(plan, Stage.PADDED, target, False), staff.kill_reader)
        assert temporary_paths(target) == [living]
    assert (tmp_path / "out.npy").read_bytes() == b"theirs"
    assert names(tmp_path) == ["out.npy"]


def test_a_cancelled_export_leaves_no_file(staff, large, tmp_path):
    plan = plan_of(staff.crew, large)
    client, pump = staff.crew._clients[READER], staff.crew._pump
    seen = []

    def cancel(_done, _total):
        if not seen:
            seen.extend(names(tmp_path))
            client.cancel()

    with pytest.raises(Cancelled):
        run_job(export_job(plan, Stage.PADDED, str(tmp_path / "out.npy"), False), {READER: client}, pump, cancel)
    assert len(seen) == 1  # it was there
    assert names(tmp_path) == []


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_ends_the_workers_and_takes_the_file_away(staff, large, tmp_path, interrupt):
    plan = plan_of(staff.crew, large)

    def stop(_done, _total):
        raise interrupt

    with pytest.raises(interrupt):
        staff.crew.run(export_job(plan, Stage.PADDED, str(tmp_path / "out.npy"), False), stop)
    assert names(tmp_path) == []
    assert not any(reader.alive for reader in staff.readers)


def test_a_feature_export_passes_through_all_workers_and_gives_its_memory_back(leaves_nothing, tmp_path):
    np.save(tmp_path / "a.npy", np.arange(30.0).reshape(5, 6))
    asked = []

    def compute(request, _progress):
        with request.array.open() as array, request.into.open() as into:
            asked.append(array.copy())
            into[...] = 5
            del array, into
        return "computed"

    clients = {
        READER: Client(lambda: InlineWorker(make_reader)),
        ENGINES["tensorflow"]: Client(lambda: InlineWorker(lambda: compute)),
    }
    info = run_job(open_job(str(tmp_path / "a.npy"), None, BUDGET), clients, Pump())
    plan = resolve(PipelineSpec(filters=2), info, BUDGET)
    target = tmp_path / "out.npy"
    assert run_job(export_job(plan, Stage.FEATURE, str(target), False), clients, Pump()) == target.stat().st_size
    np.testing.assert_array_equal(asked[0], np.arange(30.0).reshape(5, 6))
    np.testing.assert_array_equal(np.load(target), np.full((3, 4, 2), 5, "float32"))


@pytest.mark.parametrize("failing", ["first", "second", "third"])
def test_a_feature_export_that_fails_gives_its_memory_back(leaves_nothing, tmp_path, failing):
    np.save(tmp_path / "a.npy", np.zeros((5, 6)))
    reader = Reader()

    def refuse(_request, _progress):
        raise DeviceError("no device")

    def read(request, progress):
        if {"first": "LoadRequest", "third": "ContinueExport"}.get(failing) == type(request).__name__:
            raise DeviceError("no disk")
        return reader.answer(request, progress)

    engine = refuse if failing == "second" else lambda request, progress: None
    clients = {
        READER: Client(lambda: InlineWorker(lambda: read)),
        ENGINES["tensorflow"]: Client(lambda: InlineWorker(lambda: engine)),
    }
    plan = resolve(PipelineSpec(), run_job(open_job(str(tmp_path / "a.npy"), None, BUDGET), clients, Pump()), BUDGET)
    with pytest.raises(DeviceError):
        run_job(export_job(plan, Stage.FEATURE, str(tmp_path / "out.npy"), False), clients, Pump())
    assert names(tmp_path) == ["a.npy"]


def test_a_stage_that_cannot_be_is_refused_before_anything_is_asked(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 2)))
    clients = {READER: Client(lambda: InlineWorker(make_reader))}
    plan = resolve(PipelineSpec(), run_job(open_job(str(tmp_path / "a.npy"), None, BUDGET), clients, Pump()), BUDGET)
    with pytest.raises(PlanError, match="kernel"):
        run_job(export_job(plan, Stage.FEATURE, str(tmp_path / "out.npy"), False), clients, Pump())


def test_a_crew_outlives_any_number_of_deaths(leaves_nothing, tmp_path):
    from worker_answers import make_fragile_reader  # noqa: PLC0415

    np.save(tmp_path / "good.npy", np.zeros((2, 3)))
    with Crew(reader=lambda: ProcessWorker("reader", make_fragile_reader)) as crew:
        for _ in range(6):
            with pytest.raises(DamagedSource, match=r"deadly.png: the reader process ended by signal SIGSEGV"):
                crew.run(open_job("deadly.png", None, BUDGET))
        assert crew.run(open_job(str(tmp_path / "good.npy"), None, BUDGET)).shape == (2, 3)
        with pytest.raises(SourceNotFound):
            crew.run(open_job(str(tmp_path / "missing.npy"), None, BUDGET))


# Interrupted exports that are kept: 256 MB count as large here, and a note is made of each 16 MB.
KEPT = Portions(tile=1 << 22, noted=1 << 24, kept=1 << 20)


@pytest.mark.parametrize("suffix", [".npy", ".tif", ".zarr"])
def test_an_export_whose_reader_was_killed_is_continued(staff, large, tmp_path, suffix):
    target = tmp_path / f"out{suffix}"
    plan = plan_of(staff.crew, large, target=(ROWS, COLUMNS + 8), fill_value=3)
    begun = []

    def job(**more):
        return export_job(plan, Stage.PADDED, str(target), False, on_begun=begun.append, portions=KEPT, **more)

    def kill_late(done, total):
        if done > total // 2:
            staff.kill_reader()

    with pytest.raises(WorkerDied, match=r"SIGKILL, .*; the same export again continues at [1-9]\d? %"):
        staff.crew.run(job(), kill_late)
    assert not target.exists()
    told = []
    staff.crew.run(job(), lambda *progress: told.append(progress))
    assert begun[0] == Begun(0, ROWS * (COLUMNS + 8))
    assert 0.2 < begun[1].resumed / begun[1].total < 0.6
    assert told[0][0] > begun[1].resumed
    assert names(tmp_path) == [target.name]
    readers = {".npy": lambda: np.load(target, mmap_mode="r"), ".zarr": lambda: zarr.open_array(target, mode="r")}
    found = readers.get(suffix, lambda: tifffile.memmap(target, mode="r"))()
    assert found.shape == (ROWS, COLUMNS + 8)
    for rows in range(0, ROWS, 500):
        part = found[rows : rows + 500]
        assert not part[:, :-8].any()
        assert (part[:, -8:] == 3).all()


def test_a_cancelled_export_that_is_large_says_that_it_can_be_continued(staff, large, tmp_path):
    plan = plan_of(staff.crew, large, target=(ROWS, COLUMNS + 8), fill_value=3)
    client, pump, target = staff.crew._clients[READER], staff.crew._pump, str(tmp_path / "out.npy")

    def cancel(done, total):
        if done > total // 2:
            client.cancel()

    with pytest.raises(Cancelled, match="stopped; the same export again continues at"):
        run_job(export_job(plan, Stage.PADDED, target, False, portions=KEPT), {READER: client}, pump, cancel)
    assert len(names(tmp_path)) == 1
    begun = []
    job = export_job(plan, Stage.PADDED, target, False, fresh=True, on_begun=begun.append, portions=KEPT)
    staff.crew.run(job)
    assert begun[0].resumed == 0
    assert names(tmp_path) == ["out.npy"]


@pytest.mark.parametrize("suffix", [".npy", ".tif", ".zarr"])
@pytest.mark.parametrize("stage", [Stage.PADDED, Stage.MASK])
def test_forty_gigabytes_of_padding_are_a_hole(staff, tmp_path, suffix, stage):
    np.save(tmp_path / "one.npy", np.full((1, 1), 7, np.uint8))
    target = tmp_path / f"out{suffix}"
    plan = plan_of(staff.crew, str(tmp_path / "one.npy"), target=(200_000, 200_000), position="center")
    started = time.monotonic()
    staff.crew.run(export_job(plan, stage, str(target), False))
    assert time.monotonic() - started < 20
    files = [path for path in (target, *target.rglob("*")) if path.is_file()]
    assert sum(path.stat().st_blocks for path in files) * 512 < 40e6
    if suffix != ".tif":
        found = np.load(target, mmap_mode="r") if suffix == ".npy" else zarr.open_array(target, mode="r")
        assert found.shape == (200_000, 200_000)
        assert found[99_999, 99_999] == (7 if stage is Stage.PADDED else 1)
        assert np.count_nonzero(found[99_990:100_010, 99_000:101_000]) == 1


@pytest.mark.parametrize(("mode", "long"), [("constant", 0), ("constant", 1), ("reflect", 1)])
def test_a_large_export_takes_little_memory(staff, tmp_path, mode, long):
    """Of its own: pages of the input's mapping are the system's, which takes them back when it needs them."""
    shape = (1 << 29, 1) if long == 0 else (1, 1 << 29)
    np.lib.format.open_memmap(tmp_path / "rows.npy", "w+", "uint8", shape).flush()
    target = (shape[0] + 9 if long == 0 else 2, shape[1] + 9 if long else 2)
    plan = plan_of(staff.crew, str(tmp_path / "rows.npy"), target=target, fill_value=1, mode=mode)
    peak = []

    def look(_done, _total):
        status = Path(f"/proc/{staff.readers[-1].pid}/status").read_text()
        peak.append(int(status.split("RssAnon:")[1].split()[0]) * 1024)

    staff.crew.run(export_job(plan, Stage.PADDED, str(tmp_path / "out.npy"), False), look)
    assert len(peak) > 30
    assert max(peak) < 250e6
    (tmp_path / "out.npy").unlink()


def test_a_feature_map_beyond_the_budget_takes_little_memory(leaves_nothing, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((4000, 4000, 3), np.uint8))
    engines, peak = [], []

    def start(backend):
        engines.append(start_engine(backend))
        return engines[-1]

    def look(_done, _total):
        status = Path(f"/proc/{engines[-1].pid}/status").read_text()
        peak.append(int(status.split("VmRSS:")[1].split()[0]) * 1024)

    with Crew(engine=start) as crew:
        info = crew.run(open_job(str(tmp_path / "a.npy"), None, BUDGET))
        plan = resolve(PipelineSpec(filters=16), info, 100 << 20)
        # Whole, it would take 1.6 GB beside what TensorFlow takes.
        assert plan.engine_bytes > 1.3e9
        crew.run(export_job(plan, Stage.FEATURE, str(tmp_path / "out.npy"), False), look)
    assert len(peak) > 50
    assert max(peak) < 1e9
    found = np.load(tmp_path / "out.npy", mmap_mode="r")
    assert found.shape == (3998, 3998, 16)
    assert (found[::500, ::500] == found[0, 0]).all()
    (tmp_path / "out.npy").unlink()
