"""The reader: opens files, reads and pads regions, writes exports. It never sees Keras."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from padviewer.axes import CHANNELS
from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource, shortened
from padviewer.export import sweep
from padviewer.folders import state_of
from padviewer.geometry import Region, Span, whole
from padviewer.handed import parse_handed
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.sources import Source, open_source
from padviewer.sources.base import Preview
from padviewer.sources.opened import open_regular
from padviewer.sources.padded import read_input, read_padded, read_windows
from padviewer.windows import windows_of
from padviewer.workers.export_messages import BeginExport, ContinueExport, EndExport, SweepRequest
from padviewer.workers.exporting import Exporting
from padviewer.workers.folder_walk import FolderWalks, ListRequest
from padviewer.workers.messages import (
    Array,
    AttachRequest,
    Digested,
    DigestRequest,
    LoadRequest,
    OpenRequest,
    ProbeRequest,
    Progress,
    RefineRequest,
    TextRequest,
    Tile,
    TileRequest,
    WindowsRequest,
)
from padviewer.workers.pyramid import Pyramid
from padviewer.workers.shared import SharedArray
from padviewer.workers.shared_source import SharedSource
from padviewer.workers.statistics import Statistics, sample, summarize
from padviewer.workers.weights_messages import LayersRequest, WeightsRequest
from padviewer.workers.weights_reader import layers_of, load_weights

# Bytes of the input that are read at a time.
BLOCK = 8 << 20


class Reader:
    """Answers requests about files. The source asked for last stays open."""

    def __init__(self) -> None:
        self._source: Source | None = None
        self._asked: OpenRequest | None = None
        self._budget = 0
        self._statistics: dict[tuple[Any, ...], Statistics] = {}
        self._exporting = Exporting(self._source_of)
        self._folders = FolderWalks()
        self._pyramids: dict[Stage, tuple[tuple[Any, ...], Pyramid]] = {}
        self._answers: dict[type, Callable[[Any, Progress], Any]] = {
            TextRequest: lambda request, _progress: read_text(request.path, request.limit),
            OpenRequest: lambda request, _progress: self._open(request),
            ListRequest: lambda request, _progress: self._folders.go_on(request),
            TileRequest: lambda request, _progress: self._tile(request),
            RefineRequest: lambda request, _progress: self._refine(request),
            ProbeRequest: lambda request, _progress: self._probe(request),
            DigestRequest: lambda request, _progress: self._digest(request),
            WindowsRequest: lambda request, _progress: self._gather(request),
            LoadRequest: self._load,
            AttachRequest: lambda request, _progress: self._read_from(request.info, request.array),
            LayersRequest: lambda request, _progress: layers_of(request),
            WeightsRequest: lambda request, _progress: load_weights(request),
            BeginExport: lambda request, _progress: self._exporting.begin(request),
            ContinueExport: self._exporting.go_on,
            EndExport: lambda _request, _progress: self._exporting.end(),
            SweepRequest: lambda request, _progress: sweep(request.path, request.unless_kept),
        }

    def answer(self, request: Any, progress: Progress) -> Any:
        """Returns the answer to one request."""
        answer = self._answers.get(type(request))
        if answer is None:
            raise TypeError(f"the reader has no answer to {type(request).__name__}")
        return answer(request, progress)

    def _open(self, request: OpenRequest) -> ArrayInfo:
        again = request.keep and request == self._asked and os.path.exists(request.path)  # noqa: PTH110 any name
        if again and self._source is not None and is_current(self._source.info):
            return self._source.info
        source = self._opened(request)
        if not request.keep:
            with source:
                return source.info
        self._close()
        self._source, self._asked, self._budget = source, request, request.budget
        return source.info

    def _opened(self, request: OpenRequest) -> Source:
        try:
            return open_source(request.path, request.member, budget=request.budget)
        except OversizedSource as error:
            if self._source is None or not isinstance(error.__cause__, MemoryError):
                raise
        # What is open takes memory too. It is opened again if it is still looked at.
        self._close()
        return open_source(request.path, request.member, budget=request.budget)

    def _source_of(self, plan: Plan) -> Source:
        """Returns the open source, opened anew where a restart or another file has come between.

        Raises:
            SourceError: the file cannot be opened any more, or is not the one that the plan was made for.
        """
        info = plan.info
        source = self._source
        if source is None or source.info != info:
            self._close()
            # What the plan was made for has passed a budget; it may take more to decode than it takes as an array.
            source = self._source = open_source(info.path, info.member, budget=self._budget or plan.budget)
        if source.info != info or not is_current(info):
            name = shortened(info.path)
            raise DamagedSource(f"{name}: the file has changed since it was opened; reload it (F5)")
        return source

    def _close(self) -> None:
        if self._source is not None:
            self._source.close()
        self._source, self._asked = None, None
        self._statistics.clear()
        self._pyramids.clear()

    def _tile(self, request: TileRequest) -> Tile:
        source = self._source_of(request.plan)
        plan, stage, region = request.plan, request.stage, request.region
        gone = parse_handed(plan.info.path) is None and not os.path.lexists(plan.info.path)
        quick = _quick(source, plan, stage, region) if request.quick else None
        if quick is not None:
            data, preview = quick
            statistics = self._statistics_of(source, request, data) if preview.lasts else summarize(data)
            return Tile(stage, region, data, statistics, coarse=preview.factor, lasts=preview.lasts, gone=gone)
        means = None if request.averaged is None else self._pyramid(plan, stage, request.averaged).tile(region)
        data = _read(source, plan, stage, region) if means is None else means
        return Tile(stage, region, data, self._statistics_of(source, request, data), means is not None, gone=gone)

    def _refine(self, request: RefineRequest) -> bool:
        self._source_of(request.plan)
        return self._pyramid(request.plan, request.stage, request.plane).advance(request.region)

    def _pyramid(self, plan: Plan, stage: Stage, plane: Region) -> Pyramid:
        """Returns the means of a plane; those of the newest plane of each stage are kept."""
        key = (plane, plan.content(stage))
        if stage not in self._pyramids or self._pyramids[stage][0] != key:
            # The source is asked for each time: it is opened anew after a restart.
            self._pyramids[stage] = (
                key,
                Pyramid(plane, lambda region: _read(self._source_of(plan), plan, stage, region)),
            )
        return self._pyramids[stage][1]

    def _statistics_of(self, source: Source, request: TileRequest, shown: Array) -> Statistics:
        """Returns the statistics of the plane of INPUT on screen; PADDED is shown with the same levels.

        Where exact elements would take too long, they are those of a smaller picture, at any step. Where a part of the
        plane is damaged, they are those of what is shown, so that the other parts can be looked at.
        """
        key = request.plane
        if key not in self._statistics:
            sampled, one_in = sample(request.plane)
            try:
                quick = _quick(source, request.plan, Stage.INPUT, sampled) if request.quick else None
                data = quick[0] if quick is not None and quick[1].lasts else read_input(source, sampled)
            except DamagedSource:
                return summarize(shown)
            self._statistics[key] = summarize(data, one_in)
        return self._statistics[key]

    def _probe(self, request: ProbeRequest) -> dict[Stage, Array]:
        source = self._source_of(request.plan)
        plan = request.plan
        return {stage: _read(source, plan, stage, region).ravel() for stage, region in request.places.items()}

    def _digest(self, request: DigestRequest) -> Digested:
        source = self._source_of(request.plan)
        if request.quick:
            quick = _quick(source, request.plan, request.stage, request.region)
            if quick is not None and quick[1].lasts:
                return Digested(request.digest(quick[0]), quick[1].factor)
        return Digested(request.digest(_read(source, request.plan, request.stage, request.region)))

    def _gather(self, request: WindowsRequest) -> None:
        source = self._source_of(request.plan)
        with request.array.fill() as array:
            array[...] = read_windows(source, request.plan, windows_of(request.plan, request.region))

    def _load(self, request: LoadRequest, progress: Progress) -> None:
        plan = request.plan
        source = self._source_of(plan)
        with request.array.fill() as array:
            for region in blocks(plan.info.shape, np.dtype(plan.info.dtype).itemsize):
                first = region[0] if region else Span(0, 1)
                array[first.start : first.stop] = read_input(source, region)
                progress(first.stop, array.shape[0])
        if source.decoded:
            self._read_from(plan.info, request.array)

    def _read_from(self, info: ArrayInfo, array: SharedArray) -> None:
        """Takes the place of the source, whose own copy of the elements is given back."""
        shared = SharedSource(info, array)
        if self._source is not None:
            self._source.close()
        self._source = shared


def _read(source: Source, plan: Plan, stage: Stage, region: Region) -> Array:
    """Reads a region of INPUT or PADDED."""
    return read_input(source, region) if stage is Stage.INPUT else read_padded(source, plan, region)


def _quick(source: Source, plan: Plan, stage: Stage, region: Region) -> tuple[Array, Preview] | None:
    """Reads a region of the smallest picture that stands in for a source, and is not damaged there."""
    axes = zip(plan.require(stage).axes, region, strict=True)
    # Where a smaller picture lasts, no axis may look coarser than its step.
    step = min((span.step for letter, span in axes if letter != CHANNELS and span.count > 1), default=1)
    while (preview := source.preview(step)) is not None:
        try:
            return _read(preview.source, plan, stage, region), preview
        except DamagedSource:
            step = preview.factor - 1
    return None


def read_text(path: str, limit: int) -> str:
    """Returns the text of a regular file, in UTF-8.

    Raises:
        SourceError: where it cannot be read, is longer than `limit` bytes or is no text.
    """
    file = open_regular(path)
    with file.handle:
        data = file.handle.read(limit + 1)
    try:
        if len(data) > limit:
            raise ValueError(f"it has more than {limit} bytes")
        return data.decode("utf-8")
    except ValueError as error:
        raise UnsupportedSource(f"{shortened(path)}: is no text that padviewer has written; {error}") from error


def is_current(info: ArrayInfo) -> bool:
    """Whether a file is still the one that was opened, as far as its size and time tell.

    One that is gone is: what was opened stays readable.
    """
    try:
        return state_of(info.path) == (info.modified, info.file_bytes)
    except (OSError, ValueError):
        return True


def blocks(shape: tuple[int, ...], itemsize: int) -> Iterator[Region]:
    """Yields consecutive regions along the first axis of about `BLOCK` bytes each."""
    row = max(1, int(np.prod(shape[1:], dtype=object)) * itemsize)
    rows = max(1, BLOCK // row)
    for start in range(0, shape[0], rows):
        yield (Span(start, min(start + rows, shape[0])), *whole(shape[1:]))
