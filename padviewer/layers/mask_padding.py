"""`MaskPadding`: the mask of a padded tensor, as a node of a functional model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from padviewer.geometry import Split
from padviewer.layers import graph
from padviewer.layers.padding import Amounts, apply, pad, padded_shape
from padviewer.layers.targets import Target, Targets
from padviewer.spec import PipelineSpec


@keras.saving.register_keras_serializable(package="padviewer")
class MaskPadding(keras.Operation):  # type: ignore[misc]  # Keras ships no types
    """Pads a mask with False where its tensor gets padding.

    A functional model records the masks that it hands to its layers, so a mask must come from the inputs by operations
    that can be saved. The padding layers make this one themselves.

    Args:
        targets: what is wanted of each axis of the tensor, as `(size, multiple_of, number)`, or None; the mask's axes
            are the leading ones of them.
        position: where the content sits in the target. For `"random"` the inputs are the mask and the pad width.
        overflow: what happens where the input is larger than the target.
        name: of the operation.
    """

    def __init__(
        self, targets: Sequence[Sequence[Any] | None], position: str, overflow: str, *, name: str | None = None
    ) -> None:
        super().__init__(name=name)
        self.targets: Targets = tuple(None if target is None else Target(*target) for target in targets)
        self.settings = PipelineSpec(position=position, overflow=overflow)

    def call(self, inputs: Any) -> Any:
        """Returns the padded mask."""
        mask, pad_width = _parts(inputs)
        targets = self.targets[: len(mask.shape)]
        if pad_width is None:
            return pad(mask, targets, self.settings)[0]
        return apply(mask, self._drawn(mask, targets, pad_width), "constant", False)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Returns the padded mask's symbol."""
        mask, _ = _parts(inputs)
        shape = tuple(mask.shape)
        return keras.KerasTensor(padded_shape(shape, self.targets[: len(shape)], self.settings), dtype=mask.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        targets = tuple(None if target is None else tuple(target) for target in self.targets)
        options = {"position": self.settings.position, "overflow": self.settings.overflow}
        return {"name": self.name, "targets": targets, **options}

    def _drawn(self, mask: Any, targets: Targets, pad_width: Any) -> Amounts:
        sizes = graph.sizes_of(mask)
        rows = list(enumerate(zip(sizes, targets, strict=True)))
        wanted = tuple(
            size if target is None else target.padded(size, self.settings.overflow) for _, (size, target) in rows
        )
        pads = {axis: Split(pad_width[axis, 0], pad_width[axis, 1]) for axis, (_, target) in rows if target is not None}
        return Amounts(sizes, wanted, pads, crops=True, drawn=True)


def _parts(inputs: Any) -> tuple[Any, Any]:
    """Returns the mask, and the pad width where it is given."""
    mask, pad_width = inputs if isinstance(inputs, (list, tuple)) else (inputs, None)
    return mask, pad_width
