"""Weights of a file in the window: by drops and keys, in one edit, and what happens where they cannot be read."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from driving import Open, settle
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot
from test_main_window import drop, probe

from padviewer.gui.form.layers_dialog import LayersDialog
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage

KERNEL = np.random.default_rng(0).normal(size=(3, 2, 3, 4)).astype("float32")
BIAS = np.float32([0.5, -1, 2, 3])


def weights_file(**more: np.ndarray) -> bytes:
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        file["layers/conv2d/vars/0"] = KERNEL
        file["layers/conv2d/vars/1"] = BIAS
        for path, array in more.items():
            file[path.replace("__", "/")] = array
    return data.getvalue()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """What Keras would save of padding, a convolution and a depthwise one."""
    layers = [
        {
            "class_name": "MultiDimDynamicPadding",
            "config": {"name": "pad", "target_shape": [500, 700], "position": "end", "mode": "edge", "seed": 0},
        },
        {
            "class_name": "Conv2D",
            "config": {
                "name": "first", "kernel_size": [3, 2], "strides": [2, 2], "padding": "same", "activation": "tanh",
                "dilation_rate": [1, 1], "groups": 1,
            },
        },
        {"class_name": "DepthwiseConv2D", "config": {"name": "deep", "kernel_size": [3, 3], "strides": [1, 1]}},
    ]  # fmt: skip
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": layers}}))
        archive.writestr(
            "model.weights.h5", weights_file(layers__depthwise_conv2d__vars__0=np.ones((3, 3, 3, 1), "float32"))
        )
    return path


def dialog_of(window: MainWindow, qtbot: QtBot) -> LayersDialog:
    qtbot.waitUntil(lambda: window.findChild(LayersDialog) is not None and window.findChild(LayersDialog).isVisible())
    return window.findChild(LayersDialog)


def rows(dialog: LayersDialog) -> list[list[str]]:
    items = [dialog.list.topLevelItem(row) for row in range(dialog.list.topLevelItemCount())]
    return [[item.text(column) for column in range(3)] for item in items]


def expected(photo: Path) -> np.ndarray:
    """The first layer of the model on the photo, by numpy."""
    from PIL import Image  # noqa: PLC0415 - as the photo was made

    x = np.pad(np.asarray(Image.open(photo)).astype("float32"), ((0, 1), (0, 0), (0, 0)))
    view = np.lib.stride_tricks.sliding_window_view(x, (3, 2), (0, 1))[::2, ::2]
    return np.tanh(np.einsum("hwcab,abcf->hwf", view, KERNEL) + BIAS)


def test_a_dropped_model_offers_its_layers_and_one_is_taken_in_one_edit(
    open_window: Open, photo: Path, model: Path, qtbot: QtBot
) -> None:
    window = open_window(photo)
    before = window.session.spec
    assert drop(window, QUrl.fromLocalFile(str(model)))
    dialog = dialog_of(window, qtbot)
    assert rows(dialog) == [
        ["first", "Conv2D", "3 × 2 × 3 → 4"],
        ["deep", "DepthwiseConv2D", "3 × 3 × 3 → 3"],
        ["pad", "MultiDimDynamicPadding", ""],
    ]
    assert dialog.list.isColumnHidden(3), "all of them fit"
    assert len(window.session.files.entries) == 1, "a model is no picture"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.spec.weights == "file")
    settle(qtbot, window)
    spec = window.session.spec
    assert (spec.conv, spec.filters, spec.kernel, spec.strides) == ("standard", 4, (3, 2), (2, 2))
    assert (spec.conv_padding, spec.activation) == ("same", "tanh")
    assert window.session.plan.problem is None
    feature = window.pane(Stage.FEATURE)
    assert feature.title_text == "240 × 320 × 4"
    assert "weights first" in feature.detail_text.replace("\u00a0", " ")
    _place, value = probe(window, 200.5, 100.5)[Stage.FEATURE]
    assert float(value) == pytest.approx(float(expected(photo)[50, 100, 0]), abs=1e-4)
    window.commands.undo()
    settle(qtbot, window)
    assert window.session.spec == before
    window.commands.redo()
    settle(qtbot, window)
    assert window.session.spec == spec
    assert window.session.plan.problem is None


def test_padding_of_a_model_gives_its_settings(open_window: Open, photo: Path, model: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=2)
    window.session.look_for_weights(str(model))
    dialog = dialog_of(window, qtbot)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_End)
    buttons = [button.text() for button in dialog.findChildren(type(dialog._buttons.buttons()[0]))]
    assert "Take its settings" in buttons
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    settle(qtbot, window)
    spec = window.session.spec
    assert (spec.target, spec.position, spec.mode) == ((500, 700), "end", "edge")
    assert (spec.filters, spec.weights) == (2, "random")


def test_nothing_changes_where_the_dialog_is_left(open_window: Open, photo: Path, model: Path, qtbot: QtBot) -> None:
    window = open_window(photo)
    before = window.session.spec
    window.session.look_for_weights(str(model))
    dialog_of(window, qtbot)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    settle(qtbot, window)
    assert window.session.spec == before


def test_a_kernel_of_numpy_is_chosen_from_the_form(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kernel.npy"
    np.save(path, KERNEL)
    window = open_window(photo)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(path), ""))
    QTest.keyClicks(window.form.field("weights"), "file")
    qtbot.waitUntil(lambda: window.session.spec.weights == "file")
    settle(qtbot, window)
    assert (window.session.spec.filters, window.session.plan.problem) == (4, None)
    assert "kernel.npy" in window.form.field("weights_file").toolTip()
    # The file changes: reloading takes it up.
    first = probe(window, 200.5, 100.5)[Stage.FEATURE][1]
    np.save(path, 2 * KERNEL)
    window.commands.reload()
    settle(qtbot, window)
    assert float(probe(window, 200.5, 100.5)[Stage.FEATURE][1]) == pytest.approx(2 * float(first), rel=1e-4)


def test_weights_that_cannot_be_read_are_told_with_a_way_out(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, weights="file", weights_file=str(tmp_path / "gone.keras"))
    assert "no such file" in window.message.message
    assert window.session.plan.feature is None
    (button,) = window.message.remedies()
    button.click()
    settle(qtbot, window)
    assert window.session.spec.weights == "random"
    assert window.session.plan.problem is None
    (tmp_path / "bad.keras").write_bytes(b"PK\x03\x04 no archive")
    window.session.choose_weights(str(tmp_path / "bad.keras"))
    settle(qtbot, window)
    assert "bad.keras" in window.message.message
    assert window.session.spec.weights == "random"


def test_settings_that_name_weights_wait_for_them(open_window: Open, photo: Path, model: Path) -> None:
    settings = {"filters": 4, "kernel": (3, 2), "strides": (2,), "conv_padding": "same", "activation": "tanh"}
    window = open_window(photo, weights="file", weights_file=f"{model}::first", **settings)
    assert window.session.plan.problem is None
    _place, value = probe(window, 200.5, 100.5)[Stage.FEATURE]
    assert float(value) == pytest.approx(float(expected(photo)[50, 100, 0]), abs=1e-4)


def test_weights_are_used_for_views_and_exports_too(
    open_window: Open, photo: Path, model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    settings = {"filters": 4, "kernel": (3, 2), "strides": (2,), "conv_padding": "same", "activation": "tanh"}
    window = open_window(photo, weights="file", weights_file=f"{model}::first", budget=4 << 20, **settings)
    assert not window.session.plan.is_whole
    _place, value = probe(window, 200.5, 100.5)[Stage.FEATURE]
    assert float(value) == pytest.approx(float(expected(photo)[50, 100, 0]), abs=1e-4)
    with qtbot.waitSignal(window.session.export_ended, timeout=60_000) as ended:
        window.session.export(Stage.FEATURE, str(tmp_path / "out.npy"))
    assert ended.args[1] is None
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected(photo), atol=1e-3)


def test_an_input_of_another_rank_leaves_the_weights_where_they_belong(
    open_window: Open, photo: Path, model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(photo)
    window.session.choose_weights(f"{model}::first")
    qtbot.waitUntil(lambda: window.session.spec.weights == "file")
    np.save(tmp_path / "signal.npy", np.zeros(50, "float32"))
    window.commands.open_paths([str(tmp_path / "signal.npy")])
    settle(qtbot, window)
    assert (window.session.spec.weights, window.session.plan.problem) == ("random", None)
    window.commands.open_paths([str(photo)])
    settle(qtbot, window)
    assert (window.session.spec.weights, window.session.plan.problem) == ("file", None)
    assert window.session.plan.weights.layer.title == "first"


def test_the_menu_asks_for_a_file(
    open_window: Open, photo: Path, model: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(photo)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(model), ""))
    (action,) = [action for action in window.findChildren(QAction) if action.text() == "&Weights from a file…"]
    action.trigger()
    dialog_of(window, qtbot)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.spec.weights == "file")
    settle(qtbot, window)
    assert (window.session.spec.conv, window.session.plan.feature.shape[-1]) == ("depthwise", 3)
    assert window.findChild(LayersDialog) is None, "it is gone"
    # From the form, the layer in force is the one that is marked.
    QTest.keyClick(window.form.field("weights_file"), Qt.Key.Key_Space)
    qtbot.wait(50)
    again = dialog_of(window, qtbot)
    assert again.list.currentItem().text(0) == "deep"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    settle(qtbot, window)
    assert window.session.spec.conv == "depthwise"


def test_layers_that_do_not_fit_the_input_say_so(open_window: Open, model: Path, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "gray.npy", np.zeros((40, 50), "uint8"))
    window = open_window(tmp_path / "gray.npy")
    window.session.look_for_weights(str(model))
    dialog = dialog_of(window, qtbot)
    items = [dialog.list.topLevelItem(row) for row in range(3)]
    assert [item.text(3) for item in items] == ["reads 3 channels", "reads 3 channels", ""]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    settle(qtbot, window)
    assert "reads 3 channels, and the input has 1" in window.message.message
    window.session.undo()
    settle(qtbot, window)
    assert window.session.plan.problem is None
