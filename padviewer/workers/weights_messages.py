"""What is asked of the reader about files of weights, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from padviewer.weights import Layer
from padviewer.workers.shared import SharedArray


@dataclass(frozen=True)
class LayersRequest:
    """Look what weights a file has; answered with `Layers`.

    Attributes:
        file: `path`, or `path::member`.
        budget: bytes that reading may take.
    """

    file: str
    budget: int


@dataclass(frozen=True)
class Layers:
    """What can be taken from a file.

    Attributes:
        path: of the file, without a member.
        modified: when it was last written, in nanoseconds.
        layers: convolutions or arrays, then padding layers.
        chosen: the layer that was named, or the only one that has weights; else None.
        refusal: why none is chosen.
    """

    path: str
    modified: int
    layers: tuple[Layer, ...]
    chosen: Layer | None
    refusal: str = ""


@dataclass(frozen=True)
class WeightsRequest:
    """Read the arrays of a layer, one after the other, into a shared array of `layer.size` numbers, float32.

    Attributes:
        path: of the file.
        layer: as `Layers` told it.
        budget: bytes that reading may take.
        array: where they are put.
    """

    path: str
    layer: Layer
    budget: int
    array: SharedArray
