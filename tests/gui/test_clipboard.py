"""What is on the clipboard becomes a file that opens: pictures to the last bit, tables, files and paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import Open, settle, type_into
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from padviewer.errors import UnsupportedSource
from padviewer.gui.clipboard import paths_in
from padviewer.gui.main_window import MainWindow
from padviewer.gui.number_table import parse_table
from padviewer.plan import Stage

CONTROL = Qt.KeyboardModifier.ControlModifier
tables = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6))
integers = hnp.arrays(np.int64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6))


def written(table: np.ndarray, between: str, ending: str = "\n") -> str:
    return ending.join(between.join(repr(value.item()) for value in row) for row in table) + ending


@given(st.one_of(tables, integers), st.sampled_from("\t;, "), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_table_of_any_numbers_reads_back_exactly(table: np.ndarray, between: str, ending: str) -> None:
    found = parse_table(written(table, between, ending))
    if table.dtype == np.int64:
        assert found.dtype == np.int64
    assert np.array_equal(found.astype(table.dtype), table, equal_nan=table.dtype == np.float64)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("width\theight\n1\t2\n", [[1, 2]]),
        ("1,5\t2,25\n3\t4\n", [[1.5, 2.25], [3, 4]]),
        ("1,5\n2,5\n", [[1, 5], [2, 5]]),
        ("1,5;2\n", [[1.5, 2]]),
        ("1\t\n\t4", [[1, np.nan], [np.nan, 4]]),
        ('"1"\t"−2"\n', [[1, -2]]),
        ("5", [[5]]),
        ("1 2\n3   4\n\n", [[1, 2], [3, 4]]),
        ("9223372036854775808\t1", [[9223372036854775808.0, 1]]),
    ],
)
def test_tables_as_spreadsheets_write_them(text: str, expected: Any) -> None:
    assert np.array_equal(parse_table(text), np.array(expected), equal_nan=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("1\t2\n3\n", "row 2 has 1 cells and the first one 2"),
        ("1\t2\n3\tfour\n", "row 2, column 2: 'four' is no number"),
        ("a\tb\n1\tx\n", "row 2, column 2: 'x' is no number"),
        ("1,234\t5,678\n", "1,234 may be 1234 or 1.234"),
        ("some words", "is no number"),
        ("1_000\t2", "is no number"),
    ],
)
def test_what_is_no_table_says_where(text: str, message: str) -> None:
    with pytest.raises(UnsupportedSource, match=message):
        parse_table(text)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("/data/a.png\n/data/b.npy\n", ["/data/a.png", "/data/b.npy"]),
        ('"/with space/a.png"', ["/with space/a.png"]),
        ("relative.npy", ["relative.npy"]),
        ("words", []),
        ("/a.png\nwords", []),
    ],
)
def test_lines_that_are_paths(text: str, paths: list[str]) -> None:
    assert paths_in(text) == paths


def paste(window: MainWindow, mime: QMimeData, qtbot: QtBot, key: Qt.Key = Qt.Key.Key_N) -> None:
    """Puts something on the clipboard and opens it by keys."""
    QApplication.clipboard().setMimeData(mime)
    with qtbot.waitSignal(window.clipboard.ready, timeout=10_000):
        QTest.keyClick(window, key, CONTROL)
    settle(qtbot, window)


def image_of(pixels: np.ndarray, kind: QImage.Format) -> QMimeData:
    data = np.ascontiguousarray(pixels)
    image = QImage(data.tobytes(), data.shape[1], data.shape[0], data.strides[0], kind)
    mime = QMimeData()
    mime.setImageData(image.copy())
    return mime


@pytest.mark.parametrize(
    ("dtype", "channels", "kind", "shape"),
    [
        (np.uint8, 4, QImage.Format.Format_RGBA8888, (9, 8, 4)),
        (np.uint8, 4, QImage.Format.Format_RGBX8888, (9, 8, 3)),
        (np.uint8, 0, QImage.Format.Format_Grayscale8, (9, 8)),
        (np.uint16, 0, QImage.Format.Format_Grayscale16, (9, 8)),
        (np.uint16, 4, QImage.Format.Format_RGBA64, (9, 8, 4)),
    ],
)
def test_a_picture_opens_with_its_exact_elements(
    dtype: type,
    channels: int,
    kind: QImage.Format,
    shape: tuple[int, ...],
    open_window: Open,
    photo: Path,
    qtbot: QtBot,
) -> None:
    size = (9, 8, channels) if channels else (9, 8)
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, size, dtype, endpoint=True)
    window = open_window(photo, filters=1)
    paste(window, image_of(pixels, kind), qtbot)
    plan = window.session.plan
    assert plan is not None
    assert (plan.info.shape, plan.info.dtype) == (shape, np.dtype(dtype).name)
    assert window.windowTitle().startswith("clipboard ")
    window.panes.probed.emit(3.5, 2.5)
    settle(qtbot, window)
    values = pixels[2, 3, : shape[2]] if channels else pixels[2, 3:4]
    assert window.probe.text(Stage.INPUT)[1] == "  ".join(str(value) for value in values)


def test_a_table_opens_and_is_kept_as_a_file_while_it_is_listed(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1, kernel=(1,))
    mime = QMimeData()
    mime.setText("1\t2\t3\n4\t5\t6\n")
    # Spreadsheets offer a picture of the cells as well.
    mime.setImageData(QImage(30, 20, QImage.Format.Format_RGB888))
    paste(window, mime, qtbot)
    assert window.pane(Stage.INPUT).title_text == "H 2  W 3"
    path = Path(window.session.files.entries[1].item[0])
    assert np.array_equal(np.load(path), [[1, 2, 3], [4, 5, 6]])
    paste(window, mime, qtbot)
    assert len({entry.item for entry in window.session.files.entries}) == 3, "another paste is another file"
    window.close()
    assert not path.parent.exists(), "nothing is left where no session is kept"


def test_files_and_paths_open_as_they_are(open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "array.npy", np.zeros((5, 6), np.uint8))
    window = open_window(photo, filters=1)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "array.npy"))])
    paste(window, mime, qtbot)
    assert window.pane(Stage.INPUT).title_text == "H 5  W 6"
    mime = QMimeData()
    mime.setText(str(photo))
    window.pane(Stage.INPUT).canvas.setFocus()
    paste(window, mime, qtbot, Qt.Key.Key_V)
    assert window.windowTitle() == "photo.png — padviewer"


def test_a_field_takes_its_own_text_from_the_clipboard(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=1)
    QApplication.clipboard().setText("512")
    field = window.form.field("target H")
    type_into(field, "")
    QTest.keyClick(field, Qt.Key.Key_V, CONTROL)
    assert window.session.spec.target == (512, None)
    assert len(window.session.files.entries) == 1


@pytest.mark.parametrize(
    ("text", "message"), [("", "it holds nothing"), ("hello\nworld", "no path and no table of numbers")]
)
def test_what_cannot_be_opened_is_told(text: str, message: str, open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    mime = QMimeData()
    if text:
        mime.setText(text)
    paste(window, mime, qtbot)
    assert window.message.kind == "error"
    assert message in window.message.message
    assert window.windowTitle() == "photo.png — padviewer"
