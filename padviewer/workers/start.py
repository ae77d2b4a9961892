"""What runs first in each worker process. Light to import: what is heavy is imported there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from padviewer.workers.frameworks import NAMES, choose_backend
from padviewer.workers.process import Answer, ProcessWorker


def make_reader() -> Answer:
    """Returns what answers in the reader process."""
    from padviewer.workers.reader import Reader  # noqa: PLC0415 - in the worker alone

    return Reader().answer


def make_engine(backend: str) -> Answer:
    """Returns what answers in the engine process, after Keras and its backend are imported."""
    choose_backend(backend)
    with _muted():
        from padviewer.workers.engine import Engine  # noqa: PLC0415 - in the worker alone

        engine = Engine()
    return engine.answer


@contextmanager
def _muted() -> Iterator[None]:
    """Drops what a backend's libraries print while they look for devices; exceptions still come through."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def start_reader() -> ProcessWorker:
    """Starts a process that opens files."""
    return ProcessWorker("reader", make_reader)


def start_engine(backend: str = "tensorflow") -> ProcessWorker:
    """Starts a process that imports a backend and convolves."""
    return ProcessWorker(f"{NAMES[backend]} engine", partial(make_engine, backend))
