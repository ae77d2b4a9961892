"""The target of a data set: moved on the plot, typed, or that of the session; one for each set of spatial axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from padviewer.axes import spatial_axes
from padviewer.dataset.choice import Choice
from padviewer.dataset.table import SizeTable
from padviewer.dataset.waste import longest
from padviewer.gui.dataset.crosshair import Crosshair
from padviewer.gui.session import Session
from padviewer.spec import PipelineSpec, Target


class DatasetTarget(QObject):
    """Holds a target, and follows that of the session when it changes.

    Args:
        session: whose settings are followed, and written where a person wants it.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._letters = ""
        self._own: dict[str, Choice] = {}
        self._seen: dict[str, Choice] = {}
        self._longest: Target = ()
        session.plan_changed.connect(lambda _older, _newer: self.follow())

    @property
    def choice(self) -> Choice:
        """The target in force: one that was set, or else the least that holds all files."""
        rank = len(self._letters)
        if self._letters in self._own:
            return self._own[self._letters]
        spec = self._session.spec
        multiple = spec.multiple_of if len(spec.multiple_of) in (1, rank) else (1,)
        return Choice((self._longest or (None,) * rank,), multiple, spec.overflow)

    @property
    def padding(self) -> PipelineSpec:
        """The settings of the main window, which say how padding is made."""
        return self._session.spec

    @property
    def rounded(self) -> Target:
        """The target, rounded up to its multiples."""
        return self.choice.rounded(len(self._letters))[0]

    def set_table(self, table: SizeTable) -> None:
        """Takes the files that the target is for."""
        another = table.letters != self._letters
        self._letters = table.letters
        self._longest = longest(table)
        if another:
            self._look_at_session()

    def follow(self) -> None:
        """Takes the target of the session, where that has changed and is for these axes."""
        before = self.choice if self._letters else None
        self._look_at_session()
        if self._letters and self.choice != before:
            self.changed.emit()

    def edit(self, changes: dict[str, Any]) -> None:
        """Sets `target`, `multiple_of` or `overflow`."""
        choice = self.choice
        multiple = tuple(changes.get("multiple_of", choice.multiple_of))
        if len(multiple) not in (1, len(self._letters)):
            return  # it is being typed still
        target = changes.get("target", choice.targets[0])
        self._set(Choice((target,), multiple, changes.get("overflow", choice.overflow)))

    def move(self, sizes: dict[str, int]) -> None:
        """Sets the size of some axes."""
        target = [sizes.get(letter, size) for letter, size in zip(self._letters, self.choice.targets[0], strict=True)]
        self.edit({"target": tuple(target)})

    def hold_all(self) -> None:
        """Takes the least target that holds all files."""
        self.edit({"target": self._longest})

    def use(self) -> None:
        """Writes it into the session's settings, in one step that can be undone."""
        choice = self.choice
        changes = {"target": choice.targets[0], "multiple_of": choice.multiple_of, "overflow": choice.overflow}
        self._session.edit(changes, "target from the data set")

    @property
    def usable(self) -> tuple[bool, str]:
        """Whether it can be written into the session's settings, and why or why not."""
        plan, choice = self._session.plan, self.choice
        letters = spatial_axes(plan.input.axes) if plan is not None else self._letters
        if not self._letters:
            return False, "There is no target yet"
        if len(letters) != len(self._letters):
            return False, (
                f"What is on screen has the spatial axes {' '.join(letters)}, and these files "
                f"{' '.join(self._letters)}: open one of them first"
            )
        if _of_spec(self._session.spec, len(self._letters)) == choice:
            return False, "The settings have this target"
        return True, "Write target, multiple and overflow into the settings, in one step"

    def crosshair(self, names: tuple[str, str]) -> Crosshair:
        """Returns the target on the axes of a plot."""
        sizes = dict(zip(self._letters, self.rounded, strict=True))
        steps = dict(zip(self._letters, self.choice.divisors(len(self._letters)), strict=True))
        across, up = names
        return Crosshair(sizes.get(across), sizes.get(up), (steps.get(across, 1), steps.get(up, 1)))

    def overflowing(self, table: SizeTable) -> npt.NDArray[np.bool_]:
        """Returns which files are larger than the target on some axis."""
        marked = np.zeros(len(table), bool)
        for column, size in zip(table.sizes.T, self.rounded, strict=True):
            if size is not None:
                marked |= column > size
        return marked

    def _set(self, choice: Choice) -> None:
        if choice != self.choice or self._letters not in self._own:
            self._own[self._letters] = choice
            self.changed.emit()

    def _look_at_session(self) -> None:
        """Takes the settings where they have changed since they were last looked at."""
        rank = len(self._letters)
        found = _of_spec(self._session.spec, rank)
        plan = self._session.plan
        other = plan is not None and len(spatial_axes(plan.input.axes)) != rank
        if not rank or found is None or other or self._seen.get(self._letters) == found:
            return
        self._seen[self._letters] = self._own[self._letters] = found


def _of_spec(spec: PipelineSpec, rank: int) -> Choice | None:
    """Returns the target of settings; None where they have none for so many axes."""
    if len(spec.target) != rank or len(spec.multiple_of) not in (1, rank):
        return None
    return Choice((spec.target,), spec.multiple_of, spec.overflow)
