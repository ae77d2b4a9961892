"""What the tests' worker processes answer; in a module of its own, because the processes import it by name."""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import time
from functools import partial

import numpy as np

from padviewer.errors import Cancelled, PlanError, UnexpectedError
from padviewer.pulse import beat
from padviewer.workers import serving


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


def _print(progress, count):
    """Prints as libraries in C do, far more than a pipe holds, and crashes."""
    line = b"a library complains of line %d\n"
    for number in range(count):
        os.write(1 + number % 2, line % number)
    progress(1, 1)
    ctypes.string_at(0)


def _beat(_progress, count, seconds):
    for _ in range(count):
        time.sleep(seconds)
        beat()
    return count


def _announce(_progress, nbytes, seconds):
    beat(nbytes)
    time.sleep(seconds)
    return nbytes


def _take(_progress, nbytes):
    """Takes memory of its own, all of it."""
    return int(np.ones(nbytes, np.uint8)[-1])


def _half(_progress):
    """Says that an array follows, and stops instead of sending it."""

    def send_half(connection, message):
        connection.send_bytes((1).to_bytes(4, "little") + pickle.dumps(message))
        os.kill(os.getpid(), signal.SIGSTOP)

    serving.send_message = send_half


def _spin(_progress):
    """Is busy in C and holds the interpreter's lock: no other thread of the process runs."""
    return sum(map(int, [1] * 100)) + pow(3, 10**9, 10**400_000)


def _fill(_progress, shared):
    with shared.fill() as array:
        array[...] = 7
        return int(array[-1])


ANSWERS = {
    "fill": _fill,
    "print": _print,
    "beat": _beat,
    "announce": _announce,
    "take": _take,
    "spin": _spin,
    "half": _half,
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


def make_hanging_reader():
    """The real reader, which any file whose name holds `hanging` keeps for ever."""
    from padviewer.workers.start import make_reader  # noqa: PLC0415

    answer = make_reader()

    def answer_or_hang(request, progress):
        if "hanging" in getattr(request, "path", ""):
            time.sleep(3600)
        return answer(request, progress)

    return answer_or_hang


def make_deceived_reader():
    """The real reader, with a decoder that says less than it takes: text files, of which each byte becomes 64 MB."""
    from padviewer.plan import ArrayInfo  # noqa: PLC0415
    from padviewer.sources import openers  # noqa: PLC0415
    from padviewer.sources.base import ArraySource  # noqa: PLC0415
    from padviewer.workers import reader  # noqa: PLC0415
    from padviewer.workers.start import make_reader  # noqa: PLC0415

    def open_greedy(file, _member, budget):
        file.check_budget(file.size, budget, "the text")
        array = np.zeros((file.size << 20, 64), np.uint8)
        array[...] = 1
        return ArraySource(array, ArrayInfo(file.path, None, "TEXT", array.shape, "uint8", "HW", False, file.size))

    greedy = openers.Opener(lambda head: head.startswith(b"text"), open_greedy)
    reader.open_source = partial(openers.open_source, openers=(greedy, *openers.OPENERS))
    return make_reader()


def make_fragile_reader():
    """The real reader, ended by any file whose name holds `deadly`, as a decoder with a defect would."""
    from padviewer.workers.start import make_reader  # noqa: PLC0415 - numpy and all, for this worker alone

    answer = make_reader()

    def answer_or_die(request, progress):
        if "deadly" in getattr(request, "path", ""):
            os.kill(os.getpid(), signal.SIGSEGV)
        return answer(request, progress)

    return answer_or_die
