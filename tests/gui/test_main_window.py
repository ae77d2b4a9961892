"""The window as a person uses it: real files, real workers, what is written and drawn in the panes."""

from __future__ import annotations

import importlib.util
import os
import signal
from pathlib import Path

import keras
import numpy as np
import pytest
from driving import PATIENCE_MS, Open, settle, type_into
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.layers import MultiDimDynamicPadding
from padviewer.plan import Stage


def drop(target: QWidget, *urls: QUrl) -> bool:
    """Drops URLs on a widget as the desktop does; a drop that no accepted enter came before is never delivered."""
    mime = QMimeData()
    mime.setUrls(list(urls))
    actions, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), actions, mime, buttons, keys)
    QApplication.sendEvent(target, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(target, QDropEvent(QPointF(5, 5), actions, mime, buttons, keys))
    return True


def shown(window: MainWindow, stage: Stage) -> np.ndarray:
    """The RGBA pixels of a pane."""
    pixels = window.pane(stage).canvas.pixels
    assert pixels is not None
    return pixels


def step_of(window: MainWindow, stage: Stage) -> int:
    """The sampling distance that the honesty line tells."""
    words = window.pane(stage).honesty_text.replace("\u00a0", " ").split()
    return int(words[1][:-2]) if words[0] == "every" else 1


def keras_model(target: tuple[int, ...], filters: int, seed: int, **padding: str) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((None, None, 3)),
            MultiDimDynamicPadding(target, **padding),
            keras.layers.Conv2D(
                filters, 3, activation="relu", kernel_initializer=keras.initializers.GlorotUniform(seed=seed)
            ),
        ]
    )


def test_shows_input_padded_tensor_and_feature_map_of_a_photo(open_window: Open, photo: Path) -> None:
    window = open_window(photo, target=(600, 800), position="center", filters=4, seed=3)
    pixels = np.asarray(Image.open(photo))
    padded = np.pad(pixels, ((60, 60), (80, 80), (0, 0)))
    assert window.windowTitle() == "photo.png — padviewer"
    assert window.pane(Stage.INPUT).title_text == "H 480  W 640  C 3"
    assert window.pane(Stage.PADDED).title_text == "600 × 800 × 3"
    assert window.pane(Stage.PADDED).detail_text.replace("\u00a0", " ") == "top 60  bottom 60  left 80  right 80"
    assert window.pane(Stage.PADDED).share_text == "36 % padding"
    assert window.pane(Stage.FEATURE).title_text == "598 × 798 × 4"
    for stage, expected in ((Stage.INPUT, pixels), (Stage.PADDED, padded)):
        step = step_of(window, stage)
        assert np.array_equal(shown(window, stage)[..., :3], expected[::step, ::step])
    probed = probe(window, 200.5, 100.5)
    feature = keras_model((600, 800), 4, 3, position="center")(pixels[None].astype("float32"))[0]
    assert probed[Stage.INPUT] == ("H 40  W 120", "  ".join(str(v) for v in pixels[40, 120]))
    assert probed[Stage.PADDED] == ("H 100  W 200", "  ".join(str(v) for v in padded[100, 200]))
    place, value = probed[Stage.FEATURE]
    assert place == "H 99  W 199"
    assert float(value) == pytest.approx(float(feature[99, 199, 0]), abs=1e-3, rel=1e-5)


def probe(window: MainWindow, x: float, y: float) -> dict[Stage, tuple[str, str]]:
    """Points at a place on screen, in PADDED's coordinates, and reads the probe."""
    window.panes.probed.emit(x, y)
    stages = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)
    for _ in range(500):
        texts = {stage: window.probe.text(stage) for stage in stages}
        if not any("…" in value for _place, value in texts.values()):
            return texts
        QTest.qWait(10)
    raise AssertionError(f"the probe never got its values: {texts}")


def test_an_edit_takes_effect_at_once_in_labels_and_pixels(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=2)
    field = window.form.field("target H")
    type_into(field, "512")
    assert window.pane(Stage.PADDED).title_text == "512 × 640 × 3"
    assert window.pane(Stage.FEATURE).title_text == "510 × 638 × 2"
    settle(qtbot, window)
    step = step_of(window, Stage.PADDED)
    expected = np.pad(np.asarray(Image.open(photo)), ((0, 32), (0, 0), (0, 0)))[::step, ::step]
    assert np.array_equal(shown(window, Stage.PADDED)[..., :3], expected)
    type_into(window.form.field("fill_value"), "255")
    settle(qtbot, window)
    assert (shown(window, Stage.PADDED)[-1, :, :3] == 255).all()


def test_each_setting_of_the_form_reaches_the_plan(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo)
    for name, text in (("kernel", "5x3"), ("strides", "2"), ("filters", "3"), ("seed", "7"), ("target W", "700")):
        type_into(window.form.field(name), text)
    for name, text in (("position", "end"), ("overflow", "crop"), ("conv_padding", "same"), ("activation", "tanh")):
        combo = window.form.field(name)
        combo.setFocus()
        QTest.keyClicks(combo, text)
    spec = window.session.spec
    assert (spec.kernel, spec.strides, spec.filters, spec.seed) == ((5, 3), (2,), 3, 7)
    assert (spec.target, spec.position, spec.overflow) == ((None, 700), "end", "crop")
    assert (spec.conv_padding, spec.activation) == ("same", "tanh")
    settle(qtbot, window)
    assert window.pane(Stage.FEATURE).title_text == "240 × 350 × 3"


def test_multiples_random_places_and_fills_for_each_channel(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    seed = window.form.field("position_seed")
    assert not seed.isVisible()
    type_into(window.form.field("multiple_of"), "100x64")
    type_into(window.form.field("target H"), "620")
    assert window.pane(Stage.PADDED).title_text == "700 × 640 × 3"
    position = window.form.field("position")
    position.setFocus()
    QTest.keyClicks(position, "random")
    assert seed.isVisible()
    assert not window.actions_.average.isChecked(), "letters that choose are no shortcuts"
    type_into(seed, "5")
    type_into(window.form.field("fill_value"), "10,20,30")
    settle(qtbot, window)
    plan = window.session.plan
    assert plan is not None
    assert plan.spec.position_seed == 5
    before, after = plan.spatial[0].pad
    assert before + after == 220
    pixels = np.asarray(Image.open(photo))
    expected = np.empty((700, 640, 3), np.uint8)
    expected[:] = (10, 20, 30)
    expected[before : before + 480] = pixels
    step = step_of(window, Stage.PADDED)
    assert np.array_equal(shown(window, Stage.PADDED)[..., :3], expected[::step, ::step])
    layer = MultiDimDynamicPadding(
        (620, None), multiple_of=(100, 64), position="random", seed=5, fill_value=(10, 20, 30)
    )
    assert np.array_equal(np.asarray(layer(pixels[None].astype("float32")))[0], expected)


def test_a_backend_that_is_not_installed_is_told(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    missing = [name for name in ("jax", "torch") if importlib.util.find_spec(name) is None]
    if not missing:
        pytest.skip("all backends are installed")
    window = open_window(photo, filters=1)
    window.session.edit({"backend": missing[0]})
    settle(qtbot, window)
    assert "is not installed; install it with: pip install" in window.pane(Stage.FEATURE).note_text
    assert window.pane(Stage.PADDED).canvas.has_pixels
    window.session.edit({"backend": "tensorflow"})
    settle(qtbot, window)
    assert window.pane(Stage.FEATURE).canvas.has_pixels
    assert "TensorFlow" in window.status._engine.text()


def test_a_text_that_cannot_be_is_marked_and_changes_nothing(open_window: Open, photo: Path) -> None:
    window = open_window(photo)
    field = window.form.field("kernel")
    type_into(field, "3x")
    assert field.property("wrong")
    assert "expected a whole number" in field.toolTip()
    assert window.session.spec.kernel == (3,)
    type_into(field, "5")
    assert not field.property("wrong")
    assert window.session.spec.kernel == (5,)


def test_a_dropped_file_opens_and_takes_the_place_of_the_older(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(photo)
    array = np.arange(30 * 40, dtype=np.uint16).reshape(30, 40)
    np.save(tmp_path / "array.npy", array)
    assert drop(window, QUrl.fromLocalFile(str(tmp_path / "array.npy")))
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 30  W 40"
    assert window.files.outcomes() == ["480 × 640 × 3   uint8", "30 × 40   uint16"]
    levels = np.round(array / array.max() * 255).astype(int)
    assert np.abs(shown(window, Stage.INPUT)[..., 0].astype(int) - levels).max() <= 1


def test_drops_tell_an_outcome_for_each_item(open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    window = open_window(photo)
    broken = tmp_path / "broken.png"
    broken.write_bytes(photo.read_bytes()[:2000])
    folder = tmp_path / "folder"
    folder.mkdir()
    np.save(folder / "inside.npy", np.zeros((4, 5), np.float32))
    (folder / "notes.txt").write_text("not an array")
    web = QUrl("https://example.org/photo.png")
    assert drop(window, QUrl.fromLocalFile(str(broken)), QUrl.fromLocalFile(str(folder)), web)
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 4  W 5"
    outcomes = window.files.outcomes()
    assert len(outcomes) == 4
    assert any("not a file of this machine" in outcome for outcome in outcomes)
    assert any("the checksum of its pixel data is wrong" in outcome for outcome in outcomes)
    assert "4 × 5   float32" in outcomes


def test_a_drop_anywhere_reaches_the_window(open_window: Open, photo: Path) -> None:
    window = open_window(photo)
    places = [window.form.field(name) for name in ("kernel", "target H", "axes", "device")]
    for place in [*places, window.pane(Stage.INPUT).canvas, window.files, window.probe]:
        # Qt gives a drop to the innermost widget under the pointer that takes drops.
        found: QWidget | None = window.childAt(place.mapTo(window, place.rect().center()))
        while found is not None and not found.acceptDrops():
            found = found.parentWidget()
        assert found is window, f"{place.accessibleName()} would take the drop"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40), "damaged"),
        (lambda path: path.write_text("some words"), "known format"),
        (lambda path: np.save(path, np.zeros((2000, 2000, 3), "uint8")) or path.rename(path), ""),
    ],
    ids=["missing", "empty", "truncated", "kind", "fine"],
)
def test_a_file_that_cannot_be_read_is_told_and_what_was_open_stays(
    make, text: str, open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, target=(500, 700), filters=1)
    before = shown(window, Stage.PADDED).copy()
    path = tmp_path / "other.npy"
    make(path)
    window.commands.open_paths([str(path)])
    settle(qtbot, window)
    if not text:
        assert window.pane(Stage.INPUT).title_text == "H 2000  W 2000  C 3"
        return
    assert window.message.kind == "error"
    assert text in window.message.message
    assert window.pane(Stage.INPUT).title_text == "H 480  W 640  C 3"
    assert np.array_equal(shown(window, Stage.PADDED), before)
    assert window.session.spec.target == (500, 700)


def test_a_file_beyond_the_budget_is_refused_with_both_numbers(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, budget=64 << 20, filters=1)
    Image.new("RGB", (8000, 8000)).save(tmp_path / "large.png")
    window.commands.open_paths([str(tmp_path / "large.png")])
    settle(qtbot, window)
    assert "427 MiB" in window.message.message  # 4 bytes a pixel in Pillow, 3 in the array
    assert "64.0 MiB" in window.message.message
    assert window.pane(Stage.INPUT).title_text == "H 480  W 640  C 3"


def test_the_bar_offers_settings_that_mend_what_is_wrong(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    window.session.edit({"target": (2, 2), "overflow": "crop"})
    settle(qtbot, window)
    assert "fewer than the 3 that the kernel" in window.message.message
    assert window.pane(Stage.PADDED).title_text == "2 × 2 × 3"
    assert window.pane(Stage.FEATURE).title_text == "—"
    assert "fewer than the 3" in window.pane(Stage.FEATURE).note_text
    remedies = {button.text(): button for button in window.message.remedies()}
    assert list(remedies) == ["Kernel 2x2", "Use same"]
    QTest.mouseClick(remedies["Use same"], Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert window.message.kind == ""
    assert window.pane(Stage.FEATURE).title_text == "2 × 2 × 1"


def test_a_feature_map_beyond_the_budget_is_computed_for_the_view(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, budget=512 << 20)
    window.session.edit({"target": (100_000, 100_000)})
    settle(qtbot, window)
    assert window.message.kind == ""
    assert window.pane(Stage.PADDED).title_text == "100000 × 100000 × 3"
    assert window.pane(Stage.FEATURE).title_text == "99998 × 99998 × 32"
    assert all(window.pane(stage).canvas.has_pixels for stage in (Stage.PADDED, Stage.FEATURE))


def test_a_kernel_beyond_the_budget_is_refused_with_a_remedy(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, budget=512 << 20)
    window.session.edit({"filters": 1_000_000, "kernel": (9,)})
    settle(qtbot, window)
    assert "more than the budget of 512 MiB" in window.message.message
    QTest.mouseClick(window.message.remedies()[0], Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert window.pane(Stage.FEATURE).canvas.has_pixels


def test_killing_the_engine_leaves_the_window_alive(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, own_engine=True, filters=2)
    engine = window.session._engine.client._worker
    os.kill(engine.pid, signal.SIGKILL)
    type_into(window.form.field("filters"), "3")
    settle(qtbot, window)
    assert window.pane(Stage.FEATURE).title_text == "478 × 638 × 3"
    assert window.pane(Stage.FEATURE).canvas.has_pixels
    assert window.session.spec.filters == 3


def test_killing_the_reader_leaves_the_window_alive(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    os.kill(window.session._clients["reader"]._worker.pid, signal.SIGKILL)
    type_into(window.form.field("target H"), "600")
    settle(qtbot, window)
    step = step_of(window, Stage.PADDED)
    expected = np.pad(np.asarray(Image.open(photo)), ((0, 120), (0, 0), (0, 0)))[::step, ::step]
    assert np.array_equal(shown(window, Stage.PADDED)[..., :3], expected)


def test_cancelling_the_convolution_keeps_the_window_and_starts_the_engine_again(
    open_window: Open, photo: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, own_engine=True, filters=1, budget=12 << 30)
    window.session.edit({"target": (3000, 3000), "filters": 2, "kernel": (401,)})
    qtbot.waitUntil(lambda: not window.session.idle, timeout=PATIENCE_MS)
    qtbot.wait(600)
    assert window.session.feature.state.working, "the convolution ended before it could be cancelled"
    window.commands.cancel_feature()
    assert "cancelled" in window.pane(Stage.FEATURE).note_text
    window.session.edit({"target": (500, 700), "kernel": (3,), "filters": 2})
    settle(qtbot, window)
    assert window.pane(Stage.FEATURE).title_text == "498 × 698 × 2"
    assert window.pane(Stage.FEATURE).canvas.has_pixels


def test_zooming_one_pane_shows_the_same_place_in_all(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, target=(600, 800), position="center", filters=1, strides=(2,))
    canvas = window.pane(Stage.FEATURE).canvas
    before = canvas.view
    place = QPointF(canvas.viewport().rect().center())
    for _ in range(8):
        wheel = QWheelEvent(
            place, canvas.viewport().mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(canvas.viewport(), wheel)
    settle(qtbot, window)
    views = [window.pane(stage).canvas.view for stage in (Stage.INPUT, Stage.PADDED, Stage.FEATURE)]
    assert views[0][2] < before[2] / 2
    for view in views[1:]:
        assert view == pytest.approx(views[0], rel=0.02, abs=1)
    assert step_of(window, Stage.INPUT) == 1
    window.commands.fit()
    settle(qtbot, window)
    assert canvas.view[2] == pytest.approx(before[2])


def test_sliders_choose_the_planes_that_are_not_shown(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    volume = np.random.default_rng(0).integers(0, 255, (6, 20, 30)).astype(np.uint8)
    np.save(tmp_path / "volume.npy", volume)
    window = open_window(tmp_path / "volume.npy", target=(10, 20, 30), position="center", filters=3)
    depth = window.pane(Stage.INPUT).slider("D")
    assert depth is not None
    depth._slider.setValue(4)
    settle(qtbot, window)
    assert np.array_equal(shown(window, Stage.INPUT)[..., 0], volume[4])
    assert np.array_equal(shown(window, Stage.PADDED)[..., 0], volume[4])
    padded = window.pane(Stage.PADDED).slider("D")
    assert padded is not None
    assert padded.index == 6
    padded._slider.setValue(0)
    settle(qtbot, window)
    assert "this slice is padding" in window.pane(Stage.INPUT).note_text
    assert not window.pane(Stage.INPUT).canvas.has_pixels
    assert (shown(window, Stage.PADDED)[..., :3] == 0).all()
    filters = window.pane(Stage.FEATURE).slider("C")
    assert filters is not None
    padded._slider.setValue(6)
    settle(qtbot, window)
    first = shown(window, Stage.FEATURE).copy()
    filters._slider.setValue(2)
    settle(qtbot, window)
    assert not np.array_equal(shown(window, Stage.FEATURE), first)


def test_axes_can_be_told(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.random.default_rng(0).integers(0, 255, (3, 20, 30)).astype(np.uint8)
    np.save(tmp_path / "planes.npy", array)
    window = open_window(tmp_path / "planes.npy", filters=1)
    assert window.pane(Stage.INPUT).title_text == "C 3  H 20  W 30"
    assert "axes guessed" in window.pane(Stage.INPUT).detail_text.replace("\u00a0", " ")
    assert np.array_equal(shown(window, Stage.INPUT)[..., :3], array.transpose(1, 2, 0))
    window.session.edit({"axes": "DHW"})
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "D 3  H 20  W 30"
    assert window.form.field("target D").isVisible()
    assert np.array_equal(shown(window, Stage.INPUT)[..., 0], array[0])


def test_members_of_an_archive_are_chosen_in_the_form(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.savez(tmp_path / "two.npz", first=np.zeros((4, 5), np.uint8), second=np.ones((6, 7, 3), np.uint8))
    window = open_window(tmp_path / "two.npz", filters=1)
    assert window.pane(Stage.INPUT).title_text == "H 4  W 5"
    member = window.form.field("member")
    assert member.isVisible()
    member.setFocus()
    QTest.keyClick(member, Qt.Key.Key_Down)
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 6  W 7  C 3"
    assert window.files.outcomes() == ["6 × 7 × 3   uint8"], "in the line of its file"


def test_colour_map_and_levels_are_those_of_the_pane(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "ramp.npy", np.linspace(-1, 3, 64, dtype=np.float32).reshape(8, 8))
    window = open_window(tmp_path / "ramp.npy", filters=1)
    pane = window.pane(Stage.INPUT)
    assert "levels −1 … 3" in pane.honesty_text.replace("\u00a0", " ")
    assert shown(window, Stage.INPUT)[0, 0, 0] == 0
    assert shown(window, Stage.INPUT)[-1, -1, 0] == 255
    menu = {action.text(): action for action in pane._menu.actions()}
    menu["viridis"].trigger()
    assert tuple(shown(window, Stage.INPUT)[0, 0]) == (68, 1, 84, 255)


def test_nan_and_infinity_have_colours_and_counts(open_window: Open, tmp_path: Path) -> None:
    array = np.ones((5, 6), np.float32)
    array[1, 2], array[3, 4] = np.nan, np.inf
    np.save(tmp_path / "odd.npy", array)
    window = open_window(tmp_path / "odd.npy", filters=1, target=(8, 8))
    assert window.pane(Stage.INPUT).statistics_text.replace("\u00a0", " ").startswith("NaN 1  Inf 1")
    assert tuple(shown(window, Stage.INPUT)[1, 2]) == (255, 0, 255, 255)
    assert tuple(shown(window, Stage.PADDED)[3, 4]) == (0, 255, 255, 255)


@pytest.mark.parametrize("shape", [(0, 5), (1, 1), (1, 1, 3), (7,), (2, 0, 3), (1, 3, 4, 1), (2, 3, 4, 5, 2)])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "bool", "complex64", "uint64"])
def test_arrays_of_any_rank_and_dtype_are_shown(shape, dtype: str, open_window: Open, tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.ones(shape, dtype))
    window = open_window(tmp_path / "array.npy", kernel=(1,), filters=2)
    assert window.pane(Stage.INPUT).canvas.has_pixels == (0 not in shape)
    assert window.pane(Stage.FEATURE).canvas.has_pixels == (0 not in shape and dtype != "complex64")
    assert window.session.plan is not None
    assert window.session.plan.info.shape == shape
