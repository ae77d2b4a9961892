"""Code of buckets, run: the shapes that the rules name, the content that numpy pads, and a mask that tells data."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from padviewer.dataset.measured import Measured
from padviewer.dataset.plan_file import BucketPlan
from padviewer.dataset.table import SizeTable
from padviewer.dataset.waste import Choice, assign
from padviewer.errors import SettingsError
from padviewer.geometry import OVERFLOWS
from padviewer.snippets.bucketing import CODE

TARGETS = {"T": ((20,), (5,), (12,)), "HW": ((8, 20), (20, 8), (12, 12)), "DHW": ((4, 8, 8), (8, 8, 4))}


def run(code):
    names = {}
    exec(code, names)
    return names


def items_for(letters, overflow, targets, step):
    """Arrays of every kind: held by some buckets, by none."""
    random = np.random.default_rng(4)
    most = 10 if letters == "DHW" else 26
    sizes = [tuple(random.integers(1, most, len(letters)).tolist()) for _ in range(40)]
    choice = Choice(targets, (step,), overflow)
    table = SizeTable.of(letters, [Measured("", None, (*size, 2), letters + "C") for size in sizes])
    taken = assign(table, choice)
    rows = [row for row in range(len(sizes)) if taken.buckets[row] >= 0]
    items = [random.normal(size=(*sizes[row], 2)).astype(np.float32) for row in rows]
    return BucketPlan(letters, choice), items, [tuple(taken.padded[row].tolist()) for row in rows]


def padded(item, sizes):
    kept = item[tuple(slice(0, size) for size in sizes)]
    amounts = [(0, size - old) for size, old in zip(sizes, kept.shape, strict=False)]
    mask = np.pad(np.ones(kept.shape[:-1], bool), amounts)
    return np.pad(kept, [*amounts, (0, 0)]), mask


@pytest.mark.parametrize("overflow", OVERFLOWS)
@pytest.mark.parametrize("letters", list(TARGETS))
@pytest.mark.parametrize("dialect", ["keras", "keras-plain"])
@pytest.mark.parametrize("step", [1, 4])
def test_keras_pads_each_item_to_its_bucket(dialect, letters, overflow, step):
    plan, items, shapes = items_for(letters, overflow, TARGETS[letters], step)
    found = {}
    for rows, batch, mask in run(CODE[dialect](plan))["pad"](items):
        for row, x, m in zip(rows, np.asarray(batch), np.asarray(mask), strict=True):
            found[row] = x, m
    assert sorted(found) == list(range(len(items)))
    for row, (item, shape) in enumerate(zip(items, shapes, strict=True)):
        expected, expected_mask = padded(item, shape)
        np.testing.assert_array_equal(found[row][0], expected)
        np.testing.assert_array_equal(found[row][1], expected_mask)


@pytest.mark.parametrize("dialect", ["keras", "keras-plain"])
def test_buckets_may_leave_an_axis(dialect):
    plan, items, shapes = items_for("HW", "keep", ((8, None), (16, None)), 4)
    for rows, batch, _mask in run(CODE[dialect](plan))["pad"](items):
        for row in rows:
            assert tuple(batch.shape[1:3]) == shapes[row]


@pytest.mark.parametrize("dialect", ["keras", "keras-plain"])
def test_what_no_bucket_holds_is_refused(dialect):
    plan = BucketPlan("HW", Choice(((8, 8),), overflow="error"))
    with pytest.raises(ValueError, match=r"no bucket holds \(9, 3, 1\)"):
        list(run(CODE[dialect](plan))["pad"]([np.zeros((9, 3, 1))]))


def dataset_of(items, ragged):
    if ragged:
        rows = tf.ragged.stack([tf.RaggedTensor.from_tensor(item, ragged_rank=item.ndim - 2 or 1) for item in items])
        return tf.data.Dataset.from_tensor_slices(rows)
    spec = tf.TensorSpec([*[None] * (items[0].ndim - 1), 2], tf.float32)
    return tf.data.Dataset.from_generator(lambda: iter(items), output_signature=spec)


@pytest.mark.parametrize("overflow", OVERFLOWS)
@pytest.mark.parametrize("letters", list(TARGETS))
@pytest.mark.parametrize("ragged", [False, True])
def test_tf_data_makes_batches_of_the_buckets(letters, overflow, ragged):
    if ragged and letters != "HW":
        letters = "HW"
    plan, items, shapes = items_for(letters, overflow, TARGETS[letters], 4)
    # Each is told by its first element.
    known = {float(item.flat[0]): row for row, item in enumerate(items)}
    seen = []
    for batch, mask in run(CODE["tf-data"](plan))["batches"](dataset_of(items, ragged), 4):
        assert len(batch) <= 4
        for x, m in zip(batch.numpy(), mask.numpy(), strict=True):
            row = known[float(x.flat[0])]
            seen.append(row)
            if any(all(s <= t for s, t in zip(shapes[row], target, strict=True)) for target in plan.choice.targets):
                assert x.shape[:-1] == shapes[row]
            expected, expected_mask = padded(items[row], x.shape[:-1])
            np.testing.assert_array_equal(x, expected)
            np.testing.assert_array_equal(m, expected_mask)
    assert sorted(seen) == list(range(len(items)))


def test_tf_data_refuses_what_no_bucket_holds():
    plan = BucketPlan("HW", Choice(((8, 8),), overflow="error"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="no bucket holds"):
        list(run(CODE["tf-data"](plan))["batches"](dataset_of([np.zeros((9, 3, 2), np.float32)], False)))


def test_tf_data_has_no_words_for_an_axis_that_is_left():
    with pytest.raises(SettingsError, match="leave an axis"):
        CODE["tf-data"](BucketPlan("HW", Choice(((8, None),))))


def test_many_buckets_have_a_line_each():
    plan = BucketPlan("T", Choice(tuple((100 * n,) for n in range(1, 40)), (4,)))
    assert max(map(len, CODE["keras"](plan).splitlines())) <= 120
