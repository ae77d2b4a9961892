"""`MaskPadding`: False on the padding, whatever pads the tensor, and a node that a saved model can hold."""

import keras
import numpy as np
import pytest

from padviewer.geometry import POSITIONS
from padviewer.layers.mask_padding import MaskPadding


@pytest.mark.parametrize(("position", "width"), [*zip(POSITIONS[:3], [(0, 5), (2, 3), (5, 0)], strict=True)])
def test_a_mask_is_false_on_the_padding(position: str, width: tuple[int, int]) -> None:
    y = MaskPadding((None, (8,), None), position, "keep")(np.ones((2, 3), bool))
    np.testing.assert_array_equal(y, np.pad(np.ones((2, 3), bool), ((0, 0), width)))


def test_a_mask_is_cropped_with_its_tensor() -> None:
    y = MaskPadding((None, (2,), None), "center", "crop")(np.array([[True, False, True, True, False]]))
    np.testing.assert_array_equal(y, [[False, True]])


def test_a_symbolic_mask_comes_from_its_input() -> None:
    mask = keras.Input((None,), dtype="bool")
    padded = MaskPadding((None, (7, 1, 0), None), "start", "crop")(mask)
    assert (padded.shape, padded.dtype) == ((None, 7), "bool")
    assert np.asarray(keras.Model(mask, padded)(np.ones((1, 3), bool))).sum() == 3


def test_the_config_makes_an_equal_operation() -> None:
    operation = MaskPadding((None, (7, 1, 0), None), "end", "crop")
    restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(operation))
    assert restored.get_config() == operation.get_config()
