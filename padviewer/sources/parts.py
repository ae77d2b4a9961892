"""Indices along an axis that is cut into segments of one size: which segments they touch, and where in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from padviewer.geometry import Indices
from padviewer.sources.base import progression


class Selector(NamedTuple):
    """Indices along an axis, and the slice that selects the same where there is one."""

    vector: Indices
    run: slice | None


class Part(NamedTuple):
    """What is wanted of the segments at one place of an axis, and where it goes."""

    place: int
    within: Selector
    target: Selector


def parts(vector: Indices, step: int) -> Iterator[Part]:
    """Sorts indices by the segment, of `step` elements, that they lie in."""
    places = vector // step
    order = np.argsort(places, kind="stable")
    for target in np.split(order, np.flatnonzero(np.diff(places[order])) + 1):
        place = int(places[target[0]])
        yield Part(place, selector(vector[target] - place * step), selector(target))


def selector(vector: Indices) -> Selector:
    """Returns what selects the elements at some indices; there is one at least."""
    return Selector(vector, progression(vector))


def crossed(selectors: list[Selector]) -> tuple[Any, ...]:
    """Returns what selects the cross product: slices where they do, which numpy copies faster."""
    runs = tuple(found.run for found in selectors)
    return np.ix_(*(found.vector for found in selectors)) if None in runs else runs
