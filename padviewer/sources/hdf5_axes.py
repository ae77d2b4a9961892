"""What the axes of an HDF5 data set are, where the file tells it for sure."""

from __future__ import annotations

from typing import Any

import numpy as np
from h5py import h5a, h5t

from padviewer.axes import guess_axes, parse_axes
from padviewer.errors import SettingsError
from padviewer.sources.hdf5_types import text_of

_IMAGE_AXES = {"INTERLACE_PIXEL": "HWC", "INTERLACE_LINE": "HCW", "INTERLACE_PLANE": "CHW"}
_LETTERS = {
    "y": "H", "h": "H", "height": "H", "row": "H", "rows": "H",
    "x": "W", "w": "W", "width": "W", "column": "W", "columns": "W",
    "z": "D", "d": "D", "depth": "D", "c": "C", "channel": "C", "channels": "C",
    "b": "B", "batch": "B", "t": "T", "time": "T",
}  # fmt: skip
_MOST_LABELS = 5
_COMPARED = 40


def axes_of(dataset: Any, shape: tuple[int, ...], notes: list[str]) -> tuple[str, bool]:
    """Returns the letters of the axes of a data set, and whether they are a guess.

    Args:
        dataset: h5py's identifier.
        shape: sizes of the axes.
        notes: gets what is known of a picture and not done.
    """
    told = _of_image(dataset, shape, notes) or _of_labels(dataset, len(shape))
    if told and len(told) == len(shape):
        return told, False
    return guess_axes(shape), True


def is_scale(dataset: Any) -> bool:
    """Tells whether a data set is the scale of an axis of others."""
    return text_of(dataset, b"CLASS") == "DIMENSION_SCALE"


def _of_image(dataset: Any, shape: tuple[int, ...], notes: list[str]) -> str:
    if text_of(dataset, b"CLASS") != "IMAGE":
        return ""
    if h5a.exists(dataset, b"PALETTE"):
        notes.append("palette not applied")
    corner = text_of(dataset, b"DISPLAY_ORIGIN")
    if corner not in ("", "UL"):
        notes.append(f"as stored, the file asks for its origin at {corner[:8]}")
    if len(shape) == 2:
        return "HW"
    return _IMAGE_AXES.get(text_of(dataset, b"INTERLACE_MODE"), "") if len(shape) == 3 else ""


def _of_labels(dataset: Any, rank: int) -> str:
    """Returns the letters that the labels of the dimensions stand for; nothing where one is missing or strange."""
    name = b"DIMENSION_LABELS"
    if rank > _MOST_LABELS or not h5a.exists(dataset, name):
        return ""
    attribute = h5a.open(dataset, name)
    if attribute.get_type().get_class() != h5t.STRING or attribute.shape != (rank,):
        return ""
    found = np.empty(rank, attribute.dtype)
    attribute.read(found)
    words = [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "") for value in found]
    letters = "".join(_LETTERS.get(word[:_COMPARED].strip().lower(), "?") for word in words)
    try:
        return letters if parse_axes(letters) == letters else ""
    except SettingsError:
        return ""
