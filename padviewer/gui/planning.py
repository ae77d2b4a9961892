"""How settings become a plan in the window: with the weights that they name, which are read first."""

from __future__ import annotations

from collections.abc import Callable

from padviewer.gui.files import Item
from padviewer.gui.settings import Settings
from padviewer.gui.weights_work import WeightsWork
from padviewer.plan import ArrayInfo, Plan
from padviewer.resolve import following, resolve, without_weights
from padviewer.spec import FROM_FILE


class Planning:
    """Applies the settings in force to arrays.

    Args:
        settings: the settings in force.
        weights: reads files of weights.
        follows: names of the first settings that are taken from their file of weights.
    """

    def __init__(self, settings: Settings, weights: WeightsWork, follows: frozenset[str]) -> None:
        self._settings = settings
        self._weights = weights
        self._follows = follows

    def plan(self, info: ArrayInfo, on_weights: Callable[[], None]) -> Plan:
        """Returns the plan of an array on screen.

        Args:
            info: the array.
            on_weights: called when weights that it waits for have been read, and it is to be made again.
        """
        settings = self._settings
        weights, refusal = self._weights.of(settings.spec), self._weights.refusal(settings.spec)
        plan = resolve(settings.spec, info, settings.budget, weights)
        if weights is not None and self._follows:
            settings.spec = following(settings.spec, weights, plan, self._follows)
            self._follows = frozenset()
            plan = resolve(settings.spec, info, settings.budget, weights)
        if refusal is not None:
            return without_weights(plan, refusal.message)
        if settings.spec.weights == FROM_FILE and weights is None and settings.spec.weights_file:
            self._weights.read(settings.spec.weights_file, settings.budget, on_weights)
        return plan

    def plan_elsewhere(self, item: Item, info: ArrayInfo, letters: str) -> Plan:
        """Returns the plan that an array would have on screen.

        Args:
            item, info: the array.
            letters: the spatial axes that are on screen now.
        """
        spec = self._settings.of(item, letters, info.axes)
        return resolve(spec, info, self._settings.budget, self._weights.of(spec))
