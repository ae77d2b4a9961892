"""From process start to the first frame and to the feature map, and the event loop in between."""

from __future__ import annotations

from typing import Any

from benchmarks.bench import SAMPLE, Bench
from benchmarks.row import Row

NAMES = ("first_frame", "feature", "event_loop")
COMMAND = (SAMPLE, "--target", "1024x1024")


def measure(bench: Bench) -> list[Row]:
    """Starts the real window and its peers in turn."""
    _round(bench)  # compiles bytecode and fills the file cache
    rounds = [_round(bench) for _ in range(bench.runs)]
    ours = [window for window, *_peers in rounds]
    return [
        Row(
            "first_frame",
            "s",
            [window["first_frame"] for window in ours],
            [bare for _window, bare, _keras, _jitter in rounds],
            1.4,
            against="bare pyqtgraph window of three images",
            note=f"{_order(ours)}; {bench.display}",
        ),
        Row(
            "feature",
            "s",
            [window["feature"] for window in ours],
            [keras for _window, _bare, keras, _jitter in rounds],
            1.1,
            against='python -c "import keras", to its exit',
            note=f"engine ready after {_median(ours, 'engine')}; {bench.display}",
        ),
        Row(
            "event_loop",
            "ms",
            [window["stall"] for window in ours],
            [jitter for _window, _bare, _keras, jitter in rounds],
            50,
            absolute=True,
            figure="max",
            against="an empty window while another process imports Keras: the machine's own jitter",
            note=f"longest stall from first frame to FEATURE; {bench.display}",
        ),
    ]


def _round(bench: Bench) -> tuple[dict[str, Any], float, float, float]:
    window = bench.script("watched_window.py", "0", *COMMAND)
    bare: float = bench.script("bare_window.py", SAMPLE)["first_frame"]
    keras, _ = bench.python("-c", "import keras")
    jitter: float = bench.script("empty_window.py")["stall"]
    return window, bare, keras, jitter


def _order(windows: list[dict[str, Any]]) -> str:
    before = sum(window["first_frame"] < window["engine"] for window in windows)
    return f"INPUT and PADDED were there before the engine was ready in {before} of {len(windows)} runs"


def _median(windows: list[dict[str, Any]], name: str) -> str:
    moments = sorted(window[name] for window in windows)
    return f"{moments[len(moments) // 2]:.2f} s"
