"""The settings that those in force are compared with: held as they were, or those in force with one change."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from padviewer.gui.palette.setting_text import label_of, write_value
from padviewer.gui.session import Session
from padviewer.plan import Plan
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.jobs import ENGINES

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_NAMES = tuple(field.name for field in fields(PipelineSpec))
# So many differences are written out.
_WRITTEN = 3


class Reference(QObject):
    """Holds other settings, resolved for the input on screen.

    Args:
        session: whose settings are in force.
    """

    changed = Signal()  # other settings, another input, or settings in force that differ in something else

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._held: PipelineSpec | None = None
        self._change: dict[str, Any] = {}
        self._backend: str | None = None
        self.plan: Plan | None = None
        session.plan_changed.connect(self._on_session_plan_changed)

    @property
    def spec(self) -> PipelineSpec | None:
        """The settings; None where there are none."""
        return self._session.spec.replace(**self._change) if self._change else self._held

    @property
    def differences(self) -> dict[str, Any]:
        """The settings that differ from those in force."""
        spec, present = self.spec, self._session.spec
        if spec is None:
            return {}
        wanted, given = (_texts(each) for each in (spec, present))
        return {name: getattr(spec, name) for name in _NAMES if wanted[name] != given[name]}

    @property
    def name(self) -> str:
        """What sets it apart: `mode reflect`; empty where there is no reference."""
        if self.spec is None:
            return ""
        parts = [f"{label_of(name)} {write_value(name, value)}" for name, value in self.differences.items()]
        more = [f"{len(parts) - _WRITTEN} more"] if len(parts) > _WRITTEN else []
        return ", ".join(parts[:_WRITTEN] + more) or "the same settings"

    def hold(self) -> None:
        """Keeps the settings in force."""
        self._held, self._change = self._session.spec, {}
        self._resolve()

    def compare_with(self, name: str, value: Any) -> None:
        """Takes the settings in force, now and after each edit, with one change."""
        self._held, self._change = None, {name: value}
        self._resolve()

    def clear(self) -> None:
        """Forgets it."""
        self._held, self._change = None, {}
        self._resolve()

    def swap(self) -> None:
        """Puts it in force, and keeps what was."""
        spec, present = self.spec, self._session.spec
        if spec is not None:
            self._held, self._change = present, {}
            self._session.edit({name: getattr(spec, name) for name in _NAMES}, "swap with the reference")
            self._resolve()

    def _resolve(self) -> None:
        plan, spec = self._session.plan, self.spec
        self._rest(spec.backend if spec else None)
        self.plan = None if plan is None or spec is None else resolve(spec, plan.info, plan.budget)
        self.changed.emit()

    def _rest(self, backend: str | None) -> None:
        """Ends the engine of a backend that was only asked for the reference: it holds much memory."""
        if self._backend not in (None, backend, self._session.spec.backend):
            self._session.clients[ENGINES[self._backend]].rest()
        self._backend = backend

    def _on_session_plan_changed(self, _older: Plan | None, plan: Plan) -> None:
        held = self._held
        if held is not None and held.axes is not None and len(held.axes) != len(plan.info.shape):
            # Which axis is which was said of another array.
            self._held = held.replace(axes=None)
        if held is not None or self._change:
            self._resolve()


class ReferenceActions:
    """Puts the reference into the Tools menu; what shows it in the panes is made when there is one.

    Args:
        window: whose menu it is.
        reference: what is held.
    """

    def __init__(self, window: MainWindow, reference: Reference) -> None:
        self._window = window
        self._reference = reference
        self._view: QObject | None = None
        actions, menu = window.actions_, window.actions_.menus["Tools"]
        menu.addSeparator()
        self.hold = actions.add(menu, "&Hold as reference", self._hold, "Ctrl+R")
        self.swap = actions.add(menu, "&Swap with reference", reference.swap, "Ctrl+Shift+R")
        self.clear = actions.add(menu, "C&lear reference", reference.clear)
        reference.changed.connect(self._on_reference_changed)
        self._on_reference_changed()

    def _hold(self) -> None:
        self._reference.hold()
        self._window.status.say("settings held as the reference; hold Shift over a picture to see it")

    def _on_reference_changed(self) -> None:
        there = self._reference.spec is not None
        for action in (self.swap, self.clear):
            action.setEnabled(there)
        if there and self._view is None:
            from padviewer.gui.difference.reference_view import ReferenceView  # noqa: PLC0415 - when it is first needed

            self._view = ReferenceView(self._window, self._reference)


def _texts(spec: PipelineSpec) -> dict[str, str]:
    # By text, since a fill of NaN equals no other.
    return {name: repr(getattr(spec, name)) for name in _NAMES}
