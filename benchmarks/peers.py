"""The padding layer called on one array, against what other libraries offer for the same result."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.row import Row

NAMES = ("peers",)
ROUNDS = 15


def measure(bench: Bench) -> list[Row]:
    """Runs every peer that is installed in turn with ours; the others get a row that says so."""
    found = bench.script("padding_peers.py", str(ROUNDS))
    missing = "is not installed; the dependency group `bench` has it"
    return [
        *(Row(name, "ms", both["ours"], both["peer"], against=both["against"]) for name, both in found["rows"].items()),
        *(Row(name, "ms", (), note=f"{package} {missing}") for name, package in found["missing"].items()),
    ]
