"""The arrays of one file: found in a tree, stepped through, shown in the line of their file."""

from __future__ import annotations

import pickle
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.gui.members.dialog import MemberDialog
from padviewer.gui.members.model import MemberModel
from padviewer.gui.members.tree import Node, list_of, members_with, neighbour, tree_of
from padviewer.gui.theme import DARK
from padviewer.plan import Member, Stage

NAMES = st.text(st.sampled_from("ab/.\n\udcff "), max_size=12)
MEMBERS = st.lists(st.builds(Member, NAMES, st.just("float32 3"), st.booleans()), max_size=30)


def leaves(node: Node) -> list[Member]:
    own = [node.member] if node.member is not None else []
    return own + [member for child in node.children for member in leaves(child)]


@given(MEMBERS)
def test_a_tree_holds_each_member_once(members: list[Member]) -> None:
    root = tree_of(members)
    assert sorted(leaves(root)) == sorted(members)
    assert leaves(list_of(members)) == members
    nodes = [root]
    for node in nodes:
        assert [child.row for child in node.children] == list(range(len(node.children)))
        assert all(child.parent is node for child in node.children)
        assert node.text.isprintable()
        assert node.count == len(leaves(node)) - (node.member is not None)
        nodes += node.children


@given(MEMBERS)
def test_qt_finds_the_model_sound(members: list[Member]) -> None:
    model = MemberModel(tree_of(members), None, DARK)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_root(list_of(members))
    assert model.rowCount() == len(members)
    assert tester.model() is model


@given(MEMBERS, st.sampled_from([1, -1]))
def test_stepping_comes_to_each_member_that_can_be_opened(members: list[Member], by: int) -> None:
    members = [member._replace(name=f"{place}") for place, member in enumerate(members)]
    seen, current = [], None
    while (place := neighbour(members, current, by)) is not None:
        seen.append(members[place])
        current = members[place].name
    assert seen == [member for member in members if member.readable][::by]


def test_words_find_names_types_and_shapes() -> None:
    members = [Member("/model/Kernel", "float32 3 x 3"), Member("/model/bias", "float32 64"), Member("/x", "int8 3")]
    assert members_with("kern FLOAT", members) == members[:1]
    assert members_with("float32", members) == members[:2]
    assert members_with("nothing", members) == []


@pytest.fixture
def tree_file(tmp_path: Path) -> Path:
    """An archive of groups, in which one member cannot be opened."""
    arrays = {
        f"{group}/{name}": np.full((size, 5), size, np.uint8)
        for group in ("encoder", "decoder")
        for size, name in enumerate(("kernel", "bias"), 3 if group == "encoder" else 7)
    }
    np.savez(tmp_path / "tree.npz", **arrays, **{"encoder/names": np.array(["x"])}, last=np.zeros((9, 5), np.uint8))
    return tmp_path / "tree.npz"


def dialog_of(window: MainWindow) -> MemberDialog:
    (dialog,) = [found for found in window.findChildren(MemberDialog) if found.isVisible()]
    return dialog


def rows(dialog: MemberDialog) -> list[str]:
    """What can be seen without scrolling to the side, from the top: names with the depth of their groups."""
    found: list[str] = []

    def visit(parent: QModelIndex, depth: int) -> None:
        model = dialog.tree.model()
        for row in range(model.rowCount(parent)):
            index = model.index(row, 0, parent)
            found.append("  " * depth + index.data())
            if dialog.tree.isExpanded(index):
                visit(index, depth + 1)

    visit(QModelIndex(), 0)
    return found


def test_a_tree_is_searched_and_chosen_from_by_keys_alone(open_window: Open, tree_file: Path, qtbot: QtBot) -> None:
    window = open_window(tree_file, filters=1, kernel=(1,))
    button = window.form.field("members")
    assert (button.isVisible(), window.form.field("member").isVisible()) == (True, False)
    assert button.text() == "encoder/kernel"
    assert "uint8 3 x 5" in button.toolTip()
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    dialog = dialog_of(window)
    whole = ["encoder", "  kernel", "  bias", "  names", "decoder", "  kernel", "  bias", "last"]
    assert rows(dialog) == whole
    assert dialog.about == "encoder/kernel: uint8 3 x 5"
    for _ in range(2):
        QTest.keyClick(dialog.line, Qt.Key.Key_Down)
    assert dialog.about.startswith("encoder/names: cannot be opened: holds text")
    show = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
    assert not show.isEnabled()
    QTest.keyClick(dialog.line, Qt.Key.Key_Return)
    assert dialog.isVisible(), "what cannot be opened is not chosen"
    QTest.keyClicks(dialog.line, "dec bias")
    assert rows(dialog) == ["decoder/bias"]
    assert dialog.line.accessibleDescription() == "decoder/bias: uint8 8 x 5"
    QTest.keyClick(dialog.line, Qt.Key.Key_Return)
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 8  W 5"
    assert window.files.outcomes() == ["8 × 5   uint8"], "in the line of its file"
    assert button.text() == "decoder/bias"


def test_groups_stay_as_they_were_left(open_window: Open, tree_file: Path, qtbot: QtBot) -> None:
    window = open_window(tree_file, filters=1, kernel=(1,))
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    dialog = dialog_of(window)
    for key in (Qt.Key.Key_End, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(dialog.line, key)
    closed = ["encoder", "  kernel", "  bias", "  names", "decoder", "last"]
    assert rows(dialog) == closed
    QTest.keyClicks(dialog.line, "bias")
    QTest.keyClick(dialog.line, Qt.Key.Key_Escape)
    window.commands.members.ask()
    assert rows(dialog_of(window)) == closed
    dialog_of(window).reject()


def test_a_double_click_shows_a_member(open_window: Open, tree_file: Path, qtbot: QtBot) -> None:
    window = open_window(tree_file, filters=1, kernel=(1,))
    window.commands.members.ask()
    dialog = dialog_of(window)
    index = dialog.tree.model().index(2, 0)
    place = dialog.tree.visualRect(index).center()
    QTest.mouseClick(dialog.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(dialog.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton)  # the dialog has gone before the button is let go of
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 9  W 5"


def test_members_are_stepped_through(open_window: Open, tree_file: Path, qtbot: QtBot) -> None:
    window = open_window(tree_file, filters=1, kernel=(1,))
    sizes = []
    for key in [Qt.Key.Key_PageDown] * 4 + [Qt.Key.Key_PageUp] * 5:
        QTest.keyClick(window, key, Qt.KeyboardModifier.AltModifier)
        settle(qtbot, window)
        sizes.append(int(window.pane(Stage.INPUT).title_text.split()[1]))
    assert sizes == [4, 7, 8, 9, 8, 7, 4, 3, 3]
    assert len(window.session.files.entries) == 1


def test_a_member_that_turns_out_damaged_is_told_and_stepped_over(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, first=np.full((3, 5), 1, np.uint8), second=np.full((4, 5), 77, np.uint8), third=np.zeros((6, 5)))
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"M" * 20, b"M" * 19 + b"N"))
    window = open_window(path, filters=1, kernel=(1,))
    for _ in range(2):
        QTest.keyClick(window, Qt.Key.Key_PageDown, Qt.KeyboardModifier.AltModifier)
        settle(qtbot, window)
        if window.message.kind == "error":
            assert "checksum" in window.message.message
            assert window.pane(Stage.INPUT).title_text == "H 3  W 5", "what was shown stays"
            assert window.files.outcomes() == ["3 × 5   uint8"]
    assert window.pane(Stage.INPUT).title_text == "H 6  W 5"


def test_what_has_one_array_offers_no_members(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=1)
    assert not any(window.form.field(name).isVisible() for name in ("member", "members"))
    assert not any(action.isEnabled() for action in window.actions_.members)


def test_ten_thousand_members_are_listed_and_found_without_delay(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    with zipfile.ZipFile(tmp_path / "many.npz", "w") as file:
        for number in range(10_000):
            header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }".ljust(117) + b"\n"
            content = b"\x93NUMPY\x01\0v\0" + header + bytes(6)
            file.writestr(f"group {number % 100}/array {number}.npy", content)
    window = open_window(tmp_path / "many.npz", filters=1, kernel=(1,))
    assert len(window.session.members) == 10_000
    begin = time.thread_time()
    window.commands.members.ask()
    dialog = dialog_of(window)
    qtbot.waitExposed(dialog)
    opened = time.thread_time() - begin
    begin = time.thread_time()
    QTest.keyClicks(dialog.line, "9999")
    found = time.thread_time() - begin
    assert rows(dialog) == ["group 99/array 9999"]
    assert opened < 1.0
    assert found < 1.0
    dialog.reject()
    plan = window.session.plan
    assert plan is not None
    small = replace(plan, info=replace(plan.info, members=()))
    assert len(pickle.dumps(plan)) == len(pickle.dumps(small)), "a plan, which goes with each request, has no list"
