"""The menu that copies what is on screen as code, as JSON or as a command line."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from padviewer.plan import Plan

# By the names of `padviewer.snippets`, which is imported when one is first chosen; in groups.
_GROUPS = (
    {
        "keras": ("Keras layer", "A Keras model with padviewer's padding layer, for inputs of any size"),
        "keras plain": ("Keras without padviewer", "A Keras model that pads this input, and needs Keras alone"),
    },
    {
        "numpy": ("np.pad", ""),
        "numpy any": ("np.pad", ""),
        "tf": ("tf.pad", ""),
        "tf any": ("tf.pad", ""),
        "torch": ("torch.nn.functional.pad", ""),
        "torch any": ("torch.nn.functional.pad", ""),
    },
    {
        "json": ("Settings as JSON", "Every setting"),
        "command": (
            "Command line",
            "The command that writes this padded tensor; defaults are left out",
        ),
    },
)
_ANY = " any"


class CopyMenu(QMenu):
    """Offers the dialects of a plan, and reports the one that a person chose."""

    dialect_chosen = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.setToolTipsVisible(True)
        self.dialects: dict[str, QAction] = {}
        for group in _GROUPS:
            if self.dialects:
                self.addSeparator()
            for name, (text, tip) in group.items():
                action = self.addAction(text)
                action.setToolTip(tip)
                action.setData(name)
                action.triggered.connect(lambda _checked=False, name=name: self.dialect_chosen.emit(name))
                self.dialects[name] = action
        self.set_plan(None)

    def set_plan(self, plan: Plan | None) -> None:
        """Offers what can be said of a plan."""
        sizes = " × ".join(str(axis.size) for axis in plan.spatial) if plan else ""
        is_random = plan is not None and plan.spec.position == "random"
        for name, action in self.dialects.items():
            is_settings = name in _GROUPS[2]
            action.setEnabled(plan is not None and (is_settings or plan.padded is not None))
            if name in _GROUPS[1]:
                is_any = name.endswith(_ANY)
                call = _GROUPS[1][name][0]
                action.setText(f"{call} for {'any size' if is_any else sizes or 'this input'}")
                action.setToolTip(_tip(call, is_any, is_random))
                if is_any and is_random:
                    action.setEnabled(False)


def _tip(call: str, is_any: bool, is_random: bool) -> str:
    if not is_any:
        return f"{call} with the amounts of this input"
    if is_random:
        return "A random position is drawn anew for each input; copy the Keras layer, or the amounts of this input"
    return f"A function that works the amounts out of each input's size and calls {call}, or gathers what it cannot do"
