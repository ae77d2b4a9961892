"""`MultiDimDynamicPadding`: the forms of a target shape, every rank, and Keras' own layers as oracles."""

from typing import Any

import keras
import numpy as np
import pytest

from padviewer.errors import PlanError, SettingsError
from padviewer.geometry import CONV_PADDINGS, conv_size
from padviewer.layers import MultiDimDynamicPadding

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf


@pytest.mark.parametrize("target_shape", [(8, 6), (None, 8, 6), (None, 8, 6, None), [8, 6]])
def test_batch_and_channels_may_be_written(target_shape: Any) -> None:
    x = np.random.default_rng(0).random((2, 5, 4, 3), "float32")
    expected = keras.layers.ZeroPadding2D(((0, 3), (0, 2)))(x)
    np.testing.assert_array_equal(MultiDimDynamicPadding(target_shape)(x), expected)


@pytest.mark.parametrize(
    ("target_shape", "shape", "expected"),
    [
        ((8,), (2, 5, 3), (2, 8, 3)),
        ((None, 8), (2, 5, 3), (2, 8, 3)),
        ((None, 8), (2, 5, 4, 3), (2, 5, 8, 3)),
        ((8, None), (2, 5, 4, 3), (2, 8, 4, 3)),
        ((None, None, 8), (2, 5, 4, 3), (2, 5, 8, 3)),
        ((None, 8, None), (2, 5, 3), (2, 8, 3)),
        ((None, 8, None), (2, 5, 4, 3), (2, 8, 4, 3)),
        ((None, 8, None), (2, 5, 4, 6, 3), (2, 5, 8, 6, 3)),
        ((7, 8, 9), (2, 5, 4, 6, 3), (2, 7, 8, 9, 3)),
        ((None, 7, 8, 9, None), (2, 5, 4, 6, 3), (2, 7, 8, 9, 3)),
    ],
)
def test_none_leaves_an_axis(target_shape: Any, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    layer = MultiDimDynamicPadding(target_shape)
    assert layer(np.ones(shape)).shape == expected
    assert layer.compute_output_shape(shape) == expected


@pytest.mark.parametrize("target_shape", [(), (8, 6, 4, 2), (1, 2, 3, None), (None, 1, 2, 3, 4), 8, "88", None, {8, 6}])
def test_a_shape_that_fits_no_input_is_refused_at_once(target_shape: Any) -> None:
    with pytest.raises(
        SettingsError, match=r"target_shape received .*; expected the sizes of one to three spatial axes"
    ):
        MultiDimDynamicPadding(target_shape)


@pytest.mark.parametrize("target_shape", [(8, -6), (8, 6.0), (8, "6"), (True, 6)])
def test_a_size_that_is_none_is_refused_at_once(target_shape: Any) -> None:
    with pytest.raises(SettingsError, match=r"target_shape received .*; expected a whole number"):
        MultiDimDynamicPadding(target_shape)


@pytest.mark.parametrize("shape", [(2, 5), (2, 5, 3), (2, 5, 4, 6, 3), (2, 5, 4, 6, 7, 3)])
def test_an_input_of_another_rank_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PlanError, match=rf"target_shape \(8, 6\) does not fit an input of rank {len(shape)}"):
        MultiDimDynamicPadding((8, 6))(np.ones(shape))


@pytest.mark.tensorflow
@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize(("overflow", "expected"), [("keep", [(8, 9), (12, 6), (8, 6)]), ("crop", [(8, 6)] * 3)])
def test_axes_overflow_one_by_one(overflow: str, expected: list[tuple[int, int]], jit: bool) -> None:
    layer = MultiDimDynamicPadding((8, 6), overflow=overflow, position="center")
    traced = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 1))], jit_compile=jit)
    for (height, width), shape in zip([(5, 9), (12, 4), (3, 3)], expected, strict=True):
        x = np.random.default_rng(0).random((1, height, width, 1), "float32")
        y = traced(x)
        assert y.shape == (1, *shape, 1)
        np.testing.assert_array_equal(y, tf.image.resize_with_crop_or_pad(x, *shape))


def test_the_axis_that_overflows_is_named() -> None:
    layer = MultiDimDynamicPadding((8, 6), overflow="error")
    assert layer(np.ones((1, 5, 4, 1))).shape == (1, 8, 6, 1)
    with pytest.raises(PlanError, match="axis 2 has 7 elements, more than the target of 6"):
        layer(np.ones((1, 5, 7, 1)))


def test_unknown_sizes_stay_unknown_under_keep_alone() -> None:
    inputs = keras.Input((None, 4, 3))
    assert MultiDimDynamicPadding((8, 6))(inputs).shape == (None, None, 6, 3)
    assert MultiDimDynamicPadding((8, 6), overflow="crop")(inputs).shape == (None, 8, 6, 3)


def test_modes_pad_axis_by_axis_as_numpy_does() -> None:
    x = np.random.default_rng(0).random((1, 2, 3, 2, 1), "float32")
    for mode in ("reflect", "symmetric", "edge", "wrap"):
        y = MultiDimDynamicPadding((7, 7, 7), mode=mode, position="end")(x)
        np.testing.assert_array_equal(y, np.pad(x, ((0, 0), (5, 0), (4, 0), (5, 0), (0, 0)), mode))


def test_a_mask_of_rows_is_padded_with_them() -> None:
    mask = MultiDimDynamicPadding((4, 9)).compute_mask(np.ones((1, 3, 2, 1)), np.ones((1, 3), bool))
    np.testing.assert_array_equal(mask, [[True, True, True, False]])


@pytest.mark.parametrize("conv_padding", CONV_PADDINGS)
def test_convolution_sizes_are_those_of_keras(conv_padding: str) -> None:
    for kernel, stride, dilation in [(3, 1, 1), (4, 2, 1), (2, 3, 1), (3, 1, 2), (5, 1, 3), (1, 4, 1)]:
        layer = keras.layers.Conv1D(1, kernel, stride, conv_padding, dilation_rate=dilation)
        for size in range(13, 30):
            assert (
                conv_size(size, kernel, stride, dilation, conv_padding) == layer.compute_output_shape((1, size, 1))[1]
            )
