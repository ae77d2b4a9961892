"""Elements that a person has pinned, and where they are after an edit."""

from __future__ import annotations

from padviewer.gui.brush.stretches import Element
from padviewer.plan import AxisPlan, Plan, Stage


def toggled(pins: tuple[Element, ...], element: Element, adds: bool) -> tuple[Element, ...]:
    """Returns the pins after a click: it takes the place of all, or joins them, or leaves them if it was among them."""
    if not adds:
        return (element,)
    return tuple(pin for pin in pins if pin != element) if element in pins else (*pins, element)


def stepped(plan: Plan, pin: Element, letter: str, steps: int) -> Element:
    """Returns a pin some elements further on an axis, but not beyond its end."""
    index = pin.index.get(letter)
    if index is None:
        return pin
    last = plan.require(pin.stage).extent(letter) - 1
    return Element(pin.stage, {**pin.index, letter: min(max(index + steps, 0), last)})


def followed(pin: Element, older: Plan | None, plan: Plan) -> Element | None:
    """Returns where a pin is after an edit: at the same content of the input where it lay over some, else at its index.

    None where there is no such element any more. Of another array, `older` is None and the index counts.
    """
    stage, before = plan.stage(pin.stage), older.stage(pin.stage) if older else None
    if stage is None or set(pin.index) - set(stage.axes):
        return None
    index = dict(pin.index)
    if older is not None and before is not None:
        moved = {axis.letter: _moved(pin, older.axis(axis.letter), axis) for axis in plan.spatial}
        # A corner of padding is no content, even where one of its axes crosses the data.
        if all(place is not None for place in moved.values()):
            index |= {letter: place for letter, place in moved.items() if place is not None}
    inside = all(0 <= place < stage.extent(letter) for letter, place in index.items())
    return Element(pin.stage, index) if inside and set(stage.axes) - set(index) <= {"C"} else None


class Anchors:
    """Remembers in which plan's indices the elements of a stage are: in those of the newest plan that had the stage.

    Settings that do not go together, while somebody types, take stages away that come back with the next letter.
    """

    def __init__(self, plan: Plan | None) -> None:
        self._plans: dict[Stage, Plan] = {}
        if plan is not None:
            self.advance(plan)

    def of(self, stage: Stage) -> Plan | None:
        """Returns the plan; None where indices are of another array, and count as they are."""
        return self._plans.get(stage)

    def forget(self) -> None:
        """The array is another."""
        self._plans.clear()

    def advance(self, plan: Plan) -> None:
        """All elements have followed to a plan, but for those of stages that it has not."""
        self._plans |= {stage: plan for stage in Stage if plan.stage(stage) is not None}


def over_content(stage: Stage, index: int, before: AxisPlan, axis: AxisPlan) -> int | None:
    """Returns the index that lies over the same content of the input on one axis; None where it lay over none.

    Args:
        stage: in whose indices it is.
        index: before the edit.
        before, axis: the axis before and after it.
    """
    if before == axis or stage is Stage.INPUT:
        return index
    scale, offset = before.to_padded(stage)
    middle = offset + scale * (index + 0.5)
    if not before.data[0] <= middle < before.data[1]:
        return None
    scale, offset = axis.to_padded(stage)
    return round((middle - before.pad.before + axis.pad.before - offset) / scale - 0.5)


def _moved(pin: Element, before: AxisPlan | None, axis: AxisPlan) -> int | None:
    return None if before is None else over_content(pin.stage, pin.index[axis.letter], before, axis)
