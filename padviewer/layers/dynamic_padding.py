"""`DynamicPadding` and `dynamic_padding`: one axis padded to a size, whatever size it has."""

from __future__ import annotations

from typing import Any

import keras

from padviewer.errors import PlanError, SettingsError
from padviewer.layers.base import PaddingLayer, options_of
from padviewer.layers.padding import Targets, pad, plain, wanted_size
from padviewer.spec import Fill, PipelineSpec


@keras.saving.register_keras_serializable(package="padviewer")
class DynamicPadding(PaddingLayer):
    """Pads one axis to a target size; the amount is worked out from each input.

    Example:

    >>> import numpy as np
    >>> x = np.ones((2, 100, 64, 3), "float32")
    >>> DynamicPadding(128)(x).shape
    TensorShape([2, 128, 64, 3])
    >>> model = keras.Sequential([
    ...     keras.Input((None, 64, 3)),
    ...     DynamicPadding(128),
    ...     keras.layers.Conv2D(32, 3, activation="relu"),
    ... ])
    >>> model(x).shape
    TensorShape([2, 126, 62, 32])

    Args:
        target_width: Int, the size of the axis after padding.
        axis: Int, the axis to pad, counted with the batch, which is axis 0
            and cannot be padded. Negative numbers count from the end.
        position: Where the content sits: `"start"` pads at the end, `"end"`
            at the start, `"center"` on both sides, the odd one at the end.
        mode: One of `"constant"`, `"reflect"`, `"symmetric"`, `"edge"` and
            `"wrap"`, which give what `numpy.pad` gives, for any width.
        fill_value: Number that `"constant"` writes. The input's dtype must be
            able to hold it.
        overflow: What happens where the axis is larger than `target_width`:
            `"keep"` leaves it, `"crop"` cuts it to the target by the same
            `position`, `"error"` raises.

    Input shape:
        Tensor of rank 2 or more, batch first: `(batch_size, length, ...)` for
        the default axis. Any dtype but strings; `length` may be unknown.

    Output shape:
        `(batch_size, target_width, ...)`, of the input's dtype. Under
        `overflow="keep"` a longer axis keeps its length, so the static size
        of an axis of unknown length is unknown.
    """

    def __init__(
        self,
        target_width: int,
        axis: int = 1,
        *,
        position: str = "start",
        mode: str = "constant",
        fill_value: Fill = 0,
        overflow: str = "keep",
        **kwargs: Any,
    ) -> None:
        super().__init__(position=position, mode=mode, fill_value=fill_value, overflow=overflow, **kwargs)
        self.target_width = _target_width(target_width)
        self.axis = _axis(axis)

    def targets(self, rank: int) -> Targets:
        """Returns the wanted size of each axis of an input of `rank` axes."""
        return _targets(self.target_width, self.axis, rank)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "target_width": self.target_width, "axis": self.axis}


@keras.saving.register_keras_serializable(package="padviewer")  # type: ignore[untyped-decorator]  # as above
def dynamic_padding(
    x: Any,
    target_width: int,
    axis: int = 1,
    *,
    position: str = "start",
    mode: str = "constant",
    fill_value: Fill = 0,
    overflow: str = "keep",
) -> Any:
    """Pads one axis of a tensor to a target size: `DynamicPadding` as a function.

    Example:

    >>> import numpy as np
    >>> dynamic_padding(np.ones((2, 100, 3)), 128).shape
    TensorShape([2, 128, 3])
    >>> layer = keras.layers.Lambda(dynamic_padding, arguments={"target_width": 128})

    Args:
        x: Tensor, array or `KerasTensor` of rank 2 or more, batch first.
        target_width: Int, the size of the axis after padding.
        axis: Int, the axis to pad, not the batch.
        position: As in `DynamicPadding`.
        mode: As in `DynamicPadding`.
        fill_value: As in `DynamicPadding`.
        overflow: As in `DynamicPadding`.

    Returns:
        Tensor of the same dtype, its axis of size `target_width`, or as large
        as it was where that is more and `overflow` is `"keep"`.
    """
    settings = PipelineSpec(position=position, mode=mode, fill_value=plain(fill_value), overflow=overflow)
    if keras.backend.is_keras_tensor(x):
        return DynamicPadding(target_width, axis, **options_of(settings))(x)
    x = keras.ops.convert_to_tensor(x)
    return pad(x, _targets(_target_width(target_width), _axis(axis), len(x.shape)), settings)


def _target_width(value: Any) -> int:
    size = wanted_size("target_width", value)
    if size is None:
        raise SettingsError("target_width received None; expected a whole number, such as 128")
    return size


def _axis(value: Any) -> int:
    axis = plain(value)
    if type(axis) is not int or axis == 0:
        raise SettingsError(
            f"axis received {axis!r}; expected a whole number other than 0, which is the batch, "
            "such as 1 for the first axis after it"
        )
    return axis


def _targets(target_width: int, axis: int, rank: int) -> Targets:
    index = axis + rank if axis < 0 else axis
    if not 0 < index < rank:
        raise PlanError(
            f"axis {axis} does not exist, or is the batch, in an input of rank {rank}; expected 1 to {rank - 1}. "
            "Does the input have its batch axis?"
        )
    return tuple(target_width if i == index else None for i in range(rank))
