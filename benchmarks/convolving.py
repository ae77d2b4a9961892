"""Whole feature maps beside a TensorFlow graph on the padded tensor."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psutil

from benchmarks.bench import Bench, BenchError
from benchmarks.row import Row

# Input height and width, target height and width, filters; how many of each for a quick pass.
SIZES = {
    "a photo": ((3000, 4000, 4096, 4096, 32), (750, 1000, 1024, 1024, 32)),
    "mostly padding": ((1000, 1000, 8192, 8192, 8), (250, 250, 2048, 2048, 8)),
}
WAYS = {
    "held": "until any part can be shown; what padding makes equal is kept once",
    "whole": "until every element lies in shared memory, as an export takes them; so for the peer",
}
TIMEOUT = 300


def feature_map(bench: Bench) -> Iterator[Row]:
    """Computes the map of each size in turn with the graph."""
    for words, choices in SIZES.items():
        sizes = choices[bench.quick]
        height, width, *target, filters = sizes
        name = f"feature_map of {words}"
        nbytes = 4 * filters * target[0] * target[1]
        # Ours, the graph's, and what each needs to get there.
        if 4 * nbytes > psutil.virtual_memory().available:
            yield Row(name, "ms", (), goal=1.0, note=f"needs about {4 * nbytes / 1e9:.0f} GB of free memory")
            continue
        try:
            samples = bench.script("feature_maps.py", str(bench.runs), json.dumps(sizes), timeout=TIMEOUT)
        except BenchError as error:
            yield Row.failed(name, error)
            continue
        told = f"{height}x{width}x3 to {target[0]}x{target[1]}, {filters} filters, {nbytes / 1e9:.1f} GB"
        against = "Conv2D in a TensorFlow graph, from a tensor that is padded already"
        for way, how in WAYS.items():
            note = f"{told}; {how}"
            yield Row(f"{name}, {way}", "ms", samples[way], samples[f"{way} peer"], 1.0, against=against, note=note)
