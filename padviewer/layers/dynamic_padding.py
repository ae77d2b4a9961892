"""`DynamicPadding` and `dynamic_padding`: one axis padded to a size, whatever size it has."""

from __future__ import annotations

from typing import Any

import keras

from padviewer.errors import PlanError, SettingsError
from padviewer.layers.base import PaddingLayer, settings_of
from padviewer.layers.padding import pad
from padviewer.layers.random_draws import seed_draws
from padviewer.layers.targets import Axes, Target, Targets, checked_axes, one_target, plain, wanted_size
from padviewer.spec import Fill


@keras.saving.register_keras_serializable(package="padviewer")
class DynamicPadding(PaddingLayer):
    """Pads one axis to a target size; the amount is worked out from each input.

    Example:

    >>> import numpy as np
    >>> x = np.ones((2, 100, 64, 3), "float32")
    >>> tuple(DynamicPadding(128)(x).shape)
    (2, 128, 64, 3)
    >>> model = keras.Sequential([
    ...     keras.Input((None, 64, 3)),
    ...     DynamicPadding(128),
    ...     keras.layers.Conv2D(32, 3, activation="relu"),
    ... ])
    >>> tuple(model(x).shape)
    (2, 126, 62, 32)

    Args:
        target_width: Int, the size of the axis after padding. None takes the
            size of the input, for use with `multiple_of`.
        axis: Int, the axis to pad, counted with the batch, which is axis 0
            and cannot be padded. Negative numbers count from the end.
        multiple_of: Int. The padded size is the target, or the size of the
            input, rounded up to a multiple of this.
        position: Where the content sits: `"start"` pads at the end, `"end"`
            at the start, `"center"` on both sides, the odd one at the end.
            `"random"` draws a place anew at each call, for the whole batch.
        mode: One of `"constant"`, `"reflect"`, `"symmetric"`, `"edge"` and
            `"wrap"`, which give what `numpy.pad` gives, for any width.
        fill_value: Number that `"constant"` writes, or a tuple of them, one
            for each channel. The input's dtype must be able to hold it.
        overflow: What happens where the axis is larger than the target:
            `"keep"` leaves it, `"crop"` cuts it to the target by the same
            `position`, `"error"` raises.
        data_format: `"channels_last"`, which None means too, or
            `"channels_first"`: where the channels of `fill_value` are.
        seed: Int, of the position `"random"`. The first call of a new layer
            draws what `dynamic_padding` does with the same seed.
        batched: Whether the first axis is the batch. With False axis 0 can be
            padded.
        return_pad_width: Whether to return the amounts too, which
            `Unpadding` and `unpad` take.

    Input shape:
        Tensor of rank 2 or more, batch first: `(batch_size, length, ...)` for
        the default axis. Any dtype but strings; `length` may be unknown.

    Output shape:
        `(batch_size, target_width, ...)`, of the input's dtype. Under
        `overflow="keep"` a longer axis keeps its length, so the static size
        of an axis of unknown length is unknown. With `return_pad_width` a
        list of this and of an int32 tensor `(rank, 2)`, the elements added
        before and after on each axis, negative where they were cropped.
    """

    def __init__(
        self,
        target_width: int | None,
        axis: int = 1,
        *,
        multiple_of: int = 1,
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
        self.target_width = _target_width(target_width, self.settings.multiple_of)
        self.axis = _axis(axis, batched)

    def targets(self, rank: int) -> Targets:
        """Returns what is wanted of each axis of an input of `rank` axes."""
        return _targets(self.target_width, self.settings.multiple_of, self.axis, self.axes, rank)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "target_width": self.target_width, "axis": self.axis}


@keras.saving.register_keras_serializable(package="padviewer")  # type: ignore[untyped-decorator]  # as above
def dynamic_padding(
    x: Any,
    target_width: int | None,
    axis: int = 1,
    *,
    multiple_of: int = 1,
    position: str = "start",
    mode: str = "constant",
    fill_value: Fill = 0,
    overflow: str = "keep",
    data_format: str | None = None,
    seed: Any = 0,
    batched: bool = True,
    return_pad_width: bool = False,
) -> Any:
    """Pads one axis of a tensor to a target size: `DynamicPadding` as a function.

    Example:

    >>> import numpy as np
    >>> tuple(dynamic_padding(np.ones((2, 100, 3)), 128).shape)
    (2, 128, 3)
    >>> tuple(dynamic_padding(np.ones((100, 3)), None, axis=0, multiple_of=64, batched=False).shape)
    (128, 3)
    >>> layer = keras.layers.Lambda(dynamic_padding, arguments={"target_width": 128})

    Args:
        x: Tensor, array or `KerasTensor`, batch first.
        target_width: As in `DynamicPadding`.
        axis: As in `DynamicPadding`.
        multiple_of: As in `DynamicPadding`.
        position: As in `DynamicPadding`, but `"random"` draws the same place
            at each call with the same seed.
        mode: As in `DynamicPadding`.
        fill_value: As in `DynamicPadding`.
        overflow: As in `DynamicPadding`.
        data_format: As in `DynamicPadding`.
        seed: Int, or a scalar integer tensor, such as the number of an
            element of a `tf.data` pipeline.
        batched: As in `DynamicPadding`.
        return_pad_width: As in `DynamicPadding`.

    Returns:
        Tensor of the same dtype, its axis of the target size, or as large as
        it was where that is more and `overflow` is `"keep"`. With
        `return_pad_width` a list of this and of the amounts.
    """
    options: dict[str, Any] = {"position": position, "mode": mode, "fill_value": fill_value, "overflow": overflow}
    seed = plain(seed)
    drawn = not isinstance(seed, (int, float, str, type(None)))
    if keras.backend.is_keras_tensor(x):
        if drawn:
            raise SettingsError("seed received a tensor for a symbolic input; expected a whole number")
        layer = DynamicPadding(
            target_width,
            axis,
            multiple_of=multiple_of,
            data_format=data_format,
            seed=seed,
            batched=batched,
            return_pad_width=return_pad_width,
            **options,
        )
        return layer(x)
    settings = settings_of(multiple_of=multiple_of, seed=0 if drawn else seed, **options)
    axes = checked_axes(data_format, batched)
    x = keras.ops.convert_to_tensor(x)
    rank = len(x.shape)
    width = _target_width(target_width, settings.multiple_of)
    targets = _targets(width, settings.multiple_of, _axis(axis, batched), axes, rank)
    y, amounts = pad(x, targets, settings, channels=axes.channels(rank), draws=seed_draws(seed))
    return [y, amounts.pad_width()] if return_pad_width else y


def _target_width(value: Any, multiple_of: tuple[int, ...]) -> int | None:
    size = wanted_size("target_width", value)
    if size is None and multiple_of == (1,):
        raise SettingsError(
            "target_width received None; expected a whole number, such as 128, or multiple_of with the number to round "
            "up to a multiple of"
        )
    return one_target(size, multiple_of).size


def _axis(value: Any, batched: bool) -> int:
    axis = plain(value)
    if type(axis) is not int or (axis == 0 and batched):
        raise SettingsError(
            f"axis received {axis!r}; expected a whole number other than 0, which is the batch, "
            "such as 1 for the first axis after it, or batched=False"
        )
    return axis


def _targets(target_width: int | None, multiple_of: tuple[int, ...], axis: int, axes: Axes, rank: int) -> Targets:
    index = axis + rank if axis < 0 else axis
    first = int(axes.batched)
    if not first <= index < rank:
        raise PlanError(
            f"axis {axis} does not exist, or is the batch, in an input of rank {rank}; expected {first} to {rank - 1}. "
            "Does the input have its batch axis?"
        )
    target = Target(target_width, multiple_of[0], max(0, index - axes.first_spatial))
    return tuple(target if i == index else None for i in range(rank))
