"""The kernel of a plan: drawn, made by a rule or taken from a file; and what of it the filters that are wanted need."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from padviewer import kernels
from padviewer.axes import CHANNELS
from padviewer.errors import PadviewerError
from padviewer.geometry import Span
from padviewer.plan import FEATURE_DTYPE, Plan
from padviewer.spec import FROM_FILE
from padviewer.weights import is_pattern
from padviewer.workers.messages import Array
from padviewer.workers.shared import SharedArray

# Draws a random kernel of a shape, by a seed.
Draw = Callable[[tuple[int, ...], int], Array]


@dataclass(frozen=True)
class Filters:
    """Some filters of a convolution, and what they read of a block.

    Attributes:
        first: float32 of shape (kernel sizes, channels that each filter reads, filters).
        groups: how many filters of `first` read the same channels, group by group; the channels of the groups follow
            each other in the block.
        second: float32 of shape (1 for each spatial axis, filters of `first`, filters), of a separable convolution.
        bias: float32 of shape (filters,).
    """

    first: Array
    groups: tuple[int, ...]
    second: Array | None
    bias: Array

    @property
    def tensors(self) -> tuple[Array, ...]:
        """Kernels and bias, the bias of the rank of a block."""
        bias = self.bias.reshape((1,) * (self.first.ndim - 1) + self.bias.shape)
        return (self.first, bias) if self.second is None else (self.first, self.second, bias)


@dataclass(frozen=True)
class Kernel:
    """The kernel of all filters of a plan.

    Attributes:
        first: float32 of shape (kernel sizes, channels / groups, filters); of a separable convolution its first half.
        groups: of the channels.
        second: as in `Filters`.
        bias: float32 of shape (filters,).
        largest: magnitude that an element of a block is multiplied by at most; infinity where there are NaN.
    """

    first: Array
    groups: int
    second: Array | None
    bias: Array
    largest: float

    def all(self) -> Filters:
        """Returns all filters."""
        filters = self.first.shape[-1] // self.groups
        return Filters(self.first, (filters,) * self.groups, self.second, self.bias)

    def some(self, wanted: Span) -> Filters:
        """Returns some filters, which read the channels that `windows.channels_of` gives."""
        numbers = wanted.indices
        if len(numbers) == len(self.bias):
            return self.all()
        bias = self.bias[numbers]
        if self.second is not None:
            return self._some_of_two(numbers, bias)
        within = self.first.shape[-1] // self.groups
        belongs = numbers // within
        counted = np.bincount(belongs - belongs[0])
        return Filters(np.ascontiguousarray(self.first[..., numbers]), tuple(counted.tolist()), None, bias)

    def filter(self, number: int) -> tuple[Array, float]:
        """Returns what one filter multiplies each channel by, float32 of shape (kernel sizes, channels), and its bias.

        Zeros stand where it does not read.
        """
        found = self.some(Span(number, number + 1))
        bias = float(self.bias[number])
        if self.second is not None:
            return self._in_effect(np.array([number]))[..., 0], bias
        read = self.first.shape[-2]
        dense = np.zeros((*self.first.shape[:-2], read * self.groups), FEATURE_DTYPE)
        group = number // (self.first.shape[-1] // self.groups)
        dense[..., group * read : (group + 1) * read] = found.first[..., 0]
        return dense, bias

    def _some_of_two(self, numbers: Array, bias: Array) -> Filters:
        assert self.second is not None
        taps, between = math.prod(self.first.shape[:-2]), self.first.shape[-1]
        if len(numbers) * taps * self.groups <= between * (taps + len(numbers)):
            # Few filters cost less in one step.
            return Filters(self._in_effect(numbers), (len(numbers),), None, bias)
        whole = self.all()
        return Filters(whole.first, whole.groups, np.ascontiguousarray(self.second[..., numbers]), bias)

    def _in_effect(self, numbers: Array) -> Array:
        """Returns the one kernel, of all channels, that does what the two halves do for some filters."""
        assert self.second is not None
        halves = self.first.reshape(*self.first.shape[:-2], self.groups, -1)
        mixed = self.second[..., numbers].reshape(self.groups, -1, len(numbers))
        return np.ascontiguousarray(np.einsum("...cm,cmf->...cf", halves, mixed), FEATURE_DTYPE)


def kernel_of(plan: Plan, draw: Draw) -> Kernel:
    """Makes the kernel of a plan.

    Args:
        plan: a plan that has a FEATURE stage.
        draw: of a random kernel.
    """
    if plan.spec.weights == FROM_FILE:
        first, *others, bias = _read(plan)
    else:
        first, *others = _drawn(plan, draw) if plan.spec.weights == "random" else _made(plan, plan.spec.weights)
        bias = np.zeros(plan.filters, FEATURE_DTYPE)
    if plan.spec.conv != "standard":
        first = first.reshape(*first.shape[:-2], 1, -1)
    largest = math.prod(_largest(each) for each in (first, *others))
    return Kernel(first, plan.groups, others[0] if others else None, bias, largest)


def key_of(plan: Plan) -> tuple[object, ...]:
    """Returns what the kernel of a plan depends on."""
    return plan.kernel_shapes, plan.spec.conv, plan.groups, plan.spec.weights, plan.spec.seed, plan.weights


def _drawn(plan: Plan, draw: Draw) -> list[Array]:
    """Draws kernels as Keras' layers do: all filters at once, since one alone would be drawn otherwise."""
    return [draw(shape, plan.spec.seed) for shape in plan.kernel_shapes]


def _read(plan: Plan) -> list[Array]:
    """Returns kernels and bias of the weights that were read from a file.

    Raises:
        PadviewerError: they have not been, or are not in memory any more.
    """
    weights = plan.weights
    if weights is None:
        raise PadviewerError(f"{plan.spec.weights_file}: the weights have not been read; choose them again")
    layer = weights.layer
    try:
        with SharedArray(weights.memory, (layer.size,), FEATURE_DTYPE).open() as shared:
            numbers = shared.copy()
    except FileNotFoundError as error:
        raise PadviewerError(f"{weights.file}: the weights are not in memory any more; choose them again") from error
    ends = np.cumsum([math.prod(shape) for shape in layer.shapes])
    arrays = [part.reshape(shape) for part, shape in zip(np.split(numbers, ends[:-1]), layer.shapes, strict=True)]
    if is_pattern(layer, len(plan.spatial)):
        return [*_spread(plan, arrays[:1]), np.zeros(plan.filters, FEATURE_DTYPE)]
    return arrays if layer.bias else [*arrays, np.zeros(plan.filters, FEATURE_DTYPE)]


def _made(plan: Plan, name: str) -> list[Array]:
    return _spread(plan, kernels.patterns(name, tuple(axis.kernel for axis in plan.spatial)))


def _spread(plan: Plan, made: list[Array]) -> list[Array]:
    """Returns the kernels that patterns make."""
    spec, channels = plan.spec, plan.input.extent(CHANNELS)
    if spec.conv == "standard":
        return [kernels.standard(made, channels, spec.filters, spec.groups)]
    first = kernels.depthwise(made, channels, spec.depth_multiplier)
    if spec.conv == "depthwise":
        return [first]
    return [first, kernels.pointwise(len(plan.spatial), channels, spec.depth_multiplier, spec.filters)]


def _largest(kernel: Array) -> float:
    found = float(np.abs(kernel).max(initial=0))
    return found if math.isfinite(found) else math.inf
