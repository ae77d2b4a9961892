"""The padding layer of padviewer in a Keras model."""

from __future__ import annotations

from padviewer.axes import CHANNELS
from padviewer.plan import Plan
from padviewer.snippets import literals
from padviewer.snippets.keras_model import model, takes, uses_numpy
from padviewer.snippets.tensor import tensor_of


def snippet(plan: Plan) -> str:
    """Returns code for inputs of any size."""
    single = len(plan.spatial) == 1 and bool(tensor_of(plan).targets)
    name = "DynamicPadding" if single else "MultiDimDynamicPadding"
    lines = [
        "import keras",
        *(["import numpy as np"] if uses_numpy(plan) else []),
        "",
        f"from padviewer.layers import {name}",
        "",
        f"# x: {' '.join(plan.input.axes)}, of any size. padding({takes(plan)}) is the padded tensor.",
        *literals.call(f"padding = {name}", _arguments(plan, single)),
        *model(plan, {CHANNELS: plan.input.extent(CHANNELS)}),
    ]
    return "\n".join(lines) + "\n"


def _arguments(plan: Plan, single: bool) -> list[str]:
    spec, spatial = plan.spec, plan.spatial
    target = spec.target or (None,) * len(spatial)
    divisors = spec.multiple_of
    words = [str(target[0]) if single else literals.sizes(target)]
    fill = spec.fill_value
    value = literals.numbers(fill, plan.input.dtype)
    options = {
        "multiple_of": (str(divisors[0]) if len(set(divisors)) == 1 else literals.sizes(divisors), "1"),
        "position": (f'"{spec.position}"', '"start"'),
        "mode": (f'"{spec.mode}"', '"constant"'),
        "fill_value": ("0" if spec.mode != "constant" or value in literals.ZEROS else value, "0"),
        "overflow": (f'"{spec.overflow}"', '"keep"'),
        "seed": (str(spec.position_seed) if spec.position == "random" else "0", "0"),
    }
    return words + [f"{name}={value}" for name, (value, usual) in options.items() if value != usual]
