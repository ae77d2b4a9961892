"""Figures: laid out without overlaps, and read back from PNG, SVG and PDF by others."""

from __future__ import annotations

import io
import re
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from driving import PATIENCE_MS, Open, settle
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPicture
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from padviewer.gui.figure.figure import Figure, FigurePane, take_figure
from padviewer.gui.figure.files import pdf_of, png_of, svg_of
from padviewer.gui.figure.layout import UNITS_PER_MM, lay_out
from padviewer.gui.rendering import INF_COLOUR, NAN_COLOUR, lookup_table
from padviewer.gui.theme import DARK, LIGHT
from padviewer.plan import Stage

SVG = "{http://www.w3.org/2000/svg}"
TEXTS = st.text(st.characters(categories=("L", "N", "P")), max_size=30) | st.sampled_from(
    ["", "H 148  W 240  C 3", "top\u00a00  bottom\u00a0112  left\u00a00  right\u00a0160", "word " * 40]
)


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    height = draw(st.integers(24, 3000))

    def pane() -> FigurePane:
        width = draw(st.integers(30, 2000))
        levels = draw(st.none() | st.tuples(*[st.floats(-1e300, 1e300)] * 2))
        named = draw(st.sampled_from([{}, {"NaN": NAN_COLOUR}, {"NaN": NAN_COLOUR, "Inf": INF_COLOUR}]))
        texts = [draw(TEXTS) for _ in range(6)]
        rect = QRectF(0, 0, width, height)
        return FigurePane(
            "Feature map",
            *texts[:5],
            texts[5],
            (width, height),
            None,
            QPicture(),
            rect,
            levels,
            lookup_table("gray"),
            named,
        )

    panes = (pane(), pane(), pane())
    return Figure(panes, (0.0, float(height)), draw(TEXTS), draw(TEXTS), "padviewer", LIGHT)


def rects_of(layout) -> list[QRectF]:
    """What may not lie over anything else."""
    found = [line.rect for line in layout.lines]
    for placed in layout.panes:
        found += [placed.canvas, *(line.rect for line in placed.lines), *(rect for rect, _colour in placed.swatches)]
        found += [placed.bar] if placed.bar is not None else []
    return found


@settings(deadline=None)
@given(figure=figures(), width_mm=st.integers(90, 600))
def test_nothing_lies_over_anything_else_nor_beyond_the_page(qapp, figure: Figure, width_mm: int):
    layout = lay_out(figure, width_mm * UNITS_PER_MM)
    page = QRectF(0, 0, layout.width, layout.height).adjusted(0, 0, 1, 1)
    rects = rects_of(layout)
    for i, rect in enumerate(rects):
        assert page.contains(rect)
        for other in rects[i + 1 :]:
            both = rect.intersected(other)
            assert both.width() < 0.01 or both.height() < 0.01, (rect, other)
    assert len({placed.scale for placed in layout.panes}) == 1


@pytest.fixture
def window(open_window: Open, photo: Path):
    return open_window(photo, target=(512, 800), position="center")


def test_a_png_has_the_size_and_the_resolution_that_were_asked_for(window):
    figure = take_figure(window, LIGHT)
    image = Image.open(io.BytesIO(png_of(figure, 180, 200)))
    assert image.width == round(180 / 25.4 * 200)
    assert image.info["dpi"] == pytest.approx((200, 200), abs=0.1)


def test_pictures_are_at_the_place_and_the_scale_of_the_screen(window, photo):
    figure = take_figure(window, LIGHT, trims=False)
    layout = lay_out(figure, 180 * UNITS_PER_MM)
    pixels = np.asarray(Image.open(io.BytesIO(png_of(figure, 180, 192))).convert("RGB")).astype(int)
    elements = np.asarray(Image.open(photo)).astype(int)
    background = np.array([0xDF, 0xE3, 0xE8])
    placed = layout.panes[0]
    left, top, width, height = window.pane(Stage.INPUT).canvas.view
    for row, column in ((40, 60), (240, 320), (470, 630)):
        # The panes share the coordinates of PADDED, where the content begins at (16, 80).
        x = placed.canvas.left() + (column + 80.5 - left) / width * placed.canvas.width()
        y = placed.canvas.top() + (row + 16.5 - top) / height * placed.canvas.height()
        found = pixels[int(y * 2), int(x * 2)]
        # The last channel changes from element to element.
        assert np.abs(found - elements[row, column])[:2].max() < 4, (row, column, found, elements[row, column])
    assert (pixels[int(placed.canvas.top() * 2) + 4, int(placed.canvas.left() * 2) + 4] == background).all()


def test_an_svg_holds_text_and_lines_and_three_pictures(window):
    figure = take_figure(window, LIGHT)
    root = ET.fromstring(svg_of(figure, 180, 200))
    assert root.get("width") == "180.0000mm"
    texts = " ".join("".join(element.itertext()).strip() for element in root.iter(f"{SVG}text"))
    for text in (
        "Input",
        "Padded",
        "Feature map",
        "512 × 800 × 3",
        "padding",
        "top\u00a016",
        "--target 512x800",
        "levels",
    ):
        assert text in texts, text
    pictures = list(root.iter(f"{SVG}image"))
    assert len(pictures) == 3 + 1  # the bar of the feature map's levels is one too
    clipped = [group.get("clip-path") for group in root.iter(f"{SVG}g") if group.get("clip-path")]
    assert clipped == [f"url(#{clip.get('id')})" for clip in root.iter(f"{SVG}clipPath")]
    assert len(clipped) == 3
    patterns = list(root.iter(f"{SVG}pattern"))
    assert patterns
    assert all([child.tag for child in pattern] == [f"{SVG}path"] for pattern in patterns)
    assert not list(root.iter(f"{SVG}mask"))


def test_a_pdf_is_one_page_of_its_size_with_fonts(window):
    figure = take_figure(window, LIGHT)
    layout = lay_out(figure, 120 * UNITS_PER_MM)
    found = pdf_of(figure, 120, 200)
    assert found.startswith(b"%PDF-")
    assert found.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type\s*/Page\b", found)) == 1
    box = [float(word) for word in re.search(rb"/MediaBox\s*\[([^\]]*)\]", found).group(1).split()]
    assert box[2] == pytest.approx(120 / 25.4 * 72, abs=1)
    assert box[3] == pytest.approx(layout.height * 0.75, abs=1)
    assert b"/FontFile2" in found or b"/FontFile3" in found
    assert b"/ToUnicode" in found


def test_a_figure_is_light_whatever_the_window_is(window):
    before = window.grab().toImage()
    figure = take_figure(window, LIGHT)
    assert window.theme is DARK
    corner = QImage.fromData(png_of(figure, 180, 96)).pixelColor(2, 2)
    assert corner.name() == LIGHT.panel
    assert window.grab().toImage() == before, "the window is as it was"


def test_what_is_empty_above_and_below_is_left_out(window):
    whole, trimmed = (take_figure(window, LIGHT, trims) for trims in (False, True))
    heights = [lay_out(figure, 680).height for figure in (whole, trimmed)]
    assert heights[1] < heights[0]
    assert lay_out(whole, 680).panes[0].scale == lay_out(trimmed, 680).panes[0].scale
    first, last = trimmed.rows
    for pane in trimmed.panes:
        assert first <= pane.covered.top()
        assert last >= pane.covered.bottom()


def test_elements_that_are_no_numbers_have_a_legend(open_window: Open, tmp_path):
    path = tmp_path / "nan.npy"
    np.save(path, np.full((5, 6), np.nan, "float32"))
    figure = take_figure(open_window(path, target=(8, 8)), LIGHT)
    assert [list(pane.not_finite) for pane in figure.panes] == [["NaN"], ["NaN"], ["NaN"]]


def test_a_pane_without_a_picture_says_why(open_window: Open, tmp_path):
    path = tmp_path / "array.npy"
    np.save(path, np.ones((2, 2), "float32"))
    figure = take_figure(open_window(path, kernel=(5,)), LIGHT)
    assert figure.panes[2].picture is None
    root = ET.fromstring(svg_of(figure, 180, 96))
    texts = "".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))
    assert "kernel" in texts


def test_a_line_of_elements_is_seen(open_window: Open, tmp_path):
    path = tmp_path / "line.npy"
    np.save(path, np.full((3000, 1), 255, "uint8"))
    figure = take_figure(open_window(path), LIGHT)
    layout = lay_out(figure, 180 * UNITS_PER_MM)
    image = QImage.fromData(png_of(figure, 180, 96))
    row = round(layout.panes[0].canvas.center().y())
    left, right = layout.panes[0].canvas.left(), layout.panes[0].canvas.right()
    found = {image.pixelColor(column, row).name() for column in range(round(left) + 3, round(right) - 3)}
    assert len(found) > 1, "there is more than background"


def test_the_settings_are_told_without_the_folder(window):
    figure = take_figure(window, LIGHT)
    assert figure.settings == "padviewer photo.png --target 512x800 --position center"


def test_hidden_axes_are_told(open_window: Open, tmp_path):
    path = tmp_path / "volume.npy"
    np.save(path, np.ones((4, 6, 6), "float32"))
    figure = take_figure(open_window(path, axes="DHW", target=(8, 8, 8)), LIGHT)
    assert "D\u00a0" in figure.panes[0].place
    assert "filter\u00a00\u00a0of\u00a032" in figure.panes[2].place


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_dialog_writes_a_figure(window, tmp_path, qtbot: QtBot, monkeypatch, suffix):
    path = tmp_path / f"figure.{suffix}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    window.actions_.save_figure.trigger()
    dialog = window.commands.results.figures.dialog
    dialog.width_field.setValue(100)
    dialog.dpi_field.setValue(96)
    qtbot.waitUntil(lambda: dialog.size_text.startswith("100 × "), timeout=PATIENCE_MS)
    next(button for button in dialog.buttons.buttons() if "Save" in button.text()).click()
    qtbot.waitUntil(lambda: "wrote" in window.status.message, timeout=PATIENCE_MS)
    assert path.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml", b"%PDF-")
    assert window.preferences.figure_width == 100
    assert window.preferences.figure_dpi == 96
    settle(qtbot, window)
    qtbot.waitUntil(lambda: not [t for t in threading.enumerate() if t.name == "padviewer figure"], timeout=PATIENCE_MS)


def test_a_place_that_cannot_be_written_is_told(window, tmp_path, qtbot: QtBot):
    window.commands.results.figures.save(str(tmp_path / "missing" / "figure.png"))
    qtbot.waitUntil(lambda: "does not exist" in window.message.message, timeout=PATIENCE_MS)
    window.commands.results.figures.save(str(tmp_path / "figure.gif"))
    qtbot.waitUntil(lambda: ".png, .svg or .pdf" in window.message.message, timeout=PATIENCE_MS)


def test_a_figure_is_copied(window, qtbot: QtBot):
    window.preferences.figure_dpi = 96
    window.commands.results.copy_figure()
    qtbot.waitUntil(lambda: "figure copied" in window.status.message, timeout=PATIENCE_MS)
    assert QApplication.clipboard().image().width() == round(180 / 25.4 * 96)


def test_the_colours_can_be_those_of_the_screen(window, qtbot: QtBot):
    window.actions_.save_figure.trigger()
    dialog = window.commands.results.figures.dialog
    dialog.theme_field.setCurrentIndex(dialog.theme_field.findData("screen"))
    assert window.preferences.figure_theme == "screen"
    dialog.reject()
    window.preferences.figure_dpi = 96
    window.commands.results.copy_figure()
    qtbot.waitUntil(lambda: "figure copied" in window.status.message, timeout=PATIENCE_MS)
    assert QApplication.clipboard().image().pixelColor(2, 2).name() == DARK.panel
