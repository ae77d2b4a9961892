"""What the reader does with files of weights: tell their layers, and put one into shared memory."""

from __future__ import annotations

import numpy as np

from padviewer.errors import UnsupportedSource
from padviewer.sources import split_selector
from padviewer.workers.weights_messages import Layers, LayersRequest, WeightsRequest


def layers_of(request: LayersRequest) -> Layers:
    """Returns what can be taken from a file."""
    from padviewer.models import open_model  # noqa: PLC0415 - HDF5 is loaded only where it is needed

    path, member = split_selector(request.file)
    with open_model(path, request.budget) as model:
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

    with open_model(request.path, request.budget) as model:
        arrays = model.read(request.layer, request.budget)
    with request.array.fill() as numbers:
        np.concatenate([array.ravel() for array in arrays], out=numbers)
