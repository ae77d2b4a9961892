"""The layers that a model's configuration names, by the places at which Keras saves their weights.

Nothing is deserialized: the configuration is JSON, and what is taken from it are texts and numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from padviewer.errors import DamagedSource

# What a layer keeps another one in.
_INSIDE = ("layer", "forward_layer", "backward_layer", "cell")
_DEEPEST = 40


@dataclass(frozen=True)
class Configured:
    """A layer of the configuration.

    Attributes:
        path: where Keras 3 saves its weights, e.g. `layers/conv2d_1`.
        name: that it was given.
        layer_class: e.g. `Conv2D`.
        config: its arguments.
    """

    path: str
    name: str
    layer_class: str
    config: dict[str, Any]


def configured(text: str, label: str) -> list[Configured]:
    """Returns the layers of a configuration, those of nested models too.

    Args:
        text: JSON.
        label: the file's name for messages.

    Raises:
        DamagedSource: it is no JSON object.
    """
    try:
        model = json.loads(text)
        if not isinstance(model, dict):
            raise TypeError(f"a {type(model).__name__}")
        return list(_inside("", model, 0))
    except (ValueError, TypeError, RecursionError) as error:
        raise DamagedSource(f"{label}: its configuration is no JSON object; save the model again") from error


def plain(value: Any) -> Any:
    """Returns a value as it was before Keras wrote it: tuples are kept as objects of a class `__tuple__`."""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")
    return tuple(plain(each) for each in value) if isinstance(value, list) else value


def _inside(path: str, owner: dict[str, Any], depth: int) -> Iterator[Configured]:
    """Yields the layers that a layer or model holds."""
    config = owner.get("config")
    if not isinstance(config, dict) or depth > _DEEPEST:
        return
    used: dict[str, int] = {}
    layers = config.get("layers")
    for layer in layers if isinstance(layers, list) else ():
        if isinstance(layer, dict) and isinstance(layer.get("class_name"), str):
            place = _unique(_snake_case(layer["class_name"]), used)
            yield from _found(f"{path}/layers/{place}".lstrip("/"), layer, depth)
    for name in _INSIDE:
        if isinstance(layer := config.get(name), dict) and isinstance(layer.get("class_name"), str):
            yield from _found(f"{path}/{name}".lstrip("/"), layer, depth)


def _found(path: str, layer: dict[str, Any], depth: int) -> Iterator[Configured]:
    config = layer.get("config")
    if isinstance(config, dict):
        name = config.get("name", layer.get("name"))
        # A registered class is named with its package in files of Keras 2.
        layer_class = layer["class_name"].rpartition(">")[2]
        yield Configured(path, name if isinstance(name, str) else "", layer_class, config)
    yield from _inside(path, layer, depth + 1)


def _snake_case(name: str) -> str:
    """Returns what Keras calls the place of a class."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _unique(name: str, used: dict[str, int]) -> str:
    number = used[name] = used.get(name, -1) + 1
    return f"{name}_{number}" if number else name
