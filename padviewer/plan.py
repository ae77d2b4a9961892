"""`resolve(spec, info)`: every shape, split and cost of a pipeline, before anything is read or computed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from padviewer.axes import BATCH, CHANNELS, spatial_axes
from padviewer.errors import BudgetError, PlanError, SettingsError
from padviewer.geometry import Split, conv_size, conv_split, effective_kernel, padded_size, split
from padviewer.spec import Fill, PipelineSpec, format_sizes

Remedies = tuple[tuple[str, dict[str, Any]], ...]
FEATURE_DTYPE = "float32"


class Stage(StrEnum):
    """What a pane shows; the mask can be exported only."""

    INPUT = "input"
    PADDED = "padded"
    FEATURE = "feature"
    MASK = "mask"


@dataclass(frozen=True)
class ArrayInfo:
    """What is known of a source without reading its elements.

    Attributes:
        path: the file, as given.
        member: name of the array inside the file, or None.
        format: name of the file format, e.g. `PNG`.
        shape: sizes of the axes, rank 1 to 5, numpy order.
        dtype: numpy's name, native byte order.
        axes: one letter for each axis.
        axes_guessed: whether the letters are a guess.
        file_bytes: size of the file.
        members: names of all arrays in the file, where it can hold several.
        notes: what the reader did to the file's pixels, e.g. `EXIF rotation applied`.
        modified: when the file was last written, in nanoseconds: a file that has changed is another source.
    """

    path: str
    member: str | None
    format: str
    shape: tuple[int, ...]
    dtype: str
    axes: str
    axes_guessed: bool
    file_bytes: int
    members: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    modified: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes of the array in memory."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class StagePlan:
    """Axes, shape and dtype of one stage."""

    axes: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.size * np.dtype(self.dtype).itemsize

    def extent(self, letter: str) -> int:
        """Size of the axis `letter`; 1 where the stage has no such axis."""
        return self.shape[self.axes.index(letter)] if letter in self.axes else 1


@dataclass(frozen=True)
class AxisPlan:
    """What happens on one spatial axis.

    Attributes:
        letter: D, H, W or T.
        size, padded: elements before and after padding.
        pad: elements added before and after; negative numbers are a crop.
        kernel, stride, dilation: of the convolution.
        conv: what the convolution itself pads.
        outputs: elements of the feature map; 0 or less where the window does not fit.
    """

    letter: str
    size: int
    padded: int
    pad: Split
    kernel: int
    stride: int
    dilation: int
    conv: Split
    outputs: int

    @property
    def span(self) -> int:
        """Elements that the dilated kernel spans."""
        return effective_kernel(self.kernel, self.dilation)

    @property
    def data(self) -> tuple[int, int]:
        """Half-open range of the padded axis that holds data."""
        start = max(0, self.pad.before)
        return start, self.padded - max(0, self.pad.after)

    def to_padded(self, stage: Stage) -> tuple[float, float]:
        """Returns (scale, offset) from a stage's coordinates to PADDED's, element i covering [i, i + 1).

        The middle of an output element lies over the middle of its window.
        """
        if stage is Stage.INPUT:
            return 1.0, float(self.pad.before)
        if stage is Stage.FEATURE:
            return float(self.stride), (self.span - self.stride) / 2 - self.conv.before
        return 1.0, 0.0


@dataclass(frozen=True)
class Plan:
    """A spec applied to an input: what each stage will be, or why it cannot be.

    Attributes:
        spec, info: what it was resolved from.
        input: the input, with the axes in force.
        spatial: one record for each spatial axis, in the order D, H, W or T; empty where the axes are wrong.
        padded, feature: the stages; None where there is a problem.
        problem: why `feature`, or `padded` too, cannot be.
    """

    spec: PipelineSpec
    info: ArrayInfo
    input: StagePlan
    spatial: tuple[AxisPlan, ...]
    padded: StagePlan | None
    feature: StagePlan | None
    problem: PlanError | None

    @property
    def mask(self) -> StagePlan | None:
        """The pixel mask: the padded tensor's axes but for the channels, 1 where it is data."""
        if self.padded is None:
            return None
        kept = [(a, n) for a, n in zip(self.padded.axes, self.padded.shape, strict=True) if a != CHANNELS]
        return StagePlan("".join(a for a, _ in kept), tuple(n for _, n in kept), "uint8")

    def stage(self, stage: Stage) -> StagePlan | None:
        """Returns a stage, or None where it cannot be."""
        found: StagePlan | None = getattr(self, stage.value)
        return found

    def require(self, stage: Stage) -> StagePlan:
        """Returns a stage, or raises the problem that it has."""
        found = self.stage(stage)
        if found is None:
            raise self.problem or PlanError(f"the {stage} stage is not available")
        return found

    def axis(self, letter: str) -> AxisPlan | None:
        """Returns the record of a spatial axis; None for batch and channels."""
        return next((axis for axis in self.spatial if axis.letter == letter), None)

    @property
    def pad_width(self) -> tuple[Split, ...]:
        """Elements added on each axis of the input, in the input's own order."""
        return tuple(axis.pad if (axis := self.axis(letter)) else Split(0, 0) for letter in self.input.axes)

    @property
    def padding_share(self) -> float:
        """Share of the padded tensor that is padding, 0 to 1."""
        if self.padded is None or not self.padded.size:
            return 0.0
        data = math.prod(max(0, stop - start) / axis.padded for axis in self.spatial for start, stop in [axis.data])
        return 1 - data

    @property
    def multiply_adds(self) -> int:
        """Multiply-accumulate operations of the convolution."""
        if self.feature is None:
            return 0
        return self.feature.size * math.prod(a.kernel for a in self.spatial) * self.input.extent(CHANNELS)

    @property
    def engine_bytes(self) -> int:
        """Memory that the whole feature map takes: input and padded tensor as float32, and the result."""
        if self.padded is None or self.feature is None:
            return 0
        return (self.input.size + self.padded.size) * np.dtype(FEATURE_DTYPE).itemsize + self.feature.nbytes


def resolve(spec: PipelineSpec, info: ArrayInfo, budget: int) -> Plan:
    """Applies settings to an input.

    Args:
        spec: the settings.
        info: the input.
        budget: bytes that a whole feature map may take.

    Returns:
        The plan. It always has the input; stages that cannot be are None, and `problem` says why.
    """
    axes, problem = _axes_in_force(spec, info)
    source = StagePlan(axes, info.shape, info.dtype)
    try:
        if problem:
            raise problem
        spatial = _spatial(spec, source)
        padded = _padded(spec, source, spatial)
    except PlanError as error:
        return Plan(spec, info, source, (), None, None, error)
    try:
        feature = _feature(spec, source, spatial)
    except PlanError as error:
        return Plan(spec, info, source, spatial, padded, None, error)
    plan = Plan(spec, info, source, spatial, padded, feature, None)
    if plan.engine_bytes > budget:
        return Plan(spec, info, source, spatial, padded, None, _over_budget(plan, feature, budget))
    return plan


def format_bytes(count: float) -> str:
    """Returns a byte count as people read it: `512 B`, `7.4 MiB`, `31 GiB`."""
    unit = "B"
    for larger_unit in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if count < 1024:
            break
        count, unit = count / 1024, larger_unit
    return f"{count:.0f} {unit}" if count >= 99.95 or unit == "B" else f"{count:.1f} {unit}"


def _axes_in_force(spec: PipelineSpec, info: ArrayInfo) -> tuple[str, PlanError | None]:
    axes = spec.axes or info.axes
    if len(axes) == len(info.shape):
        return axes, None
    return info.axes, PlanError(
        f"axes {axes}: {len(axes)} letters for an array of rank {len(info.shape)} with shape {_sizes(info.shape)}; "
        f"give one letter for each axis, such as {info.axes}",
        ((f"Use {info.axes}", {"axes": None}),),
    )


def _per_axis(name: str, values: tuple[Any, ...], letters: str) -> tuple[Any, ...]:
    """Returns one value for each spatial axis; a single value serves all."""
    if len(values) == 1 or len(values) == len(letters):
        return values * (len(letters) // len(values))
    repeated = values[-1:] * len(letters)
    raise PlanError(
        f"{name} {format_sizes(values)}: got {len(values)} sizes, expected 1, or {len(letters)} for the spatial axes "
        f"{' '.join(letters)}",
        ((f"Use {format_sizes(repeated)}", {name: repeated}),),
    )


def _targets(spec: PipelineSpec, letters: str) -> tuple[int | None, ...]:
    if not spec.target:
        return (None,) * len(letters)
    if len(spec.target) != len(letters):
        kept = (spec.target + (None,) * 3)[: len(letters)]
        shown = "x".join("none" if size is None else str(size) for size in kept)
        raise PlanError(
            f"target has {len(spec.target)} sizes, but the input has {len(letters)} spatial "
            f"{'axis' if len(letters) == 1 else 'axes'}, {' '.join(letters)}; give one size for each "
            "(none leaves an axis)",
            ((f"Use {shown}", {"target": kept}), ("No target", {"target": ()})),
        )
    return spec.target


def _spatial(spec: PipelineSpec, source: StagePlan) -> tuple[AxisPlan, ...]:
    letters = spatial_axes(source.axes)
    columns = (
        _targets(spec, letters),
        _per_axis("kernel", spec.kernel, letters),
        _per_axis("strides", spec.strides, letters),
        _per_axis("dilation", spec.dilation, letters),
    )
    return tuple(
        _axis(spec, letter, source.extent(letter), *row) for letter, *row in zip(letters, *columns, strict=True)
    )


def _axis(
    spec: PipelineSpec, letter: str, size: int, target: int | None, kernel: int, stride: int, dilation: int
) -> AxisPlan:
    if spec.overflow == "error" and target is not None and size > target:
        raise PlanError(
            f"axis {letter} has {size} elements, more than the target of {target}, and overflow is 'error'; "
            "raise the target, or let overflow crop or keep",
            (("Crop", {"overflow": "crop"}), ("Keep", {"overflow": "keep"})),
        )
    padded = padded_size(size, target, spec.overflow)
    pad = Split(*split(padded - size, spec.position))
    if spec.mode != "constant" and size == 0 and padded > 0:
        raise PlanError(
            f"axis {letter} is empty: mode {spec.mode!r} has nothing to take padding from; use constant",
            (("Use constant", {"mode": "constant"}),),
        )
    window = (padded, kernel, stride, dilation, spec.conv_padding)
    return AxisPlan(
        letter, size, padded, pad, kernel, stride, dilation, Split(*conv_split(*window)), conv_size(*window)
    )


def _padded(spec: PipelineSpec, source: StagePlan, spatial: tuple[AxisPlan, ...]) -> StagePlan:
    if spec.mode == "constant":
        check_fill(spec.fill_value, source.dtype)
    sizes = {axis.letter: axis.padded for axis in spatial}
    shape = tuple(sizes.get(letter, size) for letter, size in zip(source.axes, source.shape, strict=True))
    return StagePlan(source.axes, shape, source.dtype)


def check_fill(value: Fill, dtype: str) -> None:
    """Raises a `PlanError` where an array of `dtype` cannot hold the fill value exactly enough.

    Floats may round; integers and booleans must hold the value itself, which numpy and TensorFlow would wrap silently.
    """
    kind = np.dtype(dtype)
    if kind.kind in "fc":
        if math.isfinite(value) and abs(value) > float(np.finfo(kind).max):
            raise PlanError(f"fill value {value!r} is beyond the range of {dtype}", (("Use 0", {"fill_value": 0}),))
        return
    low, high = (0, 1) if kind.kind == "b" else (int(np.iinfo(kind).min), int(np.iinfo(kind).max))
    if math.isfinite(value) and value == int(value) and low <= value <= high:
        return
    nearest = 0 if math.isnan(value) else min(max(low, value), high)
    nearest = nearest if nearest in (low, high) else round(nearest)
    raise PlanError(
        f"fill value {value!r} cannot be held by {dtype}, which takes whole numbers from {low} to {high}",
        ((f"Use {nearest}", {"fill_value": nearest}),),
    )


def _feature(spec: PipelineSpec, source: StagePlan, spatial: tuple[AxisPlan, ...]) -> StagePlan:
    _check_convolution(spec, source, spatial)
    batch = (BATCH,) if BATCH in source.axes else ()
    axes = "".join((*batch, *(axis.letter for axis in spatial), CHANNELS))
    shape = (*(source.extent(b) for b in batch), *(axis.outputs for axis in spatial), spec.filters)
    return StagePlan(axes, shape, FEATURE_DTYPE)


def _check_convolution(spec: PipelineSpec, source: StagePlan, spatial: tuple[AxisPlan, ...]) -> None:
    """Refuses what Keras refuses, before it is asked, with a remedy."""
    if np.dtype(source.dtype).kind == "c":
        raise PlanError(
            f"a convolution takes real numbers; the input is {source.dtype}. Export its real or imaginary part."
        )
    if spec.conv_padding == "causal" and len(spatial) > 1:
        raise PlanError(
            f"causal convolution padding is for one spatial axis; the input has {len(spatial)}. Use valid or same.",
            (("Use same", {"conv_padding": "same"}), ("Use valid", {"conv_padding": "valid"})),
        )
    if any(a.stride > 1 for a in spatial) and any(a.dilation > 1 for a in spatial):
        raise PlanError(
            "strides above 1 cannot be combined with dilation above 1 in one convolution; set one of them to 1",
            (("Strides 1", {"strides": (1,)}), ("Dilation 1", {"dilation": (1,)})),
        )
    for axis in spatial:
        if axis.outputs < 1:
            raise _window_too_large(axis, spatial)


def _window_too_large(axis: AxisPlan, spatial: tuple[AxisPlan, ...]) -> PlanError:
    fitting = tuple(max(1, min(a.kernel, (a.padded - 1) // a.dilation + 1)) for a in spatial)
    remedies: Remedies = ()
    if all(a.padded > 0 for a in spatial):
        remedies = ((f"Kernel {format_sizes(fitting)}", {"kernel": fitting}), ("Use same", {"conv_padding": "same"}))
    return PlanError(
        f"axis {axis.letter} has {axis.padded} elements after padding, fewer than the {axis.span} that the kernel "
        "spans; use a smaller kernel, a larger target, or convolution padding same",
        remedies,
    )


def _over_budget(plan: Plan, feature: StagePlan, budget: int) -> BudgetError:
    room = budget - (plan.engine_bytes - feature.nbytes)
    filters = max(0, room) * plan.spec.filters // max(1, feature.nbytes)
    remedies: Remedies = ((f"{filters} filters", {"filters": filters}),) if filters else ()
    return BudgetError(
        f"the feature map {_sizes(feature.shape)} would take {format_bytes(plan.engine_bytes)} with its input, more "
        f"than the budget of {format_bytes(budget)}; use fewer filters, larger strides or a smaller target, or "
        "raise the budget with --budget",
        remedies,
    )


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def parse_budget(text: str) -> int:
    """Parses a number of bytes such as `800M`, `4GiB` or `1500000000`."""
    units = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
    word = text.strip().lower().removesuffix("ib").removesuffix("b")
    unit = word[-1:] if word[-1:] in units else ""
    try:
        count = float(word.removesuffix(unit)) * units[unit]
        if not 1 <= count < math.inf:
            raise ValueError
    except ValueError:
        raise SettingsError(f"budget {text!r}: expected a size in bytes, such as 800M or 4GiB") from None
    return int(count)
