"""Exports that ended with an earlier run: what is of no use is removed, what can be continued is offered."""

from __future__ import annotations

import json
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMessageBox, QPushButton

from padviewer.errors import Cancelled, PadviewerError, SettingsError, shortened
from padviewer.export import Note, Swept, notes
from padviewer.gui.bridge import settle
from padviewer.gui.files import Item
from padviewer.gui.plain_tip import plain_tip
from padviewer.plan import Plan, Stage
from padviewer.spec import PipelineSpec
from padviewer.workers.export_messages import SweepRequest
from padviewer.workers.jobs import SCOUT

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

OFFER = "Unfinished export…"


class Begun(NamedTuple):
    """An export that can be continued: of what, with which settings, and how much of it is on the disk."""

    note: Note
    share: float
    item: Item
    stage: Stage
    spec: PipelineSpec


class UnfinishedExports(QObject):
    """Looks, once, what earlier runs have left of their exports. The scout does: a disk may be gone, and hang.

    Args:
        window: whose message bar offers to continue.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._notes = deque(notes())
        self._found: list[Begun] = []
        self._waiting: Begun | None = None
        # The others first hear of a plan, before another is asked for.
        self._session.plan_changed.connect(lambda *_: QTimer.singleShot(0, self, self._advance))
        self._session.failed.connect(self._on_session_failed)
        self._next()

    def _next(self) -> None:
        """Looks at one note after the other; tells of all when there are no more."""
        if self._notes:
            note = self._notes.popleft()
            self._sweep(note, partial(self._swept, note), unless_kept=True)
        elif self._found:
            one = len(self._found) == 1
            text = f"The export to {shortened(self._found[0].note.target, 60)} was" if one else "Exports were"
            self._window.message.add_offer(f"{text} interrupted, and can be continued.", OFFER, self.ask)

    def _sweep(self, note: Note, on_swept: partial[None], unless_kept: bool) -> None:
        scout = self._session.clients[SCOUT]
        request = SweepRequest(note.target, unless_kept)
        settle(scout.submit("sweep", request), on_swept, self._on_sweep_failed)

    def _on_sweep_failed(self, error: PadviewerError) -> None:
        """What cannot be looked at now is looked at when the program starts next."""
        if isinstance(error, Cancelled):
            self._notes.clear()  # the window is closing
        else:
            self._next()

    def _swept(self, note: Note, swept: Swept) -> None:
        if swept.is_clear:
            with suppress(OSError):
                note.file.unlink(missing_ok=True)
        elif swept.share is not None and (begun := _begun(note, swept.share)) is not None:
            self._found.append(begun)
        self._next()

    def ask(self) -> None:
        """Asks of one export after the other whether it is continued or removed."""
        while self._found:
            begun = self._found.pop(0)
            box = QMessageBox(self._window)
            box.setIcon(QMessageBox.Icon.Question)
            box.setWindowTitle("Unfinished export")
            box.setText(plain_tip(_question(begun)))
            goes_on = box.addButton("Continue", QMessageBox.ButtonRole.AcceptRole)
            removes = box.addButton("Remove it", QMessageBox.ButtonRole.DestructiveRole)
            later = box.addButton("Later", QMessageBox.ButtonRole.RejectRole)
            box.setDefaultButton(goes_on if isinstance(goes_on, QPushButton) else later)
            box.setEscapeButton(later)
            box.exec()
            chosen = box.clickedButton()
            box.deleteLater()
            if chosen is removes:
                self._sweep(begun.note, partial(self._removed, begun.note), unless_kept=False)
            elif chosen is goes_on:
                self._go_on(begun)
                break
        self._window.message.clear()
        if self._found:
            self._next()

    def _removed(self, note: Note, swept: Swept) -> None:
        if swept.is_clear:
            with suppress(OSError):
                note.file.unlink(missing_ok=True)
        name = shortened(note.target, 60)
        self._window.status.say(f"{name}: {'removed what was unfinished' if swept.is_clear else 'cannot be removed'}")

    def _go_on(self, begun: Begun) -> None:
        """Shows the input with the settings of the export, and exports it again."""
        self._waiting = begun
        plan = self._session.plan
        if plan is not None and _is_of(plan, begun):
            self._advance()
        else:
            self._session.files.open([begun.item])

    def _on_session_failed(self, _error: PadviewerError) -> None:
        self._waiting = None  # its input cannot be opened, or its settings not be had

    def _advance(self) -> None:
        """Exports when the input is on screen with the settings of the export."""
        begun, plan = self._waiting, self._session.plan
        if begun is None or plan is None or not _is_of(plan, begun):
            return
        if plan.spec != begun.spec:
            changes = {name: getattr(begun.spec, name) for name in PipelineSpec.__dataclass_fields__}
            self._session.edit(changes, "settings of the unfinished export")
            return
        if plan.spec.weights_file and plan.weights is None and plan.problem is None:
            return  # they are being read, and bring another plan
        self._waiting = None
        if plan.stage(begun.stage) is None:
            problem = plan.problem or PadviewerError("the input has changed, and the export cannot be continued")
            self._window.message.show_error(problem)
        else:
            self._window.commands.export(begun.stage, begun.note.target)


def _is_of(plan: Plan, begun: Begun) -> bool:
    path, member = begun.item
    return (plan.info.path, plan.info.member) == (path, member)


def _begun(note: Note, share: float) -> Begun | None:
    """Returns what a note says of an export that can be continued; None where it makes no sense."""
    try:
        path, member, *_rest = json.loads(note.told["origin"])
        stage, spec = Stage(note.told["stage"]), PipelineSpec.from_json(note.told["settings"])
    except (LookupError, ValueError, TypeError, RecursionError, SettingsError):
        return None
    if not isinstance(path, str) or not isinstance(member, str | None):
        return None
    return Begun(note, share, (path, member), stage, spec)


def _question(begun: Begun) -> str:
    path, member = begun.item
    of = shortened(path if member is None else f"{path}::{member}")
    return (
        f"The export of {of} ({begun.stage.value}) to {shortened(begun.note.target)} was interrupted; "
        f"{100 * begun.share:.0f} % of it is on the disk. Continue it?"
    )
