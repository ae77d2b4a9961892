"""Whole feature maps by the engine, and by a TensorFlow graph on the padded tensor, in turn: START ROUNDS SIZES.

SIZES is JSON: a list of input height, width, target height, width, and filters.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from padviewer.geometry import Span
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.engine import Engine
from padviewer.workers.messages import ComputeRequest, TileRequest
from padviewer.workers.shared import OwnedArray, SharedArray

WARM_UP = 1
LOOKED_AT = 64


def compare(rounds: int, sizes: tuple[int, int, int, int, int]) -> dict[str, list[float]]:
    """Returns milliseconds as samples, from the input in shared memory.

    `held` is ours until the engine can hand out any part of the map, in which what padding makes equal is kept once;
    `whole` until every element lies in shared memory, as an export takes them. `held peer` is until the graph has its
    result, `whole peer` until that was copied into the same shared memory.
    """
    height, width, *target, filters = sizes
    array = np.random.default_rng(0).random((height, width, 3), np.float32)
    spec = PipelineSpec(target=tuple(target), filters=filters)
    with ExitStack() as owned:
        shared = OwnedArray(array.shape, "float32")
        owned.callback(shared.release)
        with shared.array.open() as memory:
            memory[...] = array
        wanted = resolve(spec, _info(array, 0), sys.maxsize).require(Stage.FEATURE)
        room = OwnedArray(wanted.shape, wanted.dtype)
        owned.callback(room.release)
        return _in_turn(rounds, spec, array, shared.array, room.array)


def _in_turn(
    rounds: int, spec: PipelineSpec, array: np.ndarray[Any, Any], shared: SharedArray, room: SharedArray
) -> dict[str, list[float]]:
    engine = Engine()
    samples: dict[str, list[float]] = {"held": [], "whole": [], "held peer": [], "whole peer": []}
    margins = [(0, 0), *((0, size - n) for size, n in zip(spec.target, array.shape, strict=False)), (0, 0)]
    padded = tf.pad(array[None], margins)
    graph = graph_of(spec, padded)
    for number in range(rounds + WARM_UP):
        for way, name in enumerate(("held", "whole")):
            # The engine keeps what it has computed for a file: each time is another's.
            plan = resolve(spec, _info(array, 2 * number + way), sys.maxsize)
            request = ComputeRequest(plan, shared, room if name == "whole" else None)
            started = time.perf_counter()
            engine.answer(request, _ignore)
            samples[name].append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        result = graph(padded)
        corner = result[0, :LOOKED_AT, :LOOKED_AT].numpy()
        samples["held peer"].append((time.perf_counter() - started) * 1000)
        if number == 0:
            _same(engine, plan, room, corner)
        started = time.perf_counter()
        result = graph(padded)
        with room.open() as memory:
            np.copyto(memory, result[0].numpy())
        samples["whole peer"].append((time.perf_counter() - started) * 1000)
        del result
    return {name: values[WARM_UP:] for name, values in samples.items()}


def graph_of(spec: PipelineSpec, padded: Any) -> Callable[[Any], Any]:
    """Returns the convolution as a graph for the padded tensor, with the kernel that the engine draws."""
    kernel = keras.initializers.GlorotUniform(seed=spec.seed)
    layer = keras.layers.Conv2D(spec.filters, 3, activation=spec.activation, kernel_initializer=kernel)
    graph: Callable[[Any], Any] = tf.function(layer).get_concrete_function(tf.TensorSpec(padded.shape, padded.dtype))
    return graph


def _info(array: np.ndarray[Any, Any], number: int) -> ArrayInfo:
    return ArrayInfo("array", None, ".npy", array.shape, "float32", "HWC", True, array.nbytes, modified=number)


def _same(engine: Engine, plan: Plan, room: SharedArray, corner: np.ndarray[Any, Any]) -> None:
    """Checks a corner of the engine's map, as tiles are cut of it and as an export gets it."""
    stage = plan.require(Stage.FEATURE)
    region = (*(Span(0, min(LOOKED_AT, size)) for size in stage.shape[:2]), Span(0, stage.shape[2]))
    tile = engine.answer(TileRequest(plan, Stage.FEATURE, region, region), _ignore)
    with room.open() as exported:
        for ours in (tile.data, exported[:LOOKED_AT, :LOOKED_AT]):
            np.testing.assert_allclose(ours, corner, rtol=1e-4, atol=1e-5)


def _ignore(_done: int, _total: int) -> None:
    """Nobody asks how far it is."""


if __name__ == "__main__":
    print(json.dumps(compare(int(sys.argv[2]), tuple(json.loads(sys.argv[3])))))
