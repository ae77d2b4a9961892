"""The engine of the layers under every backend: modes, positions, dtypes, fills and what is refused."""

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy_padding import DTYPES, Wanted, counted, numpy_padded

from padviewer.errors import BudgetError, PlanError, SettingsError
from padviewer.geometry import MODES, POSITIONS
from padviewer.layers import limits, padding
from padviewer.layers.random_draws import Draws, seed_draws
from padviewer.layers.targets import MAX_TARGET, Shape, Target, plain, wanted_size
from padviewer.spec import PipelineSpec

FIXED = POSITIONS[:3]


def pad(x: Any, targets: Shape, rules: PipelineSpec, channels: int | None = None) -> Any:
    wanted = tuple(None if size is None else Target(size) for size in targets)
    return padding.pad(x, wanted, rules, channels=channels)[0]


def oracle(
    x: np.ndarray, targets: Shape, position: str = "start", mode: str = "constant", **options: Any
) -> np.ndarray:
    wanted = [None if size is None else Wanted(size) for size in targets]
    return numpy_padded(x, wanted, position, mode, overflow="crop", **options)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.none() | st.integers(0, 13)), min_size=1, max_size=5),
    st.sampled_from(FIXED),
    st.sampled_from(MODES),
)
def test_any_rank_and_any_size_equals_numpy(axes: list[tuple[int, int | None]], position: str, mode: str) -> None:
    x = counted(*(size for size, _ in axes), dtype="int32")
    targets = tuple(target for _, target in axes)
    y = pad(x, targets, PipelineSpec(position=position, mode=mode, overflow="crop"))
    np.testing.assert_array_equal(y, oracle(x, targets, position, mode))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_comes_out_as_it_went_in(dtype: str, mode: str) -> None:
    x = counted(2, 3, 2, dtype=dtype)
    y = pad(x, (None, 8, 1), PipelineSpec(mode=mode, position="center", overflow="crop"))
    assert keras.backend.standardize_dtype(y.dtype) == dtype
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(y), oracle(x, (None, 8, 1), "center", mode))


@pytest.mark.parametrize(
    ("fill", "dtype"),
    [(7, "uint8"), (3.0, "uint8"), (1, "bool"), (True, "float32"), (-0.5, "float16"), (2**64 - 1, "uint64"),
     (-(2**63) + 1, "int64"), (0.5, "bfloat16"), (float("nan"), "float32"), (float("-inf"), "float64"),
     (3, "complex64")],
)  # fmt: skip
def test_the_fill_is_written_in_the_dtype_of_the_input(fill: float, dtype: str) -> None:
    x = counted(1, 2, dtype=dtype)
    y = pad(x, (None, 4), PipelineSpec(fill_value=fill))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(y), oracle(x, (None, 4), fill_value=fill))


@pytest.mark.parametrize("dtype", ["uint8", "uint64", "float16", "float32", "complex128"])
@pytest.mark.parametrize("channels", [1, 2])
def test_each_channel_has_its_fill(dtype: str, channels: int) -> None:
    x = counted(2, 3, 3, dtype=dtype)
    fills = (2**64 - 1, 0, 5) if dtype == "uint64" else (7, 0, 255)
    targets = (None, 7, None) if channels == 2 else (None, None, 7)
    y = pad(x, targets, PipelineSpec(fill_value=fills, position="center"), channels)
    expected = oracle(x, targets, "center", fill_value=fills, channels=channels)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(y), expected)
    assert pad(x, targets, PipelineSpec(fill_value=fills, mode="wrap")).shape == expected.shape


@pytest.mark.parametrize(
    ("shape", "targets", "channels", "words"),
    [
        ((1, 2, 4), (None, 4, None), 2, "1,2,3 has 3 numbers, one a channel, but the input has 4 channels"),
        ((1, 2, 3), (None, 4, None), None, "has no channel axis; use a single number"),
        ((1, 2, 3), (None, None, 4), 2, "axis 2, the channels, is itself padded"),
    ],
)
def test_fills_that_are_not_one_a_channel_are_refused(
    shape: Any, targets: Shape, channels: int | None, words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        pad(np.zeros(shape, "float32"), targets, PipelineSpec(fill_value=(1, 2, 3)), channels)


@pytest.mark.parametrize(("fill", "dtype"), [(300, "uint8"), (-1, "uint8"), (0.5, "int32"), (float("nan"), "bool")])
def test_a_fill_that_the_dtype_cannot_hold_is_refused(fill: float, dtype: str) -> None:
    x = np.zeros((1, 2), dtype)
    with pytest.raises(PlanError, match=f"fill value .* cannot be held by {dtype}"):
        pad(x, (None, 4), PipelineSpec(fill_value=fill))
    assert pad(x, (None, 4), PipelineSpec(fill_value=fill, mode="edge")).shape == (1, 4)


@pytest.mark.parametrize("fill", [1e39, 3.395e38])
def test_a_fill_beyond_bfloat16_is_refused(fill: float) -> None:
    with pytest.raises(PlanError, match="beyond the range of bfloat16"):
        pad(counted(1, 2, dtype="bfloat16"), (None, 4), PipelineSpec(fill_value=fill))


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_batch_stays_empty(mode: str) -> None:
    rules = PipelineSpec(mode=mode, overflow="crop")
    assert pad(np.zeros((0, 3, 4), "float32"), (None, 8, 2), rules).shape == (0, 8, 2)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "constant"])
def test_an_empty_axis_has_nothing_to_copy(mode: str) -> None:
    rules = PipelineSpec(mode=mode)
    with pytest.raises(PlanError, match=f"axis 1 has 0 elements, from which mode '{mode}' can take no padding"):
        pad(np.zeros((2, 0), "float32"), (None, 3), rules)
    assert pad(np.zeros((2, 0), "float32"), (None, 0), rules).shape == (2, 0)


@pytest.mark.parametrize("position", POSITIONS)
def test_an_empty_axis_takes_constants(position: str) -> None:
    rules = PipelineSpec(fill_value=7, position=position)
    np.testing.assert_array_equal(pad(np.zeros((2, 0), "float32"), (None, 3), rules), np.full((2, 3), 7))


def test_amounts_that_only_a_run_knows_give_the_same() -> None:
    x = counted(2, 5, 4, 3)
    targets = (None, Target(8, 1, 0), Target(2, 1, 1), None)
    for seed in range(8):
        for fill in (7, (1, 2, 3)):
            rules = PipelineSpec(position="random", position_seed=seed, overflow="crop", fill_value=fill)
            now, amounts = padding.pad(x, targets, rules, channels=3)
            later = padding.apply(
                keras.ops.convert_to_tensor(x), amounts._replace(drawn=True), "constant", rules.fill_value, 3
            )
            np.testing.assert_array_equal(later, now)


def test_draws_are_integers_where_they_can_be() -> None:
    assert Draws(3, 1).known
    assert seed_draws(3) == Draws(3) == seed_draws(keras.ops.convert_to_tensor(np.int32(3)))
    assert 0 <= seed_draws(np.int64(2**40)).axis(2) < 2**31


def test_an_input_that_needs_nothing_is_returned_untouched() -> None:
    x = keras.ops.ones((1, 4))
    assert pad(x, (None, 4), PipelineSpec()) is x


def test_axes_and_targets_must_be_as_many() -> None:
    with pytest.raises(PlanError, match="expected 3 axes"):
        pad(np.zeros((2, 2), "float32"), (None, 4, None), PipelineSpec())


def test_more_memory_than_there_is_is_refused_with_its_bytes() -> None:
    limit = limits.physical_memory()
    assert limit > 2**20
    limits.check_bytes((1, limit), (None, Target(limit)), "crop", "uint8")
    with pytest.raises(BudgetError, match=r"axis 1 from 5 to \d+ elements would take .* more than the .* of memory"):
        limits.check_bytes((1, 5), (None, Target(limit + 1)), "keep", "uint8")
    # An input that is there already, and a crop, take no more than they have.
    limits.check_bytes((1, limit * 2), (None, Target(limit)), "crop", "uint8")
    limits.check_bytes((1, limit * 2), (None, Target(limit)), "keep", "uint8")


@pytest.mark.parametrize("value", [-1, 1.0, True, "8", MAX_TARGET + 1])
def test_a_target_that_is_no_size_is_refused(value: Any) -> None:
    with pytest.raises(SettingsError, match=r"target_width received .*; expected a whole number from 0"):
        wanted_size("target_width", value)


def test_numbers_of_numpy_become_those_of_python() -> None:
    for value, expected in [
        (np.int64(3), 3), (np.float32(0.5), 0.5), (2, 2), ([np.uint8(1), 2.5], (1, 2.5)), (np.arange(2), (0, 1)),
    ]:  # fmt: skip
        assert repr(plain(value)) == repr(expected)
    assert type(wanted_size("target_width", np.uint8(7))) is int


@pytest.mark.parametrize("position", POSITIONS)
def test_a_negative_zero_stays_one(position: str) -> None:
    # TensorFlow keeps scalars that it has made, and takes one zero for the other.
    keras.ops.convert_to_tensor(0.0, "float32")
    rules = PipelineSpec(position=position, fill_value=-0.0)
    y = keras.ops.convert_to_numpy(pad(np.ones((1, 2, 1), "float32"), (None, 5, None), rules))
    assert np.signbit(y[y == 0]).tolist() == [True, True, True]
