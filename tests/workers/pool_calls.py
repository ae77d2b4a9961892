"""Functions that processes of a pool call in tests."""

from __future__ import annotations

import os
import signal
import sys
import time

from padviewer import pulse
from padviewer.errors import SettingsError


def square(number):
    return number * number


def process_id():
    return os.getpid()


def nap(seconds):
    time.sleep(seconds)
    return os.getpid()


def die(how=signal.SIGKILL):
    os.kill(os.getpid(), how)


def refuse(text):
    raise SettingsError(text)


def fail():
    raise ValueError("nobody foresaw it")


def fill(nbytes):
    return len(bytearray(nbytes))


def beat_for(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pulse.beat()
        time.sleep(0.05)
    return "alive"


def answer_with_a_lambda():
    return lambda: None


def doubled(group):
    """Returns each number twice as large; words do what they say."""
    for item in group:
        if item == "die":
            die()
        elif item == "stop":
            die(signal.SIGSTOP)
        elif item == "refuse":
            refuse("that one")
    return [item * 2 for item in group]


def note_then_double(folder, group):
    """Leaves a file for each call, and dies the first time that it is asked for 7."""
    for item in group:
        place = folder / f"{item}"
        again = place.exists()
        place.touch()
        if item == 7 and not again:
            die()
    return [item * 2 for item in group]


def has_loaded(name):
    return name in sys.modules
