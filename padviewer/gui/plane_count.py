"""Counting a plane: a sample of it at once, and all of it where that takes bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from padviewer.errors import PadviewerError
from padviewer.geometry import Region
from padviewer.gui.digest_work import DigestWork
from padviewer.gui.feature_view import VIEW_BYTES
from padviewer.plan import Plan, Stage
from padviewer.windows import block_bytes, thinned
from padviewer.workers.digests import Digest
from padviewer.workers.messages import Digested, DigestRequest
from padviewer.workers.statistics import sample, size_of, slices

# Elements that are looked at in one go, about 3 ms of work; of a map that is not whole they are computed first.
SLICE, COMPUTED_SLICE = 1 << 19, 1 << 17
# Elements of a plane that is counted whole, in seconds at the most.
MOST, COMPUTED_MOST = 1 << 27, 1 << 23
PATIENCE_S = 4.0
# Samples along each axis of a map that is not whole.
_OVERVIEW = 256
# Bytes that the windows of a slice may take.
_SLICE_BYTES = 32 << 20


@dataclass(frozen=True)
class Counted:
    """What was found.

    Attributes:
        answer: of the digest.
        region: what was looked at.
        one_in: elements of the plane for each that was looked at; 1 where each was.
        coarse: more than 1 where elements of a smaller picture were looked at: means of blocks of so many pixels.
        lasts: whether nothing follows that is more exact.
    """

    answer: Any
    region: Region
    one_in: float
    coarse: int
    lasts: bool


class PlaneCount:
    """Has one plane counted at a time; answers for an older one are dropped.

    Args:
        work: asks the workers.
        kind: of the requests.
        join: makes one answer of two.
    """

    def __init__(self, work: DigestWork, kind: str, join: Callable[[Any, Any], Any]) -> None:
        self._work = work
        self._kind = kind
        self._join = join
        self._run = 0

    def start(
        self,
        plan: Plan,
        stage: Stage,
        plane: Region,
        digest: Digest,
        on_found: Callable[[Counted], None],
        on_error: Callable[[PadviewerError], None],
        whole: Digest | None = None,
        refines: bool = True,
    ) -> None:
        """Counts a plane; `on_found` is called once or twice, the second time with all elements.

        Args:
            plan, stage, plane: what is counted.
            digest: of the sample, which is all elements of a small plane.
            on_found, on_error: called in the window's thread.
            whole: the digest of slices of all elements; None takes `digest`.
            refines: whether all elements are counted after a sample.
        """
        self.stop()
        sampled, one_in = _sample(plan, stage, plane)
        request = DigestRequest(plan, stage, sampled, digest, quick=True)

        def found(digested: Digested) -> None:
            exact = one_in == 1 and digested.coarse == 1
            parts = None if exact or digested.coarse > 1 or not refines else _slices(plan, stage, plane)
            counted = Counted(digested.answer, sampled, one_in, digested.coarse, lasts=parts is None)
            run = self._run
            on_found(counted)
            if parts is not None and run == self._run:
                job = _Slices(replace(request, quick=False, digest=whole or digest), plane, parts)
                self._go_on(job, counted, on_found, on_error)

        self._ask(request, found, on_error)

    def stop(self) -> None:
        """Drops what is on its way."""
        self._run += 1

    def _go_on(
        self,
        job: _Slices,
        sampled: Counted,
        on_found: Callable[[Counted], None],
        on_error: Callable[[PadviewerError], None],
    ) -> None:
        region = next(job.parts, None)
        if region is None:
            on_found(Counted(job.answer, job.plane, 1, 1, lasts=True))
            return
        if time.monotonic() - job.began > PATIENCE_S:
            on_found(replace(sampled, lasts=True))
            return

        def found(digested: Digested) -> None:
            job.answer = digested.answer if job.answer is None else self._join(job.answer, digested.answer)
            self._go_on(job, sampled, on_found, on_error)

        self._ask(replace(job.request, region=region), found, on_error)

    def _ask(
        self, request: DigestRequest, on_answer: Callable[[Digested], None], on_error: Callable[[PadviewerError], None]
    ) -> None:
        run = self._run

        def answered(digested: Digested) -> None:
            if run == self._run:
                on_answer(digested)

        def failed(error: PadviewerError) -> None:
            if run == self._run:
                on_error(error)

        self._work.ask(self._kind, request, answered, failed)


class _Slices:
    """How far the counting of all elements is."""

    def __init__(self, request: DigestRequest, plane: Region, parts: Iterator[Region]) -> None:
        self.request = request
        self.plane = plane
        self.parts = parts
        self.answer: Any = None
        self.began = time.monotonic()


def _is_computed(plan: Plan, stage: Stage) -> bool:
    return stage is Stage.FEATURE and not plan.is_whole


def _sample(plan: Plan, stage: Stage, plane: Region) -> tuple[Region, float]:
    if not _is_computed(plan, stage):
        return sample(plane)
    sampled = thinned(plan, plane, VIEW_BYTES, most=_OVERVIEW)
    return sampled, size_of(plane) / max(1, size_of(sampled))


def _slices(plan: Plan, stage: Stage, plane: Region) -> Iterator[Region] | None:
    """Returns the parts that all elements are counted in; None where that would take too long."""
    if not _is_computed(plan, stage):
        return slices(plane, SLICE) if size_of(plane) <= MOST else None
    first = next(slices(plane, COMPUTED_SLICE))
    fits = size_of(plane) <= COMPUTED_MOST and block_bytes(plan, first) <= _SLICE_BYTES
    return slices(plane, COMPUTED_SLICE) if fits else None
