"""`MultiDimDynamicPadding`: every spatial axis padded to a size of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from padviewer.errors import PlanError, SettingsError
from padviewer.layers.base import PaddingLayer
from padviewer.layers.padding import Targets, wanted_size
from padviewer.spec import Fill

_FORMS = (
    "the sizes of one to three spatial axes, such as (128, 64), (None, 128, 64) with the batch, "
    "or (None, 128, 64, None) with batch and channels"
)


@keras.saving.register_keras_serializable(package="padviewer")
class MultiDimDynamicPadding(PaddingLayer):
    """Pads every spatial axis to its target size; the amounts are worked out from each input.

    Example:

    >>> import numpy as np
    >>> x = np.ones((2, 100, 50, 3), "float32")
    >>> MultiDimDynamicPadding((128, 64))(x).shape
    TensorShape([2, 128, 64, 3])
    >>> model = keras.Sequential([
    ...     keras.Input((None, None, 3)),
    ...     MultiDimDynamicPadding((None, 128, 64)),
    ...     keras.layers.Conv2D(32, 3, activation="relu"),
    ... ])
    >>> model(x).shape
    TensorShape([2, 126, 62, 32])

    Args:
        target_shape: Tuple, the size of each spatial axis after padding:
            `(128, 64)`. A leading None for the batch, `(None, 128, 64)`, and
            a trailing one for the channels, `(None, 128, 64, None)`, may be
            written too. None for a spatial axis leaves it as it is.
        position: Where the content sits: `"start"` pads at the end, `"end"`
            at the start, `"center"` on both sides, the odd one at the end.
        mode: One of `"constant"`, `"reflect"`, `"symmetric"`, `"edge"` and
            `"wrap"`, which give what `numpy.pad` gives, for any width.
        fill_value: Number that `"constant"` writes. The input's dtype must be
            able to hold it.
        overflow: What happens where an axis is larger than its target:
            `"keep"` leaves it, `"crop"` cuts it to the target by the same
            `position`, `"error"` raises.

    Input shape:
        Tensor of rank 3, 4 or 5, channels last: `(batch_size, *spatial,
        channels)`. Any dtype but strings; sizes may be unknown.

    Output shape:
        `(batch_size, *target_shape, channels)`, of the input's dtype. Under
        `overflow="keep"` a larger axis keeps its size, so the static size of
        an axis of unknown size is unknown.
    """

    def __init__(
        self,
        target_shape: Sequence[int | None],
        *,
        position: str = "start",
        mode: str = "constant",
        fill_value: Fill = 0,
        overflow: str = "keep",
        **kwargs: Any,
    ) -> None:
        super().__init__(position=position, mode=mode, fill_value=fill_value, overflow=overflow, **kwargs)
        self.target_shape = _target_shape(target_shape)

    def targets(self, rank: int) -> Targets:
        """Returns the wanted size of each axis of an input of `rank` axes."""
        spatial = _spatial_targets(self.target_shape, rank - 2)
        if spatial is None:
            raise PlanError(
                f"target_shape {self.target_shape} does not fit an input of rank {rank}, which has {max(0, rank - 2)} "
                f"spatial axes between batch and channels; expected {_FORMS}. "
                "Does the input have its batch and its channel axis?"
            )
        return (None, *spatial, None)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "target_shape": self.target_shape}


def _target_shape(value: Any) -> Targets:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise SettingsError(f"target_shape received {value!r}; expected {_FORMS}")
    sizes = tuple(wanted_size("target_shape", size) for size in value)
    if all(_spatial_targets(sizes, spatial) is None for spatial in (1, 2, 3)):
        raise SettingsError(f"target_shape received {sizes}; expected {_FORMS}")
    return sizes


def _spatial_targets(sizes: Targets, spatial: int) -> Targets | None:
    """Returns the targets of `spatial` axes in any of the written forms; None where `sizes` is none of them."""
    if not 1 <= spatial <= 3:
        return None
    if len(sizes) == spatial:
        return sizes
    if len(sizes) == spatial + 1 and sizes[0] is None:
        return sizes[1:]
    if len(sizes) == spatial + 2 and sizes[0] is None and sizes[-1] is None:
        return sizes[1:-1]
    return None
