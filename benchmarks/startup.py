"""From process start to the first frame and to the feature map."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.arrays import CASES, PHOTO, PICTURE, Case
from benchmarks.bench import Bench, BenchError
from benchmarks.row import Row, missing

# The bundled picture's window needs no more; a photo's feature map of 2 GB does.
TIMEOUT = 180


def first_frame(bench: Bench) -> Iterator[Row]:
    """Opens each array in the real window and, sampled to a pane's size, in a bare one."""
    for case in CASES:
        try:
            yield _first_frame(bench, case)
        except BenchError as error:
            yield Row.failed(f"first_frame {case.name}", error)


def _first_frame(bench: Bench, case: Case) -> Row:
    path = case.file(bench)
    scenario = {"do": "first_frame"}

    def round_() -> tuple[dict[str, Any], float]:
        window = bench.window(scenario, path, *case.options())
        bare: float = bench.script("bare_window.py", path, case.size)["first_frame"]
        return window, bare

    rounds = _warm(bench, round_)
    return Row(
        f"first_frame {case.name}",
        "s",
        [window["first_frame"] for window, _bare in rounds],
        [bare for _window, bare in rounds],
        1.4,
        against="bare pyqtgraph window of three images, of the array's samples that fill a pane",
        note=bench.display,
    )


def feature(bench: Bench) -> Iterator[Row]:
    """Waits for FEATURE: of a picture beside Keras' import, of a photo beside the script that people write."""
    try:
        yield _picture(bench)
    except BenchError as error:
        yield Row.failed(f"feature {PICTURE.name}", error)
    if "matplotlib" not in bench.versions:
        yield missing(f"feature {PHOTO.name}", "matplotlib")
        return
    try:
        yield _photo(bench)
    except BenchError as error:
        yield Row.failed(f"feature {PHOTO.name}", error)


def _picture(bench: Bench) -> Row:
    path = PICTURE.file(bench)

    def round_() -> tuple[dict[str, Any], float]:
        return bench.window({"do": "feature"}, path, *PICTURE.options()), bench.python("-c", "import keras")[0]

    rounds = _warm(bench, round_)
    windows = [window for window, _keras in rounds]
    early = sum(window["first_frame"] < window["engine"] for window in windows)
    return Row(
        f"feature {PICTURE.name}",
        "s",
        drawn(windows),
        [keras for _window, keras in rounds],
        1.1,
        against='python -c "import keras", to its exit',
        note=f"INPUT and PADDED were there before the engine was ready in {early} of {len(windows)} runs; "
        f"{bench.display}",
    )


def _photo(bench: Bench) -> Row:
    path, output = PHOTO.file(bench), bench.directory / "script.png"

    def round_() -> tuple[dict[str, Any], float]:
        window = bench.window({"do": "feature"}, path, *PHOTO.options(), timeout=TIMEOUT)
        script = bench.script("keras_script.py", path, PHOTO.size, output, peer=True, timeout=TIMEOUT)
        seconds: float = script["feature"]
        return window, seconds

    rounds = [round_() for _ in range(bench.runs)]
    return Row(
        f"feature {PHOTO.name}",
        "s",
        drawn([window for window, _script in rounds]),
        [script for _window, script in rounds],
        0.5,
        against=f"a script of Keras and matplotlib {bench.versions['matplotlib']} that saves the same three pictures",
        note=f"padded to {PHOTO.size}, 32 filters; {bench.display}",
    )


def drawn(windows: list[dict[str, Any]]) -> list[float]:
    """Returns when FEATURE was drawn.

    Raises:
        BenchError: it was refused.
    """
    for window in windows:
        if "feature" not in window:
            raise BenchError(f"FEATURE was refused: {window.get('refused', 'no reason was given')}")
    return [window["feature"] for window in windows]


def _warm(bench: Bench, round_: Callable[[], tuple[dict[str, Any], float]]) -> list[tuple[dict[str, Any], float]]:
    """Runs one round more, and first, but for a quick pass: it compiles bytecode and fills the file cache."""
    if not bench.quick:
        round_()
    return [round_() for _ in range(bench.runs)]
