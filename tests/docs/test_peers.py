"""What docs/layers.md says of other libraries, asked of those that are installed.

TensorFlow, Keras and numpy always are; the others come with the dependency group `bench`, and transformers by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from installed import albumentations, monai, torch, transformers

from padviewer.layers import MultiDimDynamicPadding, dynamic_padding, pad_batch

needs_torch = pytest.mark.skipif(torch is None, reason="torch is not installed")
needs_monai = pytest.mark.skipif(monai is None, reason="MONAI is not installed")
needs_albumentations = pytest.mark.skipif(albumentations is None, reason="albumentations is not installed")
needs_transformers = pytest.mark.skipif(transformers is None, reason="transformers is not installed")

Sizes = tuple[int, int]
PHOTO = np.random.default_rng(0).random((5, 7, 3), "float32")
# The modes' names in cv2, in the page's words and as numbers.
BORDERS = {"constant": 0, "edge": 1, "symmetric": 2, "wrap": 3, "reflect": 4}
REFUSALS = (ValueError, RuntimeError, NotImplementedError, tf.errors.InvalidArgumentError)
ROW = np.arange(3, dtype="float32")


def ours(x: Any, target: Sizes, **options: Any) -> np.ndarray:
    return np.asarray(MultiDimDynamicPadding(target, **options)(x[None]))[0]


def seven_before(mode: str) -> list[float]:
    """Our row 0 1 2 with seven elements before it."""
    return np.asarray(dynamic_padding(ROW[None], 10, position="end", mode=mode))[0].tolist()


def raises(call: Callable[[], Any]) -> bool:
    try:
        call()
    except REFUSALS:
        return True
    return False


def test_tensorflow_mirrors_no_further_than_the_axis() -> None:
    def tf_pad(mode: str, width: int) -> Any:
        return tf.pad(ROW, [[width, 0]], mode=mode)

    assert not raises(lambda: tf_pad("REFLECT", 2))
    assert raises(lambda: tf_pad("REFLECT", 3))
    assert not raises(lambda: tf_pad("SYMMETRIC", 3))
    assert raises(lambda: tf_pad("SYMMETRIC", 4))
    assert raises(lambda: tf.pad(np.zeros((2, 3)), [[0, 1], [0, 0]], constant_values=[1.0, 2.0, 3.0]))


@pytest.mark.parametrize("target", [(8, 9), (4, 6), (8, 4), (2, 12)])
def test_tensorflow_centres_and_crops_as_we_do(target: Sizes) -> None:
    theirs = tf.image.resize_with_crop_or_pad(PHOTO, *target)
    np.testing.assert_array_equal(ours(PHOTO, target, position="center", overflow="crop"), theirs)


def test_keras_takes_amounts() -> None:
    theirs = keras.layers.ZeroPadding2D(((0, 3), (0, 2)))(PHOTO[None])[0]
    np.testing.assert_array_equal(ours(PHOTO, (8, 9)), theirs)


@pytest.mark.parametrize("mode", ["reflect", "symmetric", "edge", "wrap"])
def test_numpy_has_our_modes_at_any_width(mode: str) -> None:
    assert seven_before(mode) == np.pad(ROW, (7, 0), mode=mode).tolist()


def test_numpy_and_tensorflow_wrap_a_fill_that_does_not_fit() -> None:
    assert np.pad(np.zeros(1, "uint8"), (1, 0), constant_values=300)[0] == 44
    assert tf.pad(np.zeros(1, "uint8"), [[1, 0]], constant_values=300)[0] == 44


@needs_torch
def test_torch_counts_axes_from_the_last() -> None:
    theirs = torch.nn.functional.pad(torch.from_numpy(PHOTO), (0, 0, 0, 2, 0, 3))
    np.testing.assert_array_equal(ours(PHOTO, (8, 9)), theirs.numpy())
    assert torch.nn.functional.pad(torch.arange(5), (-1, -2)).tolist() == [1, 2]


@needs_torch
def test_torch_mirrors_no_further_than_the_axis() -> None:
    row, pad = torch.from_numpy(ROW)[None], torch.nn.functional.pad
    assert pad(row, (7, 0), mode="replicate")[0].tolist() == seven_before("edge")
    for mode, most in (("reflect", 2), ("circular", 3)):
        assert not raises(lambda mode=mode, most=most: pad(row, (most, 0), mode=mode))
        assert raises(lambda mode=mode, most=most: pad(row, (most + 1, 0), mode=mode))
    assert raises(lambda: pad(row, (1, 0), mode="symmetric"))
    assert raises(lambda: pad(torch.zeros(1, dtype=torch.uint8), (1, 0), value=300))


@needs_monai
@pytest.mark.parametrize(("method", "position"), [("symmetric", "center"), ("end", "start")])
def test_monai_has_two_positions_and_keeps_what_is_larger(method: str, position: str) -> None:
    for target in ((8, 9), (8, 12), (4, 12)):
        theirs = monai.SpatialPad(target, method=method)(PHOTO.transpose(2, 0, 1))
        np.testing.assert_array_equal(ours(PHOTO, target, position=position), np.asarray(theirs).transpose(1, 2, 0))
    theirs = monai.DivisiblePad(4, method=method)(PHOTO.transpose(2, 0, 1))
    whole = ours(PHOTO, (None, None), multiple_of=4, position=position)
    np.testing.assert_array_equal(whole, np.asarray(theirs).transpose(1, 2, 0))


@needs_monai
def test_monai_finds_its_way_back() -> None:
    transform = monai.SpatialPad((8, 10))
    planes = PHOTO.transpose(2, 0, 1)
    np.testing.assert_array_equal(transform.inverse(transform(planes)), planes)


@needs_monai
@pytest.mark.parametrize("mode", ["symmetric", "edge", "wrap"])
def test_monai_goes_beyond_the_axis_but_for_reflect(mode: str) -> None:
    for name in (mode, {"edge": "replicate", "wrap": "circular"}.get(mode, mode)):
        theirs = monai.SpatialPad((17,), mode=name)(ROW[None])
        assert np.asarray(theirs)[0].tolist() == np.pad(ROW, 7, mode=mode).tolist()


@needs_monai
def test_monai_mirrors_less_than_the_axis_and_wraps_a_fill_that_does_not_fit() -> None:
    assert not raises(lambda: monai.SpatialPad((7,), mode="reflect")(ROW[None]))
    assert raises(lambda: monai.SpatialPad((9,), mode="reflect")(ROW[None]))
    assert np.asarray(monai.SpatialPad((3,), value=300)(np.zeros((1, 2), "uint8")))[0].tolist() == [0, 0, 44]


@needs_albumentations
@pytest.mark.parametrize(("place", "position"), [("top_left", "start"), ("bottom_right", "end"), ("center", "center")])
@pytest.mark.parametrize("mode", BORDERS)
def test_albumentations_has_our_positions_and_modes(place: str, position: str, mode: str) -> None:
    for target in ((8, 10), (30, 40), (4, 12)):
        transform = albumentations.PadIfNeeded(*target, position=place, border_mode=BORDERS[mode], fill=0)
        y = ours(PHOTO, target, position=position, mode=mode)
        np.testing.assert_array_equal(y, transform(image=PHOTO)["image"])


@needs_albumentations
def test_albumentations_takes_a_divisor_or_a_size_and_a_fill_for_each_channel() -> None:
    fill = (0.25, 0.5, 0.75)
    divisors = {"min_height": None, "min_width": None, "pad_height_divisor": 4, "pad_width_divisor": 4}
    transform = albumentations.PadIfNeeded(**divisors, border_mode=0, fill=fill)
    whole = ours(PHOTO, (None, None), multiple_of=4, position="center", fill_value=fill)
    np.testing.assert_array_equal(whole, transform(image=PHOTO)["image"])
    assert raises(lambda: albumentations.PadIfNeeded(8, 8, pad_height_divisor=4))


@needs_albumentations
def test_albumentations_clips_a_fill_that_does_not_fit() -> None:
    transform = albumentations.PadIfNeeded(2, 3, position="top_left", border_mode=0, fill=300)
    assert transform(image=np.zeros((2, 2, 3), "uint8"))["image"][0, :, 0].tolist() == [0, 0, 255]


@needs_transformers
def test_detr_pads_to_the_longest_and_says_where_the_pictures_are() -> None:
    items = [PHOTO, PHOTO[:4], PHOTO[:, :6]]
    processor = transformers.DetrImageProcessor(do_resize=False, do_normalize=False, do_rescale=False)
    tensors = [torch.from_numpy(item.transpose(2, 0, 1).copy()) for item in items]
    theirs = processor(tensors, return_tensors="pt")
    batch, mask = pad_batch(items)
    np.testing.assert_array_equal(np.asarray(batch).transpose(0, 3, 1, 2), theirs["pixel_values"])
    np.testing.assert_array_equal(np.asarray(mask), theirs["pixel_mask"])
    assert theirs["pixel_mask"].dtype == torch.int64
    assert raises(lambda: processor(tensors, return_tensors="pt", pad_size={"height": 4, "width": 9}))


@needs_transformers
def test_swin2sr_adds_a_whole_block_where_nothing_is_missing() -> None:
    processor = transformers.Swin2SRImageProcessor(do_rescale=False)
    sizes = [processor([torch.zeros(3, n, n)], return_tensors="pt")["pixel_values"].shape[-1] for n in (13, 16)]
    assert sizes == [16, 24]
