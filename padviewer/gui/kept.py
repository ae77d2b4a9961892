"""Settings of what is not on screen: those of other numbers of spatial axes, and which axis is which of an array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from padviewer.axes import spatial_axes
from padviewer.gui.files import Item, one_of_all
from padviewer.gui.history import Step
from padviewer.spec import FROM_FILE, PipelineSpec

# Settings that belong to a number of spatial axes, and so are kept for each.
_PER_RANK = ("target", "multiple_of", "kernel", "strides", "dilation")
# Those of a file do too: its kernels have a rank. Patterns and random numbers have any.
_OF_FILES = ("weights", "weights_file")


class Kept:
    """Remembers settings until what they belong to is on screen again."""

    def __init__(self) -> None:
        self._by_rank: dict[int, dict[str, Any]] = {}
        self._axes: dict[Item, str] = {}

    def change_rank(self, spec: PipelineSpec, before: int, after: int) -> PipelineSpec:
        """Returns the settings for another number of spatial axes, and keeps those of the older one."""
        if before == after:
            return spec
        self._by_rank[before] = _per_rank(spec)
        return self._with_rank(spec, after)

    def change_item(self, spec: PipelineSpec, before: Item | None, after: Item) -> PipelineSpec:
        """Returns the settings for another array: which axis is which was said of the older one alone."""
        if before is not None:
            self._keep_axes(before, spec.axes)
        return spec.replace(axes=self._axes.pop(one_of_all(after), None))

    def settings_of(self, spec: PipelineSpec, item: Item, before: int, axes: str) -> PipelineSpec:
        """Returns the settings that another array would be shown with.

        Args:
            spec: in force.
            item: path and member of the other array.
            before: the number of spatial axes on screen.
            axes: the letters of the other array, where none were told.
        """
        spec = spec.replace(axes=self._axes.get(one_of_all(item)))
        after = len(spatial_axes(spec.axes or axes))
        return spec if before == after else self._with_rank(spec, after)

    def take(self, values: Mapping[str, Any], step: Step, letters: str, shown: Item | None) -> dict[str, Any]:
        """Keeps what a step of the history sets of something that is not on screen; returns the others.

        Args:
            values: by the names of the settings.
            step: tells what they belong to.
            letters: the spatial axes on screen; empty where nothing is.
            shown: path and member of what is on screen.
        """
        own = dict(values)
        if step.letters and letters and len(step.letters) != len(letters):
            names = _PER_RANK + (_OF_FILES if _OF_FILES[1] in own or own.get("weights") == FROM_FILE else ())
            elsewhere = {name: own.pop(name) for name in names if name in own}
            self._by_rank[len(step.letters)] = self._of_rank(len(step.letters)) | elsewhere
        on_screen = None if shown is None else one_of_all(shown)
        if step.item is not None and one_of_all(step.item) != on_screen and "axes" in own:
            self._keep_axes(step.item, own.pop("axes"))
        return own

    def save(self) -> tuple[dict[int, PipelineSpec], dict[Item, str]]:
        """Returns what is kept, by the number of spatial axes and by array."""
        return {rank: PipelineSpec(**values) for rank, values in self._by_rank.items()}, dict(self._axes)

    def restore(self, by_rank: Mapping[int, PipelineSpec], axes: Mapping[Item, str]) -> None:
        """Takes what an earlier session kept."""
        self._by_rank = {rank: _per_rank(spec) for rank, spec in by_rank.items()}
        self._axes = dict(axes)

    def _with_rank(self, spec: PipelineSpec, rank: int) -> PipelineSpec:
        if spec.weights == FROM_FILE:
            spec = spec.replace(weights=PipelineSpec().weights)
        return spec.replace(**self._of_rank(rank))

    def _of_rank(self, rank: int) -> dict[str, Any]:
        return self._by_rank.get(rank, _per_rank(PipelineSpec()))

    def _keep_axes(self, item: Item, axes: str | None) -> None:
        self._axes.pop(one_of_all(item), None)
        if axes is not None:
            self._axes[one_of_all(item)] = axes


def _per_rank(spec: PipelineSpec) -> dict[str, Any]:
    names = _PER_RANK + (_OF_FILES if spec.weights == FROM_FILE else ())
    return {name: getattr(spec, name) for name in names}
