"""The padding layers against Keras' own, in a graph and under XLA."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.row import Row

GOALS = {"3000": 1.05, "224": 1.2}
ROUNDS, QUICK_ROUNDS = 40, 8


def layer(bench: Bench) -> Iterator[Row]:
    """Runs every layer and size in one process."""
    samples = bench.script("padding_layers.py", str(QUICK_ROUNDS if bench.quick else ROUNDS), timeout=180)
    for name, both in samples.items():
        yield Row(
            name,
            "ms",
            both["ours"],
            both["peer"],
            next((goal for size, goal in GOALS.items() if f" {size}x" in name and not name.endswith("XLA")), None),
            against="ZeroPadding2D with the same amounts, both in a graph that takes any size",
        )
