"""What the layers are told to pad to: sizes, divisors and axes, checked and put into one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from padviewer.errors import PlanError, SettingsError
from padviewer.geometry import padded_size

Shape = tuple[int | None, ...]

# Tensor shapes are int32 in TensorFlow's graphs.
MAX_TARGET = 2**31 - 1
DATA_FORMATS = ("channels_last", "channels_first")
FORMS = (
    "the sizes of one to three spatial axes, such as (128, 64), (None, 128, 64) with the batch, "
    "or (None, 128, 64, None) with batch and channels"
)


class Target(NamedTuple):
    """What is wanted of one axis.

    Attributes:
        size: wanted elements; None takes the input's own.
        multiple_of: divisor of the padded size.
        number: of the axis among the spatial ones, which a random position depends on.
    """

    size: int | None
    multiple_of: int = 1
    number: int = 0

    def padded(self, size: Any, overflow: str) -> Any:
        """Returns the size after padding of an axis of `size` elements."""
        return padded_size(size, self.size, overflow, self.multiple_of)


# One for each axis of a tensor, batch and channels included; None leaves an axis.
Targets = tuple[Target | None, ...]


class Axes(NamedTuple):
    """Which axes a tensor has beside the spatial ones.

    Attributes:
        data_format: `channels_last` or `channels_first`.
        batched: whether the first axis is the batch.
    """

    data_format: str = "channels_last"
    batched: bool = True

    @property
    def first_spatial(self) -> int:
        """Index of the first spatial axis."""
        return int(self.batched) + int(self.data_format == "channels_first")

    @property
    def others(self) -> int:
        """How many axes are not spatial."""
        return int(self.batched) + 1

    def channels(self, rank: int) -> int | None:
        """Index of the channel axis of a tensor with `rank` axes; None where only the other axes are there."""
        if rank < self.others:
            return None
        return int(self.batched) if self.data_format == "channels_first" else rank - 1

    def around(self, targets: Sequence[Target | None]) -> Targets:
        """Returns the targets of all axes, given those of the spatial ones."""
        rank = len(targets) + self.others
        return (
            *(None,) * self.first_spatial,
            *targets,
            *(None,) * (rank - len(targets) - self.first_spatial),
        )


def plain(value: Any) -> Any:
    """Returns a value that JSON can hold: numpy's scalars as Python's own, lists and arrays as tuples."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return tuple(map(plain, value)) if isinstance(value, (list, tuple)) else value


def wanted_size(name: str, value: Any) -> int | None:
    """Returns a target as a plain integer or None, or raises a `SettingsError` that names the argument."""
    value = plain(value)
    if value is None or (type(value) is int and 0 <= value <= MAX_TARGET):
        return value
    raise SettingsError(
        f"{name} received {value!r}; expected a whole number from 0 to {MAX_TARGET}, or None to leave the axis as it is"
    )


def checked_axes(data_format: Any, batched: Any) -> Axes:
    """Returns which axes there are; no data format means channels last."""
    if data_format not in (None, *DATA_FORMATS):
        raise SettingsError(
            f"data_format received {data_format!r}; expected one of {', '.join(DATA_FORMATS)}, or None for the first"
        )
    if not isinstance(batched, bool):
        raise SettingsError(
            f"batched received {batched!r}; expected True, or False for an input that has no batch axis"
        )
    return Axes(data_format or DATA_FORMATS[0], batched)


def one_target(size: int | None, multiple_of: tuple[int, ...], number: int = 0) -> Target:
    """Returns the target of one axis, or raises a `SettingsError` where the padded size would be none."""
    if len(multiple_of) != 1:
        raise SettingsError(f"multiple_of received {multiple_of}; expected one number for one axis, such as 4")
    return _fitting(Target(size, multiple_of[0], number))


def checked_shape(value: Any, multiple_of: tuple[int, ...], axes: Axes) -> Shape:
    """Returns a target shape as it was written, or raises a `SettingsError` where it fits no input."""
    if not isinstance(value, (Sequence, np.ndarray)) or isinstance(value, str):
        raise SettingsError(f"target_shape received {value!r}; expected {FORMS}")
    sizes = tuple(wanted_size("target_shape", size) for size in value)
    spatial = [number for number in (1, 2, 3) if spatial_sizes(sizes, axes, number) is not None]
    if not spatial:
        raise SettingsError(f"target_shape received {sizes}; expected {FORMS}")
    if len(multiple_of) not in (1, *spatial):
        raise SettingsError(
            f"multiple_of received {multiple_of}; expected one number, or one for each spatial axis of target_shape "
            f"{sizes}"
        )
    for size in sizes:
        for divisor in multiple_of:
            _fitting(Target(size, divisor))
    return sizes


def spatial_targets(sizes: Shape, multiple_of: tuple[int, ...], axes: Axes, rank: int) -> Targets:
    """Returns the target of each axis of an input of `rank` axes, or raises a `PlanError` where it is another rank."""
    spatial = rank - axes.others
    found = spatial_sizes(sizes, axes, spatial)
    if found is None or len(multiple_of) not in (1, spatial):
        divided = f" with multiple_of {multiple_of}" if len(multiple_of) > 1 else ""
        expected = "its batch and its channel axis" if axes.batched else "its channel axis, and no batch axis"
        raise PlanError(
            f"target_shape {sizes}{divided} does not fit an input of rank {rank}, which has {max(0, spatial)} spatial "
            f"axes beside batch and channels; expected {FORMS}. "
            f"Does the input have {expected}?"
        )
    divisors = multiple_of * (spatial // len(multiple_of))
    return axes.around([Target(*row) for row in zip(found, divisors, range(spatial), strict=True)])


def spatial_sizes(sizes: Shape, axes: Axes, spatial: int) -> Shape | None:
    """Returns the sizes of `spatial` axes in any of the written forms; None where `sizes` is none of them."""
    if not 1 <= spatial <= 3:
        return None
    if len(sizes) == spatial:
        return sizes
    before = axes.first_spatial
    forms = [(before, 1 if axes.data_format == "channels_last" else 0)]
    if axes.batched:
        forms.append((1, 0))
    for left, right in forms:
        middle = sizes[left : len(sizes) - right]
        outside = (*sizes[:left], *sizes[len(sizes) - right :])
        if len(middle) == spatial and len(sizes) == left + spatial + right and all(size is None for size in outside):
            return middle
    return None


def _fitting(target: Target) -> Target:
    if target.size is not None and target.padded(0, "keep") > MAX_TARGET:
        raise SettingsError(
            f"multiple_of received {target.multiple_of}; the target of {target.size} rounds up to "
            f"{target.padded(0, 'keep')}, expected at most {MAX_TARGET}"
        )
    return target
