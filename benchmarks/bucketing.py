"""What dynamic padding is for: an epoch over lines of text of many lengths, padded in four ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.bench import Bench
from benchmarks.row import Row

WAYS = {
    "own": "to its own longest",
    "alike": "of like lengths to its own longest",
    "buckets": "of like lengths to a multiple of 128",
}
# Compiling each shape takes longer than the epochs themselves.
TIMEOUT = 600


def bucketing(bench: Bench) -> Iterator[Row]:
    """Trains a model for each way, all in turn, in a graph and, but for a quick pass, under XLA."""
    for jit, words in ((False, "graph"), (True, "XLA"))[: 1 if bench.quick else 2]:
        found = bench.script("bucketed_training.py", str(bench.runs), str(int(jit)), timeout=TIMEOUT)
        peer = found["ways"]["all"]
        for way, words_of_way in WAYS.items():
            yield Row(
                f"epoch, batch {words_of_way}, {words}",
                "s",
                found["ways"][way]["epochs"],
                peer["epochs"],
                against=f"every batch to the longest of all: {_told(peer)}",
                note=f"{_told(found['ways'][way])}; {found['data']}",
            )


def _told(way: dict[str, Any]) -> str:
    return (
        f"{way['padding']:.0%} padding, traces {way['traces']}, shapes {way['shapes']}, "
        f"first epoch {way['first']:.1f} s"
    )
