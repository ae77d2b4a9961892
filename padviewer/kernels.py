"""Kernels made by a rule: one spatial pattern, spread over channels and filters.

Keras correlates: a kernel is not turned round, so the number at index 0 multiplies the element with the lowest index.
A Sobel kernel of three is -1, 0, 1 along its axis, and answers a value that grows with the index by a positive number.

Filter f reads one channel, number f modulo the channels that it can read. Of one filter alone and several channels, it
reads the mean of all of them. Patterns with a direction take the next axis after as many filters as there are channels.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt

from padviewer.errors import PlanError

Array = npt.NDArray[np.float32]
Exact = npt.NDArray[np.float64]

# Beyond it, as in OpenCV, binomial numbers say nothing more.
LARGEST = 31
_ODD = ("sobel", "laplacian")


def check_pattern(name: str, sizes: tuple[int, ...]) -> None:
    """Raises a `PlanError` where a pattern cannot have these sizes; offers the nearest that it can have."""
    if name not in _ODD or all(size % 2 and 3 <= size <= LARGEST for size in sizes):
        return
    nearest = tuple(min(max(3, size | 1), LARGEST) for size in sizes)
    shown, wanted = ("x".join(map(str, each)) for each in (sizes, nearest))
    raise PlanError(
        f"a {name.capitalize()} kernel needs an odd size from 3 to {LARGEST} on each axis; got {shown}",
        ((f"Kernel {wanted}", {"kernel": nearest}), ("Random weights", {"weights": "random"})),
    )


def pattern(name: str, sizes: tuple[int, ...], number: int = 0) -> Array:
    """Returns a pattern.

    Args:
        name: `identity`, `box`, `gaussian`, `sobel` or `laplacian`.
        sizes: of the kernel, one to three, as `check_pattern` allows them.
        number: which one, where they have a direction: axis `number` modulo the rank.

    Returns:
        float32 of shape `sizes`. Identity, box and Gaussian sum to 1, Sobel and Laplacian to 0.
    """
    along = number % len(sizes)
    if name == "laplacian":
        return np.asarray(sum(_bent(sizes, axis) for axis in range(len(sizes))), np.float32)
    if name == "sobel":
        return _outer([_slope(n) if axis == along else _binomial(n) for axis, n in enumerate(sizes)]).astype(np.float32)
    line = {"identity": _middle, "box": _mean, "gaussian": _bell}[name]
    return _outer([line(size) for size in sizes]).astype(np.float32)


def patterns(name: str, sizes: tuple[int, ...]) -> list[Array]:
    """Returns the patterns of a name: one for each axis where they have a direction, else one."""
    return [pattern(name, sizes, number) for number in range(len(sizes) if name == "sobel" else 1)]


def standard(made: list[Array], channels: int, filters: int, groups: int = 1) -> Array:
    """Returns the kernel of a standard convolution.

    Args:
        made: the patterns, taken in turn.
        channels: of the input.
        filters: how many there are.
        groups: into how many channels and filters are divided.

    Returns:
        float32 of shape (sizes, channels / groups, filters).
    """
    read, made_by = channels // groups, filters // groups
    kernel = np.zeros((*made[0].shape, read, filters), np.float32)
    if made_by == 1 and read > 1:
        kernel[...] = made[0][..., np.newaxis, np.newaxis] / np.float32(read)
    elif read:
        numbers = np.arange(filters)
        within = numbers % made_by
        for turn, each in enumerate(made):
            own = within // read % len(made) == turn
            kernel[..., within[own] % read, numbers[own]] = each[..., np.newaxis]
    return kernel


def depthwise(made: list[Array], channels: int, multiplier: int) -> Array:
    """Returns the kernel of a depthwise convolution, each channel with the same patterns.

    Returns:
        float32 of shape (sizes, channels, multiplier).
    """
    kernel = np.empty((*made[0].shape, channels, multiplier), np.float32)
    for turn, each in enumerate(made[:multiplier]):
        kernel[..., turn :: len(made)] = each[..., np.newaxis, np.newaxis]
    return kernel


def pointwise(rank: int, channels: int, multiplier: int, filters: int) -> Array:
    """Returns the second kernel of a separable convolution: filter f takes what the first made of channel f modulo C.

    Returns:
        float32 of shape (1 for each of `rank` axes, channels * multiplier, filters).
    """
    kernel = np.zeros((channels * multiplier, filters), np.float32)
    if filters == 1:
        kernel[::multiplier, 0] = 1 / np.float32(channels)
    else:
        numbers = np.arange(filters)
        kernel[numbers % channels * multiplier + numbers // channels % multiplier, numbers] = 1
    return kernel.reshape((1,) * rank + kernel.shape)


def _outer(lines: list[Exact]) -> Exact:
    return functools.reduce(np.multiply.outer, lines)


def _middle(size: int) -> Exact:
    """A 1 in the middle; of an even size where `same` puts the output: before the middle."""
    line = np.zeros(size)
    line[(size - 1) // 2] = 1
    return line


def _mean(size: int) -> Exact:
    return np.full(size, 1 / size)


def _bell(size: int) -> Exact:
    """A Gaussian with the width that OpenCV takes for a size."""
    sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8
    line = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    return np.asarray(line / line.sum())


def _binomial(size: int) -> Exact:
    return np.array([math.comb(size - 1, k) for k in range(size)], np.float64)


def _slope(size: int) -> Exact:
    """The derivative of Sobel: -1, 0, 1, smoothed where there is room."""
    return np.convolve([-1, 0, 1], _binomial(size - 2))


def _bent(sizes: tuple[int, ...], along: int) -> Exact:
    return _outer([_curvature(n) if axis == along else _within(n) for axis, n in enumerate(sizes)])


def _curvature(size: int) -> Exact:
    """The second difference: 1, -2, 1, smoothed where there is room."""
    return np.convolve([1, -2, 1], _binomial(size - 2))


def _within(size: int) -> Exact:
    """Smoothing that leaves as much room as a second difference takes."""
    return np.pad(_binomial(size - 2), 1)
