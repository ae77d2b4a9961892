"""What is asked when a person points at a place: the exact elements of every stage there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from padviewer.errors import PadviewerError
from padviewer.geometry import Region
from padviewer.gui.bridge import settle
from padviewer.gui.feature import FeatureWork
from padviewer.gui.screen import Cut, is_data, place_at
from padviewer.plan import Plan, Stage
from padviewer.workers.client import Client
from padviewer.workers.jobs import ENGINES, READER
from padviewer.workers.messages import ProbeRequest

# {stage: (indices by axis letter, whether it is data, elements or None)}
Found = dict[Stage, tuple[dict[str, int], bool, Any]]


class ProbeWork:
    """Looks up elements under the pointer; an answer for another place, plane or plan is dropped.

    Args:
        clients: reader and engines.
        feature: knows whether the feature map can be asked.
        is_current: whether a plan and a cut are those on screen.
        on_found: takes what is known of the place; called again when the elements have come.
        on_error: takes what could not be read, and of which plan.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        feature: FeatureWork,
        is_current: Callable[[Plan, Cut], bool],
        on_found: Callable[[Found], None],
        on_error: Callable[[PadviewerError, Plan], None],
    ) -> None:
        self._clients = clients
        self._feature = feature
        self._is_current = is_current
        self._on_found = on_found
        self._on_error = on_error
        self._pointer: tuple[float, float] | None = None
        self._found: Found = {}

    @property
    def pointer(self) -> tuple[float, float] | None:
        """The place that is pointed at, in the coordinates of the panes; None where none is."""
        return self._pointer

    def point(self, plan: Plan | None, cut: Cut, x: float, y: float) -> None:
        """Looks up what lies under a place on screen."""
        self._pointer = (x, y)
        if plan is None or not plan.spatial:
            return
        places = {s: place_at(plan, s, cut, x, y) for s in (Stage.INPUT, Stage.PADDED, Stage.FEATURE)}
        found = {stage: place for stage, place in places.items() if place is not None}
        self._found = {
            s: (index, s is not Stage.PADDED or is_data(plan, index), None) for s, (index, _r) in found.items()
        }
        self._on_found(self._found)
        regions = {stage: region for stage, (_index, region) in found.items()}
        feature = regions.pop(Stage.FEATURE, None)
        deliver = self._receiver(plan, cut)
        self._ask(self._clients[READER], plan, regions, deliver)
        if feature is None or not self._feature.state.ready:
            return
        if plan.is_whole:
            self._ask(self._clients[ENGINES[plan.spec.backend]], plan, {Stage.FEATURE: feature}, deliver)
        else:
            self._feature.probe(plan, feature, deliver)

    def again(self, plan: Plan | None, cut: Cut) -> None:
        """What is under a resting pointer may be another element, or another number, now."""
        if self._pointer is not None:
            self.point(plan, cut, *self._pointer)

    def leave(self) -> None:
        """The pointer has left the panes."""
        self._pointer, self._found = None, {}
        self._on_found({})

    def _ask(
        self, client: Client, plan: Plan, places: dict[Stage, Region], deliver: Callable[[dict[Stage, Any]], None]
    ) -> None:
        if places:
            future = client.submit("probe", ProbeRequest(plan, places))
            settle(future, deliver, lambda error: self._on_error(error, plan))

    def _receiver(self, plan: Plan, cut: Cut) -> Callable[[dict[Stage, Any]], None]:
        """Returns what takes values that are on their way, as long as they are of what is under the pointer."""
        pointer = self._pointer

        def deliver(values: dict[Stage, Any]) -> None:
            still = self._is_current(plan, cut) and self._pointer == pointer
            if still and all(stage in self._found for stage in values):
                for stage, elements in values.items():
                    index, data, _older = self._found[stage]
                    self._found = {**self._found, stage: (index, data, elements)}
                self._on_found(self._found)

        return deliver
