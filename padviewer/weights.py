"""Weights from a file: what a layer or an array of it holds, which settings go with it, and whether they fit a plan."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from padviewer.errors import PlanError, shortened
from padviewer.geometry import sizes_text
from padviewer.spec import FROM_FILE, PipelineSpec

ARRAY, PADDING = "array", "padding"
# Files that hold weights and nothing that could be shown.
MODEL_SUFFIXES = (".keras", ".weights.h5")


@dataclass(frozen=True)
class Layer:
    """A layer of a model, or an array, that settings or weights can be taken from.

    Attributes:
        member: where it is in the file; None where the file is one array.
        title: its name, as people read it.
        layer_class: Keras' name of its class; empty of an array.
        kind: `standard`, `depthwise`, `separable`, `array` or `padding`.
        shapes: of its arrays as Keras' layers have them: kernels, then the bias.
        bias: whether the last array is a bias.
        settings: fields of `PipelineSpec` that the file tells, with their values.
        notes: what the file tells and is not taken.
    """

    member: str | None
    title: str
    layer_class: str
    kind: str
    shapes: tuple[tuple[int, ...], ...] = ()
    bias: bool = False
    settings: tuple[tuple[str, Any], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def kernels(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the arrays without the bias."""
        return self.shapes[:-1] if self.bias else self.shapes

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return sum(math.prod(shape) for shape in self.shapes)


@dataclass(frozen=True)
class Weights:
    """Weights that have been read.

    Attributes:
        file: what they were read for: `weights_file` of the settings.
        layer: what they are.
        modified: when the file was last written, in nanoseconds.
        memory: name of the shared memory that holds the numbers of `layer.shapes`, one after the other, float32.
    """

    file: str
    layer: Layer
    modified: int
    memory: str


def is_pattern(layer: Layer, rank: int) -> bool:
    """Whether an array is one spatial pattern, for an input of so many spatial axes."""
    return layer.kind == ARRAY and len(layer.shapes[0]) == rank


def settings_of(layer: Layer, spec: PipelineSpec, channels: int, rank: int) -> dict[str, Any]:
    """Returns the settings under which a layer does what it does in its model.

    Args:
        layer: of a file; what the file does not tell stays as it is.
        spec: the settings in force.
        channels: of the input.
        rank: how many spatial axes the input has.

    Raises:
        PlanError: the layer cannot be used with this input, whatever the settings are.
    """
    if layer.kind == PADDING:
        return _padding_of(layer, rank)
    found = dict(layer.settings)
    shape = layer.shapes[0]
    if is_pattern(layer, rank):
        return {"kernel": shape}
    sizes = shape[:-2]
    if len(sizes) != rank:
        raise PlanError(
            f"{layer.title}: {_shapes(layer)} is for {max(0, len(sizes))} spatial axes; the input has {rank}. Expected "
            f"a kernel of rank {rank + 2}" + (f", or a pattern of rank {rank}" if layer.kind == ARRAY else "")
        )
    found["kernel"] = sizes
    kind = spec.conv if layer.kind == ARRAY and spec.conv != "separable" else layer.kind
    kind = "standard" if kind == ARRAY else kind
    found["conv"] = kind
    if kind == "standard":
        read, filters = shape[-2:]
        groups = found.get("groups") or (channels // read if read and channels % read == 0 else 1)
        found |= {"groups": groups if filters % groups == 0 else 1, "filters": filters}
    else:
        found["depth_multiplier"] = shape[-1]
        if kind == "separable":
            found["filters"] = layer.shapes[1][-1]
    return found


def check_weights(weights: Weights, shapes: tuple[tuple[int, ...], ...], spec: PipelineSpec, channels: int) -> None:
    """Raises a `PlanError` where weights are not those of a convolution; offers its own settings, where they can be.

    Args:
        weights: that have been read.
        shapes: of the kernels that the settings make.
        spec: the settings.
        channels: of the input.
    """
    layer, rank = weights.layer, len(shapes[0]) - 2
    kinds = (ARRAY, spec.conv)
    fits = layer.kind in kinds and layer.kernels == shapes
    if is_pattern(layer, rank):
        fits = layer.shapes[0] == shapes[0][:-2]
    if fits:
        return
    remedies: list[tuple[str, dict[str, Any]]] = [("Random weights", {"weights": "random"})]
    try:
        changes = settings_of(layer, spec, channels, rank)
    except PlanError as error:
        raise PlanError(str(error), tuple(remedies)) from error
    needed = channels_read(layer, changes)
    if needed is not None and needed != channels:
        reason = f"reads {needed} channels, and the input has {channels}; choose another layer or input"
    else:
        made = " and ".join(map(sizes_text, shapes))
        reason = f"does not fit {made}, which the settings make; use the settings of the file"
        remedies.insert(0, ("Its settings", changes))
    raise PlanError(f"{shortened(weights.file, 60)}: {_shapes(layer)} {reason}", tuple(remedies))


def channels_read(layer: Layer, settings: dict[str, Any]) -> int | None:
    """Returns how many channels a layer reads under its settings; None of patterns and padding, which take any."""
    if "conv" not in settings:
        return None
    read = layer.shapes[0][-2]
    return read * int(settings["groups"]) if settings["conv"] == "standard" else read


def choice_of(file: str) -> dict[str, Any]:
    """Returns the settings that choose a file's weights."""
    return {"weights": FROM_FILE, "weights_file": file}


def shapes_text(layer: Layer) -> str:
    """Returns e.g. `3 × 3 × 3 → 8` for a kernel of 8 filters, `3 × 3` for a pattern."""
    if layer.kind == PADDING:
        return ""
    shape = layer.shapes[0]
    if layer.kind == ARRAY or len(shape) < 3:
        return " × ".join(map(str, shape))
    taps = " × ".join(map(str, shape[:-1]))
    filters = shape[-1] if layer.kind == "standard" else shape[-1] * shape[-2]
    return f"{taps} → {layer.shapes[1][-1] if layer.kind == 'separable' else filters}"


def _padding_of(layer: Layer, rank: int) -> dict[str, Any]:
    found = dict(layer.settings)
    axis = found.pop("axis", None)
    if axis is not None:
        (size,) = found["target"]
        place = axis if axis >= 0 else axis + rank
        if not 0 <= place < rank:
            raise PlanError(f"{layer.title}: pads spatial axis {axis}; the input has {rank} spatial axes")
        found["target"] = tuple(size if number == place else None for number in range(rank))
    if found["target"] and len(found["target"]) != rank:
        raise PlanError(
            f"{layer.title}: pads {len(found['target'])} spatial axes; the input has {rank}. Choose another input"
        )
    return found


def _shapes(layer: Layer) -> str:
    return f"{layer.layer_class or 'the array'} of {' and '.join(map(sizes_text, layer.kernels))}"
