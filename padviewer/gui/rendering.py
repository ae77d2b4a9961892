"""From numbers to colours: levels, colour maps, and colours of their own for NaN and infinity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.workers.parts import MAGNITUDE, PHASE, part_of
from padviewer.workers.statistics import Statistics

Pixels = npt.NDArray[np.uint8]
Levels = tuple[float, float]

NAN_COLOUR = (255, 0, 255, 255)
INF_COLOUR = (0, 255, 255, 255)
DIVERGING = "CET-D1"
# Its ends are one colour, as −π and π are one angle.
CYCLIC = "CET-C1"
COLOUR_MAPS = ("auto", "gray", "viridis", "magma", "cividis", DIVERGING, CYCLIC)
LEVEL_RULES = ("auto", "dtype", "data", "view", "percentile", "custom")
_PERCENTILES = (1, 99)
_SMALLEST = 5e-324
# Integers of so many bytes are looked up in a table of all that there are.
_LOOKED_UP = 2


@dataclass(frozen=True)
class Look:
    """How a pane turns numbers into colours.

    Attributes:
        colour_map: a name out of `COLOUR_MAPS`. `auto`: gray for input and padded; for feature maps the diverging map,
            centred on 0, where there are both signs, else viridis. The cyclic map for phases.
        rule: what the levels are taken from, out of `LEVEL_RULES`. `auto`: the dtype's range for bytes and booleans,
            else the data's. Of phases it is −π to π.
        custom: the levels of the rule `custom`.
        part: what is shown of complex numbers, one of `parts.PARTS`.
    """

    colour_map: str = "auto"
    rule: str = "auto"
    custom: Levels = (0.0, 1.0)
    part: str = MAGNITUDE


def levels_of(look: Look, data: npt.NDArray[Any], statistics: Statistics) -> Levels:
    """Returns the numbers shown as the first and the last colour.

    Args:
        look: whose rule is used.
        data: the elements on screen.
        statistics: of the whole plane.
    """
    rule = rule_in_force(look, data.dtype)
    if rule == "custom":
        return look.custom
    if rule == "dtype":
        return _dtype_range(data.dtype)
    if rule in ("view", "percentile"):
        return _spread(*_range_on_screen(part_of(data, look.part), rule))
    found = statistics.range_of(look.part)
    return (0.0, 1.0) if found is None else _spread(*found)


def rule_in_force(look: Look, dtype: npt.DTypeLike) -> str:
    """Returns what the levels are taken from: `auto` made definite."""
    if look.rule != "auto":
        return look.rule
    return "dtype" if np.dtype(dtype) in (np.uint8, np.bool_) else "data"


def _dtype_range(dtype: np.dtype[Any]) -> Levels:
    if dtype.kind in "iu":
        return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)
    return 0.0, 1.0


def _range_on_screen(data: npt.NDArray[Any], rule: str) -> Levels:
    finite = data[np.isfinite(data)]
    if not finite.size:
        return 0.0, 1.0
    if rule == "percentile":
        low, high = np.percentile(finite.astype(np.float64), _PERCENTILES)
        return float(low), float(high)
    return float(finite.min()), float(finite.max())


def _spread(low: float, high: float) -> Levels:
    """Returns levels of some width also where all elements are equal."""
    return (low, high) if high > low else (low, low + max(1.0, abs(low) * 1e-6))


def choose_map(look: Look, is_feature: bool, levels: Levels, is_complex: bool = False) -> tuple[str, Levels]:
    """Returns the colour map in force, and levels centred on 0 where it diverges."""
    name = look.colour_map
    if name == "auto":
        name = "gray"
        if is_complex and look.part == PHASE:
            name = CYCLIC
        elif is_feature or (is_complex and look.part != MAGNITUDE):
            name = DIVERGING if levels[0] < 0 < levels[1] else "viridis"
    if name == DIVERGING and look.rule != "custom" and levels[0] < 0 < levels[1]:
        reach = max(-levels[0], levels[1])
        levels = (-reach, reach)
    return name, levels


@lru_cache(maxsize=len(COLOUR_MAPS))
def lookup_table(name: str) -> Pixels:
    """Returns 256 RGBA colours, uint8 of shape (256, 4)."""
    if name == "gray":
        ramp = np.arange(256, dtype=np.uint8)
        return np.stack([ramp, ramp, ramp, np.full(256, 255, np.uint8)], axis=1)
    import pyqtgraph as pg  # noqa: PLC0415 - its colour maps are read only where one is shown

    table: Pixels = pg.colormap.get(name).getLookupTable(nPts=256, alpha=True)
    return table


def paint(data: npt.NDArray[Any], table: Pixels, levels: Levels, part: str = MAGNITUDE) -> Pixels:
    """Returns the colours of a plane.

    Args:
        data: (rows, columns) through the table, or (rows, columns, 3 or 4) as colours of their own.
        table: 256 RGBA colours.
        levels: numbers shown as the first and the last colour.
        part: what is shown of complex numbers.

    Returns:
        RGBA, uint8 of shape (rows, columns, 4).
    """
    real = part_of(data, part)
    pixels = _coloured(real, table, levels) if data.ndim == 2 else _with_alpha(real, levels, _dtype_range(data.dtype))
    return _mark_not_finite(pixels, real)


def _coloured(values: npt.NDArray[Any], table: Pixels, levels: Levels) -> Pixels:
    # A colour as one number is fetched ten times as fast as one of four bytes.
    colours = np.ascontiguousarray(table).view(np.uint32).ravel()
    pixels: Pixels = colours.take(_to_bytes(values, levels)).view(np.uint8).reshape(*values.shape, 4)
    return pixels


def _to_bytes(values: npt.NDArray[Any], levels: Levels) -> Pixels:
    """Returns 0 to 255 for values from the first level to the last; anything for NaN, which is painted over."""
    kind = values.dtype
    if kind == np.uint8 and levels == _dtype_range(kind):
        return values
    if kind.kind in "iu" and kind.itemsize <= _LOOKED_UP and values.size > 1 << 8 * kind.itemsize:
        unsigned = np.dtype(f"u{kind.itemsize}")
        every = np.arange(1 << 8 * kind.itemsize, dtype=unsigned).view(kind)
        looked_up: Pixels = _scaled(every, levels).take(values.view(unsigned))
        return looked_up
    return _scaled(values, levels)


def _scaled(values: npt.NDArray[Any], levels: Levels) -> Pixels:
    # Halves, because the difference of the two ends of float64 is no float64.
    low, high = levels[0] / 2, levels[1] / 2
    scaled = np.multiply(values, 0.5, dtype=np.float64)
    scaled -= low
    scaled /= max(high - low, _SMALLEST)
    scaled *= 255
    scaled += 0.5
    np.clip(scaled, 0, 255, out=scaled)
    with np.errstate(invalid="ignore"):
        steps: Pixels = scaled.astype(np.uint8)
    return steps


def _with_alpha(data: npt.NDArray[Any], levels: Levels, opacity: Levels) -> Pixels:
    pixels = np.empty((*data.shape[:2], 4), np.uint8)
    # Channel by channel: three bytes at a time are copied four times as slowly.
    for channel in range(3):
        pixels[..., channel] = _to_bytes(data[..., channel], levels)
    pixels[..., 3] = _to_bytes(data[..., 3], opacity) if data.shape[-1] == 4 else 255
    return pixels


def _mark_not_finite(pixels: Pixels, real: npt.NDArray[Any]) -> Pixels:
    if real.dtype.kind != "f":
        return pixels
    marked = ~np.isfinite(real)
    if marked.any():
        nans = np.isnan(real)
        if real.ndim == 3:
            marked, nans = marked.any(axis=-1), nans.any(axis=-1)
        pixels[marked] = INF_COLOUR
        pixels[nans] = NAN_COLOUR
    return pixels
