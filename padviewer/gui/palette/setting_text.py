"""Settings as text: their names, their values, what an edit changed, and the line that a person types to set one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from padviewer.bytecount import format_bytes, parse_budget
from padviewer.errors import SettingsError, shortened
from padviewer.geometry import CONV_PADDINGS, MODES, OVERFLOWS, POSITIONS
from padviewer.spec import (
    ACTIVATIONS,
    CONVOLUTIONS,
    WEIGHTS,
    PipelineSpec,
    format_fill,
    format_sizes,
    format_target,
    parse_fill,
    parse_sizes,
    parse_target,
)
from padviewer.workers.frameworks import NAMES as BACKENDS

# The one setting that is no field of a spec: bytes that one result may take.
BUDGET = "budget"
SETTINGS = (*(field.name for field in fields(PipelineSpec)), BUDGET)
CHOICES: dict[str, tuple[str, ...]] = {
    "position": POSITIONS,
    "mode": MODES,
    "overflow": OVERFLOWS,
    "conv": CONVOLUTIONS,
    "conv_padding": CONV_PADDINGS,
    "activation": ACTIVATIONS,
    "weights": WEIGHTS,
    "backend": tuple(BACKENDS),
}
_DEFAULTS = PipelineSpec()
_LABELS = {"fill_value": "fill", "overflow": "if larger", "conv_padding": "borders", "conv": "convolution"}
_LONGEST = 24


def label_of(name: str) -> str:
    """Returns a setting's name as people read it."""
    return _LABELS.get(name, name.replace("_", " "))


def write_value(name: str, value: Any) -> str:
    """Returns the text of a value, which `parse_value` takes."""
    if name == BUDGET:
        return format_bytes(value)
    if value is None:
        return "none"
    if name == "target":
        return format_target(value) or "none"
    if name == "fill_value":
        return format_fill(value)
    return format_sizes(value) if isinstance(value, tuple) else str(value)


def parse_value(name: str, text: str) -> Any:
    """Returns the value that a text means, validated.

    Raises:
        SettingsError: where the text is no value of this setting.
    """
    if name == BUDGET:
        return parse_budget(text)
    value = _parser(name)(text.strip())
    return getattr(PipelineSpec(**{name: value}), name)


def parse_setting(text: str) -> tuple[str, str] | None:
    """Splits `target 512x512` or `multiple of 32` into the setting's name and the text of its value.

    Returns:
        None where the text does not begin with the name of a setting; the value is empty where there is none yet.
    """
    line = text.strip().lower().replace("=", " ")
    for word, name in _WORDS:
        if line == word or line.startswith(f"{word} "):
            return name, text.strip()[len(word) :].lstrip(" =")
    return None


def changed_settings(older: PipelineSpec, newer: PipelineSpec) -> tuple[str, ...]:
    """Returns the names of the settings that differ; NaN is the same as NaN, and 0 is not false."""
    before, after = json.loads(older.to_json()), json.loads(newer.to_json())
    return tuple(name for name in after if json.dumps(before[name]) != json.dumps(after[name]))


def describe_change(before: Mapping[str, Any], after: Mapping[str, Any], letters: str = "") -> str:
    """Returns what an edit changed: `target H 128 → 256`, or the names where it changed several settings.

    Args:
        before, after: values by name, of the same settings.
        letters: the spatial axes of the array that it was made for, such as `HW`.
    """
    names = list(after)
    if len(names) != 1:
        *first, last = map(label_of, names)
        return shortened(f"{', '.join(first)} and {last}", 60)
    (name,) = names
    label, old, new = label_of(name), before[name], after[name]
    rows = changed_rows(old, new) if name == "target" else ()
    if len(rows) == 1 and len(letters) == len(new or old):
        (row,) = rows
        label, old, new = f"target {letters[row]}", (_at(old, row),), (_at(new, row),)
    return f"{label} {_short(name, old)} → {_short(name, new)}"


def changed_rows(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[int, ...]:
    """Returns on which axes two targets differ; an empty one leaves all."""
    return tuple(row for row in range(max(len(old), len(new))) if _at(old, row) != _at(new, row))


def values_to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns some settings as JSON can hold them."""
    spec = {name: value for name, value in values.items() if name != BUDGET}
    written = json.loads(PipelineSpec(**spec).to_json())
    return {name: values[BUDGET] if name == BUDGET else written[name] for name in values}


def values_from_json(values: Any) -> dict[str, Any]:
    """Returns the settings of `values_to_json`, validated.

    Raises:
        SettingsError: where a name or a value could be none.
    """
    if not isinstance(values, dict):
        raise SettingsError(f"settings: expected a JSON object, got {type(values).__name__}")
    budget = values.get(BUDGET, 1)
    if isinstance(budget, bool) or not isinstance(budget, int) or not 1 <= budget < 1 << 63:
        raise SettingsError(f"budget {shortened(repr(budget), 40)}: expected a number of bytes")
    spec = PipelineSpec.from_json(json.dumps({name: value for name, value in values.items() if name != BUDGET}))
    return {name: budget if name == BUDGET else getattr(spec, name) for name in values}


def _at(target: tuple[Any, ...], row: int) -> Any:
    return target[row] if row < len(target) else None


def _short(name: str, value: Any) -> str:
    return shortened(write_value(name, value), _LONGEST)


def _parser(name: str) -> Callable[[str], Any]:
    default = getattr(_DEFAULTS, name)
    if name in _PARSERS:
        return _PARSERS[name]
    if isinstance(default, tuple):
        return lambda text: parse_sizes(name, text)
    if isinstance(default, int):
        return lambda text: _one(name, parse_sizes(name, text))
    if name in CHOICES:
        return lambda text: _chosen(text.lower(), CHOICES[name])
    return lambda text: text


def _one(name: str, sizes: tuple[int, ...]) -> int:
    if len(sizes) != 1:
        raise SettingsError(f"{label_of(name)} {format_sizes(sizes)}: expected one whole number")
    return sizes[0]


def _chosen(text: str, choices: tuple[str, ...]) -> str:
    """Returns the one choice that begins with a text, or the text."""
    found = [choice for choice in choices if choice.startswith(text)]
    return found[0] if len(found) == 1 and text else text


def _words() -> list[tuple[str, str]]:
    """Returns what may be typed for each setting, the longest first: `position seed` is not `position`."""
    words = {word: name for name in SETTINGS for word in (name, name.replace("_", " "), label_of(name))}
    return sorted(words.items(), key=lambda pair: -len(pair[0]))


_WORDS = _words()
_PARSERS: dict[str, Callable[[str], Any]] = {
    "target": lambda text: () if text.lower() in ("", "none", "-") else parse_target(text),
    "fill_value": parse_fill,
    "weights_file": lambda text: None if text.lower() in ("", "none") else text,
    "axes": lambda text: None if text.lower() in ("none", "guess", "guessed") else text,
}
