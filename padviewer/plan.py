"""The plan of a pipeline: every shape, split and cost, before anything is read or computed."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from padviewer.axes import CHANNELS
from padviewer.errors import PlanError
from padviewer.geometry import Split, effective_kernel
from padviewer.spec import FROM_FILE, PipelineSpec
from padviewer.weights import Weights

FEATURE_DTYPE = "float32"
# What a whole feature map may take where somebody waits to see a part of it.
WHOLE_BYTES = 1 << 29
WHOLE_OPERATIONS = 1 << 34


class Stage(StrEnum):
    """What a pane shows; the mask can be exported only."""

    INPUT = "input"
    PADDED = "padded"
    FEATURE = "feature"
    MASK = "mask"


class Member(NamedTuple):
    """An array of a file that holds several.

    Attributes:
        name: as it is asked for after `::`; in a tree the way to it, such as `/group/data`.
        described: dtype and shape, where they are known without reading the array: `float32 64 x 64`. Where it cannot
            be opened, why.
        readable: whether it can be opened.
    """

    name: str
    described: str = ""
    readable: bool = True


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
        file_bytes: size of the file; of a folder that of the metadata at its root.
        members: all arrays in the file, where it can hold several. They say nothing of this one, and a plan, which
            travels with each request, leaves them out.
        notes: what the reader did to the file's pixels, e.g. `EXIF rotation applied`.
        decoded: whether reading it means to decode all of it into memory first.
        affine: where a medical image lies: the 16 numbers of the 4 x 4 matrix, row by row, from indices of the first
            three axes to millimetres; None where nothing is known.
        modified: when the file was last written, in nanoseconds: a file that has changed is another source. Of a folder
            the newest time of what stands at its root.
    """

    path: str
    member: str | None
    format: str
    shape: tuple[int, ...]
    dtype: str
    axes: str
    axes_guessed: bool
    file_bytes: int
    members: tuple[Member, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = ()
    modified: int = 0
    decoded: bool = False
    affine: tuple[float, ...] | None = None

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
        budget: bytes that one result may take.
        weights: that were read from a file for the settings; None where they need none, or wait for them.
    """

    spec: PipelineSpec
    info: ArrayInfo
    input: StagePlan
    spatial: tuple[AxisPlan, ...]
    padded: StagePlan | None
    feature: StagePlan | None
    problem: PlanError | None
    budget: int
    weights: Weights | None = None

    @property
    def awaits_weights(self) -> bool:
        """Whether the settings name a file of weights that have not been read."""
        return self.spec.weights == FROM_FILE and self.weights is None

    @property
    def made_of(self) -> tuple[ArrayInfo, PipelineSpec, Weights | None]:
        """What a feature map depends on."""
        return self.info, self.spec, self.weights

    @property
    def fits(self) -> bool:
        """Whether there is a feature map, and the budget allows to have it whole."""
        return self.feature is not None and self.engine_bytes <= self.budget

    @property
    def is_whole(self) -> bool:
        """Whether the feature map is computed whole, within the budget and about a second.

        Else only what is looked at is computed, or piece by piece what is exported.
        """
        return self.fits and self.engine_bytes <= WHOLE_BYTES and self.multiply_adds <= WHOLE_OPERATIONS

    @property
    def filters(self) -> int:
        """Number of channels of FEATURE."""
        return filters_of(self.spec, self.input.extent(CHANNELS))

    @property
    def groups(self) -> int:
        """Into how many groups the channels are divided; each filter reads the channels of one group alone.

        A depthwise convolution has a group for each channel, and so has the first half of a separable one.
        """
        return self.spec.groups if self.spec.conv == "standard" else self.input.extent(CHANNELS)

    @property
    def kernel_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the kernels as Keras' layers have them: one, or two of a separable convolution.

        `(kernel sizes, channels / groups, filters)`; depthwise `(kernel sizes, channels, depth multiplier)`; pointwise
        `(1 for each spatial axis, channels * depth multiplier, filters)`.
        """
        sizes = tuple(axis.kernel for axis in self.spatial)
        channels, multiplier = self.input.extent(CHANNELS), self.spec.depth_multiplier
        if self.spec.conv == "standard":
            return ((*sizes, channels // self.spec.groups, self.filters),)
        depthwise = (*sizes, channels, multiplier)
        pointwise = (*(1 for _ in sizes), channels * multiplier, self.filters)
        return (depthwise,) if self.spec.conv == "depthwise" else (depthwise, pointwise)

    @property
    def kernel_bytes(self) -> int:
        """Memory of the kernels of all filters, as float32."""
        return sum(math.prod(shape) for shape in self.kernel_shapes) * np.dtype(FEATURE_DTYPE).itemsize

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

    def content(self, stage: Stage) -> tuple[Hashable, ...]:
        """Returns what decides the elements of INPUT, PADDED or FEATURE: where it is equal, so are they."""
        source = (stage, self.info, self.input.axes)
        if stage is Stage.INPUT:
            return source
        if stage is Stage.FEATURE:
            return (*source, self.spec)
        # A fill of NaN equals no other NaN.
        return (*source, self.pad_width, self.padded, self.spec.mode, repr(self.spec.fill_value))

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
        places = self.feature.size // self.filters if self.filters else 0
        # Each number of a kernel takes part once in each place.
        return places * sum(math.prod(shape) for shape in self.kernel_shapes)

    @property
    def engine_bytes(self) -> int:
        """Memory that the whole feature map takes: input, padded tensor and kernels as float32, and the result.

        Of a separable convolution also what stands between its halves. Inputs of wider elements are kept as they are.
        """
        if self.padded is None or self.feature is None:
            return 0
        wider = max(0, np.dtype(self.info.dtype).itemsize - np.dtype(FEATURE_DTYPE).itemsize)
        elements = self.input.size + self.padded.size
        if self.spec.conv == "separable":
            elements += self.feature.size // self.filters * self.kernel_shapes[1][-2]
        shared = self.input.size * wider + self.feature.nbytes
        return elements * np.dtype(FEATURE_DTYPE).itemsize + self.kernel_bytes + shared


def filters_of(spec: PipelineSpec, channels: int) -> int:
    """Returns how many channels FEATURE has, of an input of so many."""
    return channels * spec.depth_multiplier if spec.conv == "depthwise" else spec.filters
