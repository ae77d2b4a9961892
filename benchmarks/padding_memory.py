"""Padding a whole tensor in memory, a copy of as many bytes, and np.pad, in turn: START ROUNDS HEIGHTxWIDTH.

Ours is what an export reads: tile by tile as it is cut for a .npy file, and then in one piece.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from padviewer.export.grid import Grid, row_tile
from padviewer.export.payload import USUAL
from padviewer.geometry import whole
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.sources.base import ArraySource
from padviewer.sources.padded import read_padded
from padviewer.spec import PipelineSpec

WARM_UP = 2


def compare(rounds: int, target: tuple[int, int]) -> dict[str, Any]:
    """Returns milliseconds as samples of each way, and what was padded to what."""
    # As much content as a photo of 3000x4000 has in 4096x4096.
    shape = (target[0] * 3000 // 4096, target[1] * 4000 // 4096, 3)
    array = np.random.default_rng(0).random(shape, np.float32)
    info = ArrayInfo("array", None, ".npy", shape, "float32", "HWC", True, array.nbytes)
    plan = resolve(PipelineSpec(target=target, filters=1), info, budget=sys.maxsize)
    source = ArraySource(array, info)
    padded = whole((*target, 3))
    result = read_padded(source, plan, padded)
    margins = [(pad.before, pad.after) for pad in plan.pad_width]
    if not np.array_equal(result, np.pad(array, margins)):
        raise ValueError("read_padded and np.pad differ; expected the same elements")
    copy = np.empty_like(result)

    grid = Grid(result.shape, row_tile(result.shape, result.itemsize, USUAL.tile))

    def in_tiles() -> None:
        for number in range(grid.count):
            read_padded(source, plan, grid.region(number))

    ways: dict[str, Callable[[], Any]] = {
        "tiles": in_tiles,
        "whole": lambda: read_padded(source, plan, padded),
        "memcpy": lambda: np.copyto(copy, result),
        "np.pad": lambda: np.pad(array, margins),
    }
    samples: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + WARM_UP):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            samples[name].append((time.perf_counter() - started) * 1000)
    size = f"{'x'.join(map(str, shape))} float32 to {target[0]}x{target[1]}, {result.nbytes / 1e6:.0f} MB"
    return {"ways": {name: values[WARM_UP:] for name, values in samples.items()}, "size": size}


if __name__ == "__main__":
    height, width = map(int, sys.argv[3].split("x"))
    print(json.dumps(compare(int(sys.argv[2]), (height, width))))
