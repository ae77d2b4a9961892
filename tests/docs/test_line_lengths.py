"""Lines whose lengths a benchmark draws: the same on every machine, and as from-zero-padding.md says."""

import json

import numpy as np

from benchmarks.bucketed_training import ADVANCE, BUCKET, arranged
from benchmarks.line_lengths import COUNTS, counted, drawn


def test_every_machine_draws_the_same_lengths() -> None:
    assert drawn(256)[:6].tolist() == [43, 61, 14, 66, 3, 67]
    assert (drawn(256).min(), drawn(256).max()) == (1, 77)


def test_the_ways_to_pad_differ_in_padding_and_shapes_as_the_page_says() -> None:
    lengths = drawn(256)
    seen = {}
    for name, (batches, options) in arranged(lengths).items():
        pixels = lengths[batches] * ADVANCE
        widths = np.full(len(batches), pixels.max()) if "target_shape" in options else pixels.max(axis=1)
        widths = -(-widths // BUCKET) * BUCKET if options.get("multiple_of") else widths
        padding = 1 - pixels.sum() / (widths.sum() * batches.shape[1])
        seen[name] = (f"{padding:.0%}", len(set(widths.tolist())))
    assert seen == {"all": ("38%", 1), "own": ("34%", 6), "alike": ("5%", 16), "buckets": ("12%", 9)}


def test_the_longest_line_makes_two_thirds_of_a_batch_padding() -> None:
    counts = np.array(json.loads(COUNTS.read_text("ascii"))["lines"])
    lengths = np.arange(1, len(counts) + 1)
    assert (counts.sum(), len(counts)) == (31537, 149)
    assert f"{1 - (counts @ lengths) / counts.sum() / len(counts):.0%}" == "69%"


def test_the_library_of_this_python_is_much_the_same() -> None:
    counts = np.array(counted())
    assert 40 < np.searchsorted(np.cumsum(counts), counts.sum() / 2) < 60
