"""FEATURE where the whole map does not fit the budget: what is on screen is computed of its windows alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from padviewer.errors import PadviewerError
from padviewer.geometry import Region, counts
from padviewer.gui.blocks import Blocks
from padviewer.gui.newest import NewestJob
from padviewer.plan import Plan, Stage
from padviewer.windows import thinned
from padviewer.workers.client import Client
from padviewer.workers.jobs import Job, region_job
from padviewer.workers.messages import Computed, Tile, View
from padviewer.workers.statistics import Statistics, summarize

# What one view may gather: about 0.2 s of work.
VIEW_BYTES = 256 << 20
# Samples along each axis that give a plane its levels, the same at any zoom.
_OVERVIEW = 128

OnTile = Callable[[Plan, Region, Tile, Computed], None]
OnError = Callable[[Plan, PadviewerError], None]


class FeatureView:
    """Has regions of FEATURE computed, the newest first; what was shown last is kept.

    Args:
        clients: reader and engines.
        on_tile: takes a plan, the plane on screen, the tile of it that was wanted, and how it was computed.
        on_error: takes a plan, and why nothing can be shown of it.
    """

    def __init__(self, clients: Mapping[str, Client], on_tile: OnTile, on_error: OnError) -> None:
        self._on_tile = on_tile
        self._on_error = on_error
        self._jobs = NewestJob(clients, "view")
        self._probes = NewestJob(clients, "view probe")
        self._blocks = Blocks()
        self._statistics: tuple[Plan, Region, Statistics] | None = None
        self._shown: tuple[Plan, Region, Tile, Computed] | None = None

    @property
    def runs(self) -> bool:
        """Whether something is being computed."""
        return self._jobs.runs

    def show(self, plan: Plan, region: Region, plane: Region) -> None:
        """Asks for a region; fewer samples of it come where their windows would take too much memory.

        Args:
            plan: whose FEATURE is shown.
            region: what is wanted.
            plane: the plane on screen, whose statistics give the levels.
        """
        region = thinned(plan, region, VIEW_BYTES)
        shown = self._shown
        if shown is not None and shown[0] is plan and (shown[1], shown[2].region) == (plane, region):
            self._on_tile(*shown)
            return

        def deliver(answer: tuple[View, Statistics]) -> None:
            view, statistics = answer
            assert view.data is not None
            self._statistics = (plan, plane, statistics)
            self._shown = (plan, plane, Tile(Stage.FEATURE, view.region, view.data, statistics), view.computed)
            self._on_tile(*self._shown)

        self._jobs.run(lambda: self._view_job(plan, region, plane), deliver, lambda error: self._on_error(plan, error))

    def probe(self, plan: Plan, region: Region, on_values: Callable[[dict[Stage, Any]], None]) -> None:
        """Looks up exact elements; whoever asks for others before they come is not told of these."""

        def deliver(view: View) -> None:
            assert view.data is not None
            on_values({Stage.FEATURE: view.data.ravel()})

        job = lambda: region_job(plan, region, self._blocks.block("probe", plan, region))  # noqa: E731
        self._probes.run(job, deliver, lambda error: self._on_error(plan, error))

    def forget(self) -> None:
        """What was shown is of no use any more."""
        self._jobs.drop()
        self._probes.drop()
        self._shown = self._statistics = None

    def release(self) -> None:
        """Gives the shared memory back."""
        self._blocks.release()

    def _view_job(self, plan: Plan, region: Region, plane: Region) -> Job[tuple[View, Statistics]]:
        known = self._statistics
        if known is not None and known[0] is plan and known[1] == plane:
            statistics: Statistics | None = known[2]
        elif _covers(region, plane):
            statistics = None
        else:
            overview = thinned(plan, plane, VIEW_BYTES, most=_OVERVIEW)
            sampled = yield from region_job(plan, overview, self._blocks.block("view", plan, overview))
            statistics = _statistics_of(sampled, plane)
        view = yield from region_job(plan, region, self._blocks.block("view", plan, region))
        seen = _statistics_of(view, plane)
        return view, _reaching(statistics, seen) if statistics else seen


def _covers(region: Region, plane: Region) -> bool:
    """Whether a region has samples of all of a plane, so that its statistics are those of the plane."""
    return all(r.start <= p.start and r.stop >= p.stop for r, p in zip(region, plane, strict=True))


def _reaching(overview: Statistics, seen: Statistics) -> Statistics:
    """Returns the statistics of an overview, with levels that reach to what has been seen since."""
    lows = [value for value in (overview.minimum, seen.minimum) if value is not None]
    highs = [value for value in (overview.maximum, seen.maximum) if value is not None]
    return replace(overview, minimum=min(lows, default=None), maximum=max(highs, default=None))


def _statistics_of(view: View, plane: Region) -> Statistics:
    assert view.data is not None
    return summarize(view.data, math.prod(counts(plane)) / max(1, view.data.size))
