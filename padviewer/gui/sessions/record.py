"""Frozen records to and from JSON, held against their annotations: what comes from a file may be anything."""

from __future__ import annotations

import math
import types
from dataclasses import asdict
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from padviewer.errors import SettingsError, shortened

T = TypeVar("T")


def to_json(record: Any) -> dict[str, Any]:
    """Returns the fields of a frozen dataclass of numbers, texts, None, and tuples of these."""
    return asdict(record)


def from_json(kind: type[T], values: Any, what: str) -> T:
    """Returns the record that `to_json` has written; missing names take their defaults.

    Args:
        kind: a frozen dataclass whose fields all have defaults.
        values: what was read.
        what: names it in an error.

    Raises:
        SettingsError: where a name is unknown or a value is not of its kind.
    """
    if not isinstance(values, dict):
        raise SettingsError(f"{what}: expected a JSON object, got {type(values).__name__}")
    hints = get_type_hints(kind)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise SettingsError(f"{what}: unknown names {shortened(', '.join(unknown))}")
    found = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    for name, value in found.items():
        if not fits(value, hints[name]):
            raise SettingsError(f"{what}: {name} {shortened(repr(value), 60)}: expected {_expected(hints[name])}")
    return kind(**found)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of the kind that an annotation names; numbers must be finite, and an `int` is a `float`."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(fits(value, choice) for choice in get_args(hint))
    if origin is tuple:
        return isinstance(value, tuple) and _fit(value, get_args(hint))
    if hint is None or hint is type(None):
        return value is None
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63
    return isinstance(hint, type) and isinstance(value, hint)


def _fit(values: tuple[Any, ...], hints: tuple[Any, ...]) -> bool:
    if len(hints) == 2 and hints[1] is Ellipsis:
        return all(fits(value, hints[0]) for value in values)
    return len(values) == len(hints) and all(map(fits, values, hints))


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def _expected(hint: Any) -> str:
    return str(getattr(hint, "__name__", hint)).replace("None", "null")
