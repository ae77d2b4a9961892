"""How two planes differ: how much, where most, in how many elements, and how far from the border it reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from padviewer.gui.difference.pair import Numbers, Pair, flat_index
from padviewer.plan import AxisPlan, Stage
from padviewer.workers.messages import Array

# What rounding does to float32: a difference up to this share of the value is told apart.
TOLERANCE = 1e-6
_NONE = (0, 0)


@dataclass(frozen=True)
class Figures:
    """Of the elements that were compared.

    Attributes:
        compared: how many.
        differing, beyond: how many differ at all, and by more than `TOLERANCE` of the larger value. NaN equals NaN.
        content, content_differing: how many have their middle over the content, and how many of them differ.
        total: sum of the finite differences, without their signs.
        odd: how many differences are not finite: NaN or infinity on one side.
        largest: the largest finite difference, without its sign.
        place: where it is, by axis, in the stage of the settings in force; the first place where one side is NaN or
            infinite, where no difference is finite; None where nothing differs.
        reach, reach_beyond: how deep in the content the deepest element that differs lies, in elements of the stage and
            of the input: 1 is the outermost; 0 where none is over the content.
        deepest: how deep the content is, in elements of the stage.
    """

    compared: int = 0
    differing: int = 0
    beyond: int = 0
    content: int = 0
    content_differing: int = 0
    total: float = 0.0
    odd: int = 0
    largest: float = 0.0
    place: dict[str, int] | None = None
    reach: tuple[int, int] = _NONE
    reach_beyond: tuple[int, int] = _NONE
    deepest: int = 0

    @property
    def mean(self) -> float:
        """The mean of the finite differences, without their signs."""
        return self.total / max(1, self.compared - self.odd)

    def with_more(self, more: Figures) -> Figures:
        """Returns the figures of these elements and of others."""
        larger = more if more.largest > self.largest or self.place is None else self
        return Figures(
            self.compared + more.compared,
            self.differing + more.differing,
            self.beyond + more.beyond,
            self.content + more.content,
            self.content_differing + more.content_differing,
            self.total + more.total,
            self.odd + more.odd,
            larger.largest,
            larger.place,
            max(self.reach, more.reach),
            max(self.reach_beyond, more.reach_beyond),
            max(self.deepest, more.deepest),
        )


def signed(here: Array, there: Array) -> npt.NDArray[np.float64]:
    """Returns `here - there`, 0 where both are the same, NaN and infinities too; of complex numbers the magnitude."""
    wide = [each.astype(np.complex128 if each.dtype.kind == "c" else np.float64) for each in (here, there)]
    with np.errstate(invalid="ignore", over="ignore"):
        apart = wide[0] - wide[1]
        found = np.asarray(np.abs(apart) if apart.dtype.kind == "c" else apart, np.float64)
    found[_same(here, there)] = 0
    return found


def figures_of(pair: Pair, numbers: Numbers, here: Array, there: Array) -> Figures:
    """Returns how the elements of some numbers differ.

    Args:
        pair: what is compared.
        numbers: which elements these are.
        here, there: the elements of both plans, with the stage's axes.
    """
    depth, elements = (np.broadcast_to(each, here.shape).ravel() for each in _depths(pair, numbers))
    content, deepest = int(np.count_nonzero(depth)), _deepest(pair)
    # What is equal, which most is as a rule, is not looked at again.
    places = np.flatnonzero(~_same(here, there).ravel())
    if not places.size:
        return Figures(compared=here.size, content=content, deepest=deepest)
    here_there = here.ravel()[places], there.ravel()[places]
    depth, elements = depth[places], elements[places]
    apart = np.abs(signed(*here_there))
    finite = np.isfinite(apart)
    known = np.where(finite, apart, 0)
    largest = int(known.argmax()) if known.any() else int(finite.argmin())
    with np.errstate(invalid="ignore", over="ignore"):
        values = np.maximum(*(np.abs(each) for each in here_there)).astype(np.float64)
        beyond = ~(apart <= TOLERANCE * values)
    return Figures(
        here.size,
        places.size,
        int(np.count_nonzero(beyond)),
        content,
        int(np.count_nonzero(depth)),
        float(known.sum()),
        int(np.count_nonzero(~finite)),
        float(known[largest]),
        _place(pair, numbers, int(places[largest])),
        _reach(depth, elements),
        _reach(depth[beyond], elements[beyond]),
        deepest,
    )


def _same(here: Array, there: Array) -> npt.NDArray[np.bool_]:
    same: npt.NDArray[np.bool_] = here == there
    if here.dtype.kind in "fc":
        same = same | (np.isnan(here) & np.isnan(there))
    return same


def _place(pair: Pair, numbers: Numbers, place: int) -> dict[str, int]:
    found = flat_index(numbers, place)
    matches = {match.letter: match for match in pair.alignment.matches}
    return {letter: matches[letter].first + number * matches[letter].step for letter, number in found.items()}


def _reach(depth: Array, elements: Array) -> tuple[int, int]:
    return int(depth.max(initial=0)), int(elements.max(initial=0))


def _depths(pair: Pair, numbers: Numbers) -> tuple[Array, Array]:
    """Returns how deep elements lie in the content, in those of the stage and of the input, to be broadcast.

    Borders that neither plan pads do not count, unless there are no others.
    """
    padded = _padded_letters(pair)
    depth, elements = np.full((1,) * len(numbers), np.iinfo(np.int64).max), np.full((1,) * len(numbers), 2**62)
    region = pair.regions(numbers)[0]
    for at, (letter, span) in enumerate(zip(numbers, region, strict=True)):
        axis = pair.plan.axis(letter)
        if axis is None or letter not in padded:
            continue
        shape = [1] * len(numbers)
        shape[at] = span.count
        own, own_elements = _depths_on(axis, pair.stage, span.indices)
        depth = np.minimum(depth, own.reshape(shape))
        elements = np.minimum(elements, own_elements.reshape(shape))
    return depth, elements


def _padded_letters(pair: Pair) -> frozenset[str]:
    """Returns the axes that either plan pads; all where none is."""
    padded = {
        axis.letter
        for plan in (pair.plan, pair.other)
        for axis in plan.spatial
        if any(axis.pad) or (pair.stage is Stage.FEATURE and any(axis.conv))
    }
    return frozenset(padded or {axis.letter for axis in pair.plan.spatial})


def _deepest(pair: Pair) -> int:
    """Returns how deep the content of all slices is, in elements of the stage."""
    ends = [_ends(axis, pair.stage) for axis in pair.plan.spatial if axis.letter in _padded_letters(pair)]
    return max(0, min((last - first + 2) // 2 for first, last in ends))


def _ends(axis: AxisPlan, stage: Stage) -> tuple[int, int]:
    """Returns the first and the last element of an axis whose middle is over the content."""
    scale, offset = axis.to_padded(stage)
    start, stop = axis.data
    size = axis.outputs if stage is Stage.FEATURE else axis.padded
    first = max(0, int(np.floor((start - offset) / scale - 0.5)) + 1)
    return first, min(size - 1, int(np.ceil((stop - offset) / scale - 0.5)) - 1)


def _depths_on(axis: AxisPlan, stage: Stage, indices: Array) -> tuple[Array, Array]:
    """Returns how deep elements of an axis lie, 1 for the outermost whose middle is over the content, 0 for others."""
    scale, offset = axis.to_padded(stage)
    start, stop = axis.data
    middles = scale * (indices + 0.5) + offset
    inside = (middles > start) & (middles < stop)
    first, last = _ends(axis, stage)
    depth = np.minimum(indices - first, last - indices) + 1
    elements = np.ceil(np.minimum(middles - start, stop - middles)).astype(np.int64)
    return np.where(inside, depth, 0), np.where(inside, elements, 0)
