"""What a sheet of filters knows of one plane: its samples, filter by filter, and the figures of their outputs."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import fields

import numpy as np

from padviewer.axes import CHANNELS
from padviewer.geometry import Region, Span, counts
from padviewer.gui.screen import Cut, axes_on_screen, plane_region
from padviewer.plan import FEATURE_DTYPE, Plan, Stage
from padviewer.spec import ACROSS_FILTERS
from padviewer.windows import thinned
from padviewer.workers.filter_figures import FilterFigures, figures_of
from padviewer.workers.messages import Array

# More filters than this are not listed: a list of Qt lays every row out, in 4 µs each.
MOST_FILTERS = 1 << 14
# Samples along each axis of a thumbnail, and of a curve.
_THUMBNAIL, _CURVE = 64, 256
# What one request computes at most: filters, multiply-accumulate operations, and bytes of what its windows read.
_CHUNK, _OPERATIONS, _BLOCK_BYTES = 32, 1 << 28, 32 << 20
# Outputs that one request looks at for the figures of a map that is held.
_PIECE = 1 << 22
# What is kept of thumbnails.
_KEPT_BYTES = 32 << 20


class SheetPage:
    """Takes samples of filters in chunks and figures in pieces; says which are wanted next.

    Args:
        plan: whose FEATURE is shown; it has one.
        cut: which plane of it.
        plane: that plane, of whichever filter.
    """

    def __init__(self, plan: Plan, cut: Cut, plane: Region) -> None:
        self.plan, self.cut = plan, cut
        self.letters = axes_on_screen(plan, cut).replace(CHANNELS, "")
        self.count = min(plan.require(Stage.FEATURE).extent(CHANNELS), MOST_FILTERS)
        self._plane = plane[:-1]
        self._sampled = self._samples()
        self._chunk = self._chunk_size()
        self._thumbnails: OrderedDict[int, Array] = OrderedDict()
        self._visible: tuple[int, ...] = ()
        self._figures = _unknown(self.count)
        self._looked = np.zeros(-(-self.count // self._chunk), np.bool_)
        self._whole: FilterFigures | None = None
        self._row = 0

    @classmethod
    def of(cls, plan: Plan, cut: Cut) -> SheetPage | None:
        """Returns the page of what is on screen; None where there is no feature map, or nothing of it."""
        plane = plane_region(plan, Stage.FEATURE, cut) if plan.feature is not None else None
        return None if plane is None else cls(plan, cut, plane)

    # ---- what is known

    @property
    def has_curves(self) -> bool:
        """Whether each filter has one axis to show: the other on screen is that of the filters, or there is none."""
        return len(self.letters) < 2 or any(self._extent(letter) == 1 for letter in self.letters)

    @property
    def is_sampled(self) -> bool:
        """Whether thumbnails leave outputs out."""
        return any(span.step > 1 for span in self._sampled)

    @property
    def is_exact(self) -> bool:
        """Whether the figures are of every output of the plane."""
        return self._done_rows or (not self.is_sampled and self.is_looked_through)

    @property
    def is_looked_through(self) -> bool:
        """Whether something is known of every filter."""
        return bool(self._looked.all())

    @property
    def looked(self) -> int:
        """Of how many filters something is known."""
        return int(min(self.count, self._looked.sum() * self._chunk))

    @property
    def outputs(self) -> int:
        """How many outputs of each filter its figures are of."""
        return math.prod(counts(self._plane if self._done_rows else self._sampled))

    @property
    def figures(self) -> FilterFigures:
        """One number for each filter, NaN where nothing is known yet."""
        return self._whole if self._whole is not None and self._done_rows else self._figures

    def thumbnail(self, number: int) -> Array | None:
        """Returns the samples of a filter: (rows, columns), or one row of a curve; None where they are not there."""
        chunk = self._thumbnails.get(number // self._chunk)
        if chunk is None:
            return None
        axes = self.plan.require(Stage.FEATURE).axes
        shown = [axes.index(letter) for letter in self.letters]
        others = [axis for axis in range(len(axes)) if axis not in shown]
        plane = chunk[..., number % self._chunk, np.newaxis].transpose([*shown, *others])
        plane = plane.reshape(plane.shape[: len(shown)])
        return plane.ravel()[np.newaxis] if self.has_curves else plane

    # ---- what is wanted

    def set_visible(self, numbers: list[int]) -> None:
        """Sets which filters are on screen: their thumbnails come first."""
        self._visible = tuple(dict.fromkeys(number // self._chunk for number in numbers))

    def next_chunk(self) -> int | None:
        """Returns the chunk of filters that is wanted next: what is on screen, then what nothing is known of."""
        for chunk in self._visible:
            if chunk not in self._thumbnails:
                return chunk
        unknown = np.flatnonzero(~self._looked)
        return int(unknown[0]) if unknown.size else None

    def region(self, chunk: int) -> Region:
        """Returns the samples of a chunk of filters."""
        return (*self._sampled, Span(chunk * self._chunk, min((chunk + 1) * self._chunk, self.count)))

    def take(self, chunk: int, data: Array) -> None:
        """Takes the samples of a chunk of filters, with its region's counts."""
        self._thumbnails[chunk] = data
        self._thumbnails.move_to_end(chunk)
        size = max(1, data.nbytes)
        while len(self._thumbnails) > max(len(self._visible), _KEPT_BYTES // size, 1):
            self._thumbnails.popitem(last=False)
        found = figures_of(data)
        span = self.region(chunk)[-1]
        for each in fields(FilterFigures):
            getattr(self._figures, each.name)[span.start : span.stop] = getattr(found, each.name)
        self._looked[chunk] = True

    def next_piece(self) -> Region | None:
        """Returns the region of all filters whose outputs are to be looked at next; None where all have been."""
        if self.is_exact:
            return None
        axis = self._longest
        span = self._plane[axis]
        others = math.prod(counts(self._plane)) // max(1, span.count) * self.count
        rows = max(1, _PIECE // max(1, others))
        first = span.start + self._row
        piece = Span(first, min(first + rows, span.stop))
        return (*self._plane[:axis], piece, *self._plane[axis + 1 :], Span(0, self.count))

    def add(self, piece: Region, figures: FilterFigures) -> None:
        """Takes the figures of a piece."""
        self._row += piece[self._longest].count
        self._whole = figures if self._whole is None else self._whole.with_more(figures)

    # ---- parts

    @property
    def _longest(self) -> int:
        return max(range(len(self._plane)), key=lambda axis: self._plane[axis].count)

    @property
    def _done_rows(self) -> bool:
        return self._row >= self._plane[self._longest].count

    def _extent(self, letter: str) -> int:
        return self.plan.require(Stage.FEATURE).extent(letter)

    def _samples(self) -> Region:
        axes = self.plan.require(Stage.FEATURE).axes
        most = _CURVE if self.has_curves else _THUMBNAIL
        spans = [
            span._replace(step=max(1, -(-span.count // most))) if letter in self.letters else span
            for letter, span in zip(axes, self._plane, strict=False)
        ]
        return thinned(self.plan, (*spans, Span(0, 1)), _BLOCK_BYTES)[:-1]

    def _chunk_size(self) -> int:
        outputs = math.prod(counts(self._sampled))
        if self.plan.spec.activation in ACROSS_FILTERS:
            # Computing some of them is computing all.
            return max(1, min(self.count, _BLOCK_BYTES // (outputs * np.dtype(FEATURE_DTYPE).itemsize)))
        each = self.plan.multiply_adds // max(1, self.plan.require(Stage.FEATURE).size)
        chunk = _CHUNK
        while chunk > 1 and chunk * outputs * each > _OPERATIONS:
            chunk //= 2
        return chunk


def _unknown(count: int) -> FilterFigures:
    mean, deviation, minimum, maximum = (np.full(count, np.nan) for _ in range(4))
    return FilterFigures(mean, deviation, minimum, maximum, np.zeros(count, np.int64), np.zeros(count, np.int64))
