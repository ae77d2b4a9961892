"""`pad_batch`: lists and ragged tensors of unequal items against numpy, item by item, and inside a pipeline."""

from __future__ import annotations

import doctest
import sys
from typing import Any

import keras
import numpy as np
import pytest
from numpy_padding import Wanted, counted, numpy_padded

from padviewer.errors import BudgetError, PlanError, SettingsError
from padviewer.geometry import MODES, POSITIONS
from padviewer.layers import DynamicPadding, MultiDimDynamicPadding, dynamic_padding, limits, pad_batch, unpad

SIZES = ((3, 4), (5, 2), (1, 6))
tensorflow = pytest.mark.tensorflow


def pictures(channels: int = 3, dtype: str = "float32") -> list[np.ndarray]:
    return [counted(*size, channels, dtype=dtype) * (number + 1) for number, size in enumerate(SIZES)]


def ragged(items: list[np.ndarray]) -> Any:
    import tensorflow as tf  # noqa: PLC0415 (only where it is)

    shapes = zip(*(item.shape for item in items), strict=True)
    spec = tf.TensorSpec([sizes[0] if len(set(sizes)) == 1 else None for sizes in shapes], items[0].dtype)
    (found,) = tf.data.Dataset.from_generator(lambda: iter(items), output_signature=spec).ragged_batch(len(items))
    return found


FORMS = [pytest.param(list, id="list"), pytest.param(ragged, id="ragged", marks=tensorflow)]


@pytest.mark.parametrize("form", FORMS)
def test_without_a_target_the_longest_of_each_axis_is_taken(form: Any) -> None:
    items = pictures()
    batch, mask = pad_batch(form(items))
    assert (batch.shape, mask.shape) == ((3, 5, 6, 3), (3, 5, 6))
    assert keras.backend.standardize_dtype(mask.dtype) == "bool"
    for item, padded, inside in zip(items, batch, mask, strict=True):
        height, width, _ = item.shape
        np.testing.assert_array_equal(padded, np.pad(item, ((0, 5 - height), (0, 6 - width), (0, 0))))
        np.testing.assert_array_equal(inside, np.pad(np.ones((height, width), bool), ((0, 5 - height), (0, 6 - width))))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fill", [7, (1, 2, 3)], ids=["one fill", "fills"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("position", POSITIONS)
def test_every_item_is_padded_as_numpy_does_and_comes_back(form: Any, fill: Any, mode: str, position: str) -> None:
    items = pictures()
    options = {"position": position, "mode": mode, "fill_value": fill}
    batch, mask, pad_width = pad_batch(form(items), (None, 9), multiple_of=(4, 1), return_pad_width=True, **options)
    assert (batch.shape, pad_width.shape) == ((3, 8, 9, 3), (3, 3, 2))
    for item, padded, inside, amounts in zip(items, batch, mask, np.asarray(pad_width), strict=True):
        wanted = (Wanted(8, before=int(amounts[0, 0])), Wanted(9, before=int(amounts[1, 0])), None)
        np.testing.assert_array_equal(padded, numpy_padded(item, wanted, position, mode, fill, channels=2))
        expected = numpy_padded(np.ones(item.shape[:2], bool), wanted[:2], position, fill_value=False)
        np.testing.assert_array_equal(inside, expected)
        np.testing.assert_array_equal(unpad(padded, amounts), item)


@pytest.mark.parametrize("form", FORMS)
def test_items_larger_than_the_target(form: Any) -> None:
    items = form(pictures())
    assert pad_batch(items, (4, 4))[0].shape == (3, 5, 6, 3)
    cropped, mask = pad_batch(items, (4, 4), overflow="crop", position="center")
    for item, padded, inside in zip(pictures(), cropped, mask, strict=True):
        wanted = (Wanted(4), Wanted(4), None)
        np.testing.assert_array_equal(padded, numpy_padded(item, wanted, "center", overflow="crop"))
        expected = numpy_padded(np.ones(item.shape[:2]), wanted[:2], "center", overflow="crop")
        np.testing.assert_array_equal(inside, expected > 0)
    with pytest.raises(PlanError, match="has 5 elements, more than the target of 4"):
        pad_batch(items, (4, 6), overflow="error")
    assert pad_batch(items, (5, 6), overflow="error")[0].shape == (3, 5, 6, 3)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("mode", MODES)
def test_empty_items_take_constants_alone(form: Any, mode: str) -> None:
    items = form([np.ones((2, 3), "float32"), np.ones((0, 3), "float32")])
    if mode == "constant":
        batch, mask = pad_batch(items, fill_value=7)
        np.testing.assert_array_equal(np.asarray(batch)[1], np.full((2, 3), 7))
        np.testing.assert_array_equal(mask, [[True, True], [False, False]])
        return
    with pytest.raises(PlanError, match=f"has 0 elements, from which mode '{mode}' can take no padding"):
        pad_batch(items, mode=mode)


@pytest.mark.parametrize("form", FORMS)
def test_channels_first_and_no_channels(form: Any) -> None:
    first = form([np.moveaxis(item, -1, 0).copy() for item in pictures()])
    options = {"multiple_of": 4, "position": "center", "fill_value": (1, 2, 3)}
    batch, mask = pad_batch(first, data_format="channels_first", **options)
    last, same_mask = pad_batch(pictures(), **options)
    np.testing.assert_array_equal(np.moveaxis(np.asarray(batch), 1, -1), last)
    np.testing.assert_array_equal(mask, same_mask)

    tokens = form([np.array(row, "int32") for row in ([1, 2, 3], [4], [5, 6])])
    batch, mask = pad_batch(tokens, channels=False)
    np.testing.assert_array_equal(batch, [[1, 2, 3], [4, 0, 0], [5, 6, 0]])
    np.testing.assert_array_equal(mask, [[True, True, True], [True, False, False], [True, True, False]])
    with pytest.raises(PlanError, match="items of rank 1 have 0 spatial axes beside the channels"):
        pad_batch(tokens)


def test_random_places_differ_from_item_to_item_and_follow_the_seed() -> None:
    items = [np.ones((1, 1), "float32")] * 40
    places = np.argmax(np.asarray(pad_batch(items, (10,), position="random", seed=3)[1]), axis=1)
    assert set(places) == set(range(10))
    np.testing.assert_array_equal(
        np.argmax(np.asarray(pad_batch(items, (10,), position="random", seed=3)[1]), axis=1), places
    )
    assert (np.argmax(np.asarray(pad_batch(items, (10,), position="random", seed=4)[1]), axis=1) != places).any()


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "bfloat16", "float64", "complex64"])
def test_the_batch_has_the_dtype_of_the_items(dtype: str) -> None:
    items = [counted(2, 1, dtype=dtype), counted(3, 1, dtype=dtype)]
    batch, _ = pad_batch(items)
    assert keras.backend.standardize_dtype(batch.dtype) == dtype


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], "received no items; expected at least one"),
        (np.zeros((2, 3, 3), "float32"), "received a ndarray; expected a list or tuple of tensors, or a ragged tensor"),
        ([np.zeros((2, 3), "float32"), np.zeros((2,), "float32")], "item 1 has shape .* expected one rank and dtype"),
        ([np.zeros((2, 3), "float32"), np.zeros((2, 3), "uint8")], "item 1 has shape .* expected one rank and dtype"),
        ([np.zeros((2, 3), "float32"), np.zeros((2, 4), "float32")], "item 1 has 4 channels, item 0 3"),
        ([np.zeros((1,) * 5, "float32")], "items of rank 5 have 4 spatial axes"),
    ],
)
def test_items_that_make_no_batch_are_refused(items: Any, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        pad_batch(items)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"target_shape": (1, 2, 3, 4)}, "target_shape received"),
        ({"target_shape": (-1, 2)}, "target_shape received -1"),
        ({"multiple_of": 0}, "multiple of 0"),
        ({"channels": 3}, "channels received 3; expected True, or False"),
        ({"data_format": "first"}, "data_format received 'first'"),
        ({"position": "middle"}, "position 'middle'"),
    ],
)
def test_settings_that_cannot_be_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        pad_batch(pictures(), **arguments)


def test_a_batch_larger_than_the_memory_is_refused() -> None:
    with pytest.raises(BudgetError, match=r"axis 1 from 3 to .* would take .* more than the"):
        pad_batch(pictures(), (limits.physical_memory() // 12, 6))


@tensorflow
def test_rows_of_an_item_that_differ_are_refused() -> None:
    import tensorflow as tf  # noqa: PLC0415 (only where it is)

    crooked = tf.ragged.constant([[[[1.0], [2.0]], [[3.0]]]], ragged_rank=2)
    with pytest.raises(PlanError, match="rows of one item differ along axis 2 by 1 elements"):
        pad_batch(crooked)
    with pytest.raises(tf.errors.InvalidArgumentError, match="rows of one item differ along axis 2"):
        tf.function(pad_batch, autograph=False)(crooked)


@tensorflow
def test_a_batch_of_no_items() -> None:
    import tensorflow as tf  # noqa: PLC0415 (only where it is)

    empty = ragged(pictures())[:0]
    batch, mask = pad_batch(empty, (8, 8))
    assert (batch.shape, mask.shape) == ((0, 8, 8, 3), (0, 8, 8))
    assert tf.reduce_sum(batch) == 0


@tensorflow
@pytest.mark.parametrize("position", POSITIONS)
def test_a_pipeline_makes_batches_of_unequal_items(position: str) -> None:
    import tensorflow as tf  # noqa: PLC0415 (only where it is)

    sizes = [(n % 7 + 1, n % 5 + 2) for n in range(11)]
    dataset = tf.data.Dataset.from_generator(
        lambda: (counted(*size, 3) for size in sizes), output_signature=tf.TensorSpec((None, None, 3))
    )

    def padded(items: Any) -> Any:
        return pad_batch(items, (8, None), multiple_of=(1, 4), position=position, overflow="crop")

    batches = dataset.ragged_batch(4).map(padded, num_parallel_calls=2)
    assert [spec.shape.as_list() for spec in batches.element_spec] == [[None, 8, None, 3], [None, 8, None]]
    expected = [counted(*size, 3) for size in sizes]
    for start, (batch, mask) in zip(range(0, 11, 4), batches, strict=True):
        group = expected[start : start + 4]
        width = -(-max(item.shape[1] for item in group) // 4) * 4
        assert batch.shape == (len(group), 8, width, 3)
        for item, row, inside in zip(group, batch.numpy(), mask.numpy(), strict=True):
            np.testing.assert_array_equal(row[inside].reshape(item.shape), item)
            assert row[~inside].sum() == 0


@tensorflow
def test_a_pipeline_pads_item_by_item_before_it_makes_batches() -> None:
    import tensorflow as tf  # noqa: PLC0415 (only where it is)

    dataset = tf.data.Dataset.from_generator(
        lambda: (counted(n + 1, 2) for n in range(9)), output_signature=tf.TensorSpec((None, 2))
    )

    def padded(seed: Any, x: Any) -> Any:
        return dynamic_padding(x, 12, axis=0, position="random", seed=seed, batched=False, return_pad_width=True)

    (batch, pad_width), *rest = dataset.enumerate().map(padded).batch(9)
    assert rest == []
    assert batch.shape == (9, 12, 2)
    for n in range(9):
        np.testing.assert_array_equal(unpad(batch[n], pad_width[n]), counted(n + 1, 2))
        alone = dynamic_padding(counted(n + 1, 2), 12, axis=0, position="random", seed=n, batched=False)
        np.testing.assert_array_equal(batch[n], alone)


@tensorflow
def test_layers_run_in_a_pipeline_too() -> None:
    import tensorflow as tf  # noqa: PLC0415 (only where it is)

    dataset = tf.data.Dataset.from_generator(
        lambda: (counted(n + 1, n + 2, 1) for n in range(4)), output_signature=tf.TensorSpec((None, None, 1))
    )
    (batch,) = dataset.map(MultiDimDynamicPadding((8, 8), batched=False)).batch(4)
    assert batch.shape == (4, 8, 8, 1)
    (batch,) = dataset.map(DynamicPadding(8, axis=0, batched=False)).map(DynamicPadding(6, 1, batched=False)).batch(4)
    assert batch.shape == (4, 8, 6, 1)


@tensorflow
def test_the_examples_of_the_docstrings_run() -> None:
    results = doctest.testmod(sys.modules[pad_batch.__module__])
    assert results.attempted > 4
    assert results.failed == 0
