"""The same with Keras alone: amounts are fixed, and `padding` is a layer or a function of Keras' operations."""

from __future__ import annotations

from padviewer.axes import BATCH, CHANNELS
from padviewer.plan import Plan
from padviewer.snippets import literals
from padviewer.snippets.keras_model import model, takes, uses_numpy
from padviewer.snippets.tensor import Tensor, canonical_tensor
from padviewer.spec import Number

# Keras' layers make float32 of other floats, unless they are told.
_CAST = ("float16", "float64")


def snippet(plan: Plan) -> str:
    """Returns code for inputs of this size."""
    tensor = canonical_tensor(plan)
    lines = [
        "import keras",
        *(["import numpy as np"] if uses_numpy(plan) or (tensor.added and tensor.fill is None) else []),
        "",
        f"# x: {_sizes(plan)}. padding({takes(plan)}) is the padded tensor.",
        *_padding(tensor),
        *model(plan, {letter: plan.input.extent(letter) for letter in plan.input.axes if letter != BATCH}),
    ]
    return "\n".join(lines) + "\n"


def _sizes(plan: Plan) -> str:
    return ", ".join(f"{letter} {plan.input.extent(letter)}" for letter in plan.input.axes)


def _padding(tensor: Tensor) -> list[str]:
    layer = _layer(tensor)
    if layer:
        return [f"padding = {layer}"]
    source = f"x{tensor.kept}"
    body = [f"return {source}"]
    if tensor.added:
        body = _gathered(tensor, source) if tensor.fill is None else _constant(tensor, source)
    return ["", "", "def padding(x):", *(f"    {line}" for line in body), ""]


def _layer(tensor: Tensor) -> str:
    """Returns one layer of Keras that does it all; nothing where there is none."""
    zeros = tensor.fill is not None and literals.numbers(tensor.fill, tensor.dtype) in literals.ZEROS
    spatial = [axis for axis, letter in enumerate(tensor.axes) if letter not in (BATCH, CHANNELS)]
    amounts = [tensor.pads[axis] for axis in spatial]
    dtype = f', dtype="{tensor.dtype}"' if tensor.dtype in _CAST else ""
    widths = literals.pairs(amounts) if len(spatial) > 1 else literals.sizes(amounts[0])
    if tensor.added and zeros and not tensor.kept:
        return f"keras.layers.ZeroPadding{len(spatial)}D({widths}{dtype})"
    if tensor.kept and not tensor.added and 0 not in tensor.padded:
        cropped = [type(pad)(-pad.before, -pad.after) for pad in amounts]
        widths = literals.pairs(cropped) if len(spatial) > 1 else literals.sizes(cropped[0])
        return f"keras.layers.Cropping{len(spatial)}D({widths}{dtype})"
    return ""


def _constant(tensor: Tensor, source: str) -> list[str]:
    widths = literals.pairs(tensor.amounts)
    fill = tensor.spec.fill_value
    if isinstance(fill, tuple):
        return literals.channel_by_channel(
            "return keras.ops.concatenate",
            f"keras.ops.pad(part, {widths}, constant_values=value)",
            f"keras.ops.split({source}, {len(fill)}, axis=-1)",
            literals.sequence(_value(tensor, each) for each in fill),
            "axis=-1",
        )
    value = _value(tensor, fill)
    options = "" if value in literals.ZEROS else f", constant_values={value}"
    return [f"return keras.ops.pad({source}, {widths}{options})"]


def _value(tensor: Tensor, fill: Number) -> str:
    """Returns a number for `keras.ops.pad`; TensorFlow takes a bare -0.0 for 0, and one in a tensor too, at times."""
    value = literals.number(fill, tensor.dtype)
    if value != "-0.0":
        return value
    zero = "-keras.ops.zeros((), x.dtype)"
    return f"keras.ops.conjugate({zero})" if tensor.dtype.startswith("complex") else zero


def _gathered(tensor: Tensor, source: str) -> list[str]:
    amounts = ", ".join(f"{axis}: ({before}, {after})" for axis, (before, after) in tensor.added.items())
    return [
        *([f"x = {source}"] if tensor.kept else []),
        "# keras.ops.pad has not every mode on every backend, so elements are gathered.",
        f"for axis, amounts in {{{amounts}}}.items():",
        f'    index = np.pad(np.arange(x.shape[axis]), amounts, mode="{tensor.spec.mode}")',
        "    x = keras.ops.take(x, index, axis=axis)",
        "return x",
    ]
