"""The fields of the padding: a target for each spatial axis, and how it is reached."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from padviewer.axes import spatial_axes
from padviewer.errors import SettingsError
from padviewer.geometry import MODES, OVERFLOWS, POSITIONS
from padviewer.gui.form.fields import FieldGuard, SettingEdit
from padviewer.gui.form.section import FormSection, show_number, show_text
from padviewer.plan import Plan
from padviewer.spec import MAX_SEED, MAX_SIZE, PipelineSpec, format_fill, format_target, parse_fill, parse_target

_NAMES = {"D": "depth", "H": "height", "W": "width", "T": "length"}


class PaddingSection(FormSection):
    """Targets, which come and go with the spatial axes, and the other settings of padding."""

    targets_changed = Signal(list)  # names of the fields

    def __init__(self, layout: QVBoxLayout, fields: dict[str, QWidget], guard: FieldGuard) -> None:
        super().__init__(layout, "Padding", fields, guard)
        self._plan: Plan | None = None
        self._letters = ""
        self._target: tuple[int | None, ...] = ()
        self._targets: dict[str, SettingEdit] = {}
        self.sizes("multiple_of", "Multiple of", "The padded size is a multiple of it: 32 or 32x8")
        self._position = self.setting_combo("position", "Position", POSITIONS, "Where the content sits in the target")
        self._position_seed = self.spin(
            "position_seed", "Place seed", 0, MAX_SEED, "Of the random position: the same seed, the same place"
        )
        self._mode = self.setting_combo("mode", "Mode", MODES, "How padding is made, by numpy's names")
        self._fill = self.edit(
            "fill_value", "Fill", parse_fill, format_fill, "A number, or one for each channel: 0,128,255"
        )
        self._overflow = self.setting_combo(
            "overflow", "If larger", OVERFLOWS, "What happens to an axis that is larger than its target"
        )

    def set_plan(self, plan: Plan) -> None:
        """Shows the padding of a plan."""
        spec, self._plan = plan.spec, plan
        self._show_targets(plan)
        self.show_sizes(spec)
        show_text(self._position, spec.position)
        show_text(self._mode, spec.mode)
        show_text(self._overflow, spec.overflow)
        self._fill.setEnabled(spec.mode == "constant")
        self._fill.set_value(spec.fill_value)
        self.rows.setRowVisible(self._position_seed, spec.position == "random")
        show_number(self._position_seed, spec.position_seed)

    def _show_targets(self, plan: Plan) -> None:
        letters = spatial_axes(plan.input.axes)
        if letters != self._letters:
            self._make_targets(letters)
        self._target = plan.spec.target if len(plan.spec.target) == len(letters) else (None,) * len(letters)
        for letter, size in zip(letters, self._target, strict=True):
            self._targets[letter].set_value(size)

    def _make_targets(self, letters: str) -> None:
        for letter in self._targets:
            self.remove(f"target {letter}")
        self._targets.clear()
        self._letters = letters
        for row, letter in enumerate(letters):
            tip = f"Wanted {_NAMES[letter]}; none leaves the axis as it is; arrow keys step"
            edit = SettingEdit(_parse_size, _write_size, partial(self._stepped, row))
            self.add(f"target {letter}", f"Target {letter}", edit, tip, row)
            edit.edited.connect(lambda size, row=row: self._on_target_edited(row, size))
            self._targets[letter] = edit
        self.targets_changed.emit([f"target {letter}" for letter in letters])

    def _stepped(self, row: int, size: int | None, by: int) -> int:
        """Returns the next target; from none it starts at the size that the axis has."""
        found = self._plan.input.extent(self._letters[row]) if self._plan else 0
        return min(max(0, (found if size is None else size) + by), MAX_SIZE)

    def _on_target_edited(self, row: int, size: int | None) -> None:
        # The others keep the values in force, whatever their texts are.
        sizes = (*self._target[:row], size, *self._target[row + 1 :])
        self.edited.emit({"target": sizes if any(size is not None for size in sizes) else ()})


def _parse_size(text: str) -> int | None:
    """Returns one size of a target; None for `none` and for an empty text."""
    sizes = parse_target(text) if text.strip() else (None,)
    if len(sizes) != 1:
        raise SettingsError(f"target {text!r}: expected one size, or none; the other axes have fields of their own")
    return PipelineSpec(target=sizes).target[0]


def _write_size(size: int | None) -> str:
    return format_target((size,))
