"""What runs first in each worker process. Light to import: what is heavy is imported there."""

from __future__ import annotations

import os
from functools import partial

from padviewer.workers.frameworks import NAMES, choose_backend
from padviewer.workers.limits import ENGINE_LIMITS, READER_LIMITS, Limits
from padviewer.workers.process import Answer, ProcessWorker


def make_reader() -> Answer:
    """Returns what answers in the reader process."""
    from padviewer.workers.reader import Reader  # noqa: PLC0415 - in the worker alone

    return Reader().answer


def make_lone_reader() -> Answer:
    """Returns what answers in a reader process that is all its own."""
    # It multiplies no matrices, for which the libraries of formats would start a thread for each core, with its memory.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from padviewer.workers.shared import remove_leftovers  # noqa: PLC0415 - in the worker alone

    remove_leftovers()
    return make_reader()


def make_engine(backend: str) -> Answer:
    """Returns what answers in the engine process, after Keras and its backend are imported."""
    choose_backend(backend)
    from padviewer.workers.engine import Engine  # noqa: PLC0415 - in the worker alone

    return Engine().answer


def start_reader(limits: Limits = READER_LIMITS) -> ProcessWorker:
    """Starts a process that opens files."""
    return ProcessWorker("reader", make_lone_reader, limits)


def start_engine(backend: str = "tensorflow", limits: Limits = ENGINE_LIMITS) -> ProcessWorker:
    """Starts a process that imports a backend and convolves."""
    return ProcessWorker(f"{NAMES[backend]} engine", partial(make_engine, backend), limits)
