"""The form as a person types into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from driving import type_into
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from padviewer.errors import PlanError
from padviewer.gui.form.form import SettingsForm
from padviewer.gui.message_bar import MessageBar
from padviewer.gui.words import count_text
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec

LARGEST = 2**64 - 1


class Driven:
    """A form of its own, whose edits become the next spec, as the session has it."""

    def __init__(self, qtbot: QtBot, shape: tuple[int, ...], axes: str, dtype: str) -> None:
        self.info = ArrayInfo("a.npy", None, ".npy", shape, dtype, axes, False, 1)
        self.edits: list[dict[str, Any]] = []
        self.form = SettingsForm()
        qtbot.addWidget(self.form)
        self.form.spec_edited.connect(self._on_edited)
        self.show(PipelineSpec())
        with qtbot.waitActive(self.form):
            self.form.show()
            self.form.activateWindow()

    def show(self, spec: PipelineSpec) -> None:
        self.spec = spec
        self.form.set_plan(resolve(spec, self.info, 1 << 40))

    def text(self, name: str) -> str:
        field = self.form.field(name)
        return field.text() if isinstance(field, QLineEdit) else field.currentText()

    def type(self, name: str, text: str) -> QWidget:
        field = self.form.field(name)
        type_into(field, text)
        return field

    def _on_edited(self, changes: dict[str, Any]) -> None:
        self.edits.append(changes)
        self.show(self.spec.replace(**changes))


@pytest.fixture
def drive(qtbot: QtBot) -> Callable[..., Driven]:
    return lambda *shape, axes="HWC", dtype="uint8": Driven(qtbot, shape, axes, dtype)


def test_the_largest_integers_come_through_unchanged(drive) -> None:
    driven = drive(40, 50, dtype="uint64", axes="HW")
    driven.type("fill_value", str(LARGEST))
    assert driven.spec.fill_value == LARGEST
    assert driven.text("fill_value") == str(LARGEST)


def test_a_remedy_with_a_large_integer_comes_through_unchanged(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    chosen: list[dict[str, Any]] = []
    bar.remedy_chosen.connect(lambda changes, _label: chosen.append(changes))
    bar.show_error(PlanError("too large", (("Use it", {"fill_value": LARGEST}),)))
    bar.remedies()[0].click()
    assert chosen == [{"fill_value": LARGEST}]
    bar.clear()
    assert bar.remedies() == []


def test_targets_beyond_32_bits_are_shown_and_kept(drive) -> None:
    driven = drive(40, 50, 3)
    driven.show(PipelineSpec(target=(2**33, 60)))
    assert driven.text("target H") == str(2**33)
    driven.type("target W", "70")
    assert driven.spec.target == (2**33, 70)


@pytest.mark.parametrize("text", ["none", ""])
def test_a_target_is_taken_away_by_its_word_or_by_nothing(text: str, drive) -> None:
    driven = drive(40, 50, 3)
    driven.show(PipelineSpec(target=(64, 60)))
    field = driven.type("target H", text)
    if not text:
        QTest.keyClick(field, Qt.Key.Key_Delete)
    assert driven.spec.target == (None, 60)
    assert driven.text("target H") == text, "the text is left alone while it is typed"
    driven.form.field("target W").setFocus()
    assert driven.text("target H") == "none"
    driven.type("target W", "none")
    assert driven.spec.target == ()


def test_arrow_keys_step_a_target_from_the_size_of_the_axis(drive) -> None:
    driven = drive(40, 50, 3)
    field = driven.form.field("target W")
    QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_PageUp)
    assert driven.spec.target == (None, 61)
    assert driven.text("target W") == "61"


@pytest.mark.parametrize(
    ("name", "text"), [("kernel", "3x"), ("target H", "x6"), ("fill_value", "blue"), ("strides", "0")]
)
def test_a_text_that_cannot_be_goes_back_to_the_value_in_force(name: str, text: str, drive) -> None:
    driven = drive(40, 50, 3)
    before = driven.text(name)
    field = driven.type(name, text)
    assert field.property("wrong")
    spec = driven.spec
    driven.show(spec)
    assert driven.text(name) == text, "a plan that comes meanwhile leaves the text to the person"
    driven.form.field("filters").setFocus()
    assert driven.text(name) == before
    assert not field.property("wrong")
    assert driven.spec == spec


def test_axes_can_be_typed_letter_by_letter(drive) -> None:
    driven = drive(3, 40, 50, axes="CHW")
    field = driven.form.field("axes")
    type_into(field, "")
    QTest.keyClick(field, Qt.Key.Key_Delete)
    for typed in ("h", "hw"):
        QTest.keyClicks(field, typed[-1])
        assert driven.text("axes") == typed, "nothing is completed"
        assert field.property("wrong")
        assert driven.edits == []
    QTest.keyClicks(field, "c")
    assert driven.edits == [{"axes": "HWC"}]
    assert driven.text("axes") == "hwc"
    driven.form.field("filters").setFocus()
    assert driven.text("axes") == "HWC"
    type_into(field, "HWCB")
    assert "expected 3 letters" in field.toolTip()
    driven.form.field("filters").setFocus()
    assert driven.text("axes") == "HWC"
    assert not field.property("wrong")


def test_tab_goes_through_the_fields_as_they_are_read(drive, qtbot: QtBot) -> None:
    driven = drive(40, 50, 3)
    driven.show(PipelineSpec(axes="DHW"))
    qtbot.waitUntil(driven.form.field("target D").isVisible)
    names = ["axes", "target D", "target H", "target W", "multiple_of", "position", "mode", "fill_value", "overflow"]
    names += ["conv", "filters", "kernel", "strides", "dilation", "conv_padding", "activation", "weights", "seed"]
    names += ["backend", "device", "budget"]
    driven.form.field("axes").setFocus()
    for name in names:
        assert QApplication.focusWidget() is driven.form.field(name), name
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is driven.form.field("axes"), "the form itself is no stop"


def test_only_what_means_something_for_a_kind_is_shown(drive, qtbot: QtBot) -> None:
    driven = drive(40, 50, 4)
    names = ("filters", "groups", "depth_multiplier", "seed", "weights_file")

    def seen() -> set[str]:
        return {name for name in names if driven.form.field(name).isVisible()}

    assert seen() == {"filters", "groups", "seed"}
    QTest.keyClicks(driven.form.field("conv"), "dep")
    assert driven.spec.conv == "depthwise"
    assert seen() == {"depth_multiplier", "seed"}
    type_into(driven.form.field("depth_multiplier"), "3")
    qtbot.wait(QApplication.keyboardInputInterval() + 100)  # or both words are searched for as one
    QTest.keyClicks(driven.form.field("conv"), "sep")
    assert seen() == {"filters", "depth_multiplier", "seed"}
    QTest.keyClicks(driven.form.field("weights"), "sob")
    assert driven.edits[-3:] == [{"depth_multiplier": 3}, {"conv": "separable"}, {"weights": "sobel"}]
    assert seen() == {"filters", "depth_multiplier"}
    driven.show(PipelineSpec(weights="file", weights_file="/somewhere/model.keras::conv2d"))
    assert seen() == {"filters", "groups", "weights_file"}
    assert driven.text("weights") == "file…"
    button = driven.form.field("weights_file")
    assert button.toolTip().startswith("/somewhere/model.keras::conv2d")
    assert driven.form.widget().width() <= driven.form.width()


def test_a_single_channel_has_no_groups(drive) -> None:
    driven = drive(40, 50, axes="HW")
    assert not driven.form.field("groups").isVisible()
    driven.show(PipelineSpec(groups=2))
    assert driven.form.field("groups").isVisible(), "what is wrong can be mended"


def test_a_file_of_weights_is_asked_for_and_another_of_its_layers(drive, qtbot: QtBot) -> None:
    driven = drive(40, 50, 3)
    with qtbot.waitSignal(driven.form.weights_wanted):
        QTest.keyClicks(driven.form.field("weights"), "file")
    assert driven.text("weights") == "random", "nothing has been chosen yet"
    assert driven.edits == []
    driven.show(PipelineSpec(weights="file", weights_file="m.keras::a"))
    with qtbot.waitSignal(driven.form.layers_wanted) as asked:
        QTest.keyClick(driven.form.field("weights_file"), Qt.Key.Key_Space)
    assert asked.args == ["m.keras::a"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (999, "999"), (1999, "2.0 k"), (9_949, "9.9 k"), (9_951, "10 k"), (439_883_136, "440 M"),
        (999_499, "999 k"), (999_500, "1.0 M"), (4_580_000_000, "4.6 G"), (10**22, "10 Z"),
    ],
)  # fmt: skip
def test_counts_are_rounded_and_not_cut_off(number: int, text: str) -> None:
    assert count_text(number) == text
