"""`MaskPadding`: the mask of a padded tensor, as a node of a functional model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from padviewer.layers.padding import Targets, pad, padded_shape
from padviewer.spec import PipelineSpec


@keras.saving.register_keras_serializable(package="padviewer")
class MaskPadding(keras.Operation):  # type: ignore[misc]  # Keras ships no types
    """Pads a mask with False where its tensor gets padding.

    A functional model records the masks that it hands to its layers, so a mask must come from the inputs by operations
    that can be saved. The padding layers make this one themselves.

    Args:
        targets: wanted size of each axis of the tensor; the mask's axes are the leading ones of them.
        position: where the content sits in the target.
        overflow: what happens where the input is larger than the target.
        name: of the operation.
    """

    def __init__(self, targets: Sequence[int | None], position: str, overflow: str, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.targets = tuple(targets)
        self.settings = PipelineSpec(position=position, overflow=overflow)

    def call(self, mask: Any) -> Any:
        """Returns the padded mask."""
        return pad(mask, self._leading(mask), self.settings)

    def compute_output_spec(self, mask: Any) -> Any:
        """Returns the padded mask's symbol."""
        return keras.KerasTensor(padded_shape(tuple(mask.shape), self._leading(mask), self.settings), dtype=mask.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        options = {"position": self.settings.position, "overflow": self.settings.overflow}
        return {"name": self.name, "targets": self.targets, **options}

    def _leading(self, mask: Any) -> Targets:
        return self.targets[: len(mask.shape)]
