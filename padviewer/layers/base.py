"""What the padding layers have in common: their options, and what Keras asks a layer for."""

from __future__ import annotations

from typing import Any

import keras

from padviewer.layers.mask_padding import MaskPadding
from padviewer.layers.padding import Shape, Targets, pad, padded_shape, plain
from padviewer.spec import Fill, PipelineSpec


class PaddingLayer(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Base of the layers that pad a tensor; a subclass says to which size, by `targets`.

    Args:
        position: where the content sits in the target: `"start"`, `"center"` or `"end"`.
        mode: `"constant"`, `"reflect"`, `"symmetric"`, `"edge"` or `"wrap"`, as in `numpy.pad`.
        fill_value: Number that `"constant"` writes. The input's dtype must be able to hold it.
        overflow: what happens where the input is larger than the target: `"keep"`, `"crop"` or `"error"`.
        **kwargs: Keras' own, such as `name`.
    """

    def __init__(self, *, position: str, mode: str, fill_value: Fill, overflow: str, **kwargs: Any) -> None:
        # Padding moves elements: it has no reason to change their dtype.
        super().__init__(autocast=False, **kwargs)
        self.settings = PipelineSpec(position=position, mode=mode, fill_value=plain(fill_value), overflow=overflow)
        self.supports_masking = True

    def targets(self, rank: int) -> Targets:
        """Returns the wanted size of each axis of an input of `rank` axes."""
        raise NotImplementedError

    def build(self, input_shape: Shape) -> None:
        """Refuses an input whose shape does not go with the settings, before any data is there."""
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Returns the padded tensor, of the same dtype."""
        return pad(inputs, self.targets(len(inputs.shape)), self.settings)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape after padding, None where only the run knows it."""
        return padded_shape(tuple(input_shape), self.targets(len(input_shape)), self.settings)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Returns the symbolic output, after tracing `call`.

        Keras traces no layer that has `compute_output_shape`, and declares its dtype from the layer's policy.
        """
        traced = keras.Operation.compute_output_spec(self, inputs)
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype=traced.dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the mask with False on the padding; None where there was none."""
        if mask is None:
            return None
        return MaskPadding(self.targets(len(inputs.shape)), self.settings.position, self.settings.overflow)(mask)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {**super().get_config(), **options_of(self.settings)}


def options_of(settings: PipelineSpec) -> dict[str, Any]:
    """Returns the options that the padding layers take, by name."""
    return {name: getattr(settings, name) for name in ("position", "mode", "fill_value", "overflow")}
