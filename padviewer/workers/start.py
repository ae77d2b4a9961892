"""What runs first in each worker process. Light to import: what is heavy is imported there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from padviewer.workers.process import Answer, ProcessWorker


def make_reader() -> Answer:
    """Returns what answers in the reader process."""
    from padviewer.workers.reader import Reader  # noqa: PLC0415 - in the worker alone

    return Reader().answer


def make_engine() -> Answer:
    """Returns what answers in the engine process, after Keras and TensorFlow are imported."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Other sessions share the device: take memory as it is needed.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    with _muted():
        from padviewer.workers.engine import Engine  # noqa: PLC0415 - in the worker alone

        engine = Engine()
    return engine.answer


@contextmanager
def _muted() -> Iterator[None]:
    """Drops what TensorFlow's libraries print while they look for devices; exceptions still come through."""
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


def start_engine() -> ProcessWorker:
    """Starts a process that imports TensorFlow and convolves."""
    return ProcessWorker("engine", make_engine)
