"""The window of a data set: real files, measured by real processes, driven by mouse and keys."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from cluster import cluster
from driving import PATIENCE_MS, Open, settle, type_into
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRectF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from reading import cut_off, nameless

from padviewer.dataset.measured import Measured
from padviewer.dataset.table import tables_of
from padviewer.gui.dataset.layout import lay
from padviewer.gui.dataset.plot import SizePlot
from padviewer.gui.dataset.plot_canvas import Shown
from padviewer.gui.dataset.window import DatasetWindow
from padviewer.gui.form.fields import ElidedCombo
from padviewer.gui.main_window import MainWindow

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
SIZES = [(40 + 7 * n % 90, 60 + 11 * n % 120) for n in range(30)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """30 pictures and arrays of known sizes, signals, and files that are none."""
    inside = tmp_path / "files"
    inside.mkdir()
    for number, (height, width) in enumerate(SIZES):
        if number % 2:
            Image.new("RGB", (width, height)).save(inside / f"photo_{number:02}.png")
        else:
            np.save(inside / f"array_{number:02}.npy", np.zeros((height, width, 3), np.uint8))
    for number in range(4):
        np.save(inside / f"signal_{number}.npy", np.zeros(100 * (number + 1), np.float32))
    (inside / "broken.png").write_bytes(b"no picture at all")
    return inside


def ready(qtbot: QtBot, dataset: DatasetWindow) -> None:
    qtbot.waitUntil(lambda: dataset.settled, timeout=PATIENCE_MS)
    qtbot.wait(10)
    qtbot.waitUntil(lambda: dataset.settled, timeout=PATIENCE_MS)


def show(qtbot: QtBot, window: MainWindow) -> DatasetWindow:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_D, CONTROL)
    dataset = window.instruments.dataset
    assert dataset is not None
    qtbot.waitUntil(dataset.isVisible)
    ready(qtbot, dataset)
    return dataset


def listed(window: MainWindow) -> list[str]:
    return [Path(entry.item[0]).name for entry in window.session.files.entries]


def pixel(dataset: DatasetWindow, width: float, height: float) -> QPoint:
    frame = dataset.plot.frame
    return QPoint(round(frame.x_of(width)), round(frame.y_of(height)))


def drag(dataset: DatasetWindow, start: QPoint, end: QPoint, held=Qt.KeyboardModifier.NoModifier) -> None:
    plot = dataset.plot
    QTest.mousePress(plot, LEFT, held, start)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(plot, start + (end - start) * share)
    QTest.mouseRelease(plot, LEFT, held, end)


def point(dataset: DatasetWindow, place: QPoint) -> None:
    """Moves the pointer over the plot; `QTest` would move it over whichever window lies on top."""
    plot, at = dataset.plot, QPointF(place)
    none, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, at, plot.mapToGlobal(at), none, none, keys)
    QApplication.sendEvent(plot, event)


def drop(dataset: DatasetWindow, *paths: Path) -> None:
    """Drags files over the window, and drops them."""
    named, actions, none = QMimeData(), Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    named.setUrls([QUrl.fromLocalFile(os.fspath(path)) for path in paths])
    QApplication.sendEvent(dataset, QDragEnterEvent(QPoint(5, 5), actions, named, LEFT, none))
    QApplication.sendEvent(dataset, QDropEvent(QPointF(5, 5), actions, named, LEFT, none))


def items_of(sizes: np.ndarray) -> list[Measured]:
    shapes = [(height, width, 3) for height, width in sizes.tolist()]
    return [Measured(f"/data/{n}.png", None, shape, "HWC", "uint8", "PNG", 1) for n, shape in enumerate(shapes)]


def fill(qtbot: QtBot, dataset: DatasetWindow, sizes: np.ndarray) -> None:
    """Puts sizes there as they come from a measuring."""
    dataset.measuring.arrived.emit(tables_of(items_of(sizes)), [])
    dataset.measuring.ended.emit(True)
    ready(qtbot, dataset)


def test_the_files_of_a_folder_are_measured_and_their_figures_are_right(
    open_window: Open, folder: Path, qtbot: QtBot
) -> None:
    window = open_window(folder, filters=4, multiple_of=(8,), overflow="crop")
    button = next(b for b in window.files.findChildren(QPushButton) if b.text() == "Data set: 35 files")
    assert button.isVisible()
    QTest.mouseClick(button, LEFT)
    dataset = window.instruments.dataset
    assert dataset is not None
    ready(qtbot, dataset)
    assert dataset.collection.kinds == {"HW": 30, "T": 4}
    assert dataset.head.text == "34 files  ·  1 file refused"
    assert [line.split("\t")[0].endswith("broken.png") for line in dataset.refused.rows] == [True]
    assert dataset.refused.rows[0].split("\t")[1]
    # Without a target in the settings, it is the least that holds all.
    sizes = np.array(SIZES)
    assert dataset.target.choice.targets == (tuple(sizes.max(axis=0)),)
    dataset.target.edit({"target": (100, 120)})
    ready(qtbot, dataset)
    target = np.array([104, 120])
    data = np.minimum(sizes, target).prod(axis=1).sum() * 3
    padded = target.prod() * len(sizes) * 3
    figures = dataset.costs.figures
    assert figures is not None
    assert (figures.cost.data, figures.cost.elements) == (data, padded)
    over = (sizes > target).any(axis=1)
    lines = dataset.panel.lines
    assert lines["Padding share"] == f"{100 * (1 - data / padded):.0f} %"
    assert lines["× Overflow"].startswith(f"{over.sum()} ")
    assert lines["H holds"] == f"{100 * (sizes[:, 0] <= 104).mean():.0f} %"
    assert figures.operations == 30 * 102 * 118 * 4 * 27
    lost = 100 * (1 - data / (sizes.prod(axis=1).sum() * 3))
    told = f"{over.sum()} larger files are cropped: {lost:.{0 if lost >= 1 else 1}f} % of all elements are lost."
    assert dataset.panel.overflow_text == told
    assert dataset.plot.picture.over.sum() == over.sum()
    # Signals are bars.
    kind = dataset.choices.combos[0]
    kind.setFocus()
    QTest.keyClick(kind, Qt.Key.Key_Down)
    ready(qtbot, dataset)
    assert dataset.laid is not None
    assert dataset.laid.names == ("T", "files")
    assert dataset.target.choice.targets == ((400,),)


def test_the_target_is_dragged_stepped_and_used(open_window: Open, folder: Path, qtbot: QtBot) -> None:
    window = open_window(folder / "array_00.npy", folder / "array_02.npy", folder / "photo_01.png", filters=1)
    dataset = show(qtbot, window)
    dataset.target.edit({"target": (64, 128), "multiple_of": (16,)})
    ready(qtbot, dataset)
    drag(dataset, pixel(dataset, 128, 64), pixel(dataset, 98, 49))
    ready(qtbot, dataset)
    assert dataset.target.choice.targets == ((48, 96),)
    assert dataset.panel.field("target W").text() == "96"
    drag(dataset, pixel(dataset, 96, 20), pixel(dataset, 80, 30))
    assert dataset.target.choice.targets == ((48, 80),)
    dataset.plot.setFocus()
    QTest.keyClick(dataset.plot, Qt.Key.Key_Up)
    QTest.keyClick(dataset.plot, Qt.Key.Key_Left)
    assert dataset.target.choice.targets == ((64, 64),)
    QTest.keyClick(dataset.plot, Qt.Key.Key_Right, CONTROL)
    assert dataset.target.choice.targets == ((64, 224),)
    assert window.session.spec.target == ()
    QTest.mouseClick(dataset.panel.use_button, LEFT)
    assert (window.session.spec.target, window.session.spec.multiple_of) == ((64, 224), (16,))
    assert not dataset.panel.use_button.isEnabled()
    QTest.keyClick(dataset, Qt.Key.Key_Z, CONTROL)
    assert (window.session.spec.target, window.session.spec.multiple_of) == ((), (1,))
    type_into(window.form.field("target H"), "80")
    assert dataset.target.choice.targets == ((80, None),)
    assert dataset.plot.target.up == 80
    assert dataset.plot.target.across is None
    ready(qtbot, dataset)
    settle(qtbot, window)


def test_dots_are_named_opened_chosen_and_filtered(open_window: Open, folder: Path, qtbot: QtBot) -> None:
    window = open_window(folder / "array_00.npy", filters=1)
    dataset = show(qtbot, window)
    drop(dataset, folder)
    ready(qtbot, dataset)
    assert dataset.collection.count == 34
    dataset.target.edit({"target": (200, 300)})
    dataset.plot.fit()
    height, width = SIZES[5]
    point(dataset, pixel(dataset, width, height))
    assert dataset.foot.text == f"{height} × {width}  ·  1 file: photo_05.png"
    QTest.mouseClick(dataset.plot, LEFT, pos=pixel(dataset, width, height))
    settle(qtbot, window)
    assert window.session.plan is not None
    assert Path(window.session.plan.info.path).name == "photo_05.png"
    # From dot to dot by keys: they go from left to right.
    dataset.plot.setFocus()
    point(dataset, QPoint(2, 2))
    QTest.keyClick(dataset.plot, Qt.Key.Key_PageDown)
    narrowest = min((w, h) for h, w in SIZES)
    assert dataset.foot.text.startswith(f"{narrowest[1]} × {narrowest[0]}  ·  ")
    drag(dataset, pixel(dataset, 0, 300), pixel(dataset, 90, 0), SHIFT)
    expected = sorted(n for n, (_h, w) in enumerate(SIZES) if w <= 90)
    assert dataset.foot.chosen_text == f"{len(expected)} files chosen"
    before = len(listed(window))
    QTest.mouseClick(dataset.foot.open_button, LEFT)
    settle(qtbot, window)
    names = listed(window)
    assert {int(name.split("_")[1][:2]) for name in names[before:]} == set(expected) - {5, 0}
    type_into(dataset.choices.filter_field, "/photo_[01]/")
    ready(qtbot, dataset)
    assert dataset.laid is not None
    assert len(dataset.laid.table) == 10
    assert "10 shown" in dataset.head.text
    type_into(dataset.choices.filter_field, "/[/")
    assert dataset.choices.filter_field.property("wrong")
    type_into(dataset.choices.filter_field, "nowhere")
    ready(qtbot, dataset)
    assert dataset.plot.described == "No name of a file holds what the filter looks for."


def test_a_hundred_thousand_files_are_drawn_once_for_each_view(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(filters=1)
    dataset = show(qtbot, window)
    random = np.random.default_rng(0)
    fill(qtbot, dataset, random.integers(1, 4000, (100_000, 2)))
    plot = dataset.plot
    assert dataset.laid is not None
    assert len(dataset.laid.places) > 90_000
    plot.repaint()
    drawn = plot.picture.draws
    # Pointing, and what is drawn over the dots, leaves their picture as it is.
    for x in range(200, 260, 5):
        point(dataset, QPoint(x, 200))
        plot.repaint()
    assert plot.picture.draws == drawn
    moves = 8
    QTest.mousePress(plot, LEFT, pos=QPoint(300, 300))
    for step in range(1, moves + 1):
        QTest.mouseMove(plot, QPoint(300 + 10 * step, 300))
        plot.repaint()
    QTest.mouseRelease(plot, LEFT, pos=QPoint(300 + 10 * moves, 300))
    assert drawn + moves - 1 <= plot.picture.draws <= drawn + moves + 1
    ready(qtbot, dataset)


@pytest.mark.parametrize(
    "sizes",
    [[(7, 9)], [(640, 480)] * 50, [(0, 0), (0, 5), (3, 0)], [(1, 1), (10**7, 10**7), (3, 10**7)], [(1 << 40, 1)]],
)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("bars", [False, True])
def test_unusual_sizes_are_shown(qtbot: QtBot, sizes: list[tuple[int, int]], log: bool, bars: bool) -> None:
    plot = SizePlot()
    qtbot.addWidget(plot)
    plot.resize(700, 500)
    plot.set_log(log)
    names = ("W", "files" if bars else "H")
    laid = lay("HW", list(tables_of(items_of(np.array(sizes))).values()), names, None)
    plot.set_shown(Shown(laid.places, names))
    plot.show()
    qtbot.waitExposed(plot)
    frame = plot.frame
    picture = plot.grab().toImage()
    for height, width in sizes:
        x, y = frame.x_of(width), frame.y + frame.height - 4 if bars else frame.y_of(height)
        assert frame.x <= x <= frame.x + frame.width
        assert frame.y <= y <= frame.y + frame.height
        assert plot.place_at(x, y) is not None
        # Of the colour of dots and bars, and of nothing else that is drawn there.
        seen = [picture.pixelColor(round(x) + right, round(y)) for right in range(-3, 4)]
        assert any(colour.blue() - colour.red() > 80 for colour in seen)
    for x in (10.0, 400.0):
        for turn in (120, -120) * 2:
            wheel = QWheelEvent(QPointF(x, 100), QPointF(x, 100), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton,
                                Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
            QApplication.sendEvent(plot, wheel)
    plot.repaint()
    plot.fit()
    assert plot.frame == frame


def test_nothing_and_only_refused_files_say_so(open_window: Open, folder: Path, qtbot: QtBot) -> None:
    window = open_window(filters=1)
    dataset = show(qtbot, window)
    assert dataset.plot.described.startswith("Choose a folder")
    assert dataset.panel.lines == {}
    dataset.open([(str(folder / "broken.png"), None), (str(folder / "missing.png"), None)])
    ready(qtbot, dataset)
    assert dataset.plot.described == "None of 2 files could be measured: the tab Refused tells why."
    assert len(dataset.refused.rows) == 2


def test_measuring_is_cancelled_and_how_it_was_looked_at_is_kept(open_window: Open, folder: Path, qtbot: QtBot) -> None:
    window = open_window(folder, filters=1)
    dataset = show(qtbot, window)
    QTest.keyClick(dataset.choices.boxes[0], Qt.Key.Key_Space)
    dataset.panel.field("batch").setValue(7)
    dataset.open_listed()
    QTest.mouseClick(next(b for b in dataset.head.findChildren(QPushButton) if b.text() == "Cancel"), LEFT)
    assert not dataset.measuring.runs
    ready(qtbot, dataset)
    dataset.close()
    assert '"log": true' in window.preferences.dataset
    assert '"batch_size": 7' in window.preferences.dataset
    again = show(qtbot, window)
    assert again is dataset
    assert dataset.choices.boxes[0].isChecked()


def test_everything_can_be_read_and_has_a_name(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(filters=1)
    dataset = show(qtbot, window)
    fill(qtbot, dataset, np.array(SIZES))
    dataset.target.edit({"target": (50, 60)})
    for size in ((760, 520), (1200, 760)):
        dataset.resize(*size)
        ready(qtbot, dataset)
        assert nameless(dataset) == []
        assert cut_off(dataset) == []


def test_all_files_are_exported_by_a_process_and_the_rest_resumed(
    open_window: Open, folder: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(folder / "signal_0.npy", folder / "signal_1.npy", filters=1, fill_value=-2.5)
    np.save(folder / "signal_0.npy", np.arange(100, dtype=np.float32))
    dataset = show(qtbot, window)
    dataset.target.edit({"target": (120,), "overflow": "crop"})
    out = tmp_path / "out"
    dataset.export.set_output(str(out))

    def press(text: str) -> str:
        QTest.mouseClick(dataset.export.buttons[text], LEFT)
        qtbot.waitUntil(lambda: not dataset.export.run.runs, timeout=PATIENCE_MS)
        return dataset.export.text

    dataset.tabs.setCurrentWidget(dataset.export)
    assert press("Export all") == "Done: 2 of 2 written."
    padded = np.pad(np.arange(100, dtype=np.float32), (0, 20), constant_values=-2.5)
    assert np.array_equal(np.load(out / "signal_0.npy"), padded)
    assert np.load(out / "signal_1.npy").shape == (120,)
    assert "holds an export already" in press("Export all")
    assert set(dataset.export.buttons) == {"Export all", "Resume", "Start over"}
    (out / "signal_1.npy").unlink()
    assert press("Resume") == "Done: 2 of 2 written."
    assert (out / "signal_1.npy").exists()


def copied_as(menu: QMenu) -> dict[str, str]:
    """Returns what each entry of a menu puts on the clipboard."""
    copied = {}
    for action in menu.actions():
        action.trigger()
        copied[action.text()] = QApplication.clipboard().text()
    return copied


def test_buckets_are_found_drawn_copied_and_saved(open_window: Open, qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(filters=1, multiple_of=(8,))
    dataset = show(qtbot, window)
    fill(qtbot, dataset, np.array(SIZES))
    dataset.tabs.setCurrentWidget(dataset.buckets.panel)
    dataset.buckets.panel.field("count").setValue(3)
    QTest.mouseClick(dataset.buckets.panel.buttons[0], LEFT)
    ready(qtbot, dataset)
    found = dataset.buckets.found
    assert found is not None
    sizes, targets = np.array(SIZES), np.array(found.buckets.targets)
    assert len(targets) == 3
    assert (targets % 8 == 0).all()
    # Each file goes into the least bucket that holds it.
    holds = (sizes[:, None] <= targets).all(axis=-1)
    elements = np.where(holds, targets.prod(axis=1), np.iinfo(np.int64).max).min(axis=1)
    share = 1 - sizes.prod(axis=1).sum() / elements.sum()
    figures = dataset.buckets.panel.figures
    assert figures["3 buckets"] == f"{100 * share:.0f} %"
    largest = -(-sizes.max(axis=0) // 8) * 8
    assert figures["One target"] == f"{100 * (1 - sizes.prod(axis=1).sum() / (largest.prod() * len(sizes))):.0f} %"
    assert [row[1] for row in dataset.buckets.panel.rows] == [f"{height}×{width}" for height, width in targets]
    assert sum(int(row[2]) for row in dataset.buckets.panel.rows) == len(sizes)
    assert not dataset.plot.picture.over.any()
    assert dataset.plot.target.across is None
    assert cut_off(dataset) == []
    copied = copied_as(dataset.buckets.panel.buttons[1].menu())
    assert json.loads(copied["JSON"])["buckets"] == targets.tolist()
    for name, text in copied.items():
        if "code" in name:
            compile(text, name, "exec")
            assert all(str(size) in text for size in targets.ravel())
    dataset.buckets.save(found, str(tmp_path / "buckets.json"))
    qtbot.waitUntil(lambda: dataset.foot.text.startswith("saved the buckets"), timeout=PATIENCE_MS)
    assert (tmp_path / "buckets.json").read_text() == copied["JSON"]
    window.session.edit({"mode": "reflect", "position": "center"})
    mirrored = copied_as(dataset.buckets.panel.buttons[1].menu())
    assert {"mode": "reflect", "position": "center"}.items() <= json.loads(mirrored["JSON"]).items()
    assert all(mirrored[name] != text for name, text in copied.items())
    targets_of, model = dataset.export.fields[0], dataset.export.fields[0].model()
    assert model.flags(model.index(1, 0)) & Qt.ItemFlag.ItemIsEnabled
    targets_of.setCurrentIndex(1)
    type_into(dataset.choices.filter_field, "1.png")
    ready(qtbot, dataset)
    assert dataset.buckets.found is None
    assert dataset.buckets.panel.text == "These are of other files or settings: find again."
    assert not model.flags(model.index(1, 0)) & Qt.ItemFlag.ItemIsEnabled
    assert targets_of.currentIndex() == 0
    dataset.tabs.setCurrentWidget(dataset.panel)
    assert dataset.plot.target.across is not None


def press_in_question(qtbot: QtBot, text: str) -> list[str]:
    """Presses a button of the question that is about to come; what it offered is in the answer afterwards."""
    offered: list[str] = []
    timer = QTimer(QApplication.instance(), interval=20)

    def press() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            timer.stop()
            timer.deleteLater()
            offered.extend(button.text() for button in box.buttons())
            # Whatever was asked instead, the test goes on.
            buttons = sorted(box.buttons(), key=lambda button: button.text() != text)
            QTest.mouseClick(buttons[0], LEFT)

    timer.timeout.connect(press)
    timer.start()
    return offered


def test_an_export_is_asked_about_and_goes_on_or_is_resumed(
    open_window: Open, folder: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(*sorted(folder.glob("array_*.npy")), filters=1)
    dataset = show(qtbot, window)
    dataset.target.edit({"target": (150, 200)})
    dataset.export.set_output(str(tmp_path / "out"))
    dataset.tabs.setCurrentWidget(dataset.export)
    QTest.mouseClick(dataset.export.buttons["Export all"], LEFT)
    offered = press_in_question(qtbot, "Keep it open")
    dataset.close()
    assert len(offered) == 3
    assert dataset.isVisible()
    press_in_question(qtbot, "Stop the export")
    dataset.close()
    assert not dataset.isVisible()
    qtbot.waitUntil(lambda: not dataset.export.run.runs, timeout=PATIENCE_MS)
    again = show(qtbot, window)
    assert again.export.text == "Cancelled: what is written stays, and Resume writes the rest."
    QTest.mouseClick(dataset.export.buttons["Resume"], LEFT)
    press_in_question(qtbot, "Keep it open")
    window.close()
    assert window.isVisible()
    offered = press_in_question(qtbot, "Go on in the background")
    dataset.close()
    assert offered
    # What is written does not follow the target.
    dataset.target.edit({"target": (10, 10)})
    qtbot.waitUntil(lambda: not dataset.export.run.runs, timeout=PATIENCE_MS)
    assert dataset.export.text == "Done: 15 of 15 written."
    written = sorted((tmp_path / "out").glob("*.npy"))
    assert [np.load(path).shape for path in written] == [(150, 200, 3)] * 15
    assert f'"output": "{tmp_path}/out"' in window.preferences.dataset


def test_members_and_lists_stand_for_their_items(open_window: Open, folder: Path, qtbot: QtBot, tmp_path: Path) -> None:
    arrays = {f"a{n}": np.zeros((10 + n, 20, 3), np.uint8) for n in range(5)}
    np.savez(tmp_path / "many.npz", **arrays)
    np.savez(tmp_path / "one.npz", only=np.zeros((7, 9), np.float32))
    with h5py.File(tmp_path / "tree.h5", "w") as tree:
        for name, array in arrays.items():
            tree[f"group/{name}"] = array
    (tmp_path / "list.txt").write_text("files/photo_01.png\nfiles/missing.png\nmany.npz::a3\n")
    window = open_window(filters=1)
    dataset = show(qtbot, window)
    paths = [tmp_path / name for name in ("many.npz", "one.npz", "tree.h5", "list.txt")]
    drop(dataset, *paths)
    ready(qtbot, dataset)
    assert dataset.laid is not None
    names = sorted(item.name.removeprefix(f"{tmp_path}/") for item in dataset.laid.table.items)
    members = [f"many.npz::a{n}" for n in range(5)] + [f"tree.h5::/group/a{n}" for n in range(5)]
    assert names == sorted([*members, "one.npz", "files/photo_01.png"])
    assert [Path(item.path).name for item in dataset.collection.refused] == ["missing.png"]
    row = next(n for n, item in enumerate(dataset.laid.table.items) if item.member == "a3")
    dataset.plot.opened.emit(row)
    settle(qtbot, window)
    assert window.session.plan is not None
    assert (window.session.plan.info.member, window.session.plan.info.shape) == ("a3", (13, 20, 3))


def test_the_keyboard_alone_goes_from_dot_to_dot_and_draws_a_box(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(filters=1)
    dataset = show(qtbot, window)
    fill(qtbot, dataset, np.array([(height, width) for height in (10, 50, 100) for width in (10, 50, 100)]))
    plot, alt = dataset.plot, Qt.KeyboardModifier.AltModifier
    before = dataset.target.choice
    plot.setFocus()
    told = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(plot, key, alt)
        told.append(dataset.foot.text.split("  ")[0])
    assert told == ["50 × 50", "50 × 100", "100 × 100", "100 × 50", "50 × 50", "10 × 50"]
    assert dataset.target.choice == before
    point(dataset, QPoint(2, 2))
    for key, times in ((Qt.Key.Key_Left, 60), (Qt.Key.Key_Up, 60)):
        for _ in range(times):
            QTest.keyClick(plot, key, SHIFT)
    # From the middle to the upper left: the box holds what lies there.
    assert dataset.foot.chosen_text == "2 files chosen"
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert dataset.foot.chosen_text == ""
    assert nameless(dataset) == []


@pytest.mark.parametrize("size", [(720, 480), (1200, 760)])
def test_what_is_written_over_dots_stays_inside_and_apart(
    open_window: Open, qtbot: QtBot, size: tuple[int, int]
) -> None:
    window = open_window(filters=1, multiple_of=(8,))
    dataset = show(qtbot, window)
    dataset.resize(*size)
    fill(qtbot, dataset, np.array(SIZES))
    plot = dataset.plot

    def checked() -> int:
        plot.repaint()
        frame = plot.frame
        area = QRectF(frame.x, frame.y, frame.width, frame.height)
        assert all(area.contains(place) for place in plot.captions)
        assert not any(a.intersects(b) for a, b in itertools.combinations(plot.captions, 2))
        return len(plot.captions)

    for target in ((50, 60), (120, 170), (1, 1), (130, 60)):
        dataset.target.edit({"target": target})
        ready(qtbot, dataset)
        assert checked() >= 2
    dataset.tabs.setCurrentWidget(dataset.buckets.panel)
    QTest.mouseClick(dataset.buckets.panel.buttons[0], LEFT)
    ready(qtbot, dataset)
    assert dataset.buckets.found is not None
    assert checked() >= len(dataset.buckets.found.buckets.targets)
    frame = plot.frame
    for height, width in dataset.buckets.found.buckets.targets:
        assert frame.x <= frame.x_of(width) <= frame.x + frame.width
        assert frame.y <= frame.y_of(height) <= frame.y + frame.height
    # One number for the batches, on both tabs.
    both = dataset.buckets.panel.figures["Longest of batch"], dataset.panel.lines["Longest of batch"]
    assert both[0] == both[1]
    # Other files have no buckets yet.
    fill(qtbot, dataset, np.array([(5, 5)]))
    dataset.open([])
    assert dataset.buckets.search.found is None


def test_a_filter_that_hangs_does_not_stop_the_window(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(filters=1)
    dataset = show(qtbot, window)
    names = [Measured(f"/data/{'a' * 60}{n}!", None, (4, 5), "HW", "uint8", "PNG", 1) for n in range(3)]
    dataset.measuring.arrived.emit(tables_of(names), [])
    dataset.measuring.ended.emit(True)
    ready(qtbot, dataset)
    type_into(dataset.choices.filter_field, "/(a+)+$/")
    qtbot.wait(50)
    assert not dataset.settled
    type_into(dataset.choices.filter_field, "*2!")
    ready(qtbot, dataset)
    assert dataset.laid is not None
    assert len(dataset.laid.table) == 1
    assert not dataset.choices.filter_field.property("wrong")


def test_an_export_runs_on_a_cluster(open_window: Open, folder: Path, qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(folder / "signal_0.npy", folder / "signal_1.npy", filters=1)
    dataset = show(qtbot, window)
    dataset.target.edit({"target": (120,), "overflow": "crop"})
    dataset.tabs.setCurrentWidget(dataset.export)
    with cluster(1, processes=False) as (address, _running):
        dataset.export.set_scheduler(address)
        dataset.export.set_output(str(tmp_path / "out"))
        QTest.mouseClick(dataset.export.buttons["Export all"], LEFT)
        qtbot.waitUntil(lambda: not dataset.export.run.runs, timeout=PATIENCE_MS)
        assert dataset.export.text == "Done: 2 of 2 written."
    assert np.load(tmp_path / "out" / "signal_1.npy").shape == (120,)


def test_a_long_choice_is_elided_in_its_middle_and_told_whole(qtbot: QtBot) -> None:
    combo = ElidedCombo()
    qtbot.addWidget(combo)
    name = "cluster node-with-a-very-long-name-0017.rack-4.example.org:40123 GPU:0"
    combo.addItems(["CPU:0", name])
    combo.setFixedWidth(160)
    combo.show()
    assert combo.shown_text == "CPU:0"
    combo.setCurrentText(name)
    assert combo.shown_text.startswith("cluster")
    assert combo.shown_text.endswith("GPU:0")
    assert "…" in combo.shown_text
    assert name in combo.toolTip()
    assert not combo.grab().toImage().isNull()


def test_a_single_dot_is_not_written_over(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(filters=1)
    dataset = show(qtbot, window)
    dataset.resize(720, 480)
    fill(qtbot, dataset, np.array([(480, 640)]))
    dataset.target.edit({"target": (48, 320)})
    ready(qtbot, dataset)
    dataset.plot.repaint()
    at = QPointF(pixel(dataset, 640, 480))
    assert dataset.plot.captions
    assert not any(place.contains(at) for place in dataset.plot.captions)
