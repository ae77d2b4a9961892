"""Code of buckets, run: the shapes that the rules name, the content that numpy pads, and a mask that tells data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from padviewer.batch.bucketing import Bucketing
from padviewer.batch.padding import Padding
from padviewer.dataset.measured import Measured
from padviewer.dataset.plan_file import BucketPlan
from padviewer.dataset.table import SizeTable
from padviewer.dataset.waste import Choice, assign
from padviewer.errors import SettingsError
from padviewer.geometry import MODES, OVERFLOWS, split
from padviewer.snippets.bucketing import CODE
from padviewer.sources import open_source
from padviewer.spec import PipelineSpec

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


def padded(item, sizes, spec=None):
    """By numpy, in the way that its documentation and the position's definition say."""
    spec = spec or PipelineSpec()
    amounts = [split(size - old, spec.position) for size, old in zip(sizes, item.shape, strict=False)]
    cut = tuple(
        slice(max(-before, 0), old - max(-after, 0)) for (before, after), old in zip(amounts, item.shape, strict=False)
    )
    kept, amounts = item[cut], [(max(before, 0), max(after, 0)) for before, after in amounts]
    mask = np.pad(np.ones(kept.shape[:-1], bool), amounts)
    if spec.mode != "constant":
        return np.pad(kept, [*amounts, (0, 0)], mode=spec.mode), mask
    fills = spec.fill_value if isinstance(spec.fill_value, tuple) else (spec.fill_value,) * item.shape[-1]
    parts = [np.pad(kept[..., n], amounts, constant_values=fill) for n, fill in enumerate(fills)]
    return np.stack(parts, axis=-1), mask


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


def told_apart(plan, items, batch_size=4):
    """Returns (row, padded item, mask) of each item that the code of tf.data gives; each is told by its first tag."""
    found = []
    for batch, mask in run(CODE["tf-data"](plan))["batches"](dataset_of(items, False), batch_size):
        assert len(batch) <= batch_size
        for x, m in zip(batch.numpy(), mask.numpy(), strict=True):
            candidates = [
                row
                for row, item in enumerate(items)
                if x.shape == (expected := padded(item, x.shape[:-1], plan.spec)[0]).shape and (x == expected).all()
            ]
            assert len(candidates) == 1
            found.append((candidates[0], x, m))
    return found


@pytest.mark.parametrize("overflow", OVERFLOWS)
@pytest.mark.parametrize("letters", list(TARGETS))
def test_tf_data_makes_batches_of_one_size_each(letters, overflow):
    plan, items, shapes = items_for(letters, overflow, TARGETS[letters], 4)
    found = told_apart(plan, items)
    assert sorted(row for row, _, _ in found) == list(range(len(items)))
    for row, x, mask in found:
        assert x.shape[:-1] == shapes[row]
        np.testing.assert_array_equal(mask, padded(items[row], shapes[row])[1])


def test_tf_data_takes_ragged_elements():
    plan, items, shapes = items_for("HW", "keep", TARGETS["HW"], 4)
    batches = run(CODE["tf-data"](plan))["batches"](dataset_of(items, True), 4)
    assert sorted(tuple(batch.shape[1:3]) for batch, _ in batches for _ in batch) == sorted(shapes)


SPECS = [
    PipelineSpec(mode=mode, position=position, fill_value=fill)
    for mode, position, fill in [
        *((mode, position, 0) for mode in MODES[1:] for position in ("start", "center", "end")),
        ("constant", "center", 0),
        ("constant", "end", 2.5),
        ("constant", "start", float("nan")),
        ("constant", "center", (1, -0.5)),
        ("constant", "start", -0.0),
    ]
]


def written_by_batch(plan, items, folder):
    """The bytes that `padviewer batch` writes of each item."""
    bucketing = Bucketing(plan.spec, plan.choice.targets, 1 << 30)
    found = []
    for row, item in enumerate(items):
        path = str(folder / f"{row}.npy")
        np.save(path, item)
        with open_source(path, None, budget=1 << 30) as source:
            info = replace(source.info, axes=plan.letters + "C")
            pad = Padding(source, bucketing.plan(info, str(row)), "crc32")
            found.append(b"".join(np.ascontiguousarray(data).tobytes() for _, data in pad.tiles()))
    return found


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.mode}-{spec.position}-{spec.fill_value}")
def test_code_gives_the_bytes_that_batch_writes(spec, tmp_path):
    overflow = "keep" if spec.position == "start" else "crop"
    plain, items, shapes = items_for("HW", overflow, TARGETS["HW"], 4)
    items, shapes = items[:12], shapes[:12]
    plan = replace(plain, padding=spec)
    wanted = written_by_batch(plan, items, tmp_path)
    for dialect in ("keras", "keras-plain"):
        found = {}
        for rows, batch, mask in run(CODE[dialect](plan))["pad"](items):
            for row, x, m in zip(rows, np.asarray(batch), np.asarray(mask), strict=True):
                assert x.shape[:-1] == shapes[row]
                np.testing.assert_array_equal(m, padded(items[row], shapes[row], plan.spec)[1])
                found[row] = x.tobytes()
        assert [found[row] for row in range(len(items))] == wanted
    dataset = dataset_of(items, False)
    batches = run(CODE["tf-data"](plan))["batches"](dataset, 4)
    assert sorted(x.tobytes() for batch, _ in batches for x in batch.numpy()) == sorted(wanted)
    masks = [m.tobytes() for _, batch in batches for m in batch.numpy()]
    assert sorted(masks) == sorted(padded(*each, plan.spec)[1].tobytes() for each in zip(items, shapes, strict=True))


def test_a_volume_and_a_signal_are_mirrored_too(tmp_path):
    for letters in ("T", "DHW"):
        plain, items, _ = items_for(letters, "crop", TARGETS[letters], 1)
        plan = replace(plain, padding=PipelineSpec(mode="reflect", position="center"))
        wanted = written_by_batch(plan, items[:8], tmp_path)
        batches = run(CODE["tf-data"](plan))["batches"](dataset_of(items[:8], False), 4)
        assert sorted(x.tobytes() for batch, _ in batches for x in batch.numpy()) == sorted(wanted)


@pytest.mark.parametrize("dialect", list(CODE))
def test_a_random_position_has_no_code(dialect):
    plan = BucketPlan("HW", Choice(((8, 8),)), PipelineSpec(position="random"))
    with pytest.raises(SettingsError, match="choose start, center or end"):
        CODE[dialect](plan)


@pytest.mark.parametrize(("fill", "dtype"), [(0.5, np.uint8), (300, np.uint8)])
def test_a_fill_that_the_dtype_cannot_hold_is_refused(fill, dtype):
    plan = BucketPlan("HW", Choice(((8, 8),)), PipelineSpec(fill_value=fill))
    spec = tf.TensorSpec((None, None, 1), dtype)
    dataset = tf.data.Dataset.from_generator(lambda: iter([np.ones((3, 4, 1), dtype)]), output_signature=spec)
    with pytest.raises((TypeError, tf.errors.InvalidArgumentError)):
        list(run(CODE["tf-data"](plan))["batches"](dataset))
    with pytest.raises(ValueError, match=f"FILL {fill}: expected what uint8 can hold"):
        list(run(CODE["keras-plain"](plan))["pad"]([np.ones((3, 4, 1), dtype)]))


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
