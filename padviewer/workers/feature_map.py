"""A whole feature map, of which outputs that are equal along an axis are kept once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from padviewer.geometry import Indices, Region
from padviewer.workers.messages import Array


class FeatureMap:
    """Hands out regions of a feature map.

    Constant padding makes most outputs of a large target equal: neither time nor memory is spent on them until somebody
    asks for them.

    Args:
        computed: the outputs that differ, of the rank of the feature map.
        repeats: by the number of an axis on which outputs repeat: for each output, which one in `computed` it is.
    """

    def __init__(self, computed: Array, repeats: Mapping[int, Indices]) -> None:
        self._computed = computed
        self._repeats = repeats
        self.shape = tuple(len(repeats[axis]) if axis in repeats else n for axis, n in enumerate(computed.shape))

    def cut(self, region: Region) -> Array:
        """Returns a region, with its counts; it may be a view."""
        # First what needs no copy, so that little is left to be copied: one filter of many, as a rule.
        parts = [slice(span.start, span.stop, span.step) for span in region]
        plain = tuple(slice(None) if axis in self._repeats else part for axis, part in enumerate(parts))
        found = self._computed[plain]
        for axis, source in self._repeats.items():
            found = np.take(found, source[parts[axis]], axis)
        return found

    def copy_into(self, out: Array) -> None:
        """Copies all of it into an array of its shape."""
        found = self._computed
        # The first axis last: what is copied most often then is in long runs.
        axes = sorted(self._repeats)
        for axis in reversed(axes[1:]):
            found = np.take(found, self._repeats[axis], axis)
        if axes:
            np.take(found, self._repeats[axes[0]], axes[0], out=out, mode="clip")
        else:
            np.copyto(out, found)
