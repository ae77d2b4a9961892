"""The requests that read weights: look what the file has, make room in shared memory, have it filled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from padviewer.bytecount import format_bytes
from padviewer.errors import OversizedSource, UnsupportedSource, WorkerDied, shortened
from padviewer.plan import FEATURE_DTYPE
from padviewer.weights import Weights
from padviewer.workers.blame import blamed
from padviewer.workers.jobs import READER, Job
from padviewer.workers.shared import OwnedArray
from padviewer.workers.weights_messages import Layers, LayersRequest, WeightsRequest


@dataclass(frozen=True)
class LoadedWeights:
    """Weights in shared memory, which is removed by `release`."""

    weights: Weights
    memory: OwnedArray

    def release(self) -> None:
        """Removes the memory."""
        self.memory.release()


def layers_job(file: str, budget: int) -> Job[Layers]:
    """Looks what weights a file has."""
    try:
        found: Layers = yield READER, LayersRequest(file, budget)
    except WorkerDied as error:
        raise blamed(file, error, "save the weights again") from error
    return found


def weights_job(file: str, budget: int) -> Job[LoadedWeights]:
    """Reads the weights of a file, `path` or `path::member`, into shared memory.

    Raises:
        SourceError: the file cannot be read, or has none or several.
    """
    found = yield from layers_job(file, budget)
    if found.chosen is None:
        raise UnsupportedSource(found.refusal)
    layer = found.chosen
    needed = layer.size * np.dtype(FEATURE_DTYPE).itemsize
    if needed > budget:
        raise OversizedSource(
            f"{shortened(file)}: takes {format_bytes(needed)}, more than the budget of {format_bytes(budget)}; raise "
            "it with --budget"
        )
    memory = OwnedArray((layer.size,), FEATURE_DTYPE)
    try:
        yield READER, WeightsRequest(found.path, layer, budget, memory.array)
    except WorkerDied as error:
        memory.release()
        raise blamed(file, error, "save the weights again") from error
    except BaseException:
        memory.release()
        raise
    return LoadedWeights(Weights(file, layer, found.modified, memory.array.name), memory)
