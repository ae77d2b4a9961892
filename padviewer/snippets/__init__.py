"""What a plan does, as text to paste elsewhere: code of frameworks, of which it imports none, JSON, a command line."""

from __future__ import annotations

from collections.abc import Callable

from padviewer.plan import Plan
from padviewer.snippets import keras_layer, keras_plain, numpy_pad, settings, tensorflow_pad, torch_pad

# By the names that the window's menu gives them.
DIALECTS: dict[str, Callable[[Plan], str]] = {
    "keras": keras_layer.snippet,
    "keras plain": keras_plain.snippet,
    "tf": tensorflow_pad.fixed,
    "tf any": tensorflow_pad.any_size,
    "numpy": numpy_pad.fixed,
    "numpy any": numpy_pad.any_size,
    "torch": torch_pad.fixed,
    "torch any": torch_pad.any_size,
    "json": settings.as_json,
    "command": settings.as_command,
}


def snippet(dialect: str, plan: Plan) -> str:
    """Returns a plan in one of the `DIALECTS`, ending in a line break.

    Code takes the input as `x`, an array with the axes of `plan.input`, and makes the padded tensor `y`; that of Keras
    makes a layer or function `padding` and a `model` of it and the convolution.

    Raises:
        PlanError: the plan has no padded tensor, or its settings cannot be said in this dialect.
    """
    return DIALECTS[dialect](plan)
