"""`MultiDimDynamicPadding`: every spatial axis padded to a size of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from padviewer.layers.base import PaddingLayer
from padviewer.layers.targets import Targets, checked_shape, spatial_targets
from padviewer.spec import Fill


@keras.saving.register_keras_serializable(package="padviewer")
class MultiDimDynamicPadding(PaddingLayer):
    """Pads every spatial axis to its target size; the amounts are worked out from each input.

    Example:

    >>> import numpy as np
    >>> x = np.ones((2, 100, 50, 3), "float32")
    >>> tuple(MultiDimDynamicPadding((128, 64))(x).shape)
    (2, 128, 64, 3)
    >>> model = keras.Sequential([
    ...     keras.Input((None, None, 3)),
    ...     MultiDimDynamicPadding((None, 128, 64)),
    ...     keras.layers.Conv2D(32, 3, activation="relu"),
    ... ])
    >>> tuple(model(x).shape)
    (2, 126, 62, 32)

    Args:
        target_shape: Tuple, the size of each spatial axis after padding:
            `(128, 64)`. A leading None for the batch, `(None, 128, 64)`, and
            a trailing one for the channels, `(None, 128, 64, None)`, may be
            written too. None for a spatial axis leaves it as it is.
        multiple_of: Int, or a tuple, one for each spatial axis. The padded
            size is the target, or the size of the input, rounded up to a
            multiple of this.
        position: Where the content sits: `"start"` pads at the end, `"end"`
            at the start, `"center"` on both sides, the odd one at the end.
            `"random"` draws a place anew at each call, for the whole batch.
        mode: One of `"constant"`, `"reflect"`, `"symmetric"`, `"edge"` and
            `"wrap"`, which give what `numpy.pad` gives, for any width.
        fill_value: Number that `"constant"` writes, or a tuple of them, one
            for each channel. The input's dtype must be able to hold it.
        overflow: What happens where an axis is larger than its target:
            `"keep"` leaves it, `"crop"` cuts it to the target by the same
            `position`, `"error"` raises.
        data_format: `"channels_last"`, which None means too, or
            `"channels_first"`.
        seed: Int, of the position `"random"`. The first call of a new layer
            draws what the window shows for the same seed.
        batched: Whether the first axis is the batch.
        return_pad_width: Whether to return the amounts too, which
            `Unpadding` and `unpad` take.

    Input shape:
        Tensor of rank 3, 4 or 5: `(batch_size, *spatial, channels)`, or
        `(batch_size, channels, *spatial)` for `"channels_first"`; without
        the batch where `batched` is False. Any dtype but strings; sizes may
        be unknown.

    Output shape:
        `(batch_size, *target_shape, channels)`, of the input's dtype. Under
        `overflow="keep"` a larger axis keeps its size, so the static size of
        an axis of unknown size is unknown. With `return_pad_width` a list of
        this and of an int32 tensor `(rank, 2)`, the elements added before and
        after on each axis, negative where they were cropped.
    """

    def __init__(
        self,
        target_shape: Sequence[int | None],
        *,
        multiple_of: int | tuple[int, ...] = 1,
        position: str = "start",
        mode: str = "constant",
        fill_value: Fill = 0,
        overflow: str = "keep",
        data_format: str | None = None,
        seed: int = 0,
        batched: bool = True,
        return_pad_width: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            multiple_of=multiple_of,
            position=position,
            mode=mode,
            fill_value=fill_value,
            overflow=overflow,
            data_format=data_format,
            seed=seed,
            batched=batched,
            return_pad_width=return_pad_width,
            **kwargs,
        )
        self.target_shape = checked_shape(target_shape, self.settings.multiple_of, self.axes)

    def targets(self, rank: int) -> Targets:
        """Returns what is wanted of each axis of an input of `rank` axes."""
        return spatial_targets(self.target_shape, self.settings.multiple_of, self.axes, rank)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "target_shape": self.target_shape}
