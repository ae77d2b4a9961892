"""Readers with defects, one each: what the fuzzing must see. Each is started in a process of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from padviewer.errors import PadviewerError, UnsupportedSource
from padviewer.workers.process import Answer


def answering(act) -> Answer:
    def answer(request, progress):
        act(request)
        raise UnsupportedSource("nothing is read here")

    return answer


def make_dying() -> Answer:
    return answering(lambda _request: os.abort())


def make_raising() -> Answer:
    return answering(lambda request: request.no_such_name)


def make_silent() -> Answer:
    return answering(lambda _request: time.sleep(60))


def make_refusing() -> Answer:
    return answering(lambda _request: None)


def make_greedy() -> Answer:
    """Takes 300 MB from the second file on: what the first takes is imports."""
    seen: list[object] = []

    def act(request):
        if seen:
            np.ones(300 << 20, np.uint8)
        seen.append(request)

    return answering(act)


def look_aside(request) -> None:
    """Opens what lies beside the file."""
    try:
        Path(request.path).with_name("secret.txt").read_text()
    except OSError as error:
        raise PadviewerError("not there") from error
