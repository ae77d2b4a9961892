"""What the layers of a model are, in lines or as JSON."""

from __future__ import annotations

import json

from padviewer.errors import shortened
from padviewer.weights import Layer, shapes_text
from padviewer.workers.weights_messages import Layers


def model_lines(layers: Layers, as_json: bool) -> list[str]:
    """Returns a line for each layer of a file that weights or settings can be taken from."""
    return [_json(layers.path, layer) if as_json else _line(layers.path, layer) for layer in layers.layers]


def _line(path: str, layer: Layer) -> str:
    """Returns e.g. `model.keras::layers/conv2d:  first  Conv2D  3 × 3 × 3 → 8  strides 2x2  groups 1`."""
    settings = [f"{name.replace('_', ' ')} {_text(value)}" for name, value in layer.settings]
    notes = [f"({note})" for note in layer.notes]
    words = [f"{shortened(f'{path}::{layer.member}')}:", shortened(layer.title), layer.layer_class, shapes_text(layer)]
    return "  ".join(word for word in (*words, *settings, *notes) if word)


def _json(path: str, layer: Layer) -> str:
    return json.dumps(
        {
            "path": path.encode("utf-8", "backslashreplace").decode(),
            "member": layer.member,
            "name": layer.title,
            "class": layer.layer_class,
            "kind": layer.kind,
            "shapes": layer.shapes,
            "bias": layer.bias,
            "settings": dict(layer.settings),
            "notes": layer.notes,
        }
    )


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "x".join("none" if each is None else str(each) for each in value) or "none"
    return str(value)
