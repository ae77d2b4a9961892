"""The regions that panes ask for: who answers them, and when means take the place of samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from padviewer.errors import PadviewerError, SourceError, SourceNotFound, shortened
from padviewer.geometry import Region, counts
from padviewer.gui.bridge import settle
from padviewer.gui.feature import FeatureWork
from padviewer.gui.screen import Cut, plane_region, statistics_region
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.workers.client import Client
from padviewer.workers.jobs import ENGINES, READER
from padviewer.workers.messages import RefineRequest, Tile, TileRequest

# Elements of a plane that is averaged at all: some seconds of work in the background.
_MOST_AVERAGED = 1 << 29


class TileWork:
    """Asks reader and engine for regions.

    Args:
        clients: the workers.
        feature: asked for regions of feature maps that are not computed whole.
        is_current: whether a plan and a cut are still those on screen; other answers are dropped.
        on_tile: takes what came.
        on_error: takes why it did not, and the plan.
        on_refused: takes the stage and the reason where nothing of a region on screen can be read.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        feature: FeatureWork,
        is_current: Callable[[Plan, Cut], bool],
        on_tile: Callable[[Tile], None],
        on_error: Callable[[PadviewerError, Plan], None],
        on_refused: Callable[[Stage, PadviewerError], None],
    ) -> None:
        self._clients = clients
        self._feature = feature
        self._is_current = is_current
        self._on_tile = on_tile
        self._on_error = on_error
        self._on_refused = on_refused
        self._newest: dict[Stage, Region] = {}
        self._told_gone: ArrayInfo | None = None
        self._told_error: tuple[ArrayInfo, str] | None = None
        self._input: tuple[tuple[Any, ...], Tile] | None = None
        self.averages = True

    def request(self, plan: Plan, cut: Cut, stage: Stage, region: Region) -> None:
        """Asks for a region of a stage. Samples that are seen from afar are followed by means of blocks."""
        if plan.stage(stage) is None:
            return
        plane = plane_region(plan, stage, cut) if stage is Stage.FEATURE else statistics_region(plan, cut)
        if plane is None:
            return
        self._newest[stage] = region
        if stage is not Stage.FEATURE:
            averaged = self._averaged(plan, cut, stage, region)
            key = (plan.info, region, plane, averaged)
            if stage is Stage.INPUT and self._input is not None and self._input[0] == key:
                # Most edits change what PADDED is, and leave INPUT as it was.
                self._on_tile(self._input[1])
                return
            self._ask(self._clients[READER], plan, cut, TileRequest(plan, stage, region, plane, averaged, quick=True))
        elif not plan.is_whole:
            self._feature.show(plan, region, plane)
        elif self._feature.state.ready:
            self._ask(self._clients[ENGINES[plan.spec.backend]], plan, cut, TileRequest(plan, stage, region, plane))

    def _averaged(self, plan: Plan, cut: Cut, stage: Stage, region: Region) -> Region | None:
        """Returns the plane of which means are wanted: of pictures seen from afar, not of labels."""
        plane = plane_region(plan, stage, cut)
        dtype = np.dtype(plan.input.dtype)
        continuous = dtype.kind == "f" or dtype in (np.uint8, np.uint16)
        if plane is None or not continuous or not self.averages or all(span.step == 1 for span in region):
            return None
        return plane if math.prod(counts(plane)) <= _MOST_AVERAGED else None

    def _ask(self, client: Client, plan: Plan, cut: Cut, request: TileRequest) -> None:
        def deliver(tile: Tile) -> None:
            if not self._is_current(plan, cut):
                return
            self._on_tile(tile)
            if request.stage is not Stage.FEATURE:
                self._told_error = None
                self._tell_gone(plan, tile)
            if tile.coarse > 1 and not tile.lasts:
                self._ask(client, plan, cut, replace(request, quick=False))
            elif request.averaged is not None and not tile.averaged and tile.coarse == 1:
                self._refine(client, plan, cut, request)
            elif request.stage is Stage.INPUT:
                self._input = (plan.info, request.region, request.plane, request.averaged), tile

        def refuse(error: PadviewerError) -> None:
            if isinstance(error, SourceError) and self._is_current(plan, cut):
                self._on_refused(request.stage, error)
            self._tell(error, plan)

        settle(client.submit(f"tile {request.stage}", request), deliver, refuse)

    def _tell_gone(self, plan: Plan, tile: Tile) -> None:
        """Says once that a file is gone; the picture stays, and what was opened can be read on and exported."""
        if tile.gone and self._told_gone != plan.info:
            name = shortened(plan.info.path)
            text = f"{name}: the file was deleted or moved since it was opened; what is shown stays readable for now"
            self._on_error(SourceNotFound(text), plan)
        self._told_gone = plan.info if tile.gone else None

    def _refine(self, client: Client, plan: Plan, cut: Cut, request: TileRequest) -> None:
        """Has the means made slice by slice, so that other requests are answered in between."""
        if request.averaged is None:
            return

        def deliver(made: bool) -> None:
            if not self._is_current(plan, cut) or self._newest.get(request.stage) != request.region:
                return
            if made:
                self._ask(client, plan, cut, request)
            else:
                self._refine(client, plan, cut, request)

        work = RefineRequest(plan, request.stage, request.region, request.averaged)
        settle(client.submit(f"refine {request.stage}", work), deliver, lambda error: self._tell(error, plan))

    def _tell(self, error: PadviewerError, plan: Plan) -> None:
        """Says why a region did not come; not again for the next one, over what has been said since."""
        if not isinstance(error, SourceError) or self._told_error != (plan.info, error.message):
            self._on_error(error, plan)
        self._told_error = (plan.info, error.message) if isinstance(error, SourceError) else None
