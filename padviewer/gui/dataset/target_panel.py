"""The target in numbers, and what it costs: fields above, figures below."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from padviewer.dataset.choice import Choice
from padviewer.errors import SettingsError
from padviewer.geometry import OVERFLOWS
from padviewer.gui.dataset.figure_grid import FigureGrid, Line
from padviewer.gui.dataset.side_panel import SidePanel
from padviewer.gui.form.fields import FieldGuard, SettingEdit
from padviewer.gui.form.section import FormSection, show_number, show_text
from padviewer.gui.labels import section_label
from padviewer.gui.plain_tip import plain_tip
from padviewer.spec import MAX_SIZE, PipelineSpec, Target, format_sizes, format_target, parse_sizes, parse_target

MOST_IN_BATCH = 65_536
_NAMES = {"D": "depth", "H": "height", "W": "width", "T": "length"}


class TargetPanel(SidePanel):
    """Shows a target with its figures, and reports what a person changes."""

    edited = Signal(object)  # {target, multiple_of or overflow: value}
    batch_edited = Signal(int)
    use_wanted = Signal()
    longest_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Target", parent=parent)
        self._choice = Choice(((None,),))
        self._letters = ""
        self._fields: dict[str, QWidget] = {}
        self._targets: dict[str, SettingEdit] = {}
        layout = self.column
        self._build_fields(layout)
        self._build_buttons(layout)
        layout.addSpacing(8)
        layout.addWidget(section_label("What it costs"))
        self._grid = FigureGrid()
        layout.addLayout(self._grid)
        self._overflow_text = QLabel()
        self._overflow_text.setObjectName("muted")
        self._overflow_text.setWordWrap(True)
        layout.addWidget(self._overflow_text)
        layout.addStretch(1)

    # ---- what is shown

    def set_choice(self, letters: str, choice: Choice) -> None:
        """Shows a target of these spatial axes."""
        self._choice = choice
        if letters != self._letters:
            self._letters = letters
            self._make_targets()
        for letter, size in zip(letters, choice.targets[0], strict=True):
            self._targets[letter].set_value(size)
        self._multiple.set_value(choice.multiple_of)
        show_text(self._overflow, choice.overflow)

    def set_batch(self, size: int) -> None:
        """Shows how many files a batch has."""
        show_number(self._batch, size)

    def set_use(self, enabled: bool, why: str) -> None:
        """Sets whether the target can be used in the session, with why or why not."""
        self._use.setEnabled(enabled)
        self._use.setToolTip(plain_tip(why))
        self._use.setAccessibleDescription(why)

    def set_lines(self, lines: list[Line], overflow: str) -> None:
        """Shows figures; none says nothing."""
        self._grid.set_lines(lines)
        self._overflow_text.setText(overflow)

    @property
    def lines(self) -> dict[str, str]:
        """The figures that are shown, by their names."""
        return self._grid.lines

    @property
    def overflow_text(self) -> str:
        """What is said of files that overflow."""
        return self._overflow_text.text()

    def field(self, name: str) -> QWidget:
        """Returns a field: `target H` and the like, `multiple_of`, `overflow` or `batch`."""
        return self._fields[name]

    @property
    def use_button(self) -> QPushButton:
        """What uses the target in the session."""
        return self._use

    # ---- parts

    def _build_fields(self, layout: QVBoxLayout) -> None:
        guard = FieldGuard(self)
        self._section = FormSection(layout, "Target", self._fields, guard)
        self._multiple = SettingEdit(_parse_multiple, format_sizes)
        self._section.add(
            "multiple_of", "Multiple of", self._multiple, "The padded size is a multiple of it: 32 or 32x8"
        )
        self._multiple.edited.connect(self._on_multiple_edited)
        self._overflow = self._section.combo(
            "overflow", "If larger", OVERFLOWS, "What happens to a file that is larger than the target"
        )
        self._overflow.currentTextChanged.connect(lambda text: self.edited.emit({"overflow": text}))
        self._batch = self._section.spin("batch", "Batch", 1, MOST_IN_BATCH, "How many files a batch has")
        self._section.edited.connect(lambda changes: self.batch_edited.emit(changes["batch"]))

    def _build_buttons(self, layout: QVBoxLayout) -> None:
        self._use = QPushButton("Use as target")
        self._use.setObjectName("primary")
        self._use.clicked.connect(self.use_wanted)
        longest = QPushButton("Hold all files")
        longest.setToolTip("The least target that holds every file that is shown")
        longest.clicked.connect(self.longest_wanted)
        layout.addWidget(self._use)
        layout.addWidget(longest)

    def _make_targets(self) -> None:
        for letter in self._targets:
            self._section.remove(f"target {letter}")
        self._targets.clear()
        for row, letter in enumerate(self._letters):
            tip = f"Wanted {_NAMES[letter]}; none leaves the axis as it is; arrow keys step"
            edit = SettingEdit(_parse_size, _write_size, partial(self._stepped, row))
            self._section.add(f"target {letter}", f"Target {letter}", edit, tip, row)
            edit.edited.connect(partial(self._on_target_edited, row))
            self._targets[letter] = edit
        order = [self._fields[f"target {letter}"] for letter in self._letters]
        for before, after in zip([*order], [*order[1:], self._multiple], strict=False):
            self.setTabOrder(before, after)

    def _stepped(self, row: int, size: int | None, by: int) -> int:
        step = (self._choice.multiple_of * len(self._letters))[row]
        return min(max(0, (size or 0) // step * step + by * step), MAX_SIZE)

    def _on_target_edited(self, row: int, size: int | None) -> None:
        target = self._choice.targets[0]
        self.edited.emit({"target": (*target[:row], size, *target[row + 1 :])})

    def _on_multiple_edited(self, multiple: tuple[int, ...]) -> None:
        self.edited.emit({"multiple_of": multiple})


def _parse_multiple(text: str) -> tuple[int, ...]:
    return PipelineSpec(multiple_of=parse_sizes("multiple_of", text)).multiple_of


def _parse_size(text: str) -> int | None:
    """Returns one size of a target; None for `none` and for an empty text."""
    sizes: Target = parse_target(text) if text.strip() else (None,)
    if len(sizes) != 1:
        raise SettingsError(f"target {text!r}: expected one size, or none; the other axes have fields of their own")
    return PipelineSpec(target=sizes).target[0]


def _write_size(size: int | None) -> str:
    return format_target((size,))
