"""What the padding layers have in common: their options, and what Keras asks a layer for."""

from __future__ import annotations

from typing import Any

import keras
from keras.src.backend import get_keras_mask, set_keras_mask  # Keras has no public name for where it keeps masks

from padviewer.errors import SettingsError
from padviewer.layers.limits import check_bytes
from padviewer.layers.mask_padding import MaskPadding
from padviewer.layers.padding import pad, padded_shape
from padviewer.layers.random_draws import Draws, next_draws
from padviewer.layers.targets import Shape, Targets, checked_axes, plain
from padviewer.spec import MAX_SEED, Fill, PipelineSpec


class PaddingLayer(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Base of the layers that pad a tensor; a subclass says to which size, by `targets`.

    Args:
        multiple_of: divisor of the padded size: one for all axes, or one for each.
        position: where the content sits in the target: `"start"`, `"center"`, `"end"` or `"random"`.
        mode: `"constant"`, `"reflect"`, `"symmetric"`, `"edge"` or `"wrap"`, as in `numpy.pad`.
        fill_value: number that `"constant"` writes, or one for each channel.
        overflow: what happens where the input is larger than the target: `"keep"`, `"crop"` or `"error"`.
        data_format: where the channels are; None means `"channels_last"`.
        seed: of the position `"random"`.
        batched: whether the first axis is the batch.
        return_pad_width: whether the amounts are returned too.
        **kwargs: Keras' own, such as `name`.
    """

    def __init__(
        self,
        *,
        multiple_of: int | tuple[int, ...],
        position: str,
        mode: str,
        fill_value: Fill,
        overflow: str,
        data_format: str | None,
        seed: int,
        batched: bool,
        return_pad_width: bool,
        **kwargs: Any,
    ) -> None:
        # Padding moves elements: it has no reason to change their dtype.
        super().__init__(autocast=False, **kwargs)
        self.settings = settings_of(
            multiple_of=multiple_of,
            position=position,
            mode=mode,
            fill_value=fill_value,
            overflow=overflow,
            seed=seed,
        )
        self.axes = checked_axes(data_format, batched)
        self.data_format = data_format
        self.return_pad_width = bool(return_pad_width)
        self.seed_generator = keras.random.SeedGenerator(self.settings.position_seed) if self.random else None
        self.supports_masking = True

    @property
    def random(self) -> bool:
        """Whether positions are drawn."""
        return self.settings.position == "random"

    def targets(self, rank: int) -> Targets:
        """Returns what is wanted of each axis of an input of `rank` axes."""
        raise NotImplementedError

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        """Calls the layer. The mask of a random position needs the amounts, so it is made of the layer's output."""
        mask = get_keras_mask(inputs) if self.random else None
        if mask is None:
            return super().__call__(inputs, **kwargs)
        asked = kwargs.pop("return_pad_width", None)
        y, pad_width = super().__call__(inputs, return_pad_width=True, **kwargs)
        set_keras_mask(y, self._mask_padding(len(inputs.shape))([mask, pad_width]))
        return [y, pad_width] if asked or (asked is None and self.return_pad_width) else y

    def build(self, input_shape: Shape) -> None:
        """Refuses an input whose shape does not go with the settings, before any data is there."""
        self._padded_shape(tuple(input_shape))
        self.built = True

    def call(self, inputs: Any, return_pad_width: bool | None = None) -> Any:
        """Returns the padded tensor, of the same dtype, and the amounts where they are asked for."""
        rank = len(inputs.shape)
        draws = next_draws(self.seed_generator, self.settings.position_seed) if self.random else Draws(0)
        y, amounts = pad(inputs, self.targets(rank), self.settings, channels=self.axes.channels(rank), draws=draws)
        return [y, amounts.pad_width()] if self._returns_pad_width(return_pad_width) else y

    def compute_output_shape(self, input_shape: Shape) -> Any:
        """Returns the shape after padding, None where only the run knows it."""
        shape = self._padded_shape(tuple(input_shape))
        return [shape, (len(shape), 2)] if self.return_pad_width else shape

    def compute_output_spec(self, inputs: Any, return_pad_width: bool | None = None) -> Any:
        """Returns the symbolic output, after tracing `call`.

        Keras traces no layer that has `compute_output_shape`, and declares its dtype from the layer's policy.
        """
        rank = len(inputs.shape)
        check_bytes(tuple(inputs.shape), self.targets(rank), self.settings.overflow, inputs.dtype)
        asked = {} if return_pad_width is None else {"return_pad_width": return_pad_width}
        traced = keras.Operation.compute_output_spec(self, inputs, **asked)
        both = self._returns_pad_width(return_pad_width)
        y = keras.KerasTensor(self._padded_shape(tuple(inputs.shape)), dtype=(traced[0] if both else traced).dtype)
        return [y, keras.KerasTensor((rank, 2), dtype="int32")] if both else y

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the mask with False on the padding; None where there was none, or the amounts are not known here."""
        if mask is None or self.random:
            return None
        padded = self._mask_padding(len(inputs.shape))(mask)
        return [padded, None] if self.return_pad_width else padded

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {**super().get_config(), **self.options()}

    def options(self) -> dict[str, Any]:
        """Returns the options that the padding layers have in common, by name."""
        return {
            **options_of(self.settings),
            "data_format": self.data_format,
            "batched": self.axes.batched,
            "return_pad_width": self.return_pad_width,
        }

    def _padded_shape(self, shape: Shape) -> Shape:
        return padded_shape(shape, self.targets(len(shape)), self.settings)

    def _mask_padding(self, rank: int) -> MaskPadding:
        return MaskPadding(self.targets(rank), self.settings.position, self.settings.overflow)

    def _returns_pad_width(self, asked: bool | None) -> bool:
        return self.return_pad_width if asked is None else bool(asked)


def settings_of(
    *, multiple_of: Any = 1, position: str, mode: str, fill_value: Any, overflow: str, seed: Any
) -> PipelineSpec:
    """Returns the options of padding, checked."""
    divisors, seed = plain(multiple_of), plain(seed)
    if type(seed) is not int or not 0 <= seed <= MAX_SEED:
        raise SettingsError(f"seed received {seed!r}; expected a whole number from 0 to {MAX_SEED}")
    return PipelineSpec(
        multiple_of=divisors if isinstance(divisors, tuple) else (divisors,),
        position=position,
        mode=mode,
        fill_value=plain(fill_value),
        overflow=overflow,
        position_seed=seed,
    )


def options_of(settings: PipelineSpec) -> dict[str, Any]:
    """Returns the options that the padding layers and functions take, by name."""
    divisors = settings.multiple_of
    return {
        "multiple_of": divisors[0] if len(divisors) == 1 else divisors,
        "position": settings.position,
        "mode": settings.mode,
        "fill_value": settings.fill_value,
        "overflow": settings.overflow,
        "seed": settings.position_seed,
    }
