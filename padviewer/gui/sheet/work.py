"""The work behind the sheet of filters: chunks of samples, what is on screen first, one request at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from padviewer.errors import PadviewerError
from padviewer.geometry import counts
from padviewer.gui.bridge import Drive
from padviewer.gui.sheet.page import SheetPage
from padviewer.plan import FEATURE_DTYPE, Stage
from padviewer.windows import windows_of
from padviewer.workers.client import Client
from padviewer.workers.filter_figures import LookAtFilters
from padviewer.workers.jobs import ENGINES, READER, Job
from padviewer.workers.messages import ConvolveRequest, Digested, DigestRequest, ProbeRequest, View, WindowsRequest
from padviewer.workers.shared import OwnedArray


class SheetWork:
    """Fills pages; the answers for a page that is not the newest are dropped.

    Args:
        clients: reader and engines.
        on_change: called when something more of the page is known.
        on_error: told why nothing more comes of it.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        on_change: Callable[[], None],
        on_error: Callable[[PadviewerError], None],
    ) -> None:
        self._clients = clients
        self._on_change = on_change
        self._on_error = on_error
        self._page: SheetPage | None = None
        self._runs = False

    @property
    def runs(self) -> bool:
        """Whether something is on its way."""
        return self._runs

    def fill(self, page: SheetPage | None) -> None:
        """Takes up a page, or more of the same one; None ends the work."""
        self._page = page
        if self._runs or page is None:
            return

        def ended(error: PadviewerError | None) -> None:
            self._runs = False
            if self._page is not page:
                self.fill(self._page)
            elif error is not None:
                self._page = None
                self._on_error(error)

        self._runs = True
        job = self._held_job(page) if page.plan.is_whole else self._view_job(page)
        Drive(job, self._clients, lambda _nothing: ended(None), ended, key="sheet")

    def _held_job(self, page: SheetPage) -> Job[None]:
        """Cuts thumbnails out of the feature map that the engine holds, then looks at all of its outputs."""
        engine = ENGINES[page.plan.spec.backend]
        while self._page is page:
            if (chunk := page.next_chunk()) is not None:
                region = page.region(chunk)
                found: dict[Stage, Any] = yield engine, ProbeRequest(page.plan, {Stage.FEATURE: region})
                page.take(chunk, found[Stage.FEATURE].reshape(counts(region)))
            elif (piece := page.next_piece()) is not None:
                request = DigestRequest(page.plan, Stage.FEATURE, piece, LookAtFilters())
                looked: Digested = yield engine, request
                page.add(piece, looked.answer)
            else:
                return
            self._tell(page)

    def _view_job(self, page: SheetPage) -> Job[None]:
        """Has thumbnails computed for themselves; what their windows read is gathered once where it is the same."""
        plan, block, gathered = page.plan, None, None
        try:
            while self._page is page and (chunk := page.next_chunk()) is not None:
                region = page.region(chunk)
                windows = windows_of(plan, region)
                if block is None or block.nbytes < windows.nbytes:
                    block, gathered = _replaced(block, windows.nbytes), None
                array = block.view(windows.shape, FEATURE_DTYPE)
                if gathered != windows.channels:
                    yield READER, WindowsRequest(plan, region, array)
                    gathered = windows.channels
                view: View = yield ENGINES[plan.spec.backend], ConvolveRequest(plan, region, array, beside=True)
                page.take(chunk, view.data)  # type: ignore[arg-type]  # it was put nowhere else
                self._tell(page)
        finally:
            if block is not None:
                block.release()

    def _tell(self, page: SheetPage) -> None:
        if self._page is page:
            self._on_change()


def _replaced(block: OwnedArray | None, nbytes: int) -> OwnedArray:
    if block is not None:
        block.release()
    return OwnedArray((nbytes,), "uint8")
