"""`Unpadding` and `unpad`: the inverse of padding, on tensors that may have gone through strides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from padviewer.errors import PlanError, SettingsError
from padviewer.geometry import Split, split
from padviewer.layers import graph
from padviewer.layers.limits import check_dense, check_dtype
from padviewer.layers.padding import Amounts, apply
from padviewer.layers.targets import Shape, checked_axes, plain
from padviewer.spec import Fill, PipelineSpec

CROPPED = ("error", "fill")


@keras.saving.register_keras_serializable(package="padviewer")
class Unpadding(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Cuts a padded tensor back to the size that another one has: the inverse of the padding layers.

    Example:

    >>> import numpy as np
    >>> x = np.ones((2, 100, 50, 3), "float32")
    >>> y = MultiDimDynamicPadding((128, 64), position="center")(x)
    >>> tuple(Unpadding(position="center")([y, x]).shape)
    (2, 100, 50, 3)
    >>> halved = keras.layers.Conv2D(8, 3, strides=2, padding="same")(y)
    >>> tuple(Unpadding(position="center", scale=2)([halved, x]).shape)
    (2, 50, 25, 8)

    Args:
        position: Where the padding put the content: `"start"`, `"center"`,
            `"end"` or `"random"`. The last needs the pad width as the third
            input, which the padding layers return with `return_pad_width`.
        scale: Int, or a tuple, one for each spatial axis: how many padded
            elements one element of `y` stands for, the product of the strides
            between. The padded size has to be a multiple of it, which
            `multiple_of` sees to.
        cropped: What to do where the padding cropped `x`: `"error"` refuses,
            since what was lost cannot be had back, `"fill"` writes
            `fill_value` there.
        fill_value: Number, or a tuple of them, one for each channel of `y`.
        data_format: `"channels_last"`, which None means too, or
            `"channels_first"`.
        batched: Whether the first axis is the batch.

    Input shape:
        List `[y, x]` or `[y, x, pad_width]`: `y` the tensor to cut, `x` what
        the padding got, both of the same rank, `(batch_size, *spatial,
        channels)` or with the channels first; `pad_width` of shape
        `(rank, 2)`.

    Output shape:
        Batch and channels of `y`, and the sizes of `x` on the spatial axes,
        over `scale`, rounded up. The dtype of `y`.
    """

    def __init__(
        self,
        *,
        position: str = "start",
        scale: int | tuple[int, ...] = 1,
        cropped: str = "error",
        fill_value: Fill = 0,
        data_format: str | None = None,
        batched: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.settings = PipelineSpec(position=position, fill_value=plain(fill_value))
        self.scale = _scale(scale)
        self.cropped = _cropped(cropped)
        self.axes = checked_axes(data_format, batched)
        self.data_format = data_format
        self.supports_masking = True

    def build(self, input_shape: Sequence[Shape]) -> None:
        """Refuses inputs whose shapes do not go together, before any data is there."""
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs: Sequence[Any]) -> Any:
        """Returns `y`, cut to the size of `x`."""
        _check_count(inputs, self.settings.position)
        y, x = (keras.ops.convert_to_tensor(tensor) for tensor in inputs[:2])
        scales = self._scales(tuple(y.shape), tuple(x.shape))
        sizes, padded = graph.sizes_of(x), graph.sizes_of(y)
        if len(inputs) == 3:
            pads = _splits(inputs[2], len(sizes))
        else:
            pads = tuple(
                Split(*split(padded[axis] * scale - sizes[axis], self.settings.position)) if scale else Split(0, 0)
                for axis, scale in enumerate(scales)
            )
        kept = tuple(-(-size // scale) if scale else None for size, scale in zip(sizes, scales, strict=True))
        return _cut(y, pads, kept, scales, self.cropped, self.settings, self.axes.channels(len(sizes)))

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        """Returns the shape after cutting, None where only the run knows it."""
        _check_count(input_shape, self.settings.position)
        y, x = tuple(input_shape[0]), tuple(input_shape[1])
        return tuple(
            kept if not scale else None if size is None else -(-size // scale)
            for kept, size, scale in zip(y, x, self._scales(y, x), strict=True)
        )

    def compute_output_spec(self, inputs: Sequence[Any]) -> Any:
        """Returns the symbolic output, after tracing `call`, which has the dtype of `y`."""
        traced = keras.Operation.compute_output_spec(self, inputs)
        return keras.KerasTensor(self.compute_output_shape([tensor.shape for tensor in inputs]), dtype=traced.dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:  # noqa: ARG002 (the signature is Keras')
        """Returns the mask of `x`, whose sizes the output has; None after strides, or where there was none."""
        return mask[1] if isinstance(mask, (list, tuple)) and set(self.scale) == {1} else None

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {
            **super().get_config(),
            "position": self.settings.position,
            "scale": self.scale[0] if len(self.scale) == 1 else self.scale,
            "cropped": self.cropped,
            "fill_value": self.settings.fill_value,
            "data_format": self.data_format,
            "batched": self.axes.batched,
        }

    def _scales(self, y: Shape, x: Shape) -> tuple[int, ...]:
        """Returns the scale of each axis, 0 of batch and channels."""
        spatial = len(y) - self.axes.others
        if len(x) != len(y) or spatial < 1 or len(self.scale) not in (1, spatial):
            raise PlanError(
                f"inputs of shapes {y} and {x} with scale {self.scale}: expected the padded tensor and what was "
                "padded, of one rank, with at least one axis beside batch and channels, and one scale, or one for each"
            )
        scales = [0] * len(y)
        first = self.axes.first_spatial
        scales[first : first + spatial] = self.scale * (spatial // len(self.scale))
        return tuple(scales)


@keras.saving.register_keras_serializable(package="padviewer")  # type: ignore[untyped-decorator]  # as above
def unpad(
    y: Any, pad_width: Any, scale: int | tuple[int, ...] = 1, *, cropped: str = "error", fill_value: Fill = 0
) -> Any:
    """Cuts padding off a tensor: the inverse of a padding whose amounts are known.

    Example:

    >>> import numpy as np
    >>> tuple(unpad(np.pad(np.ones((1, 5, 3)), ((0, 0), (2, 1), (0, 0))), ((0, 0), (2, 1), (0, 0))).shape)
    (1, 5, 3)

    Args:
        y: Tensor or array.
        pad_width: Elements added before and after on each axis, batch and
            channels included: pairs as `numpy.pad` takes them, or the tensor
            that the padding layers return with `return_pad_width`.
        scale: Int, or a tuple, one for each axis of `y`: how many padded
            elements one element of `y` stands for. A single number counts on
            the axes that have padding; of an axis without, nothing is cut.
        cropped: What to do where an amount is negative, a crop: `"error"`
            refuses, `"fill"` writes `fill_value`.
        fill_value: Number that `"fill"` writes.

    Returns:
        Tensor of the same dtype. An axis keeps the elements that stand for
        data: `size - (before + after) / scale` of them, rounded up.
    """
    settings = PipelineSpec(fill_value=plain(fill_value))
    if isinstance(settings.fill_value, tuple):
        raise SettingsError(f"fill_value received {fill_value!r}; expected a single number")
    y = keras.ops.convert_to_tensor(y)
    rank = len(y.shape)
    scales = _scale(scale)
    if len(scales) not in (1, rank):
        raise PlanError(f"scale received {scales} for an input of rank {rank}; expected one number, or {rank}")
    scales = scales * (rank // len(scales))
    pads = _splits(pad_width, rank)
    kept = tuple(
        None if _zero(pad) else -(-(size * scale - pad.before - pad.after) // scale)
        for size, pad, scale in zip(graph.sizes_of(y), pads, scales, strict=True)
    )
    return _cut(y, pads, kept, scales, _cropped(cropped), settings, None)


def _cut(
    y: Any,
    pads: tuple[Split, ...],
    kept: tuple[Any, ...],
    scales: tuple[int, ...],
    cropped: str,
    settings: PipelineSpec,
    channels: int | None,
) -> Any:
    """Returns `y` with `kept` elements on each axis, from those on that stand for data; None keeps an axis."""
    check_dense(y)
    check_dtype(y.dtype, tuple(y.shape), (None,) * len(kept), settings, channels)
    refuses = cropped == "error" and not graph.is_placeholder(y)
    sizes = graph.sizes_of(y)
    wanted = tuple(size if new is None else new for size, new in zip(sizes, kept, strict=True))
    moved = {}
    for axis, (pad, new) in enumerate(zip(pads, kept, strict=True)):
        if new is None:
            continue
        before, after = (_checked(axis, amount) for amount in pad) if refuses else pad
        start = before // scales[axis]
        # Nothing else depends on the amount after the content, and its check would be pruned.
        end = wanted[axis] - sizes[axis] + start + (after - pad.after)
        if not all(isinstance(amount, int) and amount == 0 for amount in (start, end)):
            moved[axis] = Split(-start, end)
    drawn = graph.gathers(sizes) or any(not isinstance(amount, int) for pad in pads for amount in pad)
    amounts = Amounts(sizes, wanted, moved, crops=True, drawn=drawn)
    y = apply(y, amounts, "constant", settings.fill_value, channels)
    known = tuple(size if isinstance(size, int) else None for size in wanted)
    return y if amounts.known else graph.set_static_shape(y, known)


def _checked(axis: int, amount: Any) -> Any:
    """Returns an amount; a negative one, which is a crop, is refused."""
    words = (
        f"axis {axis} was cropped by the padding: an amount of ",
        " elements cannot be had back; expected none below 0. Pad with overflow 'keep' or 'error', or let cropped "
        "be 'fill'",
    )
    if not isinstance(amount, int):
        return graph.not_negative(amount, f"axis_{axis}_was_cropped", words)
    if amount < 0:
        raise PlanError(f"{words[0]}{amount}{words[1]}")
    return amount


def _splits(pad_width: Any, rank: int) -> tuple[Split, ...]:
    """Returns the amounts of each axis: integers where they are known."""
    # numpy's stay numpy's: as tensors they would be unknown in a function that is being traced.
    is_tensor = hasattr(pad_width, "shape") and not isinstance(pad_width, np.ndarray)
    rows = keras.ops.convert_to_tensor(pad_width) if is_tensor else np.asarray(pad_width)
    if tuple(rows.shape) != (rank, 2):
        raise PlanError(
            f"pad_width of shape {tuple(rows.shape)}; expected ({rank}, 2): a number before and one after for each of "
            f"the {rank} axes of the input"
        )
    return tuple(Split(graph.known(rows[axis, 0]), graph.known(rows[axis, 1])) for axis in range(rank))


def _zero(pad: Split) -> bool:
    return all(isinstance(amount, int) and amount == 0 for amount in pad)


def _scale(value: Any) -> tuple[int, ...]:
    scales = plain(value)
    scales = scales if isinstance(scales, tuple) else (scales,)
    if not scales or any(type(scale) is not int or scale < 1 for scale in scales):
        raise SettingsError(f"scale received {value!r}; expected a whole number from 1, or one for each axis")
    return scales


def _cropped(value: Any) -> str:
    if value not in CROPPED:
        raise SettingsError(f"cropped received {value!r}; expected one of {', '.join(CROPPED)}")
    return str(value)


def _check_count(inputs: Any, position: str) -> None:
    alone = not isinstance(inputs, (list, tuple)) or any(isinstance(part, int) or part is None for part in inputs)
    if alone or len(inputs) not in (2, 3):
        raise PlanError("Unpadding received other than two or three inputs; expected [y, x] or [y, x, pad_width]")
    if position == "random" and len(inputs) == 2:
        raise PlanError(
            "Unpadding of a random position received [y, x]; expected [y, x, pad_width], the amounts that the padding "
            "layer returns with return_pad_width=True"
        )
