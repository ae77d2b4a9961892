"""What the tests' worker processes answer; in a module of its own, because the processes import it by name."""

from __future__ import annotations

import os
import signal
import time

import numpy as np

from padviewer.errors import Cancelled, PlanError, UnexpectedError


def make_answer():
    return lambda request, progress: ANSWERS[request[0]](progress, *request[1:])


def make_nothing():
    raise RuntimeError("libfancy.so.2: cannot open shared object file\nand a second line")


def _sleep(progress, seconds):
    progress(0, 1)
    time.sleep(seconds)
    return seconds


def _steps(progress, count):
    for done in range(count):
        progress(done + 1, count)
    return count


def _kill(_progress, number):
    os.kill(os.getpid(), number)
    time.sleep(60)


def _raise(_progress, name):
    raise {
        "plan": PlanError("too small", (("Use 5", {"target": (5,)}),)),
        "unexpected": UnexpectedError("odd", "the details"),
        "cancelled": Cancelled("taken back"),
        "memory": MemoryError(),
        "value": ValueError("first line\nsecond line"),
        "empty": KeyError(),
    }[name]


def _hold(progress, shared, then):
    with shared.open() as array:
        array[...] = 7
        progress(1, 2)
        if then == "raise":
            raise ValueError("while it was open")
        if then == "sleep":
            time.sleep(60)
        return float(array.sum())


ANSWERS = {
    "echo": lambda _progress, value: value,
    "pid": lambda _progress: os.getpid(),
    "sleep": _sleep,
    "steps": _steps,
    "kill": _kill,
    "exit": lambda _progress, code: os._exit(code),
    "raise": _raise,
    "hold": _hold,
    "lambda": lambda _progress: lambda: None,
    "arrays": lambda _progress, count: [np.full(1 << 20, i, np.uint8) for i in range(count)],
}


def make_fragile_reader():
    """The real reader, ended by any file whose name holds `deadly`, as a decoder with a defect would."""
    from padviewer.workers.start import make_reader  # noqa: PLC0415 - numpy and all, for this worker alone

    answer = make_reader()

    def answer_or_die(request, progress):
        if "deadly" in getattr(request, "path", ""):
            os.kill(os.getpid(), signal.SIGSEGV)
        return answer(request, progress)

    return answer_or_die
