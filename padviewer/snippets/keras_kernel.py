"""The kernel of a convolution for Keras' layers: drawn by a seed, made of a pattern, or loaded."""

from __future__ import annotations

import json
import math

import numpy as np

from padviewer import kernels
from padviewer.errors import printable
from padviewer.plan import Plan
from padviewer.snippets import literals
from padviewer.spec import FROM_FILE
from padviewer.weights import ARRAY, Layer, is_pattern

# Patterns of more numbers are loaded, unless they are all one number.
_LONGEST = 256


def initializers(plan: Plan) -> tuple[list[str], dict[str, str]]:
    """Returns lines that come before the layer, and its arguments that give it its weights."""
    names = _names(plan)
    if plan.spec.weights == "random":
        return [], dict.fromkeys(names, f"keras.initializers.GlorotUniform(seed={plan.spec.seed})")
    layer = plan.weights.layer if plan.weights else None
    if layer is not None and _is_model(plan):
        return _of_model(plan, layer), {} if layer.bias else {"use_bias": "False"}
    found = {name: _initial(name) for name in names}
    if layer is not None and layer.kind != ARRAY:
        return _loaded(plan, layer), {**found, **({"bias_initializer": _initial("bias")} if layer.bias else {})}
    return (_loaded(plan, None) if _is_too_long(plan) else _made(plan)), found


def settings_after(plan: Plan) -> list[str]:
    """Returns lines that come after the model: weights that another model has."""
    return ["convolution.set_weights(weights)"] if plan.weights and _is_model(plan) else []


def _names(plan: Plan) -> tuple[str, ...]:
    return {
        "standard": ("kernel_initializer",),
        "depthwise": ("depthwise_initializer",),
        "separable": ("depthwise_initializer", "pointwise_initializer"),
    }[plan.spec.conv]


def _initial(name: str) -> str:
    return f"keras.initializers.Constant({name.removesuffix('_initializer')})"


def _is_model(plan: Plan) -> bool:
    """Whether weights come from a file that Keras loads as a model."""
    layer = plan.weights.layer if plan.weights else None
    path = (plan.spec.weights_file or "").partition("::")[0]
    return layer is not None and layer.kind != ARRAY and path.lower().endswith(".keras")


def _is_too_long(plan: Plan) -> bool:
    """Whether a pattern has more numbers than anybody wants to paste; files hold theirs."""
    sizes = tuple(axis.kernel for axis in plan.spatial)
    if plan.spec.weights == FROM_FILE:
        return plan.weights is None
    return math.prod(sizes) > _LONGEST and _constant(kernels.pattern(plan.spec.weights, sizes)) is None


def _of_model(plan: Plan, layer: Layer) -> list[str]:
    path = (plan.spec.weights_file or "").partition("::")[0]
    return [f"weights = keras.saving.load_model({_quoted(path)}).get_layer({_quoted(layer.title)}).get_weights()"]


def _loaded(plan: Plan, layer: Layer | None) -> list[str]:
    """Returns lines that load arrays by names of their own, of what cannot be said in a few numbers."""
    is_file = plan.spec.weights == FROM_FILE
    found = printable(plan.spec.weights_file or "") if is_file else f"the pattern {plan.spec.weights}"
    shapes = dict(zip(_names(plan), plan.kernel_shapes, strict=True))
    if layer is not None and layer.bias:
        shapes["bias"] = layer.shapes[-1]
    names = {name.removesuffix("_initializer"): shape for name, shape in shapes.items()}
    return [
        f"# The weights of {found}, which Save as model writes too, under these names:",
        *(f'{name} = np.load("{name}.npy")  # {" x ".join(map(str, shape))}' for name, shape in names.items()),
    ]


def _array_of_file(plan: Plan) -> str:
    """Returns the expression for the array of a file of numpy."""
    path, _separator, member = (plan.spec.weights_file or "").partition("::")
    return f"np.load({_quoted(path)})" + (f"[{_quoted(member)}]" if member else "")


def _quoted(text: str) -> str:
    return json.dumps(printable(text), ensure_ascii=False)


def _made(plan: Plan) -> list[str]:
    """Returns the lines that spread a pattern over channels and filters, as `kernels` does."""
    spec, rank = plan.spec, len(plan.spatial)
    sizes = tuple(axis.kernel for axis in plan.spatial)
    if plan.weights and not is_pattern(plan.weights.layer, rank):
        return [f"{_names(plan)[0].removesuffix('_initializer')} = {_array_of_file(plan)}"]
    turns = rank if spec.weights == "sobel" else 1
    if plan.weights:
        each = [_array_of_file(plan)]
    else:
        each = [_array(kernels.pattern(spec.weights, sizes, number)) for number in range(turns)]
    if turns > 1:
        lines = [f"patterns = [  # {spec.weights}, along each axis", *(f"    {array}," for array in each), "]"]
    else:
        lines = [f"pattern = {each[0]}  # {spec.weights}"]
    pattern = f"patterns[{{}} % {turns}]" if turns > 1 else "pattern"
    if spec.conv == "standard":
        return [*lines, *_standard(plan, pattern)]
    channels, multiplier = plan.kernel_shapes[0][-2:]
    lines += [
        f'depthwise = np.zeros({literals.sizes(plan.kernel_shapes[0])}, "float32")',
        f"for number in range({multiplier}):",
        f"    depthwise[..., number] = {pattern.format('number')}[..., None]",
    ]
    return lines if spec.conv == "depthwise" else [*lines, *_pointwise(plan, channels, multiplier)]


def _standard(plan: Plan, pattern: str) -> list[str]:
    shape, filters = plan.kernel_shapes[0], plan.filters
    read, within = shape[-2], filters // plan.groups
    lines = [f'kernel = np.zeros({literals.sizes(shape)}, "float32")', f"for number in range({filters}):"]
    if within == 1 and read > 1:
        return [
            *lines,
            f"    # The mean of {read} channels.",
            f"    kernel[..., number] = {pattern.format(0)}[..., None] / np.float32({read})",
        ]
    counted = "number" if plan.groups == 1 else f"number % {within}"
    return [
        *lines,
        f"    turn, channel = divmod({counted}, {read})  # each filter reads one channel",
        f"    kernel[..., channel, number] = {pattern.format('turn')}",
    ]


def _pointwise(plan: Plan, channels: int, multiplier: int) -> list[str]:
    lines = [f'pointwise = np.zeros({literals.sizes(plan.kernel_shapes[1])}, "float32")']
    if plan.spec.filters == 1:
        return [*lines, f"pointwise[..., ::{multiplier}, 0] = 1 / np.float32({channels})"]
    return [
        *lines,
        f"for number in range({plan.spec.filters}):",
        f"    turn, channel = divmod(number, {channels})",
        f"    pointwise[..., channel * {multiplier} + turn % {multiplier}, number] = 1",
    ]


def _array(array: kernels.Array) -> str:
    """Returns a pattern as numpy writes it, each number as short as float32 reads it back."""
    value = _constant(array)
    if value is not None and array.size > 1:
        return f'np.full({literals.sizes(array.shape)}, {value}, "float32")'
    return f'np.array({_nested(array)}, "float32")'


def _nested(array: kernels.Array) -> str:
    if not array.ndim:
        return _short(np.float32(array))
    return f"[{', '.join(map(_nested, array))}]"


def _constant(array: kernels.Array) -> str | None:
    return _short(array.flat[0]) if (array == array.flat[0]).all() else None


def _short(value: np.float32) -> str:
    return np.format_float_positional(value, unique=True, trim="-")
