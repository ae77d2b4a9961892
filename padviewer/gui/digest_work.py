"""Asks whichever worker has the elements of a region what a digest makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from padviewer.errors import PadviewerError
from padviewer.gui.blocks import Blocks
from padviewer.gui.bridge import settle
from padviewer.gui.newest import NewestJob
from padviewer.plan import Stage
from padviewer.workers.client import Client
from padviewer.workers.jobs import ENGINES, READER, Job, region_job
from padviewer.workers.messages import Digested, DigestRequest, View

OnDigest = Callable[[Digested], None]
OnError = Callable[[PadviewerError], None]


class DigestWork:
    """Sends requests to reader and engine; the newest of each kind matters.

    INPUT and PADDED are the reader's; a whole feature map is the engine's; of one that is not whole, the region is
    computed for itself.

    Args:
        clients: the workers.
    """

    def __init__(self, clients: Mapping[str, Client]) -> None:
        self._clients = clients
        self._jobs: dict[str, NewestJob] = {}
        self._blocks = Blocks()

    def ask(self, kind: str, request: DigestRequest, on_answer: OnDigest, on_error: OnError) -> None:
        """Asks; one of the same kind that still waits is answered with `Cancelled`, or not at all.

        Args:
            kind: what it is for, and of which stage.
            request: of FEATURE only where there is something to show of its plan.
            on_answer, on_error: called in the window's thread.
        """
        plan = request.plan
        if request.stage is not Stage.FEATURE:
            settle(self._clients[READER].submit(kind, request), on_answer, on_error)
        elif plan.is_whole:
            settle(self._clients[ENGINES[plan.spec.backend]].submit(kind, request), on_answer, on_error)
        else:
            jobs = self._jobs.setdefault(kind, NewestJob(self._clients, kind))
            jobs.run(partial(self._job, kind, request), lambda view: on_answer(Digested(view.answer)), on_error)

    def release(self) -> None:
        """Gives the shared memory back."""
        self._blocks.release()

    def _job(self, kind: str, request: DigestRequest) -> Job[View]:
        plan, region = request.plan, request.region
        found = yield from region_job(plan, region, self._blocks.block(kind, plan, region), digest=request.digest)
        return found
