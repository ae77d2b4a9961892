"""What is known of one item of a data set from its header."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from padviewer.axes import spatial_axes
from padviewer.errors import shortened

Item = tuple[str, str | None]


class Measured(NamedTuple):
    """An item, and its size or why it has none.

    Attributes:
        path: of the file or folder, or its URL.
        member: name of the array in a file that holds several; None where it holds one.
        shape: sizes of the axes, rank 1 to 5, numpy order; empty where there is an error.
        axes: one letter for each axis.
        dtype: numpy's name.
        format: name of the file format, e.g. `PNG`.
        file_bytes: size of the file.
        modified: when it was last written, in nanoseconds; 0 where nobody knows.
        error: why it cannot be measured; empty where it can.
        further: arrays that the file holds beside this one, where nobody has named a member.
    """

    path: str
    member: str | None
    shape: tuple[int, ...] = ()
    axes: str = ""
    dtype: str = ""
    format: str = ""
    file_bytes: int = 0
    modified: int = 0
    error: str = ""
    further: int = 0

    @property
    def item(self) -> Item:
        """Path and member."""
        return self.path, self.member

    @property
    def name(self) -> str:
        """How it is named on the command line: `file.npz::key`."""
        return self.path if self.member is None else f"{self.path}::{self.member}"

    def with_axes(self, axes: str) -> Self:
        """Returns it with other letters for its axes; with an error where there are not as many."""
        if self.error or len(axes) == len(self.shape):
            return self if self.error else self._replace(axes=axes)
        sizes = " x ".join(map(str, self.shape))
        reason = f"{shortened(self.name)}: has {len(self.shape)} axes ({sizes}), but --axes {axes} names {len(axes)}"
        return self._replace(shape=(), axes="", dtype="", error=f"{reason}; name as many, or leave it out")

    def with_elements(self) -> Self:
        """Returns it; with an error where an axis is empty, so that there is nothing to pad."""
        if self.error or all(self.shape):
            return self
        sizes = " x ".join(map(str, self.shape))
        reason = f"{shortened(self.name)}: has no elements ({sizes}), so no target is its own; leave it out"
        return self._replace(shape=(), axes="", dtype="", error=reason)

    def record(self) -> dict[str, Any]:
        """Returns it for JSON."""
        return self._asdict()

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Self:
        """Returns what `record` came from."""
        return cls(**{**record, "shape": tuple(record["shape"])})


def by_axes(measured: Iterable[Measured]) -> dict[str, list[Measured]]:
    """Returns the items of each set of spatial axes, that of most items first. Items without a size are left out."""
    groups: dict[str, list[Measured]] = {}
    for item in measured:
        if not item.error:
            groups.setdefault(spatial_axes(item.axes), []).append(item)
    return {letters: groups[letters] for letters in sorted(groups, key=lambda letters: -len(groups[letters]))}
