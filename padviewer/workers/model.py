"""A Keras model of a plan: the padding layer and the convolution with the kernel that is on screen, in a file."""

from __future__ import annotations

import os
import re
from typing import Any

import keras
import numpy as np

from padviewer.axes import BATCH, CHANNELS, canonical_axes
from padviewer.errors import ExportError, PadviewerError, shortened
from padviewer.export.target import made_beside
from padviewer.layers import MultiDimDynamicPadding
from padviewer.plan import FEATURE_DTYPE, Plan, Stage
from padviewer.spec import Fill
from padviewer.workers.kernel import Kernel
from padviewer.workers.model_messages import SavedModel

SUFFIX = ".keras"
_LAYERS = {"standard": "Conv", "depthwise": "DepthwiseConv", "separable": "SeparableConv"}


def save_model(plan: Plan, kernel: Kernel, path: str, overwrite: bool) -> SavedModel:
    """Writes the model of a plan.

    Args:
        plan: a plan that has a FEATURE stage.
        kernel: of its convolution.
        path: the target.
        overwrite: whether an existing file may be replaced.

    Raises:
        ExportError: the file cannot be written.
        PadviewerError: Keras has no such model.
    """
    try:
        # Not on the device of the plan: a file has none, and on PyTorch a drawn position cannot be built on one.
        model = build_model(plan, kernel)
    except PadviewerError:
        raise
    except Exception as error:
        # What Keras refuses comes as any exception.
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise PadviewerError(f"Keras has no model of these settings: {shortened(reason[0], 200)}") from error
    with made_beside(path, overwrite, SUFFIX) as part:
        try:
            model.save(part)
        except ValueError as error:
            raise ExportError(f"{shortened(path)}: Keras cannot write the model ({error})") from error
        size = os.stat(part).st_size  # noqa: PTH116 a Path cannot hold every name
    return SavedModel(size, taken_axes(plan))


def build_model(plan: Plan, kernel: Kernel) -> Any:
    """Returns the model of a plan, for inputs of any size.

    It takes what is on screen with its batch in front, or with a batch axis added: an array with the axes `HW` as
    (batch, H, W), one with `CHW` as (batch, C, H, W). It computes in float32, and gives the axes of the feature map.

    Args:
        plan: a plan that has a FEATURE stage.
        kernel: of its convolution.
    """
    plan.require(Stage.FEATURE)
    taken = taken_axes(plan)
    sizes = tuple(plan.input.extent(letter) if letter == CHANNELS else None for letter in taken[1:])
    inputs = keras.Input(sizes, dtype=_dtype(plan), name=f"input_{taken}")
    convolution = _convolution(plan)
    outputs = convolution(_padding(plan)(_channels_last(inputs, taken)))
    arrays = [kernel.first.reshape(plan.kernel_shapes[0]), kernel.second, kernel.bias]
    convolution.set_weights([array for array in arrays if array is not None])
    stem = os.path.splitext(os.path.basename(plan.info.path))[0]  # noqa: PTH119, PTH122
    return keras.Model(inputs, outputs, name=re.sub(r"[^A-Za-z0-9]+", "_", f"padviewer {stem}").strip("_"))


def taken_axes(plan: Plan) -> str:
    """Returns the axes that the model of a plan takes: those of the input in their order, the batch first."""
    return BATCH + plan.input.axes.replace(BATCH, "")


def _channels_last(inputs: Any, axes: str) -> Any:
    order = [axes.index(letter) for letter in canonical_axes(axes) if letter in axes]
    if order != sorted(order):
        inputs = keras.layers.Permute(tuple(order[1:]), name="channels_last")(inputs)
    return inputs if CHANNELS in axes else keras.ops.expand_dims(inputs, -1)


def _padding(plan: Plan) -> Any:
    spec = plan.spec
    return MultiDimDynamicPadding(
        spec.target or (None,) * len(plan.spatial),
        multiple_of=spec.multiple_of if len(spec.multiple_of) > 1 else spec.multiple_of[0],
        position=spec.position,
        mode=spec.mode,
        fill_value=_fill(plan),
        overflow=spec.overflow,
        seed=spec.position_seed,
        name="padding",
    )


def _convolution(plan: Plan) -> Any:
    spec, spatial = plan.spec, plan.spatial
    options: dict[str, Any] = {} if spec.conv == "depthwise" else {"filters": spec.filters}
    options |= {"groups": spec.groups} if spec.conv == "standard" else {"depth_multiplier": spec.depth_multiplier}
    layer = getattr(keras.layers, f"{_LAYERS[spec.conv]}{len(spatial)}D")
    return layer(
        kernel_size=tuple(axis.kernel for axis in spatial),
        strides=tuple(axis.stride for axis in spatial),
        dilation_rate=tuple(axis.dilation for axis in spatial),
        padding=spec.conv_padding,
        activation=spec.activation,
        name="convolution",
        **options,
    )


def _fill(plan: Plan) -> Fill:
    return plan.spec.fill_value if plan.spec.mode == "constant" else 0


def _dtype(plan: Plan) -> str:
    """Returns the dtype that inputs are made: float32, as the engine pads; the input's own where a fill needs it."""
    fill = _fill(plan)
    each = np.array(fill if isinstance(fill, tuple) else (fill,), np.float64)
    large = np.isfinite(each) & (np.abs(each) > np.finfo(FEATURE_DTYPE).max)
    return plan.input.dtype if large.any() else FEATURE_DTYPE
