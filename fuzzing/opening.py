"""Opens files as the window does: the real reader in its process, asked for the file and for what panes show of it."""

from __future__ import annotations

import os
import random
import shutil
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from pathlib import Path
from typing import Any

from fuzzing.outcome import Outcome
from fuzzing.watched import Escaped, make_watched_reader
from padviewer.errors import PadviewerError, UnexpectedError, WorkerDied
from padviewer.geometry import MODES, Region, Span
from padviewer.plan import ArrayInfo, Stage, StagePlan
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.messages import OpenRequest, TileRequest
from padviewer.workers.process import ProcessWorker

BUDGET = 64 << 20
# What libraries and their caches take beyond it, once all of them are imported.
_SPARE = 96 << 20
# The program's own limits come first; a reader that is still silent then hangs.
_PATIENCE = 60.0
_SAMPLES = 48


class Opening:
    """Tries files, each as soon as the one before has an outcome.

    Args:
        warm: valid files, opened first, so that what is imported for them counts for no other file.
    """

    def __init__(self, warm: list[str]) -> None:
        self._warm = warm
        self._worker: ProcessWorker | None = None
        self._base = 0

    def try_file(self, path: str, draw: random.Random) -> tuple[Outcome, str]:
        """Opens a file and looks at parts of it; returns what became of it and what was said."""
        worker = self._worker or self._start()
        try:
            self._look(worker, path, draw)
        except Escaped as error:
            return Outcome.ESCAPED, error.message
        except WorkerDied as error:
            self._end()
            return Outcome.DIED, error.message
        except UnexpectedError as error:
            return Outcome.TRACEBACK, error.details or error.message
        except NotInTime:
            self._end()
            return Outcome.HUNG, f"no answer within {_PATIENCE:g} s"
        except PadviewerError as error:
            return self._measured(worker) or (Outcome.REFUSED, error.message)
        return self._measured(worker) or (Outcome.READ, "")

    def close(self) -> None:
        """Ends the reader."""
        self._end()

    def _start(self) -> ProcessWorker:
        worker = self._worker = ProcessWorker("reader", make_watched_reader)
        for path in self._warm:
            with suppress(PadviewerError):
                self._look(worker, path, random.Random(0))
        self._base = _peak(worker.pid)
        return worker

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def _look(self, worker: ProcessWorker, path: str, draw: random.Random) -> None:
        info = self._ask(worker, OpenRequest(path, None, BUDGET))
        self._look_at(worker, info, draw)
        others = [member.name for member in info.members if member.readable and member.name != info.member]
        if others:
            name = draw.choice(others)
            self._look_at(worker, self._ask(worker, OpenRequest(path, name, BUDGET)), draw)

    def _look_at(self, worker: ProcessWorker, info: ArrayInfo, draw: random.Random) -> None:
        spec = PipelineSpec(multiple_of=(draw.choice((1, 32)),), mode=draw.choice(MODES))
        plan = resolve(spec, info, BUDGET)
        for stage in (Stage.INPUT, Stage.PADDED):
            found = plan.stage(stage)
            if found is not None:
                plane = _region(plan.input, draw)
                self._ask(worker, TileRequest(plan, stage, _region(found, draw), plane, quick=True))

    @staticmethod
    def _ask(worker: ProcessWorker, request: Any) -> Any:
        answer: Future[Any] = worker.submit(request)
        return answer.result(timeout=_PATIENCE)

    def _measured(self, worker: ProcessWorker) -> tuple[Outcome, str] | None:
        """Returns the defect where a file took more memory than the budget says, and starts to measure anew."""
        peak = _peak(worker.pid)
        if peak <= self._base + BUDGET + _SPARE:
            return None
        self._end()
        return Outcome.MEMORY, f"{(peak - self._base) >> 20} MiB with a budget of {BUDGET >> 20} MiB"


def _region(stage: StagePlan, draw: random.Random) -> Region:
    spans = []
    for size in stage.shape:
        start = draw.randrange(size) if size else 0
        step = draw.choice((1, 1, max(1, size // _SAMPLES)))
        spans.append(Span(start, min(size, start + step * _SAMPLES), step))
    return tuple(spans)


def _peak(pid: int) -> int:
    """Returns the most memory that a process has had in use, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


class Desk:
    """A folder in which one file at a time lies for the reader.

    Args:
        folder: is made.
        made: all seeds by their names; files of one folder share its name.
    """

    def __init__(self, folder: Path, made: dict[str, bytes]) -> None:
        folder.mkdir()
        self._folder = folder
        self._made = made

    def lay(self, name: str, content: bytes) -> str:
        """Writes the file, and what belongs to its folder; returns the path to be opened."""
        root, inside, _rest = name.partition("/")
        path = self._folder / root
        if inside:
            shutil.rmtree(path, ignore_errors=True)
            for other, data in self._made.items():
                if other.startswith(f"{root}/"):
                    (self._folder / other).parent.mkdir(parents=True, exist_ok=True)
                    (self._folder / other).write_bytes(data)
        (self._folder / name).write_bytes(content)
        return os.fspath(path)
