"""The side of an export that writes; it is asked to go on until all is written."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from padviewer.errors import PadviewerError, SourceError
from padviewer.export import Array
from padviewer.geometry import Region
from padviewer.plan import Plan, Stage
from padviewer.workers.contents import (
    FeatureContent,
    SourceOf,
    content_of,
    output_of,
    payload_of,
    pieces,
    sees_padding_alone,
)
from padviewer.workers.export_messages import BeginExport, Begun, ContinueExport, Wanted, Written
from padviewer.workers.messages import Progress

if TYPE_CHECKING:
    from padviewer.export import ArrayWriter

# Bytes of the block that a region of FEATURE is computed of; a single output may need more.
BLOCK = 1 << 26
# What writes asks for regions of FEATURE and is sent their elements.
Pieces = Generator[Wanted, Array | None, None]
Steps = Generator[Begun | Wanted, Array | None, int]


class Exporting:
    """Answers the requests of exports, one export at a time.

    Args:
        source_of: returns the source that a plan was made for, or raises where the file is another by now.
    """

    def __init__(self, source_of: SourceOf) -> None:
        self._source_of = source_of
        self._steps: Steps | None = None
        self._progress: Progress = _ignore
        self._held = ExitStack()

    def begin(self, request: BeginExport) -> Begun:
        """Makes ready; an export that was begun before is given up."""
        self.end()
        steps = self._run(request)
        begun = next(steps)
        if not isinstance(begun, Begun):
            raise TypeError(f"an export began with {type(begun).__name__}")
        self._steps = steps
        return begun

    def go_on(self, request: ContinueExport, progress: Progress) -> Wanted | Written:
        """Writes until a region has to be computed, or all is written."""
        if self._steps is None:
            raise PadviewerError("no export was begun in this process; start it again")
        self._progress = progress
        opened = ExitStack()
        try:
            array = None if request.array is None else opened.enter_context(request.array.open())
            wanted = self._steps.send(array)
        except StopIteration as stop:
            opened.close()
            self.end()
            return Written(stop.value)
        except BaseException:
            opened.close()
            self.end()
            raise
        # The thread that writes is done with the array before, and may have this one.
        self._held.close()
        self._held = opened
        if not isinstance(wanted, Wanted):
            raise TypeError(f"an export went on with {type(wanted).__name__}")
        return wanted

    def end(self) -> None:
        """Gives up what was begun and is not complete."""
        if self._steps is not None:
            self._steps.close()
        self._held.close()
        self._steps, self._progress = None, _ignore

    def _run(self, request: BeginExport) -> Steps:
        from padviewer.export import ArrayWriter, write_left  # noqa: PLC0415 - a reader that only reads starts sooner

        plan, stage = request.plan, request.stage
        payload = payload_of(plan, stage)
        portions = replace(request.portions, memory=min(request.portions.memory, plan.budget))
        with ArrayWriter(
            payload, request.path, overwrite=request.overwrite, portions=portions, fresh=request.fresh
        ) as writer:
            whole = yield Begun(writer.resumed, payload.nbytes)
            try:
                if stage is not Stage.FEATURE:
                    write_left(writer, content_of(plan, stage, self._source_of), self._tell)
                elif whole is not None:
                    write_left(writer, FeatureContent(plan, whole), self._tell)
                else:
                    yield from self._piecewise(writer, plan)
                writer.wait()
                if stage is not Stage.MASK:
                    self._source_of(plan)
            except SourceError:
                writer.abandon()
                raise
            return writer.finish()

    def _piecewise(self, writer: ArrayWriter, plan: Plan) -> Pieces:
        """Writes a feature map of regions that are computed for it; what padding alone makes is computed once."""
        alone = next((region for _number, region in writer.left() if sees_padding_alone(plan, region)), None)
        values: Array | None = None
        if alone is not None:
            sent = yield Wanted(output_of(plan, alone))
            values = None if sent is None else sent.copy()

        def constant(region: Region) -> Array | None:
            if values is None or not sees_padding_alone(plan, region):
                return None
            return values[..., region[-1].start : region[-1].stop]

        writer.check_space(constant)
        for number, region in writer.left():
            value = constant(region)
            if value is not None:
                writer.fill(region, value)
            else:
                for piece in pieces(plan, region, BLOCK):
                    data = yield Wanted(piece)
                    if data is None:
                        raise TypeError(f"the elements of {piece} were wanted")
                    self._source_of(plan)
                    writer.put(piece, data)
            writer.complete(number)
            self._tell(writer.done, writer.payload.nbytes)

    def _tell(self, done: int, total: int) -> None:
        self._progress(done, total)


def _ignore(_done: int, _total: int) -> None:
    pass
