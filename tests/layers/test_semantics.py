"""What the layers promise, case by case: sizes, splits, overflow, modes, fills, dtypes and ranks (1 to 8)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from numpy_padding import DTYPES, Wanted, counted, numpy_padded

from padviewer.errors import PlanError, SettingsError
from padviewer.geometry import MODES, OVERFLOWS, POSITIONS, draw, split
from padviewer.layers import DynamicPadding, MultiDimDynamicPadding, dynamic_padding
from padviewer.plan import ArrayInfo, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec

FOLDED = tuple(mode for mode in MODES if mode != "constant")


def row(*values: float) -> np.ndarray:
    """One sample with one axis and one channel."""
    return np.array(values, "float32")[None, :, None]


def padded_row(values: Any, target: int | None, **options: Any) -> list[float]:
    y = dynamic_padding(row(*values), target, **options)
    return keras.ops.convert_to_numpy(y)[0, :, 0].tolist()


@pytest.mark.parametrize(
    ("size", "target", "multiple_of", "overflow", "expected"),
    [
        (3, 10, 1, "keep", 10), (3, 10, 4, "keep", 12), (3, 10, 4, "crop", 12), (3, 10, 4, "error", 12),
        (11, 10, 4, "crop", 12), (11, 10, 4, "error", 12), (13, 10, 4, "keep", 16), (13, 10, 4, "crop", 12),
        (13, 10, 1, "keep", 13), (13, 10, 1, "crop", 10), (5, None, 4, "keep", 8), (5, None, 4, "crop", 8),
        (0, None, 4, "keep", 0), (8, None, 4, "keep", 8), (0, 3, 1, "keep", 3),
    ],
)  # fmt: skip
def test_01_the_padded_size_is_the_target_rounded_up(
    size: int, target: int | None, multiple_of: int, overflow: str, expected: int
) -> None:
    x = np.ones((1, size, 2), "float32")
    layer = DynamicPadding(target, multiple_of=multiple_of, overflow=overflow)
    assert layer(x).shape == (1, expected, 2)
    assert layer.compute_output_shape((1, size, 2)) == (1, expected, 2)
    both = MultiDimDynamicPadding((target, None), multiple_of=(multiple_of, 1), overflow=overflow)
    assert both(x[:, :, None]).shape == (1, expected, 1, 2)


def test_01_one_divisor_serves_every_spatial_axis() -> None:
    layer = MultiDimDynamicPadding((None, 9), multiple_of=8)
    assert layer(np.ones((1, 3, 3, 2), "float32")).shape == (1, 8, 16, 2)


@pytest.mark.parametrize(("position", "before", "after"), [("start", 0, 5), ("end", 5, 0), ("center", 2, 3)])
def test_02_the_extra_elements_are_split_by_position(position: str, before: int, after: int) -> None:
    expected = [0.0] * before + [1.0, 2.0, 3.0] + [0.0] * after
    assert padded_row([1, 2, 3], 8, position=position) == expected


def test_02_a_random_split_reaches_both_ends_evenly_and_can_be_had_again() -> None:
    layer = DynamicPadding(6, position="random", seed=1, return_pad_width=True)
    again = DynamicPadding(6, position="random", seed=1, return_pad_width=True)
    counts = np.zeros(4, int)
    for call in range(120):
        y, pad_width = layer(row(1, 2, 3))
        before, after = np.asarray(pad_width)[1]
        counts[before] += 1
        assert before + after == 3
        assert before == split(3, "random", draw(1, 0, call))[0]
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(y)[0, before : before + 3, 0], [1, 2, 3])
        np.testing.assert_array_equal(again(row(1, 2, 3))[1], pad_width)
    assert counts.min() > 120 / 4 / 2


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
@pytest.mark.parametrize("overflow", ["keep", "crop"])
def test_02_plan_function_and_new_layer_draw_the_same(seed: int, overflow: str) -> None:
    x = counted(2, 5, 9, 4, 1)
    options = {"position": "random", "overflow": overflow}
    spec = PipelineSpec(target=(8, 6, 11), position_seed=seed, **options)
    plan = resolve(spec, ArrayInfo("a", None, "NPY", x.shape, "float32", "BDHWC", False, 0), 2**40)
    y, pad_width = MultiDimDynamicPadding((8, 6, 11), seed=seed, return_pad_width=True, **options)(x)
    np.testing.assert_array_equal(pad_width, plan.pad_width)
    assert tuple(y.shape) == plan.require(Stage.PADDED).shape
    for axis, target in ((1, 8), (2, 6), (3, 11)):
        _, alone = dynamic_padding(x, target, axis, seed=seed, return_pad_width=True, **options)
        np.testing.assert_array_equal(np.asarray(alone)[axis], plan.pad_width[axis])


@pytest.mark.parametrize("seed", [None, -1, 2**31, 1.5, True, "1"])
def test_02_a_seed_is_a_number_that_int32_holds(seed: Any) -> None:
    with pytest.raises(SettingsError, match=r"seed received .* expected a whole number from 0 to 2147483647"):
        DynamicPadding(8, position="random", seed=seed)


def test_03_a_crop_uses_the_split_of_a_padding() -> None:
    assert padded_row(range(5), 2, position="center", overflow="crop") == [1, 2]
    assert padded_row(range(5), 2, position="start", overflow="crop") == [0, 1]
    assert padded_row(range(5), 2, position="end", overflow="crop") == [3, 4]


@pytest.mark.parametrize("position", POSITIONS)
def test_03_padding_then_cropping_is_the_identity(position: str) -> None:
    for size in range(1, 6):
        x = counted(1, size, 2)
        for target in range(size, size + 5):
            padded = dynamic_padding(x, target, position=position, seed=4)
            back = dynamic_padding(padded, size, position=position, seed=4, overflow="crop")
            np.testing.assert_array_equal(back, x)


@pytest.mark.parametrize("mode", MODES)
def test_04_overflow_keeps_crops_or_refuses(mode: str) -> None:
    x = counted(1, 9, 3)
    np.testing.assert_array_equal(dynamic_padding(x, 5, mode=mode), x)
    np.testing.assert_array_equal(dynamic_padding(x, 5, mode=mode, overflow="crop"), x[:, :5])
    with pytest.raises(PlanError, match="axis 1 has 9 elements, more than the target of 5"):
        dynamic_padding(x, 5, mode=mode, overflow="error")
    assert DynamicPadding(5)(keras.Input((None, 3))).shape == (None, None, 3)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("overflow", ["keep", "crop"])
def test_04_one_axis_grows_while_another_is_too_large(overflow: str, mode: str) -> None:
    x = counted(2, 3, 9, 1)
    y = MultiDimDynamicPadding((7, 5), overflow=overflow, mode=mode, position="center")(x)
    expected = numpy_padded(x, (None, Wanted(7), Wanted(5), None), "center", mode, overflow=overflow)
    np.testing.assert_array_equal(y, expected)
    with pytest.raises(PlanError, match="axis 2 has 9 elements, more than the target of 5"):
        MultiDimDynamicPadding((7, 5), overflow="error", mode=mode)(x)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("reflect", [1, 2, 1, 0, 1, 2, 1, 0, 1, 2]),
        ("symmetric", [0, 0, 1, 2, 2, 1, 0, 0, 1, 2]),
        ("wrap", [2, 0, 1, 2, 0, 1, 2, 0, 1, 2]),
        ("edge", [0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
    ],
)
def test_05_seven_before_three(mode: str, expected: list[int]) -> None:
    assert padded_row(range(3), 10, mode=mode, position="end") == expected


@pytest.mark.parametrize("mode", FOLDED)
@pytest.mark.parametrize("position", ["start", "center", "end"])
def test_05_modes_are_numpys_for_any_width(mode: str, position: str) -> None:
    for size in (1, 2, 3, 5):
        x = counted(1, size, 2)
        for target in (size, size + 1, 3 * size + 2, 40):
            y = dynamic_padding(x, target, mode=mode, position=position)
            np.testing.assert_array_equal(y, numpy_padded(x, (None, Wanted(target), None), position, mode))


def test_05_one_element_under_reflect_repeats() -> None:
    assert padded_row([7], 4, mode="reflect", position="center") == [7, 7, 7, 7]


@pytest.mark.parametrize("mode", FOLDED)
def test_05_an_empty_axis_takes_constants_alone(mode: str) -> None:
    x = np.zeros((2, 0, 3), "float32")
    np.testing.assert_array_equal(dynamic_padding(x, 2, fill_value=5), np.full((2, 2, 3), 5))
    assert dynamic_padding(x, 0, mode=mode).shape == (2, 0, 3)
    assert dynamic_padding(x, None, multiple_of=4, mode=mode).shape == (2, 0, 3)
    with pytest.raises(PlanError, match="axis 1 has 0 elements"):
        dynamic_padding(x, 2, mode=mode)


@pytest.mark.parametrize("channels", [1, 2, 3, 16])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_06_a_fill_of_each_channel(channels: int, data_format: str) -> None:
    last = data_format == "channels_last"
    x = counted(2, 3, 4, channels) if last else counted(2, channels, 3, 4)
    fills = tuple(range(100, 100 + channels))
    y = MultiDimDynamicPadding((6, 5), fill_value=fills, data_format=data_format, position="center")(x)
    wanted = (None, Wanted(6), Wanted(5), None) if last else (None, None, Wanted(6), Wanted(5))
    np.testing.assert_array_equal(y, numpy_padded(x, wanted, "center", fill_value=fills, channels=3 if last else 1))


@pytest.mark.parametrize("value", [300, -1, 0.5, float("nan"), (0, 300, 0)])
def test_06_a_fill_that_uint8_cannot_hold_is_refused(value: Any) -> None:
    x = np.zeros((1, 2, 3), "uint8")
    with pytest.raises(PlanError, match="cannot be held by uint8"):
        dynamic_padding(x, 4, fill_value=value)
    with pytest.raises(PlanError, match="cannot be held by uint8"):
        DynamicPadding(4, fill_value=value)(keras.Input((None, 3), dtype="uint8"))


def test_06_as_many_fills_as_channels() -> None:
    with pytest.raises(PlanError, match="2 numbers, one a channel, but the input has 3 channels"):
        DynamicPadding(4, fill_value=(1, 2))(keras.Input((None, 3)))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_07_the_dtype_stays(dtype: str, mode: str) -> None:
    x = counted(1, 3, 2, dtype=dtype)
    layer = DynamicPadding(7, mode=mode)
    y = layer(x)
    assert keras.backend.standardize_dtype(y.dtype) == dtype
    assert layer(keras.Input((None, 2), dtype=dtype)).dtype == dtype
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(y), numpy_padded(x, (None, Wanted(7), None), mode=mode))


def test_07_mixed_float16_works() -> None:
    policy = keras.DTypePolicy("mixed_float16")
    parts = [DynamicPadding(8, dtype=policy), keras.layers.Conv1D(2, 3, dtype=policy), DynamicPadding(9, dtype=policy)]
    model = keras.Sequential([keras.Input((None, 4)), *parts])
    assert model.predict(np.ones((1, 5, 4), "float32"), verbose=0).dtype == np.float16


@pytest.mark.parametrize("rank", [3, 4, 5])
@pytest.mark.parametrize("mode", MODES)
def test_08_every_rank_with_a_batch_and_without(rank: int, mode: str) -> None:
    x = counted(2, *range(3, rank + 1), 2)
    target = tuple(range(5, rank + 3))
    y = keras.ops.convert_to_numpy(MultiDimDynamicPadding(target, mode=mode, position="center")(x))
    wanted = (None, *map(Wanted, target), None)
    np.testing.assert_array_equal(y, numpy_padded(x, wanted, "center", mode))
    alone = MultiDimDynamicPadding(target, mode=mode, position="center", batched=False)
    np.testing.assert_array_equal(alone(x[1]), y[1])
    np.testing.assert_array_equal(
        dynamic_padding(x[0], 9, axis=0, mode=mode, batched=False),
        numpy_padded(x[0], (Wanted(9), *(None,) * (rank - 2)), mode=mode),
    )


def test_08_a_batch_is_never_guessed() -> None:
    with pytest.raises(PlanError, match="Does the input have its batch and its channel axis"):
        MultiDimDynamicPadding((8, 8))(np.ones((4, 4, 3), "float32"))
    with pytest.raises(PlanError, match="its channel axis, and no batch axis"):
        MultiDimDynamicPadding((8, 8), batched=False)(np.ones((1, 4, 4, 3), "float32"))


@pytest.mark.parametrize("overflow", OVERFLOWS[:2])
@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("mode", MODES)
def test_08_channels_first_is_the_transpose_of_channels_last(mode: str, position: str, overflow: str) -> None:
    x = counted(2, 5, 4, 3)
    options = {"mode": mode, "position": position, "overflow": overflow, "seed": 9, "multiple_of": (1, 3)}
    last = MultiDimDynamicPadding((9, 2), **options)(x)
    layer = MultiDimDynamicPadding((9, 2), data_format="channels_first", **options)
    first = layer(np.transpose(x, (0, 3, 1, 2)).copy())
    np.testing.assert_array_equal(np.transpose(np.asarray(first), (0, 2, 3, 1)), last)
    assert layer.compute_output_shape((None, 3, 5, 4)) == (None, *first.shape[1:])


def test_08_the_forms_of_a_target_with_channels_first() -> None:
    x = np.ones((1, 3, 5, 4), "float32")
    for target in [(8, 8), (None, 8, 8), (None, None, 8, 8)]:
        assert MultiDimDynamicPadding(target, data_format="channels_first")(x).shape == (1, 3, 8, 8)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("mode", MODES)
def test_08_a_batch_of_none(mode: str, position: str) -> None:
    x = np.zeros((0, 3, 4, 2), "float32")
    layer = MultiDimDynamicPadding((5, 2), mode=mode, position=position, overflow="crop", fill_value=1)
    assert layer(x).shape == (0, 5, 2, 2)
