"""Arrays that a running Python sends to the window: where they come into the list of files, and what is answered."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from padviewer.errors import SettingsError
from padviewer.gui.files import FileEntry, Item
from padviewer.gui.main_window import MainWindow
from padviewer.handed import handed_path
from padviewer.live.link import Link, Message
from padviewer.live.settings import spec_of_json
from padviewer.plan import ArrayInfo, Stage
from padviewer.workers.jobs import READER

# Messages that are taken in before the window draws again.
_AT_ONCE = 16
_LOOK_MS = 15
# The next version is asked for when this one is on screen, or has had so long to get there.
_PATIENCE_S = 2.0


@dataclass
class Arrival:
    """An array in the list.

    Attributes:
        name: that Python gave it.
        item: its newest version.
        until: when its taking is told at the latest; None where it has been told.
    """

    name: str
    item: Item
    until: float | None


class Arrivals(QObject):
    """Takes what comes over the line, while there is a Python at its other end.

    A version is answered for when it is on screen, so that Python sends no more of them than can be seen. The memory of
    one is given back when nothing shows it, or writes it to a file, any more.

    Args:
        link: to that Python.
        window: which shows the first array already.
        first: the message that the first array came with.
        path: what stands for it.
    """

    def __init__(self, link: Link, window: MainWindow, first: Message, path: str) -> None:
        super().__init__(window)
        self._link, self._window, self._session = link, window, window.session
        self._arrays: dict[int, Arrival] = {}
        self._held: dict[str, int] = {}
        self._questions: list[tuple[Any, int, float]] = []
        self._settings: dict[str, dict[str, Any]] = {}
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._session.files.changed.connect(self._on_files_changed)
        self._session.files.noted.connect(self._look_again)
        self._session.files.opened.connect(self._on_files_opened)
        # What was shown, or written, until now may be given back.
        self._session.plan_changed.connect(self._look_again)
        self._session.export_ended.connect(self._look_again)
        self._add(first, path)
        link.set_blocking(False)
        self._notifier = QSocketNotifier(link.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_line_readable)
        app = QApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.end)
        self._send("opened")

    def _look_again(self) -> None:
        self._timer.start()

    def end(self) -> None:
        """The window closes: says so, and hangs up."""
        self._send("farewell")
        self._hang_up()

    def _hang_up(self) -> None:
        self._notifier.setEnabled(False)
        self._link.close()

    def _send(self, kind: str, **content: Any) -> None:
        with suppress(OSError):  # where that Python has ended, the notifier tells it
            self._link.send(kind, **content)

    # ---- what comes

    def _on_line_readable(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                message = self._link.receive()
            except BlockingIOError:
                return
            except OSError:
                message = None
            if message is None:
                self._hang_up()
                self._window.status.say("the Python that showed this has ended; its arrays stay in this window")
                return
            self._take(message)

    def _take(self, message: Message) -> None:
        number = message.content.get("entry")
        if not isinstance(number, int):
            message.close()
        elif message.kind == "array" and message.descriptor is not None:
            self._take_array(number, message)
        else:
            message.close()
            if message.kind == "close":
                self._close(number)
            elif message.kind == "info":
                self._questions.append((message.content.get("question"), number, time.monotonic() + _PATIENCE_S))
                self._timer.start()

    def _take_array(self, number: int, message: Message) -> None:
        front = bool(message.content.get("front"))
        older = self._arrays.get(number)
        if older is None and not front:
            # It was closed here while this was on its way.
            message.close()
            self._send("taken", entry=number)
            return
        path = handed_path(os.getpid(), message.descriptor or 0, str(message.content.get("name") or "array"))
        if front:
            # Nobody waits to see what another array takes the place of.
            for other, arrival in self._arrays.items():
                self._tell_taken(other, arrival)
        self._add(message, path)
        asked = self._session.files.asked
        if older is None:
            self._session.files.open([(path, None)])
        else:
            self._session.files.replace(older.item, (path, None), show=front)
        if front and asked is not None and any(arrival.item == asked for arrival in self._arrays.values()):
            # Its opening may have been taken back for this one; the list tells what it is all the same.
            self._session.files.describe([asked])

    def _add(self, message: Message, path: str) -> None:
        content = message.content
        self._held[path] = message.descriptor or 0
        if content.get("settings"):
            self._settings[path] = content["settings"]
        until = time.monotonic() + _PATIENCE_S
        self._arrays[content["entry"]] = Arrival(str(content.get("name")), (path, None), until)
        self._timer.start()

    def _close(self, number: int) -> None:
        """Python takes an array off the list; another one comes on screen, or the window goes with the last."""
        files = self._session.files
        arrival = self._arrays.get(number)
        entry = self._entry(arrival.item) if arrival else None
        if entry is None:
            self._send("closed", entry=number)
            return
        index = files.entries.index(entry)
        # Where another one is being opened, that one takes its place.
        leaves_screen = entry.item == (files.asked or files.shown)
        files.close(index)
        if not files.entries:
            self._window.close()
        elif leaves_screen:
            files.select(min(index, len(files.entries) - 1))

    # ---- what became of it

    def _on_files_opened(self, info: ArrayInfo) -> None:
        settings = self._settings.pop(info.path, None)
        if settings is None:
            return
        try:
            self._session.edit(spec_of_json(settings))
        except SettingsError as error:
            self._window.message.show_error(error)

    def _on_files_changed(self) -> None:
        """Tells Python of arrays that a person took off the list."""
        listed = {entry.item for entry in self._session.files.entries}
        for number in [number for number, arrival in self._arrays.items() if arrival.item not in listed]:
            del self._arrays[number]
            self._send("closed", entry=number)
        self._timer.start()

    def _on_timer_timeout(self) -> None:
        for number, arrival in self._arrays.items():
            if arrival.until is not None and (time.monotonic() > arrival.until or self._has_settled(arrival)):
                self._tell_taken(number, arrival)
        for asked in [asked for asked in self._questions if self._can_answer(*asked[1:])]:
            self._questions.remove(asked)
            self._send("answer", question=asked[0], info=self._info(asked[1]))
        waiting = self._questions or any(arrival.until is not None for arrival in self._arrays.values())
        if self._give_back() and not waiting:
            self._timer.stop()

    def _tell_taken(self, number: int, arrival: Arrival) -> None:
        if arrival.until is not None:
            arrival.until = None
            self._send("taken", entry=number)

    def _has_settled(self, arrival: Arrival) -> bool:
        """Whether a version is known, and drawn where it comes on screen; with its feature map, once there are any."""
        entry = self._entry(arrival.item)
        if entry is None or entry.error is not None:
            return True
        plan, files = self._session.plan, self._session.files
        shown = files.current is not None and files.entries[files.current].item == arrival.item
        if entry.info is None or (shown and (plan is None or plan.info.path != arrival.item[0])):
            return False
        if not shown:
            return True
        if self._session.devices is None:  # an engine takes seconds to start
            drawn = not any(self._window.pane(stage).is_asking for stage in (Stage.INPUT, Stage.PADDED))
            return drawn and self._session.clients[READER].idle
        return self._window.settled and not self._session.feature.state.working

    def _can_answer(self, number: int, until: float) -> bool:
        """Whether it is known what an array is, and its picture has come or had its time."""
        arrival = self._arrays.get(number)
        entry = self._entry(arrival.item) if arrival else None
        if arrival is None or entry is None or entry.error is not None:
            return True
        return entry.info is not None and (self._has_settled(arrival) or time.monotonic() > until)

    def _give_back(self) -> bool:
        """Closes versions that nothing refers to any more; returns whether that was all of them."""
        plans = [plan for plan in (self._session.plan, self._session.exported) if plan is not None]
        used = {arrival.item[0] for arrival in self._arrays.values()} | {plan.info.path for plan in plans}
        unused = [path for path in self._held if path not in used]
        # Of the last one something may be asked still.
        ended = unused if self._session.idle else unused[:-1]
        for path in ended:
            os.close(self._held.pop(path))
            self._settings.pop(path, None)
        return ended == unused

    def _entry(self, item: Item) -> FileEntry | None:
        return next((entry for entry in self._session.files.entries if entry.item == item), None)

    def _info(self, number: int) -> dict[str, Any] | None:
        """Returns what the window holds of an array; None where that is nothing."""
        arrival = self._arrays.get(number)
        entry = self._entry(arrival.item) if arrival else None
        if arrival is None or entry is None:
            return None
        plan, made = self._session.plan, self._session.plan_of(entry)
        told: dict[str, Any] = dict.fromkeys(("shape", "axes", "dtype", "padded", "feature", "problem"))
        if made is not None:
            told |= {"shape": made.input.shape, "axes": made.input.axes, "dtype": made.input.dtype}
            told |= {"padded": made.padded and made.padded.shape, "feature": made.feature and made.feature.shape}
            told["problem"] = made.problem.message if made.problem else None
        elif entry.error is not None:
            told["problem"] = entry.error.message
        return {
            "name": arrival.name,
            **told,
            "notes": list(entry.info.notes) if entry.info else [],
            "on_screen": plan is not None and plan.info.path == arrival.item[0],
            "settings": json.loads((made.spec if made else self._session.spec).to_json()),
        }
