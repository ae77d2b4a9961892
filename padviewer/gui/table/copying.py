"""Copies a block of cells as text, piece by piece: a million of them is seconds of work."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from padviewer.errors import PadviewerError
from padviewer.geometry import Span
from padviewer.gui.digest_work import DigestWork
from padviewer.gui.table.plane import TablePlane
from padviewer.workers.digests import Lines
from padviewer.workers.messages import Digested, DigestRequest

# Cells that are copied at all: about 20 MB of text.
MOST = 1_000_000
# Cells of a piece: about 5 ms of work.
PIECE = 4096


class TableCopy:
    """Puts cells on the clipboard as TSV: exact elements, a line for each row, without headings.

    Args:
        work: asks the workers.
        say: tells a person.
    """

    def __init__(self, work: DigestWork, say: Callable[[str], None]) -> None:
        self._work = work
        self._say = say
        self._run = 0

    def copy(self, plane: TablePlane, rows: Span, columns: Span) -> None:
        """Copies a block; an older one that is on its way is dropped."""
        self._run += 1
        count = rows.count * columns.count
        if not count:
            self._say("nothing is selected to copy")
            return
        if count > MOST:
            self._say(f"{rows.count} × {columns.count} = {count} elements; at most {MOST} can be copied as text")
            return
        self._say(f"copying {count} elements…")
        wide = min(columns.count, PIECE)
        high = max(1, PIECE // wide)
        pieces = [
            (Span(row, min(row + high, rows.stop)), Span(column, min(column + wide, columns.stop)))
            for row in range(rows.start, rows.stop, high)
            for column in range(columns.start, columns.stop, wide)
        ]
        pieces.reverse()
        self._next(self._run, plane, pieces, rows, columns, [])

    def _next(
        self,
        run: int,
        plane: TablePlane,
        pieces: list[tuple[Span, Span]],
        rows: Span,
        columns: Span,
        lines: list[str],
    ) -> None:
        if run != self._run:
            return
        if not pieces:
            QApplication.clipboard().setText("\n".join(lines) + "\n")
            self._say(f"{rows.count} × {columns.count} elements copied as TSV")
            return
        down, across = pieces.pop()

        def found(digested: Digested) -> None:
            if across.start == columns.start:
                lines.extend(digested.answer)
            else:
                first = down.start - rows.start
                for number, line in enumerate(digested.answer, start=first):
                    lines[number] += "\t" + line
            self._next(run, plane, pieces, rows, columns, lines)

        def failed(error: PadviewerError) -> None:
            if run == self._run:
                self._say(f"not copied: {error.message}")

        request = DigestRequest(plane.plan, plane.stage, plane.part(down, across), Lines(*plane.axes))
        self._work.ask("copy table", request, found, failed)
