"""The sequence of requests that writes a stage of a plan to a file."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from padviewer.errors import Cancelled, PadviewerError, WorkerDied
from padviewer.export import USUAL, Note, Portions, Swept, continues, remove_abandoned
from padviewer.geometry import counts
from padviewer.plan import FEATURE_DTYPE, Plan, Stage
from padviewer.windows import block_bytes
from padviewer.workers.export_messages import (
    BeginExport,
    Begun,
    ContinueExport,
    EndExport,
    SweepRequest,
    Wanted,
    Written,
)
from padviewer.workers.jobs import ENGINES, READER, Job, region_job
from padviewer.workers.messages import ComputeRequest, LoadRequest
from padviewer.workers.shared import OwnedArray, SharedArray


def _ignore(_begun: Begun) -> None:
    pass


def export_job(
    plan: Plan,
    stage: Stage,
    path: str,
    overwrite: bool,
    fresh: bool = False,
    on_begun: Callable[[Begun], None] = _ignore,
    portions: Portions = USUAL,
) -> Job[int]:
    """Writes a stage of a plan to a file; returns the bytes written.

    A reader that is ended while it writes cannot take its temporary file away, so that is done here. Another process
    may be writing the same target: its file is locked, and stays. So does what the same export would continue.

    Args:
        plan, stage: what is written.
        path: the target; its extension chooses the format.
        overwrite: whether an existing file may be replaced.
        fresh: whether to start over where an earlier export could be continued.
        on_begun: is told how much an earlier export has written already.
        portions: how many bytes are handled at a time.

    Raises:
        Cancelled: the message tells whether it can be continued.
    """
    plan.require(stage)
    try:
        on_begun((yield READER, BeginExport(plan, stage, path, overwrite, fresh, portions)))
        if stage is Stage.FEATURE:
            return (yield from _engine_job(plan))
        written: Written = yield READER, ContinueExport()
        return written.nbytes
    except Cancelled as error:
        remove_abandoned(path)
        again = continues(path)
        raise Cancelled(f"stopped; {again}" if again else "cancelled; nothing was written") from error
    except WorkerDied as error:
        remove_abandoned(path)
        again = continues(path)
        if not again:
            raise
        continued = type(error)(f"{error}; {again}")
        continued.details = error.details
        raise continued from error
    except GeneratorExit:
        remove_abandoned(path)
        raise


def sweep_job(note: Note) -> Job[None]:
    """Removes what an export that was killed has left, unless it can be continued, and its note with it."""
    swept: Swept = yield READER, SweepRequest(note.target)
    if swept.is_clear:
        note.file.unlink(missing_ok=True)


def _engine_job(plan: Plan) -> Job[int]:
    try:
        return (yield from (_whole_job(plan) if plan.is_whole else _pieces_job(plan)))
    except PadviewerError as error:
        # One that came from the engine is news to the process that writes.
        if not isinstance(error, Cancelled):
            with suppress(PadviewerError):
                yield READER, EndExport()
        raise


def _whole_job(plan: Plan) -> Job[int]:
    wanted = plan.require(Stage.FEATURE)
    feature = OwnedArray(wanted.shape, wanted.dtype)
    try:
        source = OwnedArray(plan.info.shape, plan.info.dtype)
        try:
            yield READER, LoadRequest(plan, source.array)
            yield ENGINES[plan.spec.backend], ComputeRequest(plan, source.array, feature.array)
        finally:
            source.release()
        written: Written = yield READER, ContinueExport(feature.array)
        return written.nbytes
    finally:
        feature.release()


def _pieces_job(plan: Plan) -> Job[int]:
    """Computes the regions that are wanted, one in each of two arrays in turn: one is written meanwhile."""
    block, turns = _Room(), (_Room(), _Room())
    try:
        answer: Wanted | Written = yield READER, ContinueExport()
        turn = 0
        while isinstance(answer, Wanted):
            array = turns[turn].array(counts(answer.region))
            yield from region_job(plan, answer.region, block.of(block_bytes(plan, answer.region)), array)
            answer = yield READER, ContinueExport(array)
            turn = 1 - turn
        return answer.nbytes
    finally:
        for room in (block, *turns):
            room.release()


class _Room:
    """Shared memory that grows with what is asked of it."""

    def __init__(self) -> None:
        self._owned: OwnedArray | None = None

    def of(self, nbytes: int) -> OwnedArray:
        """Returns memory of at least so many bytes; what was in it is lost."""
        if self._owned is None or self._owned.nbytes < nbytes:
            self.release()
            self._owned = OwnedArray((nbytes,), "uint8")
        return self._owned

    def array(self, shape: tuple[int, ...]) -> SharedArray:
        """Returns the memory as a float32 array."""
        return self.of(math.prod(shape) * np.dtype(FEATURE_DTYPE).itemsize).view(shape, FEATURE_DTYPE)

    def release(self) -> None:
        """Gives the memory back."""
        if self._owned is not None:
            self._owned.release()
            self._owned = None
