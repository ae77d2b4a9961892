"""A Keras model of a padding and the convolution of a plan, as text: what both dialects of Keras have in common."""

from __future__ import annotations

import math

import numpy as np

from padviewer.axes import BATCH, CHANNELS, spatial_axes
from padviewer.plan import Plan
from padviewer.snippets import literals
from padviewer.snippets.keras_kernel import initializers, settings_after
from padviewer.snippets.tensor import without_batch


def model(plan: Plan, sizes: dict[str, int]) -> list[str]:
    """Returns the lines that make `model` of `padding` and of a convolution.

    The model takes batches of arrays with the axes of the input, of any dtype: it computes in float32.

    Args:
        plan: has a padded tensor; where it has no feature map, there is no model.
        sizes: of the axes that are the same for all inputs, by their letters.
    """
    if plan.feature is None:
        return []
    axes = without_batch(plan.input.axes)
    shape = [str(sizes.get(letter)) for letter in axes]
    dtype = f', dtype="{plan.input.dtype}"' if _is_large(plan) else ""
    lines = [f"inputs = keras.Input({literals.sequence(shape)}{dtype})  # batches of {' '.join(axes)}"]
    moved, source = _channels_last(axes), "inputs"
    if moved:
        lines.append(f"y = keras.layers.Permute({literals.sizes(moved)})(inputs)  # channels last")
        source = "y"
    if CHANNELS not in axes:
        lines.append(f"y = keras.ops.expand_dims({source}, -1)  # one channel")
        source = "y"
    return [
        "",
        *convolution(plan),
        *lines,
        f"model = keras.Model(inputs, convolution(padding({source})))",
        *settings_after(plan),
    ]


def takes(plan: Plan) -> str:
    """Returns the comment that says how `padding` gets the input as `x`."""
    axes = plan.input.axes
    order = [axes.index(letter) for letter in _canonical(axes)]
    moved = "" if order == sorted(order) else f".transpose{literals.sizes(order)}"
    added = {
        (True, True): "",
        (True, False): "[..., None]",
        (False, True): "[None]",
        (False, False): "[None, ..., None]",
    }
    return f"x{moved}{added[BATCH in axes, CHANNELS in axes]}"


def uses_numpy(plan: Plan) -> bool:
    """Whether the lines of `model` use numpy."""
    return any("np." in line for line in model(plan, {}))


def convolution(plan: Plan) -> list[str]:
    """Returns the lines that make the layer of the convolution, with what differs from Keras' defaults."""
    spec, spatial = plan.spec, plan.spatial
    lines, weights = initializers(plan)
    kind = {"standard": "Conv", "depthwise": "DepthwiseConv", "separable": "SeparableConv"}[spec.conv]
    words = [*([] if spec.conv == "depthwise" else [str(spec.filters)]), _single(tuple(a.kernel for a in spatial))]
    options = {
        "strides": (_single(tuple(axis.stride for axis in spatial)), "1"),
        "padding": (f'"{spec.conv_padding}"', '"valid"'),
        "depth_multiplier": ("1" if spec.conv == "standard" else str(spec.depth_multiplier), "1"),
        "dilation_rate": (_single(tuple(axis.dilation for axis in spatial)), "1"),
        "groups": (str(spec.groups) if spec.conv == "standard" else "1", "1"),
        "activation": (f'"{spec.activation}"', '"linear"'),
        **{name: (value, "") for name, value in weights.items()},
    }
    words += [f"{name}={value}" for name, (value, usual) in options.items() if value != usual]
    return [*lines, *literals.call(f"convolution = keras.layers.{kind}{len(spatial)}D", words)]


def _canonical(axes: str) -> str:
    return "".join(letter for letter in f"{BATCH}{spatial_axes(axes)}{CHANNELS}" if letter in axes)


def _channels_last(axes: str) -> list[int]:
    """Returns the order for `Permute`, which counts from 1 after the batch; nothing where axes are in order."""
    order = [axes.index(letter) + 1 for letter in _canonical(axes)]
    return [] if order == sorted(order) else order


def _is_large(plan: Plan) -> bool:
    """Whether the fill value is beyond the range of float32, which the model computes in."""
    fill = plan.spec.fill_value if plan.spec.mode == "constant" else 0
    each = fill if isinstance(fill, tuple) else (fill,)
    return any(math.isfinite(value) and abs(value) > float(np.finfo(np.float32).max) for value in each)


def _single(sizes: tuple[int, ...]) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else literals.sizes(sizes)
