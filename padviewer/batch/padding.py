"""One item on its way into an export: opened, planned, and read tile by tile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from padviewer.batch.bucketing import Planned
from padviewer.batch.checksum import Checksum
from padviewer.batch.record import WRITTEN, Record
from padviewer.batch.source_state import SourceState
from padviewer.dataset.measured import Item
from padviewer.export import Array, Content, Payload
from padviewer.export.grid import Grid, row_tile
from padviewer.geometry import Region, Span, counts
from padviewer.plan import Plan, Stage
from padviewer.pulse import beat
from padviewer.sources import Source
from padviewer.sources.opened import decoding
from padviewer.workers.contents import content_of

# Bytes that are made and written in one piece: most items are one.
TILE = 1 << 24


@dataclass(frozen=True)
class Entry:
    """An item and where it goes.

    Attributes:
        path, member: of the item.
        label: what it is called among all of them.
        output: its file, from the folder of the export.
        array: name of its array in a collection; empty where it has a file of its own.
        index: its place in the array; None where it has a file of its own.
        together: how many items are written in one go, of which this is one: a shard.
    """

    path: str
    member: str | None
    label: str
    output: str
    array: str = ""
    index: int | None = None
    together: int = 1

    @property
    def item(self) -> Item:
        """Path and member."""
        return self.path, self.member

    def record(self, outcome: str, reason: str = "") -> Record:
        """Returns what is noted of the item where nothing is known of its padding."""
        return Record(self.path, self.member, outcome, reason, output=self.output, array=self.array, index=self.index)


class Padding:
    """The padded tensor and the pixel mask of an item.

    Args:
        source: the item.
        planned: what it becomes.
        checksum: one of `checksum.CHECKSUMS`.

    Attributes:
        plan: of its padding.
        payload: what is written.
        rows: those along the first axis beside which all is zero, so that it need not be written.
    """

    def __init__(self, source: Source, planned: Planned, checksum: str) -> None:
        self.plan, self._bucket, self._source = planned.plan, planned.bucket, source
        self._spec_json = planned.spec_json
        self.payload = payload_of(self.plan, Stage.PADDED, planned.spec_json)
        self.rows = _rows_of_data(self.plan)
        self._checksum = Checksum(checksum)

    @cached_property
    def mask(self) -> Payload:
        """Describes the pixel mask."""
        return payload_of(self.plan, Stage.MASK, self._spec_json)

    def tiles(self) -> Iterator[tuple[Region, Array]]:
        """Yields the padded tensor in C order, once; the checksum is that of all that was yielded."""
        for region, data in self._tiles(Stage.PADDED, self.payload):
            kept = self.kept(region)
            row = data.nbytes // max(1, len(data))
            self._checksum.zeros(kept.start * row)
            self._checksum.update(data[kept.start : kept.stop])
            self._checksum.zeros((len(data) - kept.stop) * row)
            yield region, data

    def kept(self, region: Region) -> Span:
        """Returns those rows of a tile beside which all is zero, counted from its first one."""
        first = region[0].start
        start = min(max(first, self.rows.start), region[0].stop)
        return Span(start - first, max(start, min(region[0].stop, self.rows.stop)) - first)

    def mask_tiles(self) -> Iterator[tuple[Region, Array]]:
        """Yields the pixel mask in C order."""
        return self._tiles(Stage.MASK, self.mask)

    def _tiles(self, stage: Stage, payload: Payload) -> Iterator[tuple[Region, Array]]:
        itemsize = np.dtype(payload.dtype).itemsize
        grid = Grid(payload.shape, row_tile(payload.shape, itemsize, TILE))
        content = content_of(self.plan, stage, lambda _plan: self._source)
        for number in range(grid.count):
            region = grid.region(number)
            beat(TILE)
            with decoding(self.plan.info.path):
                data = content.read(region) if grid.count == 1 else _read(content, region)
            yield region, data

    def record(self, entry: Entry, mask: str = "", nbytes: int | None = None) -> Record:
        """Returns what is noted of the item when all of its tiles are written."""
        plan, spec = self.plan, self.plan.spec
        return Record(
            entry.path,
            entry.member,
            WRITTEN,
            "",
            plan.input.shape,
            self.payload.shape,
            self.payload.axes,
            self.payload.dtype,
            tuple((before, after) for before, after in plan.pad_width),
            tuple(axis.padded for axis in plan.spatial),
            self._bucket,
            spec.position_seed if spec.position == "random" else None,
            entry.output,
            entry.array,
            entry.index,
            mask,
            self._checksum.text,
            nbytes,
            *SourceState.of(plan.info, entry.path),
        )


def payload_of(plan: Plan, stage: Stage, spec_json: str) -> Payload:
    """Describes what is written of a stage."""
    wanted = plan.require(stage)
    return Payload(stage.value, wanted.axes, wanted.shape, wanted.dtype, spec_json)


def _read(content: Content, region: Region) -> Array:
    """Returns the elements of a region; those of padding alone are not computed one by one."""
    value = content.constant(region)
    return content.read(region) if value is None else np.ascontiguousarray(np.broadcast_to(value, counts(region)))


def _rows_of_data(plan: Plan) -> Span:
    axis = plan.axis(plan.input.axes[0])
    fill = plan.spec.fill_value
    zero = plan.spec.mode == "constant" and not isinstance(fill, tuple) and not fill and str(fill) != "-0.0"
    # Of the pixel mask too, whose first axis may be another one.
    return Span(*axis.data) if axis and zero else Span(0, sys.maxsize)
