"""The arrays of a collection: items of the same padded shape, dtype and axes lie in one, along its first axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from padviewer.axes import BATCH, CHANNELS
from padviewer.batch.padding import Padding
from padviewer.errors import SourceError
from padviewer.export import Payload
from padviewer.export.place import display_name

# Beside an array: its pixel masks, the labels of its items, and whether each item was written.
MASK, ITEMS, WRITTEN = "_mask", "_items", "_written"


@dataclass(frozen=True)
class Group:
    """Items that lie in one array.

    Attributes:
        axes, shape, dtype: of each item.
        count: how many items there is room for.
    """

    axes: str
    shape: tuple[int, ...]
    dtype: str
    count: int = 0

    @property
    def name(self) -> str:
        """What the array is called: `HWC_512x512x3_uint8`."""
        return f"{self.axes}_{'x'.join(map(str, self.shape))}_{self.dtype}"

    @property
    def nbytes(self) -> int:
        """Bytes of one item."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    @property
    def mask_shape(self) -> tuple[int, ...]:
        """Sizes of the pixel mask of an item."""
        return tuple(size for letter, size in zip(self.axes, self.shape, strict=True) if letter != CHANNELS)

    @property
    def mask_axes(self) -> str:
        """Axes of the pixel mask of an item."""
        return self.axes.replace(CHANNELS, "")

    def payloads(self, spec_json: str, mask: bool) -> list[Payload]:
        """Describes the array of all items, what tells which are written, and the array of their masks if wanted."""
        found = [
            Payload(self.name, _of_items(self.axes), (self.count, *self.shape), self.dtype, spec_json),
            Payload(self.name + WRITTEN, "N", (self.count,), "uint8", spec_json),
        ]
        if mask:
            axes = _of_items(self.mask_axes)
            found.append(Payload(self.name + MASK, axes, (self.count, *self.mask_shape), "uint8", spec_json))
        return found

    def check(self, padding: Padding) -> None:
        """Raises a `SourceError` where an item does not fit into its array any more."""
        payload = padding.payload
        if (payload.axes, payload.shape, payload.dtype) != (self.axes, self.shape, self.dtype):
            name = display_name(padding.plan.info.path)
            raise SourceError(
                f"{name}: has changed since its size was read: {payload.described}, but its array holds {self.name}; "
                "start over with --force"
            )


def total_bytes(groups: Sequence[Group], mask: bool) -> int:
    """Returns the bytes of all arrays."""
    return sum(group.count * (group.nbytes + (math.prod(group.mask_shape) if mask else 0)) for group in groups)


def _of_items(axes: str) -> str:
    """Returns the axes of an array of items; a batch of batches has N before the B."""
    return ("N" if BATCH in axes else BATCH) + axes
