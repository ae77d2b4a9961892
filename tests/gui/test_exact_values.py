"""Nobody's numbers are wrong: whatever an array holds, the window tells what numpy tells, to the last bit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.gui.table.panel import TablePanel
from padviewer.plan import Stage

SHAPE, TARGET = (6, 7), (9, 10)
ROUNDS = int(os.environ.get("PADVIEWER_FUZZ_CASES", "0")) or 1
SPECIAL: dict[str, list] = {
    "float16": [np.nan, np.inf, -np.inf, 65504, -65504, 6e-8, -0.0, 2049],
    "float32": [np.nan, np.inf, -np.inf, 3.4028235e38, 1e-45, -1e-45, -0.0, 16777217],
    "float64": [np.nan, np.inf, -np.inf, 1.7976931348623157e308, 5e-324, -5e-324, -0.0, 2.0**53 + 2, 0.1],
    "uint64": [2**64 - 1, 2**53 + 1, 2**63, 0],
    "int64": [-(2**63), 2**63 - 1, 2**53 + 1, -(2**53) - 1],
    "int8": [-128, 127],
    "uint32": [2**32 - 1],
    "bool": [True, False],
    "complex64": [complex(np.nan, np.inf), complex(-0.0, 3.4e38), complex(np.inf, 0), 1e-45j],
    "complex128": [complex(5e-324, -1.7e308), complex(np.nan, 1), complex(0, -np.inf), 0.1 + 0.2j],
}
UNIFORM = {
    "all NaN": np.nan,
    "all Inf": np.inf,
    "all -Inf": -np.inf,
    "all denormal": 5e-324,
    "constant": -7.5,
    "zero": 0,
}


def arrays(seed: int) -> dict[str, np.ndarray]:
    """Arrays of each dtype with its odd elements at random places, and arrays of one number."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, special in SPECIAL.items():
        dtype = np.dtype(name)
        if dtype.kind in "iu":
            limits = np.iinfo(dtype)
            array = rng.integers(limits.min, limits.max, SHAPE, dtype, endpoint=True)
        elif dtype.kind == "b":
            array = rng.random(SHAPE) < 0.5
        else:
            array = rng.normal(size=SHAPE) * 10.0 ** rng.integers(-4, 4, SHAPE)
            array = (array + 1j * rng.normal(size=SHAPE) if dtype.kind == "c" else array).astype(dtype)
        places = rng.permutation(array.size)[: len(special)]
        with np.errstate(over="ignore"):
            array.reshape(-1)[places] = np.array(special, dtype)
        found[name] = array
    return found | {name: np.full(SHAPE, value) for name, value in UNIFORM.items()}


def same_bits(found: np.ndarray, expected: np.ndarray) -> bool:
    return found.dtype == expected.dtype and found.shape == expected.shape and found.tobytes() == expected.tobytes()


def table_of(qtbot: QtBot, window: MainWindow) -> TablePanel:
    with qtbot.waitActive(window):
        window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_T)
    panel = window.instruments.panel("table")
    assert isinstance(panel, TablePanel)
    panel.choice.setCurrentIndex(list(window.panes.panes).index(Stage.PADDED))
    return panel


def cells(qtbot: QtBot, window: MainWindow, panel: TablePanel) -> list[list[str]]:
    def read() -> list[list[str]]:
        return [[panel.model.data(panel.model.index(row, column)) for column in range(10)] for row in range(9)]

    read()
    settle(qtbot, window)
    return read()


def check_statistics(window: MainWindow, array: np.ndarray) -> None:
    counted = window.statistics.found(Stage.PADDED)
    assert counted is not None
    found = counted.answer
    magnitude = np.abs(array.astype("complex128")) if array.dtype.kind == "c" else array
    finite = magnitude[np.isfinite(array)]
    assert (found.count, found.finite) == (array.size, finite.size)
    assert (found.nans, found.infs) == (np.isnan(magnitude).sum(), np.isinf(magnitude).sum())
    assert found.zeros == (array == 0).sum()
    if finite.size and array.dtype.kind in "iub":
        assert (found.minimum, found.maximum) == (int(finite.min()), int(finite.max())), "every digit of an integer"
    elif finite.size:
        assert found.minimum == pytest.approx(float(finite.min()), rel=1e-6)
        assert found.maximum == pytest.approx(float(finite.max()), rel=1e-6)


def check_colours(window: MainWindow, array: np.ndarray) -> None:
    """NaN and infinity have colours that no finite element has, and each its own."""
    if array.dtype.kind != "f":
        return
    pixels = window.pane(Stage.INPUT).canvas.pixels
    assert pixels is not None

    def colours(where: np.ndarray) -> set[tuple[int, ...]]:
        return {tuple(colour) for colour in pixels[where].tolist()}

    kinds = [np.isnan(array), array == np.inf, array == -np.inf, np.isfinite(array)]
    found = [colours(kind) for kind in kinds]
    assert all(len(colour) <= 1 for colour in found[:3])
    assert not found[0] & (found[1] | found[2] | found[3])
    assert not (found[1] | found[2]) & found[3]


def check_written(window: MainWindow, array: np.ndarray) -> None:
    """What is written on an element is it, but for the digits that there is no room for."""
    texts = window.pane(Stage.PADDED).canvas.texts
    for (row, column), lines in texts.items():
        value = array[row, column]
        parts = [value.real, value.imag] if array.dtype.kind == "c" else [value]
        for line, part in zip(lines, parts, strict=False):
            if "…" in line:
                continue
            number = line.replace("−", "-").removesuffix("i").replace("Inf", "inf").replace("NaN", "nan")
            if array.dtype.kind in "iub":
                assert int(number) == int(part)
            else:
                assert float(number) == pytest.approx(float(part), rel=6e-4, abs=0, nan_ok=True)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_every_number_is_told_as_it_is(seed: int, open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    made = arrays(seed)
    for name, array in made.items():
        np.save(tmp_path / f"{name}.npy", array)
    first = next(iter(made))
    window = open_window(tmp_path / f"{first}.npy", axes="HW", target=TARGET, position="center", filters=1, kernel=(1,))
    panel = table_of(qtbot, window)
    rng = np.random.default_rng(seed)
    for name, array in made.items():
        window.commands.open_paths([str(tmp_path / f"{name}.npy")])
        settle(qtbot, window)
        plan = window.session.plan
        assert plan is not None
        assert Path(plan.info.path).stem == name
        padded = np.pad(array, ((1, 2), (1, 2)))
        assert cells(qtbot, window, panel) == [[str(value) for value in row] for row in padded], name
        for _ in range(3):
            row, column = (int(rng.integers(0, size)) for size in TARGET)
            window.panes.probed.emit(column + 0.5, row + 0.5)
            settle(qtbot, window)
            told = window.probe.text(Stage.PADDED)[1].removesuffix("   padding")
            assert told == str(padded[row, column]), (name, row, column)
        check_statistics(window, padded)
        check_colours(window, array)
        check_written(window, padded)
        target = tmp_path / f"{name}_out.npy"
        with qtbot.waitSignal(window.session.export_ended, timeout=20_000) as ended:
            window.commands.export(Stage.PADDED, str(target))
        assert ended.args[1] is None
        assert same_bits(np.load(target), padded), name


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kernel": (9,)}, "axis H has 6 elements after padding, fewer than the 9 that the kernel spans"),
        ({"strides": (2,), "dilation": (3,)}, "strid"),
        ({"kernel": (2**20,), "target": (2**21, 2**21)}, "GiB"),
    ],
)
def test_a_convolution_that_cannot_be_says_why_and_what_would(
    settings: dict, said: str, open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    np.save(tmp_path / "a.npy", np.ones((6, 7), np.float32))
    window = open_window(tmp_path / "a.npy", filters=1)
    window.session.edit(settings)
    settle(qtbot, window)
    assert window.message.kind == "error"
    assert said in window.message.message
    assert any(word in window.message.message for word in ("use ", "set "))
    assert window.pane(Stage.FEATURE).detail_text == "cannot be made with these settings"
    assert window.pane(Stage.INPUT).title_text == "H 6  W 7", "what is shown stays"


def test_a_target_beyond_any_memory_is_shown_with_its_bytes_and_refused_where_it_would_be_written(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    array = np.arange(42, dtype=np.float32).reshape(6, 7)
    np.save(tmp_path / "a.npy", array)
    window = open_window(tmp_path / "a.npy", filters=1, kernel=(1,))
    window.session.edit({"target": (2**40, 2**40)})
    settle(qtbot, window)
    assert window.pane(Stage.PADDED).title_text == "1099511627776 × 1099511627776"
    assert "padded 4194304 EiB" in window.form.cost_text
    window.panes.probed.emit(3.5, 2.5)
    settle(qtbot, window)
    assert window.probe.text(Stage.PADDED)[1] == str(array[2, 3])
    with qtbot.waitSignal(window.session.export_ended, timeout=20_000) as ended:
        window.commands.export(Stage.PADDED, str(tmp_path / "out.npy"))
    error = ended.args[1]
    assert error is not None
    assert "takes 4194304 EiB; at most 64.0 TiB are written. Set a smaller target" in error.message
    assert not (tmp_path / "out.npy").exists()
    window.session.edit({"target": (8, 8)})
    settle(qtbot, window)
    assert window.pane(Stage.PADDED).title_text == "8 × 8"
