"""An engine beside a Dask worker, whose actor hands it what comes: the requests are those of any engine."""

from __future__ import annotations

import glob
import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from padviewer.errors import PadviewerError
from padviewer.plan import FEATURE_DTYPE
from padviewer.workers.messages import Array
from padviewer.workers.on_cluster import allow_processes
from padviewer.workers.shared import OwnedArray, SharedArray
from padviewer.workers.start import start_engine

# Says which cards a process may use; what starts a Dask worker for each card sets it.
_VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Question:
    """A request whose shared arrays are taken out.

    Attributes:
        request: with a device as the engine names it.
        arrays: elements by the names of the request's fields.
        into: field, shape and dtype of the array that is to be filled, if any.
        weights: numbers of the plan's weights, where they were not sent before.
    """

    request: Any
    arrays: Mapping[str, Array]
    into: tuple[str, tuple[int, ...], str] | None
    weights: Array | None


@dataclass(frozen=True)
class Reply:
    """The answer to a question, or its error, and what was filled."""

    answer: Any
    error: PadviewerError | None
    filled: Array | None


class HostedEngine:
    """Runs as an actor in a Dask worker: an engine in a process beside it, and shared memory for what travels."""

    def __init__(self, backend: str) -> None:
        allow_processes()
        self._engine = start_engine(backend)
        self._weights: OwnedArray | None = None

    def ask(self, question: Question) -> Reply:
        """Has the engine answer a question."""
        with ExitStack() as owned:
            try:
                return self._ask(question, owned)
            except PadviewerError as error:
                return Reply(None, error, None)

    def _ask(self, question: Question, owned: ExitStack) -> Reply:
        request, changes = self._with_weights(question), {}
        for name, data in question.arrays.items():
            changes[name] = _shared(data, owned)
        into = None
        if question.into is not None:
            name, shape, dtype = question.into
            into = OwnedArray(shape, dtype)
            owned.callback(into.release)
            changes[name] = into.array
        answer = self._engine.submit(replace(request, **changes)).result()
        if into is None:
            return Reply(answer, None, None)
        with into.array.open() as array:
            return Reply(answer, None, array.copy())

    def _with_weights(self, question: Question) -> Any:
        if question.weights is not None:
            if self._weights is not None:
                self._weights.release()
            self._weights = OwnedArray(question.weights.shape, FEATURE_DTYPE)
            with self._weights.array.fill() as array:
                array[...] = question.weights
        request = question.request
        weights = getattr(getattr(request, "plan", None), "weights", None)
        if weights is None or self._weights is None:
            return request
        named = replace(weights, memory=self._weights.array.name)
        return replace(request, plan=replace(request.plan, weights=named))

    def __del__(self) -> None:
        # Nobody holds it any more; this thread may be that of Dask's messages.
        if self._weights is not None:
            self._weights.release()
        threading.Thread(target=self._engine.kill, daemon=True).start()


def count_cards() -> int:
    """Returns how many cards of NVIDIA an engine beside this process sees: those that it may use, of those there are.

    TensorFlow alone could tell more, which takes seconds and memory on each worker.
    """
    there = len(glob.glob("/dev/nvidia[0-9]*"))  # noqa: PTH207
    allowed = os.environ.get(_VISIBLE)
    if allowed is None:
        return there
    # What stands behind a number that is none, such as -1, is not used.
    named = [word.strip() for word in allowed.split(",")]
    stop = next((place for place, word in enumerate(named) if word in ("", "-1")), len(named))
    return min(there, stop)


def _shared(data: Array, owned: ExitStack) -> SharedArray:
    memory = OwnedArray(data.shape, data.dtype.str)
    owned.callback(memory.release)
    with memory.array.fill() as array:
        np.copyto(array, data)
    return memory.array
