"""How fast the running window follows an edit of the target, and what its processes take."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.row import Row
from benchmarks.startup import COMMAND

NAMES = ("edit",)
GOALS = {"padded": 33.0, "feature": 100.0}
EDITS = 100


def measure(bench: Bench) -> list[Row]:
    """Edits the target of one window over and over."""
    seen = bench.script("watched_window.py", str(EDITS), *COMMAND)
    memory = ", ".join(f"{name} {size / 2**20:.0f} MiB" for name, size in seen["memory"].items())
    return [
        Row(
            f"edit to {stage.upper()}",
            "ms",
            seen["edits"][stage],
            goal=goal,
            absolute=True,
            figure=figure,
            note=f"{EDITS} edits of the target; peak memory {memory}; {bench.display}" if figure == "median" else "",
        )
        for stage, goal in GOALS.items()
        for figure in ("median", "p99")
    ]
