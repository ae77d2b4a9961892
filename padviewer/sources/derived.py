"""Sources whose elements are made of another source's, or of one value."""

from __future__ import annotations

import numpy as np

from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, Source, check_indices


class FilledSource(Source):
    """A source of one value.

    Args:
        value: of all elements, without axes.
        info: of any shape: no element exists in memory before it is asked for.
    """

    def __init__(self, value: Array, info: ArrayInfo) -> None:
        self._value, self.info = value, info

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Returns the value, as often as elements are asked for."""
        check_indices(self.info.shape, indices)
        return np.full([len(vector) for vector in indices], self._value, self.info.dtype)


class TransposedSource(Source):
    """A source with its axes in reverse order.

    Args:
        source: closed with this one.
        info: what it is.
    """

    def __init__(self, source: Source, info: ArrayInfo) -> None:
        self._source, self.info = source, info
        self.decoded = source.decoded

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors."""
        return np.ascontiguousarray(self._source.take(indices[::-1]).T)

    def close(self) -> None:
        """Closes the source."""
        self._source.close()
