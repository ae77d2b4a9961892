"""The keywords of `show`: settings by the names of `PipelineSpec`, and the target in the words of the Keras layers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from padviewer.axes import parse_axes, spatial_axes
from padviewer.errors import SettingsError
from padviewer.spec import PipelineSpec

# Characters of all settings; a message to the window holds some times as many.
_LONGEST = 20_000
# What `show` takes beside the settings.
_OWN = ("target_shape", "name", "axes", "window", "block")


def checked_axes(axes: str | None, shape: tuple[int, ...]) -> str | None:
    """Returns axis letters for an array, or raises a `SettingsError` where they do not fit it."""
    if axes is None:
        return None
    if not isinstance(axes, str):
        raise SettingsError(f"axes {axes!r}: expected letters, such as HWC")
    letters = parse_axes(axes)
    if len(letters) != len(shape):
        raise SettingsError(f"axes {letters}: {len(letters)} letters for an array of the shape {shape}; give one each")
    return letters


def checked_settings(target_shape: Any, given: dict[str, Any], axes: str) -> dict[str, Any]:
    """Returns settings as JSON holds them, those alone that were given.

    Args:
        target_shape: as the Keras layers take it, or None.
        given: settings by their names.
        axes: letters of the array's axes.

    Raises:
        TypeError: a name is none of a setting.
        SettingsError: a value could be valid for no input, or the target not for these axes.
    """
    names = [name for name in PipelineSpec.__dataclass_fields__ if name != "axes"]
    for name in given:
        if name not in names:
            near = get_close_matches(name, [*names, *_OWN], 1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join([*_OWN, *names])}"
            raise TypeError(f"show() got an unexpected keyword argument {name!r}; {hint}")
    values = {name: plain(value) for name, value in given.items()}
    if target_shape is not None:
        if "target" in values:
            raise TypeError("show() got both target_shape and target; give one of them")
        values["target"] = spatial_target(target_shape, len(spatial_axes(axes)))
    for name, field in PipelineSpec.__dataclass_fields__.items():
        # One size for all axes may be written as a number.
        if name in values and isinstance(field.default, tuple) and isinstance(values[name], int):
            values[name] = (values[name],)
    held = json.loads(PipelineSpec(**values).to_json())
    changes = {name: held[name] for name in values}
    if len(json.dumps(changes)) > _LONGEST:
        raise SettingsError(f"settings of more than {_LONGEST} characters; give a single fill value, or fewer")
    return changes


def spec_of_json(settings: dict[str, Any]) -> dict[str, Any]:
    """Returns settings as `PipelineSpec` takes them, of those that came as JSON.

    Raises:
        SettingsError: there is no such setting, or none of such a value.
    """
    spec = PipelineSpec.from_json(json.dumps(settings))
    return {name: getattr(spec, name) for name in settings}


def spatial_target(target_shape: Any, spatial: int) -> tuple[Any, ...]:
    """Returns the sizes of the spatial axes of a target shape, which may have None around them.

    As in the layers: `(H, W)`, `(None, H, W)` with the batch, `(None, H, W, None)` with batch and channels,
    `(None, None, H, W)` with the channels first.
    """
    sizes = plain(target_shape)
    sizes = (sizes,) if isinstance(sizes, int) else sizes
    if isinstance(sizes, Sequence) and not isinstance(sizes, str):
        sizes = tuple(sizes)
        extra = len(sizes) - spatial
        for before in {0: (0,), 1: (1,), 2: (1, 2)}.get(extra, ()):
            inner = sizes[before : before + spatial]
            if all(size is None for size in (*sizes[:before], *sizes[before + spatial :])):
                return inner
    axis = "the spatial axis" if spatial == 1 else f"each of the {spatial} spatial axes"
    raise SettingsError(
        f"target_shape received {target_shape!r}; expected a size for {axis}, such as {(512,) * spatial}, or with None "
        f"for batch and channels around them: {(None, *(512,) * spatial, None)}"
    )


def plain(value: Any) -> Any:
    """Returns a value as JSON can hold it: numpy's scalars as Python's own, lists and arrays as tuples."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return tuple(map(plain, value)) if isinstance(value, (list, tuple)) else value
