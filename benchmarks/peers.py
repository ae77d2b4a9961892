"""The padding layer called on one array, against what other libraries offer for the same result."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.row import Row, missing

ROUNDS, QUICK_ROUNDS = 15, 4


def peers(bench: Bench) -> Iterator[Row]:
    """Runs every peer that is installed in turn with ours; the others get a row that says so."""
    # In the peers' Python, and so is ours here: one process has both.
    rounds = QUICK_ROUNDS if bench.quick else ROUNDS
    found = bench.script("padding_peers.py", str(rounds), peer=True, timeout=180)
    for name, both in found["rows"].items():
        yield Row(name, "ms", both["ours"], both["peer"], against=both["against"])
    for name, package in found["missing"].items():
        yield missing(name, package)
