"""What importing a part of padviewer loads, seen from fresh processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from padviewer.verbs import VERBS

ROOT = Path(__file__).resolve().parent.parent
QT = ("PySide6", "pyqtgraph")
KERAS = ("keras", "tensorflow")
FORMATS = (
    "PIL",
    "tifffile",
    "imagecodecs",
    "h5py",
    "zarr",
    "scipy",
    "OpenEXR",
    "pydicom",
    "nibabel",
    "astropy",
    "soundfile",
)


def loaded_by(module: str, heavy: tuple[str, ...]) -> list[str]:
    code = f"import sys, {module}; print(*[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("module", ["padviewer.sources", "padviewer.export", "padviewer.plan"])
def test_formats_are_loaded_only_when_a_file_asks_for_them(module: str) -> None:
    assert loaded_by(module, QT + KERAS + FORMATS) == []


def test_the_command_line_loads_neither_qt_nor_keras() -> None:
    assert loaded_by("padviewer.cli", QT + KERAS) == []


def test_only_the_verb_that_is_chosen_is_loaded() -> None:
    verbs = tuple(f"padviewer.verbs.{verb}" for verb in VERBS)
    assert loaded_by("padviewer.cli; padviewer.cli.build_parser()", verbs + FORMATS) == []
    for verb in VERBS:
        chosen = f"padviewer.cli; padviewer.cli.build_parser({verb!r})"
        assert loaded_by(chosen, (*verbs, *QT, *KERAS, "padviewer.batch", "padviewer.workers")) == [
            f"padviewer.verbs.{verb}"
        ]


def test_the_window_and_a_reader_that_starts_load_no_models() -> None:
    modules = (
        "padviewer.gui.app, padviewer.gui.form.layers_dialog, padviewer.workers.reader, padviewer.workers.weights_job"
    )
    assert loaded_by(modules, (*KERAS, "h5py")) == []


def test_a_window_that_starts_loads_neither_the_readers_of_files_nor_the_writers() -> None:
    """It opens no file; what it loads before the workers start, these start later by."""
    modules = ("padviewer.sources.openers", "padviewer.sources.tiff", "padviewer.export", "padviewer.workers.reader")
    asked = "padviewer.cli, padviewer.options, padviewer.gui.launch, padviewer.gui.app"
    named = "padviewer.options.items_of(padviewer.cli.build_parser().parse_args(['photo.png::a']))"
    assert loaded_by(f"{asked}; {named}", modules) == []


def test_a_reader_that_starts_loads_no_writers() -> None:
    assert loaded_by("padviewer.workers.reader", ("padviewer.export.array_writer", "padviewer.export.formats")) == []


def test_the_leaves_load_neither_numpy_nor_qt() -> None:
    assert loaded_by("padviewer.display, padviewer.assets", (*QT, *KERAS, *FORMATS, "numpy")) == []


def test_the_package_itself_loads_nothing() -> None:
    assert loaded_by("padviewer", (*QT, *KERAS, *FORMATS, "numpy", "padviewer.live", "padviewer.errors")) == []


def test_showing_arrays_loads_no_qt_where_they_come_from() -> None:
    assert loaded_by("padviewer; padviewer.show", QT + KERAS + FORMATS) == []


def test_the_layers_load_no_qt() -> None:
    assert loaded_by("padviewer.layers", QT) == []


def test_nothing_but_the_layers_and_the_engine_loads_keras() -> None:
    """Where a message or a constant pulls TensorFlow in, the window freezes for seconds: so every module is tried."""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / "padviewer").rglob("*.py")]
    names = sorted(name.removesuffix(".__init__") for name in names)
    heavy = ("padviewer.layers", "padviewer.workers.engine", "padviewer.workers.convolution")
    light = [name for name in names if not name.startswith(heavy) and name != "padviewer.workers.model"]
    assert loaded_by(", ".join(name for name in light if not name.endswith("__main__")), KERAS) == []
