"""What the reader does with files of weights: tell their layers, and put one into shared memory."""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from padviewer.errors import UnsupportedSource
from padviewer.sources import split_selector
from padviewer.workers.weights_messages import Layers, LayersRequest, WeightsRequest

# The HDF5 library loops for ever over some damaged files. What takes longer than this ends the process.
PATIENCE_S = 15.0
# Of a slow disk.
_BYTES_PER_S = 5 << 20


def layers_of(request: LayersRequest) -> Layers:
    """Returns what can be taken from a file."""
    from padviewer.models import open_model  # noqa: PLC0415 - HDF5 is loaded only where it is needed

    path, member = split_selector(request.file)
    with _within(PATIENCE_S), open_model(path, request.budget) as model:
        try:
            chosen, refusal = model.find(member), ""
        except UnsupportedSource as error:
            if member is not None:
                raise
            chosen, refusal = None, str(error)
        return Layers(path, model.modified, model.layers, chosen, refusal)


def load_weights(request: WeightsRequest) -> None:
    """Reads the arrays of a layer into shared memory."""
    from padviewer.models import open_model  # noqa: PLC0415

    patience = PATIENCE_S + request.layer.size * 8 / _BYTES_PER_S
    with _within(patience), open_model(request.path, request.budget) as model:
        arrays = model.read(request.layer, request.budget)
    with request.array.open() as numbers:
        np.concatenate([array.ravel() for array in arrays], out=numbers)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Ends the process where the block takes longer: a library that loops cannot be stopped otherwise."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a name that is no path
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
