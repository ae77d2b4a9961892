"""What OME-Zarr writes down of pictures: their axes, and the smaller ones that stand for a larger one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

# What versions that do not tell the axes have.
_AXES = ["t", "c", "z", "y", "x"]
_MOST_LEVELS = 32
_SMALLER = "DHW"


class Picture(NamedTuple):
    """A picture at several sizes.

    Attributes:
        axes: their names; an axis without one has an empty one.
        smaller: names of the arrays of smaller sizes, from the root.
    """

    axes: tuple[str, ...]
    smaller: tuple[str, ...]


def picture_of(groups: Sequence[Mapping[str, Any]], name: str) -> Picture | None:
    """Returns the picture that an array belongs to; None where no group tells of it.

    Args:
        groups: attributes of the groups on the way to the array, from the root on.
        name: of the array, from the root.
    """
    words = name.strip("/").split("/")
    for depth, attributes in reversed(list(enumerate(groups))):
        found = _picture(attributes, words[:depth], "/".join(words[depth:]))
        if found is not None:
            return found
    return None


def factor_between(larger: tuple[int, ...], smaller: tuple[int, ...], axes: str) -> int | None:
    """Returns how many elements along each spatial axis one of a smaller picture stands for; some axes may be as long.

    Returns:
        2 or more; None where the sizes are not those of a larger and a smaller picture.
    """
    if len(larger) != len(smaller) or 0 in smaller:
        return None
    pairs = [(size, small, letter) for size, small, letter in zip(larger, smaller, axes, strict=True) if size != small]
    if not pairs or any(letter not in _SMALLER or small > size for size, small, letter in pairs):
        return None
    size, small, _letter = max(pairs)
    # Of a small picture, many factors give the size; writers halve most often.
    for factor in (2 ** round(math.log2(size / small)), round(size / small)):
        if factor > 1 and all(small in (size // factor, -(-size // factor)) for size, small, _letter in pairs):
            return factor
    return None


def _picture(attributes: Mapping[str, Any], group: list[str], path: str) -> Picture | None:
    scales = _object(attributes.get("ome")).get("multiscales", attributes.get("multiscales"))
    for scale in map(_object, _list(scales)):
        paths = [_object(found).get("path") for found in _list(scale.get("datasets"))]
        if path in paths:
            named = [_object(axis).get("name", axis) for axis in _list(scale.get("axes", _AXES))]
            others = paths[paths.index(path) + 1 :][:_MOST_LEVELS]
            return Picture(
                tuple(axis if isinstance(axis, str) else "" for axis in named),
                tuple("/".join(["", *group, other]) for other in others if isinstance(other, str)),
            )
    return None


def _object(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _list(found: object) -> list[Any]:
    return found if isinstance(found, list) else []
