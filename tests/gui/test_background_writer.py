"""Writing behind the window's back: the newest of each kind, errors told, an end in time."""

from __future__ import annotations

import threading
import time

from padviewer.gui.sessions.background_writer import BackgroundWriter


def test_of_what_waits_the_newest_of_each_kind_is_written() -> None:
    writer, written, gate = BackgroundWriter(lambda _error: None), [], threading.Event()

    def slow() -> None:
        gate.wait(10)
        written.append("first")

    writer.put("a", slow)
    time.sleep(0.05)
    for number in range(5):
        writer.put("a", lambda number=number: written.append(f"a{number}"))
        writer.put("b", lambda number=number: written.append(f"b{number}"))
    assert not writer.wait(0.05)
    gate.set()
    assert writer.wait(10)
    assert sorted(written) == ["a4", "b4", "first"]
    writer.close(10)


def test_what_the_system_refuses_is_told_and_the_next_is_written() -> None:
    errors: list[Exception] = []
    written: list[int] = []
    writer = BackgroundWriter(errors.append)

    def refused() -> None:
        raise OSError(28, "No space left on device")

    writer.put("a", refused)
    assert writer.wait(10)
    writer.put("a", lambda: written.append(1))
    assert writer.wait(10)
    assert [str(error) for error in errors] == ["[Errno 28] No space left on device"]
    assert written == [1]
    writer.close(10)


def test_the_end_waits_for_what_is_left_but_not_for_ever() -> None:
    written: list[int] = []
    writer = BackgroundWriter(lambda _error: None)
    writer.put("a", lambda: (time.sleep(0.2), written.append(1)))
    writer.close(10)
    assert written == [1]
    hanging, gate = BackgroundWriter(lambda _error: None), threading.Event()
    hanging.put("a", lambda: gate.wait(10))
    start = time.monotonic()
    hanging.close(0.1)
    assert time.monotonic() - start < 5
    gate.set()
