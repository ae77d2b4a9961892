"""`pad_batch`: tensors of unequal size as one batch, and the mask that tells data from padding."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from padviewer.errors import PlanError, SettingsError
from padviewer.geometry import Split, larger, split
from padviewer.layers import graph, ragged
from padviewer.layers.base import settings_of
from padviewer.layers.limits import check_bytes, check_dense, check_dtype, check_empty, check_larger
from padviewer.layers.padding import Amounts, apply, content_mask
from padviewer.layers.random_draws import Draws
from padviewer.layers.targets import Axes, Shape, Target, Targets, checked_axes, checked_shape, spatial_targets
from padviewer.spec import Fill, PipelineSpec


class Rules(NamedTuple):
    """How items become a batch.

    Attributes:
        targets: what is wanted of each axis of an item.
        channels: index of the channel axis of an item; None where it has none.
        settings: the options of padding.
    """

    targets: Targets
    channels: int | None
    settings: PipelineSpec

    @property
    def spatial(self) -> tuple[int, ...]:
        """Indices of the spatial axes of an item."""
        return tuple(axis for axis, target in enumerate(self.targets) if target is not None)


@keras.saving.register_keras_serializable(package="padviewer")  # type: ignore[untyped-decorator]  # Keras ships no types
def pad_batch(
    items: Any,
    target_shape: Sequence[int | None] | None = None,
    *,
    multiple_of: int | tuple[int, ...] = 1,
    position: str = "start",
    mode: str = "constant",
    fill_value: Fill = 0,
    overflow: str = "keep",
    data_format: str | None = None,
    seed: int = 0,
    channels: bool = True,
    return_pad_width: bool = False,
) -> Any:
    """Pads items of unequal size to one size, and stacks them.

    Example:

    >>> import numpy as np
    >>> pictures = [np.ones((5, 7, 3)), np.ones((6, 4, 3))]
    >>> batch, pixel_mask = pad_batch(pictures)
    >>> batch.shape, pixel_mask.shape
    (TensorShape([2, 6, 7, 3]), TensorShape([2, 6, 7]))
    >>> batch, pixel_mask = pad_batch(pictures, multiple_of=8)
    >>> tuple(batch.shape)
    (2, 8, 8, 3)

    In a `tf.data` pipeline: `dataset.ragged_batch(32).map(pad_batch)`.

    Args:
        items: List or tuple of tensors or arrays without a batch axis,
            `(*spatial, channels)`, of one rank, dtype and number of channels;
            or a `tf.RaggedTensor` of them.
        target_shape: Size of each spatial axis, as `MultiDimDynamicPadding`
            takes it, without the batch. None, or a None in it, takes the
            longest of the items.
        multiple_of: Int, or one for each spatial axis; the sizes are rounded
            up to multiples of it.
        position: `"start"`, `"center"`, `"end"` or `"random"`, which draws a
            place for each item.
        mode: As in `MultiDimDynamicPadding`.
        fill_value: As in `MultiDimDynamicPadding`.
        overflow: What happens where an item is larger than the target:
            `"keep"` makes the whole batch as large as the largest, `"crop"`
            cuts, `"error"` raises.
        data_format: `"channels_last"`, which None means too, or
            `"channels_first"`.
        seed: Int, of the position `"random"`.
        channels: Whether the items have a channel axis. With False all axes
            are spatial: sequences of token ids are of shape `(length,)`.
        return_pad_width: Whether to return the amounts too.

    Returns:
        Tuple of the batch, `(len(items), *spatial, channels)`, of the items'
        dtype, and the pixel mask, boolean, `(len(items), *spatial)`, True on
        data and False on padding. With `return_pad_width` also an int32
        tensor `(len(items), rank, 2)`, the elements added before and after
        on each axis of each item, as `unpad` takes them.
    """
    settings = settings_of(
        multiple_of=multiple_of, position=position, mode=mode, fill_value=fill_value, overflow=overflow, seed=seed
    )
    if not isinstance(channels, bool):
        raise SettingsError(f"channels received {channels!r}; expected True, or False for items without a channel axis")
    axes = checked_axes(data_format, False)
    sizes = None if target_shape is None else checked_shape(target_shape, settings.multiple_of, axes)
    if ragged.is_ragged(items):
        rules = _rules(sizes, settings, axes, channels, len(items.shape) - 1)
        parts = ragged.pad_ragged(items, rules.targets, rules.channels, settings)
    else:
        tensors = _tensors(items)
        rules = _rules(sizes, settings, axes, channels, len(tensors[0].shape))
        parts = _pad_items(tensors, rules)
    return parts if return_pad_width else parts[:2]


def _rules(sizes: Shape | None, settings: PipelineSpec, axes: Axes, channels: bool, rank: int) -> Rules:
    spatial = rank - int(channels)
    if not 1 <= spatial <= 3:
        raise PlanError(
            f"items of rank {rank} have {spatial} spatial axes {'beside the channels' if channels else ''}; expected "
            "one to three. Items without a channel axis need channels=False, and a batch axis they have not."
        )
    wanted = (None,) * spatial if sizes is None else sizes
    # A target is written for items with channels: those without have one axis less.
    targets = spatial_targets(wanted, settings.multiple_of, axes, spatial + axes.others)
    if channels:
        return Rules(targets, axes.channels(rank), settings)
    return Rules(tuple(target for target in targets if target is not None), None, settings)


def _tensors(items: Any) -> list[Any]:
    if not isinstance(items, (list, tuple)):
        raise PlanError(
            f"pad_batch received a {type(items).__name__}; expected a list or tuple of tensors, or a ragged tensor. "
            "What is one tensor already, MultiDimDynamicPadding pads."
        )
    if not items:
        raise PlanError("pad_batch received no items; expected at least one, whose rank and dtype the batch takes")
    tensors = [ops.convert_to_tensor(item) for item in items]
    for number, tensor in enumerate(tensors):
        check_dense(tensor)
        if len(tensor.shape) != len(tensors[0].shape) or tensor.dtype != tensors[0].dtype:
            raise PlanError(
                f"item {number} has shape {tuple(tensor.shape)} and dtype {tensor.dtype}, item 0 "
                f"{tuple(tensors[0].shape)} and {tensors[0].dtype}; expected one rank and dtype for all"
            )
    return tensors


def _pad_items(tensors: list[Any], rules: Rules) -> tuple[Any, Any, Any]:
    shapes = _checked_shapes(tensors, rules)
    wanted = _wanted(shapes, rules)
    _check_batch_bytes(tensors, wanted, rules)
    amounts = [_amounts(number, shape, wanted, rules) for number, shape in enumerate(shapes)]
    settings = rules.settings
    padded = [
        apply(tensor, each, settings.mode, settings.fill_value, rules.channels)
        for tensor, each in zip(tensors, amounts, strict=True)
    ]
    masks = [_squeezed(content_mask(each, rules.spatial), rules.channels) for each in amounts]
    return ops.stack(padded), ops.stack(masks), ops.stack([each.pad_width() for each in amounts])


def _checked_shapes(tensors: list[Any], rules: Rules) -> list[tuple[Any, ...]]:
    """Returns the shape of each item; one that is larger than its target is refused under overflow `error`."""
    check_dtype(tensors[0].dtype, tuple(tensors[0].shape), rules.targets, rules.settings, rules.channels)
    shapes = [graph.sizes_of(tensor) for tensor in tensors]
    for number, shape in enumerate(shapes):
        if rules.channels is not None and shape[rules.channels] != shapes[0][rules.channels]:
            raise PlanError(
                f"item {number} has {shape[rules.channels]} channels, item 0 {shapes[0][rules.channels]}; expected as "
                "many in all"
            )
        try:
            shapes[number] = tuple(
                check_larger(axis, size, target, rules.settings.overflow)
                for axis, (size, target) in enumerate(zip(shape, rules.targets, strict=True))
            )
        except PlanError as error:
            raise PlanError(f"item {number}: {error}", error.remedies) from error
    return shapes


def _wanted(shapes: list[tuple[Any, ...]], rules: Rules) -> tuple[Any, ...]:
    """Returns the sizes of each item in the batch."""
    longest = [functools.reduce(larger, column) for column in zip(*shapes, strict=True)]
    return tuple(
        size if target is None else target.padded(size, rules.settings.overflow)
        for size, target in zip(longest, rules.targets, strict=True)
    )


def _check_batch_bytes(tensors: list[Any], wanted: tuple[Any, ...], rules: Rules) -> None:
    known = tuple(size if isinstance(size, int) else None for size in wanted)
    targets = tuple(
        None if target is None or size is None else Target(size)
        for size, target in zip(known, rules.targets, strict=True)
    )
    check_bytes((len(tensors), *tensors[0].shape), (None, *targets), "crop", tensors[0].dtype)


def _amounts(number: int, shape: tuple[Any, ...], wanted: tuple[Any, ...], rules: Rules) -> Amounts:
    settings = rules.settings
    draws = Draws(settings.position_seed, number)
    pads = {}
    for axis in rules.spatial:
        target, size, new = rules.targets[axis], shape[axis], wanted[axis]
        if target is not None and not (isinstance(size, int) and isinstance(new, int) and size == new):
            size = check_empty(axis, size, Target(new if isinstance(new, int) else 1), settings.mode)
            pads[axis] = Split(*split(new - size, settings.position, draws.axis(target.number)))
    return Amounts(shape, wanted, pads, settings.overflow == "crop", drawn=graph.gathers((*shape, *wanted)))


def _squeezed(mask: Any, channels: int | None) -> Any:
    return mask if channels is None else ops.squeeze(mask, channels)
