"""What a snippet is told of an input: its axes, and what happens to each, in the file's order or in that of Keras."""

from __future__ import annotations

from dataclasses import dataclass

from padviewer.axes import BATCH, CHANNELS, canonical_axes
from padviewer.errors import PlanError
from padviewer.geometry import Split
from padviewer.plan import Plan, Stage
from padviewer.snippets import literals
from padviewer.spec import Fill, PipelineSpec

_NONE = Split(0, 0)


@dataclass(frozen=True)
class Target:
    """What is wanted of an axis: a size, None where it keeps its own, rounded up to a multiple."""

    size: int | None
    multiple_of: int


@dataclass(frozen=True)
class Tensor:
    """An input and what padding does to it.

    Attributes:
        axes: one letter for each axis.
        shape, dtype: before.
        pads: elements added on each axis; negative numbers are a crop.
        targets: what is wanted of the axes that padding may change, by their number.
        spec: the settings.
    """

    axes: str
    shape: tuple[int, ...]
    dtype: str
    pads: tuple[Split, ...]
    targets: dict[int, Target]
    spec: PipelineSpec

    @property
    def padded(self) -> tuple[int, ...]:
        """The shape after."""
        return tuple(size + sum(pad) for size, pad in zip(self.shape, self.pads, strict=True))

    @property
    def channels(self) -> int:
        """Number of the channel axis."""
        return self.axes.index(CHANNELS)

    @property
    def amounts(self) -> tuple[Split, ...]:
        """What is padded on each axis, without what is cropped."""
        return tuple(Split(max(0, before), max(0, after)) for before, after in self.pads)

    @property
    def added(self) -> dict[int, Split]:
        """What is padded, of the axes where something is."""
        return {axis: amount for axis, amount in enumerate(self.amounts) if any(amount)}

    @property
    def kept(self) -> str:
        """The index that crops, in brackets; nothing where nothing is cropped."""
        return literals.slices(
            (max(0, -pad.before), size + min(0, pad.after)) if min(pad) < 0 else None
            for size, pad in zip(self.shape, self.pads, strict=True)
        )

    @property
    def place(self) -> str:
        """The index of the content in the padded tensor, in brackets."""
        return literals.slices(
            (amount.before, size - amount.after) if any(amount) else None
            for size, amount in zip(self.padded, self.amounts, strict=True)
        )

    @property
    def fill(self) -> Fill | None:
        """What constant padding writes; None for the other modes."""
        return self.spec.fill_value if self.spec.mode == "constant" else None

    @property
    def crops(self) -> bool:
        """Whether inputs of some size are cropped."""
        return self.spec.overflow == "crop" and any(target.size is not None for target in self.targets.values())

    @property
    def described(self) -> str:
        """The comment that says what is expected: `# x: H 37, W 211, C 3; uint8`."""
        return f"# x: {self.sizes}; {self.dtype}"

    @property
    def sizes(self) -> str:
        """Each axis with its size."""
        return ", ".join(f"{letter} {size}" for letter, size in zip(self.axes, self.shape, strict=True))


def tensor_of(plan: Plan, axes: str | None = None) -> Tensor:
    """Returns the input of a plan.

    Args:
        plan: has a padded tensor.
        axes: the order of the axes; None takes the input's own. Letters that the input has not are axes of one element.

    Raises:
        PlanError: the plan has none.
    """
    plan.require(Stage.PADDED)
    axes = axes or plan.input.axes
    pads = tuple(axis.pad if (axis := plan.axis(letter)) else _NONE for letter in axes)
    wanted = _targets(plan)
    targets = {number: wanted[letter] for number, letter in enumerate(axes) if letter in wanted}
    return Tensor(axes, tuple(map(plan.input.extent, axes)), plan.input.dtype, pads, targets, plan.spec)


def canonical_tensor(plan: Plan) -> Tensor:
    """Returns the input of a plan as Keras' layers take it: batch first, channels last."""
    return tensor_of(plan, canonical_axes(plan.input.axes))


def refuse_random(plan: Plan) -> None:
    """Raises a `PlanError` where positions are random: what is drawn depends on the seed and the call."""
    if plan.spec.position == "random" and _targets(plan):
        raise PlanError(
            "a random position is drawn anew for each input: copy the snippet for this input, which has the place that "
            "is on screen, or the Keras layer, which draws as the window does"
        )


def without_batch(axes: str) -> str:
    """Returns the letters but for the batch."""
    return axes.replace(BATCH, "")


def _targets(plan: Plan) -> dict[str, Target]:
    """Returns what is wanted of the axes that padding may change, by their letters."""
    letters = [axis.letter for axis in plan.spatial]
    sizes = plan.spec.target or (None,) * len(letters)
    divisors = plan.spec.multiple_of * (len(letters) // len(plan.spec.multiple_of))
    rows = zip(letters, map(Target, sizes, divisors), strict=True)
    return {letter: target for letter, target in rows if target.size is not None or target.multiple_of > 1}
