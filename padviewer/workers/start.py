"""What runs first in each worker process. Light to import: what is heavy is imported there."""

from __future__ import annotations

import os

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
    from padviewer.workers.engine import Engine  # noqa: PLC0415 - in the worker alone

    return Engine().answer


def start_reader() -> ProcessWorker:
    """Starts a process that opens files."""
    return ProcessWorker("reader", make_reader)


def start_engine() -> ProcessWorker:
    """Starts a process that imports TensorFlow and convolves."""
    return ProcessWorker("engine", make_engine)
