"""Means of blocks of a plane, for pictures that are seen from afar: made in slices of a few milliseconds, and kept."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from padviewer.geometry import Region, Span, counts
from padviewer.sources.padded import along
from padviewer.workers.messages import Array

# Elements that are averaged without being asked twice: about 5 ms of work, the length of a slice too.
AT_ONCE = 1 << 21
# Elements of the finest level that is kept.
_KEPT = 1 << 22

Read = Callable[[Region], Array]
Steps = tuple[int, ...]


class Pyramid:
    """The means of one plane of a stage, at steps that are powers of two.

    A block at the edge that has fewer elements is the mean of those. A block that holds a NaN is NaN.

    Args:
        plane: a region with step 1.
        read: returns the elements of a region of the stage.
    """

    def __init__(self, plane: Region, read: Read) -> None:
        self._plane = plane
        self._read = read
        self._levels: dict[Steps, Array] = {}
        self._building: tuple[Steps, Array] | None = None
        self._done = 0

    def tile(self, region: Region) -> Array | None:
        """Returns the mean of the block of `step` elements from each sample on, rounded to the dtype of the stage.

        Args:
            region: inside the plane, from a multiple of its step on.

        Returns:
            An array with the region's counts; None where `advance` has to make it first.
        """
        steps = tuple(span.step for span in region)
        spans = zip(region, self._plane, strict=True)
        covered = tuple(Span(s.start, min(s.start + s.count * s.step, whole.stop)) for s, whole in spans)
        if math.prod(counts(covered)) <= AT_ONCE:
            return block_means(self._read(covered), steps)
        level = self._level(steps)
        if level is None:
            return None
        starts = [(s.start - whole.start) // s.step for s, whole in zip(region, self._plane, strict=True)]
        return level[tuple(slice(at, at + span.count) for at, span in zip(starts, region, strict=True))]

    def advance(self, region: Region) -> bool:
        """Does a slice of the work that `tile` needs for a region; returns whether there is nothing left to do."""
        steps = tuple(span.step for span in region)
        if self._level(steps) is not None:
            return True
        if self._building is None or not _divides(self._building[0], steps):
            finest = self._finest(steps)
            shape = [-(-span.count // step) for span, step in zip(self._plane, finest, strict=True)]
            self._building, self._done = (finest, np.empty(shape, self._read(_corner(self._plane)).dtype)), 0
        finest, level = self._building
        # Slices go along the axis with the most blocks, so that none is too long.
        along = max(range(len(finest)), key=lambda axis: level.shape[axis])
        span, step = self._plane[along], finest[along]
        across = math.prod(counts(self._plane)) // max(1, span.count) * step
        blocks = max(1, AT_ONCE // max(1, across))
        stop = min(self._done + blocks, level.shape[along])
        part = Span(span.start + self._done * step, min(span.start + stop * step, span.stop))
        region = (*self._plane[:along], part, *self._plane[along + 1 :])
        level[(slice(None),) * along + (slice(self._done, stop),)] = block_means(self._read(region), finest)
        self._done = stop
        if stop < level.shape[along]:
            return False
        self._levels[finest], self._building = level, None
        return self._level(steps) is not None

    def _level(self, steps: Steps) -> Array | None:
        if steps not in self._levels:
            finer = next((known for known in self._levels if _divides(known, steps)), None)
            if finer is None:
                return None
            factors = tuple(step // known for step, known in zip(steps, finer, strict=True))
            sizes = zip(self._plane, finer, strict=True)
            weights = [np.minimum(step, n.count - step * np.arange(-(-n.count // step))) for n, step in sizes]
            self._levels[steps] = block_means(self._levels[finer], factors, weights)
        return self._levels[steps]

    def _finest(self, steps: Steps) -> Steps:
        """Returns the smallest steps, in the proportion of those that are wanted, at which a level may be kept."""
        while max(steps) > 2:
            halved = tuple(max(1, step // 2) for step in steps)
            sizes = [-(-span.count // step) for span, step in zip(self._plane, halved, strict=True)]
            if math.prod(sizes) > _KEPT or max(halved) < 2:
                break
            steps = halved
        return steps


def block_means(data: Array, steps: Steps, weights: list[Array] | None = None) -> Array:
    """Returns the means of blocks, in the dtype of `data`: integers are rounded.

    Args:
        data: integers, real or complex numbers.
        steps: elements of a block on each axis; blocks at the end may have fewer.
        weights: for each axis, how many elements each of its elements stands for; None for one each.
    """
    dtype = data.dtype
    means: Array = data
    for axis, step in enumerate(steps):
        if step == 1:
            continue
        weight = np.ones(means.shape[axis], np.float32) if weights is None else weights[axis]
        if weights is not None:
            means = means * along(weight, axis, means.ndim)
        share = np.add.reduceat(weight, np.arange(0, means.shape[axis], step))
        means = _block_sums(means, axis, step)
        means /= along(share, axis, means.ndim).astype(means.real.dtype)
    return (np.rint(means) if dtype.kind in "iu" and means.dtype != dtype else means).astype(dtype, copy=False)


def _block_sums(data: Array, axis: int, step: int) -> Array:
    """Returns the sums of blocks along an axis, as floats that hold them."""
    wide = np.result_type(data.dtype, np.float32)
    size = data.shape[axis]
    full = size // step
    shape = (*data.shape[:axis], full, step, *data.shape[axis + 1 :])
    head = data[(slice(None),) * axis + (slice(0, full * step),)].reshape(shape)
    total: Array = head.sum(axis=axis + 1, dtype=wide)
    if full * step == size:
        return total
    rest = data[(slice(None),) * axis + (slice(full * step, size),)].sum(axis=axis, dtype=wide, keepdims=True)
    return np.concatenate([total, rest], axis=axis)


def _divides(finer: Steps, steps: Steps) -> bool:
    return all(step % known == 0 for step, known in zip(steps, finer, strict=True))


def _corner(plane: Region) -> Region:
    return tuple(Span(span.start, span.start + 1) for span in plane)
