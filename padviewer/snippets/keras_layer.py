"""The padding layer of padviewer in a Keras model."""

from __future__ import annotations

from padviewer.axes import CHANNELS
from padviewer.plan import Plan, Stage
from padviewer.snippets import literals
from padviewer.snippets.keras_model import model, takes


def snippet(plan: Plan) -> str:
    """Returns code for inputs of any size."""
    plan.require(Stage.PADDED)
    name = "DynamicPadding" if len(plan.spatial) == 1 else "MultiDimDynamicPadding"
    lines = [
        "import keras",
        "",
        f"from padviewer.layers import {name}",
        "",
        f"# x: {' '.join(plan.input.axes)}, of any size. padding({takes(plan)}) is the padded tensor.",
        *literals.call(f"padding = {name}", _arguments(plan)),
        *model(plan, {CHANNELS: plan.input.extent(CHANNELS)}),
    ]
    return "\n".join(lines) + "\n"


def _arguments(plan: Plan) -> list[str]:
    spec, spatial = plan.spec, plan.spatial
    target = spec.target or (None,) * len(spatial)
    divisors = spec.multiple_of
    words = [str(target[0]) if len(spatial) == 1 else literals.sizes(target)]
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
