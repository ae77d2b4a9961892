"""An export that is running: the job that drives it, in a process of its own, and how it is ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from padviewer.errors import PadviewerError
from padviewer.gui.bridge import Drive
from padviewer.gui.feature import FeatureWork
from padviewer.plan import Plan, Stage
from padviewer.workers.client import Client
from padviewer.workers.jobs import READER
from padviewer.workers.messages import AttachRequest
from padviewer.workers.process import OnProgress

if TYPE_CHECKING:
    from padviewer.workers.export_messages import Begun

EXPORTER = "exporter"


class ExportWork:
    """Writes one stage to a file at a time.

    Args:
        clients: reader, engines and exporter.
        feature: knows where the input lies decoded.
        on_resumed: told done and total bytes of an export that is continued.
        on_progress: told done and total bytes.
        on_end: told the path, and the error that ended it or None.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        feature: FeatureWork,
        on_resumed: OnProgress,
        on_progress: OnProgress,
        on_end: Callable[[str, PadviewerError | None], None],
    ) -> None:
        self._clients = clients
        self._feature = feature
        self._on_resumed = on_resumed
        self._on_progress = on_progress
        self._on_end = on_end
        self._drive: Drive | None = None
        self.plan: Plan | None = None

    @property
    def running(self) -> bool:
        """Whether an export is running."""
        return self.plan is not None

    def begin(self, plan: Plan, stage: Stage, path: str) -> None:
        """Writes a stage to a file, over one that exists; does nothing while another export runs."""
        if self.running:
            return
        from padviewer.workers.export_job import export_job  # noqa: PLC0415 - not needed for the first picture

        def done(error: PadviewerError | None) -> None:
            self.plan, self._drive = None, None
            self._on_end(path, error)

        def begun(found: Begun) -> None:
            if found.resumed:
                self._on_resumed(found.resumed, found.total)

        job = export_job(plan, stage, path, overwrite=True, on_begun=begun)
        clients = {**self._clients, READER: self._clients[EXPORTER]}
        self.plan = plan
        decoded = self._feature.shared_input(plan) if plan.info.decoded else None
        if decoded is not None:
            # Where that fails, the file is decoded again.
            self._clients[EXPORTER].submit("attach", AttachRequest(plan.info, decoded))
        self._drive = Drive(job, clients, lambda _bytes: done(None), done, self._on_progress, key="export")

    def cancel(self) -> None:
        """Ends the export that is running."""
        if not self.running:
            return
        # First the process that writes, so that what it leaves behind can be taken away.
        self._clients[EXPORTER].rest()
        if self._drive is not None:
            self._drive.cancel()
