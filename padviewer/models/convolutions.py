"""Which layers of a file are convolutions or padding of ours, and which settings they have."""

from __future__ import annotations

import re
from typing import Any

from padviewer.errors import SettingsError
from padviewer.geometry import CONV_PADDINGS
from padviewer.models.config import Configured, plain
from padviewer.models.hdf5 import Stored
from padviewer.spec import ACTIVATIONS, PipelineSpec
from padviewer.weights import PADDING, Layer

_CLASSES = {
    "Conv1D": "standard", "Conv2D": "standard", "Conv3D": "standard",
    "Convolution1D": "standard", "Convolution2D": "standard", "Convolution3D": "standard",
    "DepthwiseConv1D": "depthwise", "DepthwiseConv2D": "depthwise",
    "SeparableConv1D": "separable", "SeparableConv2D": "separable",
}  # fmt: skip
_PLACES = re.compile(r"(separable_|depthwise_)?conv([123])d(_\d+)?$")
# Files that hold arrays alone call other layers by these names.
_OTHERS = re.compile(r"(dense|embedding|lstm|gru|rnn|attention|normalization|transpose)", re.IGNORECASE)
_OURS = ("DynamicPadding", "MultiDimDynamicPadding")


def layers_of(stored: list[Stored], named: list[Configured]) -> list[Layer]:
    """Returns the convolutions of a file, and padding layers of ours.

    Args:
        stored: the arrays of each layer.
        named: the layers of the configuration; empty where a file has none.
    """
    by_path = {each.path: each for each in named}
    names = [each.name for each in named]
    by_name = {each.name: each for each in named if names.count(each.name) == 1}
    found = [layer for each in stored if (layer := _convolution(each, _known(each, by_path, by_name)))]
    return found + [layer for each in named if (layer := _padding(each))]


def _known(stored: Stored, by_path: dict[str, Configured], by_name: dict[str, Configured]) -> Configured | None:
    # The first files of Keras 3 call the same places otherwise, and those of Windows divide them otherwise.
    path = stored.path.replace("\\", "/").replace("_layer_checkpoint_dependencies", "layers")
    # Files of Keras 2 have the names of layers in their paths.
    last = path.rsplit("/", 1)[-1]
    at = by_path.get(path)
    if at is not None and stored.name in ("", at.name):
        return at
    return by_name.get(stored.name or last)


def _convolution(stored: Stored, known: Configured | None) -> Layer | None:
    if known is not None and ("kernel_size" not in known.config or _OTHERS.search(known.layer_class)):
        return None
    # A class of the model's own is told by its arrays.
    kind = _CLASSES.get(known.layer_class) if known else None
    kind = kind or _kind_of(stored)
    if kind is None:
        return None
    halves = 2 if kind == "separable" else 1
    shapes, last = stored.shapes, stored.path.rsplit("/", 1)[-1]
    if not _makes_sense(kind, shapes, halves):
        return None
    settings, notes = _settings(known.config) if known else ({}, ())
    layer_class = known.layer_class if known else f"{_PREFIXES[kind]}{len(shapes[0]) - 2}D"
    title = stored.name or (known.name if known else "") or last
    bias = len(shapes) > halves
    return Layer(stored.path, title, layer_class, kind, shapes, bias, tuple(settings.items()), notes)


_PREFIXES = {"standard": "Conv", "depthwise": "DepthwiseConv", "separable": "SeparableConv"}


def _kind_of(stored: Stored) -> str | None:
    """Guesses what arrays without a configuration are of: by the name of their place, else by their shapes."""
    place = stored.path.rsplit("/", 1)[-1]
    if _PLACES.match(place):
        return {"s": "separable", "d": "depthwise", "c": "standard"}[place[0]]
    if _OTHERS.search(place) or _OTHERS.search(stored.name):
        return None
    if "depthwise_kernel" in stored.named:
        return "separable" if "pointwise_kernel" in stored.named else "depthwise"
    return next((kind for kind in ("separable", "standard", "depthwise") if _looks_like(kind, stored.shapes)), None)


def _looks_like(kind: str, shapes: tuple[tuple[int, ...], ...]) -> bool:
    """Whether shapes leave no doubt; a bias tells filters from channels."""
    halves = 2 if kind == "separable" else 1
    return (len(shapes) == halves + 1 or kind == "separable") and _makes_sense(kind, shapes, halves)


def _makes_sense(kind: str, shapes: tuple[tuple[int, ...], ...], halves: int) -> bool:
    """Whether arrays are the kernels of a kind of convolution, and perhaps its bias."""
    if not halves <= len(shapes) <= halves + 1 or not 3 <= len(shapes[0]) <= 5 or not all(shapes[0]):
        return False
    *sizes, channels, last = shapes[0]
    filters = last if kind == "standard" else channels * last
    if kind == "separable":
        second = shapes[1]
        if second[:-1] != (*(1 for _ in sizes), filters):
            return False
        filters = second[-1]
    return len(shapes) == halves or shapes[-1] == (filters,)


def _settings(config: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Returns the settings that a configuration tells, and what of it is not taken."""
    found: dict[str, Any] = {}
    notes: list[str] = []
    for field, name in (("strides", "strides"), ("dilation", "dilation_rate")):
        sizes = plain(config.get(name))
        sizes = (sizes,) if isinstance(sizes, int) else sizes
        _take(found, notes, field, sizes)
    padding = config.get("padding")
    if padding in CONV_PADDINGS:
        found["conv_padding"] = padding
    if "groups" in config:
        _take(found, notes, "groups", config["groups"])
    activation = config.get("activation", "linear") or "linear"
    activation = activation.get("config") if isinstance(activation, dict) else activation
    if activation in ACTIVATIONS:
        found["activation"] = activation
    else:
        notes.append("its activation is not offered here")
    if config.get("data_format") == "channels_first":
        notes.append("made for channels first; the axes of the input stay as they are")
    return found, tuple(notes)


def _padding(known: Configured) -> Layer | None:
    """Returns a padding layer of ours."""
    if known.layer_class not in _OURS:
        return None
    config = known.config
    found: dict[str, Any] = {}
    notes: list[str] = []
    for field in ("position", "mode", "overflow"):
        if field in config:
            _take(found, notes, field, config[field])
    _take(found, notes, "position_seed", config.get("seed", 0))
    _take(found, notes, "fill_value", plain(config.get("fill_value", 0)))
    several = plain(config.get("multiple_of", 1))
    _take(found, notes, "multiple_of", several if isinstance(several, tuple) else (several,))
    if known.layer_class == "DynamicPadding":
        _take(found, notes, "target", (config.get("target_width"),))
        axis = config.get("axis")
        if not isinstance(axis, int) or "target" not in found:
            return None
        # As Keras counts: the batch is first, and the channels are last or second.
        first = int(config.get("batched", True)) + int(config.get("data_format") == "channels_first")
        last = int(config.get("data_format") != "channels_first")
        found["axis"] = axis - first if axis >= 0 else axis + last
        if axis >= 0 > found["axis"] or (axis < 0 <= found["axis"]):
            return None
    else:
        target = plain(config.get("target_shape"))
        _take(found, notes, "target", target if isinstance(target, tuple) else ())
    found.setdefault("target", ())
    title = known.name or known.layer_class
    return Layer(known.path, title, known.layer_class, PADDING, (), False, tuple(found.items()), tuple(notes))


def _take(found: dict[str, Any], notes: list[str], field: str, value: Any) -> None:
    """Takes a value that can be a setting."""
    try:
        found[field] = getattr(PipelineSpec(**{field: value}), field)
    except (SettingsError, TypeError):
        notes.append(f"its {field.replace('_', ' ')} is not one that can be")
