"""The statistics of the planes on screen, counted when they have been there for a moment."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from padviewer.errors import PadviewerError
from padviewer.geometry import Region
from padviewer.gui.plane_count import Counted, PlaneCount
from padviewer.gui.screen import plane_region
from padviewer.gui.session import Session
from padviewer.plan import Stage
from padviewer.workers.digests import Summarize
from padviewer.workers.parts import MAGNITUDE
from padviewer.workers.statistics import Summary

STAGES = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)
# Who goes through slices is not kept waiting for numbers that nobody could read.
_REST_MS = 80
# What is told of the plane before is taken away when nothing has come by then.
_STALE_MS = 200
# Planes whose statistics are kept.
_KEPT = 96

Key = tuple[Any, ...]


class PlaneStatistics(QObject):
    """Follows a session: counts what each pane shows, and tells when there is something to tell.

    Args:
        session: whose planes are counted.
    """

    changed = Signal(object)  # Stage

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._parts = dict.fromkeys(STAGES, MAGNITUDE)
        self._counts = {stage: PlaneCount(session.digests, f"count {stage}", Summary.joined) for stage in STAGES}
        self._selection: tuple[Stage, Region] | None = None
        self._wanted: dict[Stage, Key | None] = {}
        self._found: dict[Stage, Counted | None] = {}
        self._known: dict[Key, Counted] = {}
        self._due: set[Stage] = set()
        self._fresh: set[Stage] = set()
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._on_rest_timeout)
        self._stale = QTimer(self, singleShot=True, interval=_STALE_MS)
        self._stale.timeout.connect(self._on_stale_timeout)
        session.cut_changed.connect(self._on_session_changed)
        session.feature_changed.connect(self._on_session_changed)

    def set_part(self, stage: Stage, part: str) -> None:
        """Sets which part of complex numbers is counted."""
        self._parts[stage] = part
        self._update(stage)

    def set_selection(self, stage: Stage | None, region: Region | None) -> None:
        """Counts a region of a stage instead of its plane; None counts planes."""
        self._selection = None if stage is None or region is None else (stage, region)
        self._on_session_changed(None)

    def part(self, stage: Stage) -> str:
        """Returns which part of complex numbers is counted."""
        return self._parts[stage]

    def is_selection(self, stage: Stage) -> bool:
        """Whether a selection is counted, and not the plane."""
        return self._selection is not None and self._selection[0] is stage

    def found(self, stage: Stage) -> Counted | None:
        """Returns a `Summary` of what a pane shows; None while there is none."""
        return self._found.get(stage)

    def plane(self, stage: Stage) -> Region | None:
        """Returns what is counted of a stage."""
        session = self._session
        plan = session.plan
        if plan is None or plan.stage(stage) is None:
            return None
        if stage is Stage.FEATURE and not session.feature.state.ready:
            return None
        if self._selection is not None and self._selection[0] is stage:
            return self._selection[1]
        return plane_region(plan, stage, session.cut)

    def is_counting(self, stage: Stage) -> bool:
        """Whether what a pane shows is being counted, or is about to be."""
        return self._wanted.get(stage) is not None and self._found.get(stage) is None

    @property
    def is_due(self) -> bool:
        """Whether something is about to be counted."""
        return bool(self._due)

    def _update(self, stage: Stage) -> None:
        plan, plane = self._session.plan, self.plane(stage)
        key = None if plan is None or plane is None else (plan.content(stage), plane, self._parts[stage])
        if key is not None and key == self._wanted.get(stage):
            return
        self._wanted[stage] = key
        self._counts[stage].stop()
        self._due.discard(stage)
        if key is None:
            self._tell(stage, None)
        elif key in self._known:
            self._tell(stage, self._known[key])
        else:
            self._due.add(stage)
            self._fresh.discard(stage)
            self._rest.start()
            if not self._stale.isActive():
                self._stale.start()

    def _count(self, stage: Stage) -> None:
        plan, plane, key = self._session.plan, self.plane(stage), self._wanted[stage]
        if plan is None or plane is None or key is None:
            return

        def found(counted: Counted) -> None:
            if counted.lasts:
                self._keep(key, counted)
            self._tell(stage, counted)

        def failed(_error: PadviewerError) -> None:
            # The picture's own request tells of it, and is made again when there is hope.
            self._wanted[stage] = None
            self._tell(stage, None)

        self._counts[stage].start(plan, stage, plane, Summarize(self._parts[stage]), found, failed)

    def _keep(self, key: Key, counted: Counted) -> None:
        self._known[key] = counted
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]

    def _tell(self, stage: Stage, counted: Counted | None) -> None:
        self._found[stage] = counted
        self._fresh.add(stage)
        self.changed.emit(stage)

    def _on_session_changed(self, _what: object) -> None:
        for stage in STAGES:
            self._update(stage)

    def _on_rest_timeout(self) -> None:
        due, self._due = self._due, set()
        for stage in STAGES:
            if stage in due:
                self._count(stage)

    def _on_stale_timeout(self) -> None:
        for stage in STAGES:
            if stage not in self._fresh:
                self._tell(stage, None)
