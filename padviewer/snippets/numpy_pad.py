"""`np.pad`, which has every mode at any width; constants of each channel are filled in."""

from __future__ import annotations

from padviewer.plan import Plan
from padviewer.snippets import literals
from padviewer.snippets.any_size import Words, function, loop, split
from padviewer.snippets.tensor import Tensor, refuse_random, tensor_of

_WORDS = Words()
_PAD_WIDTH = "    pad_width[axis] = (before, after)"
_KEPT = "    kept[axis] = slice(max(0, -before), size - max(0, -after))"
_PLACE = "slice(before, before + size)"
_CROPPED_PLACE = "slice(max(0, before), wanted - max(0, after))"
_INT64 = 2**63 - 1


def fixed(plan: Plan) -> str:
    """Returns code for inputs of this size."""
    tensor = tensor_of(plan)
    lines = ["import numpy as np", "", tensor.described]
    source = f"x{tensor.kept}"
    if not tensor.added:
        lines += [f"y = {source}" if tensor.kept else "y = x  # this input has the wanted size already"]
    elif isinstance(tensor.fill, tuple):
        shape = literals.sizes(tensor.padded)
        lines += [
            f"y = np.full({shape}, {_fills(tensor)}, x.dtype)  # a number for each channel",
            f"y{tensor.place} = {source}",
        ]
    else:
        lines += [f"y = np.pad({source}, {literals.pairs(tensor.amounts)}{_options(tensor)})"]
    return "\n".join(lines) + "\n"


def any_size(plan: Plan) -> str:
    """Returns code for inputs of any size."""
    refuse_random(plan)
    tensor = tensor_of(plan)
    if not tensor.targets:
        return fixed(plan)
    body = _filled(tensor) if isinstance(tensor.fill, tuple) else _padded(tensor)
    return "\n".join(["import numpy as np", *function(tensor, body)]) + "\n"


def _padded(tensor: Tensor) -> list[str]:
    crops = tensor.crops
    return [
        "pad_width = [(0, 0)] * x.ndim",
        *(["kept = [slice(None)] * x.ndim"] if crops else []),
        *loop(tensor, _WORDS),
        *split(tensor, _WORDS),
        *([_KEPT, "    pad_width[axis] = (max(0, before), max(0, after))"] if crops else [_PAD_WIDTH]),
        f"return np.pad({'x[tuple(kept)]' if crops else 'x'}, pad_width{_options(tensor)})",
    ]


def _filled(tensor: Tensor) -> list[str]:
    crops = tensor.crops
    return [
        "shape, place = list(x.shape), [slice(None)] * x.ndim",
        *(["kept = list(place)"] if crops else []),
        *loop(tensor, _WORDS),
        *split(tensor, _WORDS),
        "    shape[axis] = wanted",
        *([_KEPT] if crops else []),
        f"    place[axis] = {_CROPPED_PLACE if crops else _PLACE}",
        f"y = np.full(shape, {_fills(tensor)}, x.dtype)  # a number for each channel",
        f"y[tuple(place)] = {'x[tuple(kept)]' if crops else 'x'}",
        "return y",
    ]


def _options(tensor: Tensor) -> str:
    if tensor.fill is None:
        return f', mode="{tensor.spec.mode}"'
    value = literals.numbers(tensor.fill, tensor.dtype, "np")
    return "" if value in literals.ZEROS else f", constant_values={value}"


def _fills(tensor: Tensor) -> str:
    fill = tensor.spec.fill_value
    values = literals.numbers(fill, tensor.dtype, "np")
    # Beside smaller integers numpy makes floats of those beyond int64, and rounds them.
    if tensor.dtype == "uint64" and isinstance(fill, tuple) and max(fill) > _INT64:
        values = f"np.array({values}, x.dtype)"
    after = len(tensor.axes) - tensor.channels - 1
    return values if not after else f"np.reshape({values}, {literals.sizes((-1,) + (1,) * after)})"
