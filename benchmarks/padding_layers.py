"""Padding layers in TensorFlow's graphs and under XLA, ours and Keras' in turn: START ROUNDS."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from padviewer.layers import DynamicPadding, MultiDimDynamicPadding

# Name of the size: input and target, height by width, and how many calls make one sample.
SIZES = {
    "3000x4000x3 to 4096x4096": ((3000, 4000), (4096, 4096), 1),
    "224x320x3 to 512x512": ((224, 320), (512, 512), 20),
}
WARM_UP = 3


def compare(rounds: int) -> dict[str, Any]:
    """Returns milliseconds of a call, as samples of ours and of the peer, for each layer and size."""
    found = {}
    for size, (shape, target, calls) in SIZES.items():
        x = tf.random.uniform((1, *shape, 3))
        below, right = target[0] - shape[0], target[1] - shape[1]
        for layer, amounts in (
            (MultiDimDynamicPadding(target), ((0, below), (0, right))),
            (DynamicPadding(target[0]), ((0, below), (0, 0))),
        ):
            for way, jit in (("", False), (", XLA", True)):
                ours, peer = graph_of(layer, jit), graph_of(keras.layers.ZeroPadding2D(amounts), jit)
                found[f"{type(layer).__name__} {size}{way}"] = in_turn(ours, peer, x, rounds, calls)
    return found


def graph_of(layer: keras.Layer, jit: bool) -> Callable[[Any], Any]:
    """Returns the layer as a graph that takes pictures of any size; XLA compiles it for each size that it meets."""
    function = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 3))], jit_compile=jit)
    graph: Callable[[Any], Any] = function.get_concrete_function()
    return graph


def in_turn(ours: Callable[[Any], Any], peer: Callable[[Any], Any], x: Any, rounds: int, calls: int) -> dict[str, Any]:
    """Times both alternately."""
    samples: dict[str, list[float]] = {"ours": [], "peer": []}
    for _ in range(rounds + WARM_UP):
        for name, graph in (("ours", ours), ("peer", peer)):
            started = time.perf_counter()
            for _ in range(calls):
                # Reading one element waits for devices that run behind.
                graph(x)[0, 0, 0, 0].numpy()
            samples[name].append((time.perf_counter() - started) * 1000 / calls)
    return {name: values[WARM_UP:] for name, values in samples.items()}


if __name__ == "__main__":
    print(json.dumps(compare(int(sys.argv[2]))))
