"""Feature maps by plain Keras and numpy, in a process of its own: what the engine is compared with.

Run as a program: reads `cases.json` and `input_<i>.npy` of a folder, writes `feature_<i>.npy`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np

CANONICAL = "BDHWTC"


def channels_last(array, axes):
    """Batch first, channels last, float32; axes that are missing have one element."""
    order = sorted(range(len(axes)), key=lambda i: CANONICAL.index(axes[i]))
    array = array.transpose(order)
    if "B" not in axes:
        array = array[None]
    if "C" not in axes:
        array = array[..., None]
    return array.astype("float32")


def single(sizes):
    return tuple(sizes) if len(sizes) > 1 else sizes[0]


def build(case, rank):
    import keras  # noqa: PLC0415 - so that the tests can import this module without it

    from padviewer.layers import MultiDimDynamicPadding  # noqa: PLC0415

    model = keras.Sequential()
    padding = {name: case[name] for name in ("position", "mode", "fill_value", "overflow") if name in case}
    if isinstance(padding.get("fill_value"), list):
        padding["fill_value"] = tuple(padding["fill_value"])
    padding |= {"multiple_of": single(case.get("multiple_of", [1])), "seed": case.get("position_seed", 0)}
    model.add(MultiDimDynamicPadding(tuple(case.get("target") or (None,) * rank), **padding))
    convolution = {1: keras.layers.Conv1D, 2: keras.layers.Conv2D, 3: keras.layers.Conv3D}[rank]
    model.add(
        convolution(
            case.get("filters", 32),
            single(case.get("kernel", [3])),
            strides=single(case.get("strides", [1])),
            dilation_rate=single(case.get("dilation", [1])),
            padding=case.get("conv_padding", "valid"),
            activation=case.get("activation", "relu"),
            kernel_initializer=keras.initializers.GlorotUniform(seed=case.get("seed", 0)),
        )
    )
    return model


def read(tensor):
    import keras  # noqa: PLC0415

    return keras.ops.convert_to_numpy(tensor)


def main(folder):
    for i, case in enumerate(json.loads((folder / "cases.json").read_text())):
        axes = case.pop("axes")
        array = channels_last(np.load(folder / f"input_{i}.npy"), axes)
        feature = read(build(case, array.ndim - 2)(array))
        np.save(folder / f"feature_{i}.npy", feature if "B" in axes else feature[0])


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    main(Path(sys.argv[1]))
