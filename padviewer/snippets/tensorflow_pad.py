"""`tf.pad` where it has the mode and the width, else a gather by folded indices."""

from __future__ import annotations

from padviewer.plan import Plan
from padviewer.snippets import literals
from padviewer.snippets.any_size import Words, function, loop, offset, split
from padviewer.snippets.tensor import Tensor, refuse_random, tensor_of
from padviewer.spec import Number

_WORDS = Words(
    size="tf.shape(x)[axis]",
    larger="tf.maximum",
    halved="tf.truncatediv(extra, 2)",
    refusal=("tf.debugging.assert_less_equal(size, wanted)",),
)
_CROPPED = (
    "    kept[axis] = slice(tf.maximum(-before, 0), size - tf.maximum(-after, 0))",
    "    paddings[axis] = (tf.maximum(before, 0), tf.maximum(after, 0))",
)
_GATHER_IMPORTS = ("import numpy as np", "import tensorflow as tf")
# What stands beyond the content, by index arithmetic on `index` and `size`.
FOLDED = {
    "edge": ["index = tf.clip_by_value(index, 0, size - 1)"],
    "wrap": ["index = index % size"],
    "symmetric": ["turn = index % (2 * size)", "index = tf.minimum(turn, 2 * size - 1 - turn)"],
    "reflect": [
        "period = tf.maximum(2 * size - 2, 1)",
        "turn = index % period",
        "index = tf.minimum(turn, period - turn)",
    ],
}


def fixed(plan: Plan) -> str:
    """Returns code for inputs of this size."""
    tensor = tensor_of(plan)
    source = f"x{tensor.kept}"
    if not tensor.added:
        body = [f"y = {source}" if tensor.kept else "y = x  # this input has the wanted size already"]
    elif tensor.fill is not None:
        paddings = literals.pairs(tensor.amounts)
        body = _constant(tensor, "y = ", source, paddings)
    elif _mirrors(tensor):
        body = [f'y = tf.pad({source}, {literals.pairs(tensor.amounts)}, mode="{tensor.spec.mode.upper()}")']
    else:
        return "\n".join([*_GATHER_IMPORTS, "", tensor.described, *_gathered(tensor, source)]) + "\n"
    return "\n".join(["import tensorflow as tf", "", tensor.described, *body]) + "\n"


def any_size(plan: Plan) -> str:
    """Returns code for inputs of any size, also of sizes that only a run of a graph knows."""
    refuse_random(plan)
    tensor = tensor_of(plan)
    if not tensor.targets:
        return fixed(plan)
    body = ["x = tf.convert_to_tensor(x)", *(_folded(tensor) if tensor.fill is None else _padded(tensor))]
    return "\n".join(["import tensorflow as tf", *function(tensor, body)]) + "\n"


def _mirrors(tensor: Tensor) -> bool:
    """Whether `tf.pad` has the mode, and the widths are no more than it mirrors."""
    least = {"reflect": 1, "symmetric": 0}.get(tensor.spec.mode)
    # It refuses to mirror where there is an empty axis, though that one is not padded.
    if least is None or 0 in tensor.shape + tensor.padded:
        return False
    return all(max(amount) <= tensor.shape[axis] - least for axis, amount in tensor.added.items())


def _gathered(tensor: Tensor, source: str) -> list[str]:
    mode = tensor.spec.mode
    why = f"tf.pad has no mode {mode}" if mode in ("edge", "wrap") else "tf.pad mirrors no more elements than there are"
    amounts = ", ".join(f"{axis}: ({before}, {after})" for axis, (before, after) in tensor.added.items())
    return [
        f"y = {source}",
        f"# {why}, so elements are gathered.",
        f"for axis, amounts in {{{amounts}}}.items():",
        f'    index = np.pad(np.arange(y.shape[axis]), amounts, mode="{mode}")',
        "    y = tf.gather(y, index, axis=axis)",
    ]


def _constant(tensor: Tensor, before: str, source: str, paddings: str) -> list[str]:
    fill = tensor.spec.fill_value
    if isinstance(fill, tuple):
        values = literals.sequence(_value(tensor, each) for each in fill)
        return literals.channel_by_channel(
            f"{before}tf.concat",
            f"tf.pad(part, {paddings}, constant_values=value)",
            f"tf.split({source}, {len(fill)}, axis={tensor.channels})",
            values,
            f"axis={tensor.channels}",
        )
    value = _value(tensor, fill)
    options = "" if value in literals.ZEROS else f", constant_values={value}"
    return [f"{before}tf.pad({source}, {paddings}{options})"]


def _value(tensor: Tensor, fill: Number) -> str:
    """Returns a number for `tf.pad`, which takes a bare -0.0 for 0; TensorFlow may keep a 0 for the constant -0.0."""
    value = literals.number(fill, tensor.dtype)
    if value != "-0.0":
        return value
    zero = f"-tf.zeros((), tf.{tensor.dtype})"
    return f"tf.math.conj({zero})" if tensor.dtype.startswith("complex") else zero


def _padded(tensor: Tensor) -> list[str]:
    crops = tensor.crops
    return [
        "paddings = [(0, 0)] * len(x.shape)",
        *(["kept = [slice(None)] * len(x.shape)"] if crops else []),
        *loop(tensor, _WORDS),
        *split(tensor, _WORDS),
        *(_CROPPED if crops else ["    paddings[axis] = (before, after)"]),
        *(["x = x[tuple(kept)]"] if crops else []),
        *_constant(tensor, "return ", "x", "paddings"),
    ]


def _folded(tensor: Tensor) -> list[str]:
    start = offset(tensor, _WORDS)
    return [
        *loop(tensor, _WORDS),
        f"    index = tf.range(wanted){'' if start == '0' else f' - {start}'}",
        *(f"    {line}" for line in FOLDED[tensor.spec.mode]),
        "    x = tf.gather(x, index, axis=axis)",
        "return x",
    ]
