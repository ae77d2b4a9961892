"""The settings in force, what was edited of them, and those that wait for what is not on screen. Without Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from padviewer.axes import spatial_axes
from padviewer.gui.files import Item
from padviewer.gui.history import History, Step
from padviewer.gui.kept import Kept
from padviewer.gui.palette.setting_text import BUDGET, changed_settings
from padviewer.gui.sessions.saved_session import SavedSession
from padviewer.plan import ArrayInfo
from padviewer.spec import PipelineSpec


class Settings:
    """Holds a spec and a budget, and every step that led to them.

    Args:
        spec: the first settings.
        budget: bytes that one result may take, where nobody says otherwise.
        demonstration: settings that were chosen for a sample, and are not kept for the files that a person opens.
    """

    def __init__(self, spec: PipelineSpec, budget: int, demonstration: PipelineSpec | None = None) -> None:
        self.spec = spec
        self.budget = budget
        self.history = History()
        self._usual_budget = budget
        self._kept = Kept()
        self._demonstration = demonstration

    def edit(self, changes: Mapping[str, Any], what: str, letters: str, shown: Item | None) -> bool:
        """Changes settings, as a step that can be undone.

        Args:
            changes: values by the names of the settings; `budget` is one of them.
            what: says what this is, where it is a step of its own.
            letters: the spatial axes on screen; empty where nothing is.
            shown: path and member of what is on screen.

        Returns:
            Whether any setting is another then.

        Raises:
            SettingsError: where a value could be valid for no input; nothing changes.
        """
        spec = self.spec.replace(**{name: value for name, value in changes.items() if name != BUDGET})
        budget = changes.get(BUDGET, self.budget)
        names = changed_settings(self.spec, spec)
        before = {name: getattr(self.spec, name) for name in names}
        after = {name: getattr(spec, name) for name in names}
        if budget != self.budget:
            before[BUDGET], after[BUDGET] = self.budget, budget
        if not after:
            return False
        self.history.add(Step(before, after, letters, shown, what))
        self.spec, self.budget = spec, budget
        return True

    def undo(self, letters: str, shown: Item | None) -> Step | None:
        """Takes the last edit back; returns it, or None where there is none. Arguments as for `edit`."""
        step = self.history.undo()
        if step is not None:
            self._put(step.before, step, letters, shown)
        return step

    def redo(self, letters: str, shown: Item | None) -> Step | None:
        """Does again what was undone last; returns it, or None where there is nothing. Arguments as for `edit`."""
        step = self.history.redo()
        if step is not None:
            self._put(step.after, step, letters, shown)
        return step

    def take_over(self, info: ArrayInfo, item: Item, before: Item | None, letters: str, another: bool) -> None:
        """Takes the settings that another array had, or that its number of spatial axes had.

        Args:
            info, item: the array, and how it was asked for.
            before: what was on screen; None where nothing was.
            letters: the spatial axes that were on screen; empty where nothing was.
            another: whether it is another array than that one.
        """
        if another and letters and self.spec == self._demonstration:
            self.spec = PipelineSpec()
        if another:
            self.spec = self._kept.change_item(self.spec, before, item)
        if self.spec.axes and len(self.spec.axes) != len(info.shape):
            self.spec = self.spec.replace(axes=None)
        if letters:
            after = spatial_axes(self.spec.axes or info.axes)
            self.spec = self._kept.change_rank(self.spec, len(letters), len(after))
        self.history.seal()

    def of(self, item: Item, letters: str, axes: str) -> PipelineSpec:
        """Returns the settings that a file has, or would have on screen.

        Args:
            item: the file.
            letters: the spatial axes on screen.
            axes: what the file says of itself.
        """
        return self._kept.settings_of(self.spec, item, len(letters), axes)

    def save(self, saved: SavedSession) -> SavedSession:
        """Returns a session with these settings and their history."""
        kept, axes = self._kept.save()
        return replace(
            saved,
            spec=self.spec,
            kept=kept,
            axes=axes,
            budget=None if self.budget == self._usual_budget else self.budget,
            done=tuple(self.history.done),
            undone=tuple(self.history.undone),
        )

    def restore(self, saved: SavedSession, demonstration: PipelineSpec | None) -> None:
        """Takes the settings and the history of a session; the other argument as of this class."""
        self._demonstration = demonstration
        self._kept.restore(saved.kept, saved.axes)
        self.history.restore(saved.done, saved.undone)
        self.spec, self.budget = saved.spec, saved.budget or self._usual_budget

    def _put(self, values: Mapping[str, Any], step: Step, letters: str, shown: Item | None) -> None:
        """Sets what a step tells: of what is on screen, or where it waits until that is on screen again."""
        own = self._kept.take(values, step, letters, shown)
        self.budget = own.pop(BUDGET, self.budget)
        self.spec = self.spec.replace(**own)
