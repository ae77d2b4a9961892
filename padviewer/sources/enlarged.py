"""A smaller picture in the place of a larger one."""

from __future__ import annotations

import numpy as np

from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, Source, check_indices


class EnlargedSource(Source):
    """A smaller picture in the shape of a larger one: each of its elements is repeated.

    Args:
        small: of the rank and dtype of the larger one, as long or shorter on each axis; closed by whom it belongs to.
        info: of the larger one.
        factor: how many elements of it one of `small` stands for, along each axis that is shorter.
    """

    def __init__(self, small: Source, info: ArrayInfo, factor: int) -> None:
        self.info = info
        self._small, self._factor = small, factor

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors."""
        check_indices(self.info.shape, indices)
        sizes = zip(indices, self._small.info.shape, self.info.shape, strict=True)
        return self._small.take(tuple(v if m == n else np.minimum(v // self._factor, m - 1) for v, m, n in sizes))
