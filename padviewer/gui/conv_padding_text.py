"""What the convolution itself pads, in words, and why an uneven split matters."""

from __future__ import annotations

from padviewer.gui.words import listed, signed
from padviewer.plan import AxisPlan, Plan

SIDES = {"H": ("top", "bottom"), "W": ("left", "right"), "D": ("front", "back"), "T": ("before", "after")}
# What lies along an axis, of its elements.
_ELEMENTS = {"H": "row", "W": "column", "D": "slice", "T": "step"}


def conv_padding_text(plan: Plan) -> str:
    """Returns the convolution's padding with what it adds itself, and whether `same` adds more on one side."""
    kind, adds = plan.spec.conv_padding, {axis.conv for axis in plan.spatial}
    if kind == "valid" or adds == {(0, 0)}:
        return kind
    each = ", ".join(f"{axis.letter} {signed(axis.conv)}" for axis in plan.spatial)
    amounts = signed(plan.spatial[0].conv) if len(adds) == 1 else each
    uneven = kind == "same" and any(before != after for before, after in adds)
    return f"{kind} adds {amounts}{' (uneven)' if uneven else ''}"


def conv_padding_lines(plan: Plan) -> list[str]:
    """Returns sentences on what the convolution itself pads, and why an uneven split matters; none where it does not.

    `same` of TensorFlow and Keras takes what it needs for the last window, and puts the odd one at the end. So the
    middle of the outputs does not lie over the middle of their input.
    """
    kind = plan.spec.conv_padding
    if kind == "valid" or plan.feature is None:
        return []
    if all(axis.conv == (0, 0) for axis in plan.spatial):
        return [f"{kind} adds nothing here: every window lies in the padded tensor."]
    adds = [f"{signed(axis.conv)} {_ELEMENTS[axis.letter]}s" for axis in plan.spatial]
    lines = [f"{kind} adds {listed(adds)} of zeros by itself. They count as padding too."]
    uneven = [axis for axis in plan.spatial if axis.conv.before != axis.conv.after]
    return lines + _uneven_lines(uneven) if kind == "same" and uneven else lines


def _uneven_lines(uneven: list[AxisPlan]) -> list[str]:
    """Returns what an odd number of elements, split in two, means for where the outputs lie."""
    more = [f"one {_ELEMENTS[axis.letter]} more {_side(axis, 1)} than {_side(axis, 0)}" for axis in uneven]
    lines = [
        f"Uneven: {listed(more)}.",
        "Windows lie half an element further on than an even split would put them, so the feature map is not centred.",
    ]
    for axis in uneven:
        if axis.stride > 1 and axis.span % 2:
            even = axis.span // 2
            earlier = even - axis.conv.before
            lines.append(
                f"PyTorch's padding={even} adds {even} + {even} on {axis.letter}: its windows start {earlier} "
                f"element{'' if earlier == 1 else 's'} earlier, and weights moved from one to the other see a shift."
            )
            break
    return lines


def _side(axis: AxisPlan, end: int) -> str:
    side = SIDES[axis.letter][end]
    return f"{side} the signal" if axis.letter == "T" else f"at the {side}"
