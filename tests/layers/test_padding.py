"""The engine of the layers: every mode, position, overflow and dtype, against numpy and TensorFlow's own padding."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from padviewer.errors import PlanError, SettingsError
from padviewer.geometry import MODES, OVERFLOWS, POSITIONS
from padviewer.layers import padding
from padviewer.layers.targets import MAX_TARGET, Shape, Target, Targets, plain, wanted_size
from padviewer.spec import PipelineSpec

FIXED = POSITIONS[:3]
DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip


def amounts(extra: int, position: str) -> tuple[int, int]:
    """The split of a padding as the documentation words it."""
    half = extra // 2
    return {"start": (0, extra), "center": (half, extra - half), "end": (extra, 0)}[position]


def of(targets: Shape) -> Targets:
    return tuple(None if size is None else Target(size) for size in targets)


def pad(x: Any, targets: Shape, rules: PipelineSpec) -> Any:
    return padding.pad(x, of(targets), rules)[0]


def oracle(x: np.ndarray, targets: Shape, position: str = "start", mode: str = "constant", **kwargs: Any) -> np.ndarray:
    """numpy.pad, and a slice where an axis is larger than its target."""
    for axis, target in enumerate(targets):
        size = x.shape[axis]
        if target is None or target == size:
            continue
        before, after = amounts(abs(target - size), position)
        if target < size:
            x = x.take(range(before, size - after), axis=axis)
        else:
            x = np.pad(x, [(before, after) if i == axis else (0, 0) for i in range(x.ndim)], mode=mode, **kwargs)
    return x


def counted(*shape: int, dtype: str = "float32") -> np.ndarray:
    return np.arange(1, np.prod(shape) + 1).reshape(shape).astype(dtype)


@settings(deadline=None)
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


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("overflow", OVERFLOWS)
@pytest.mark.parametrize("mode", MODES)
def test_sizes_that_only_the_run_knows(mode: str, overflow: str, jit: bool) -> None:
    rules = {position: PipelineSpec(position=position, mode=mode, overflow=overflow) for position in FIXED}
    traces = []

    @tf.function(input_signature=[tf.TensorSpec((None, None, 2))], jit_compile=jit)
    def padded(x: Any) -> dict[str, Any]:
        traces.append(x.shape)
        return {position: pad(x, (None, 7, None), spec) for position, spec in rules.items()}

    for length in (1, 4, 7) if overflow == "error" else (1, 4, 7, 10):
        x = counted(2, length, 2)
        target = max(7, length) if overflow == "keep" else 7
        for position, y in padded(x).items():
            np.testing.assert_array_equal(y, oracle(x, (None, target, None), position, mode))
    assert len(traces) == 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_comes_out_as_it_went_in(dtype: str, mode: str) -> None:
    x = tf.constant(counted(2, 3, 2) % 2, dtype) if dtype == "bfloat16" else (counted(2, 3, 2) % 2).astype(dtype)
    y = pad(x, (None, 8, 1), PipelineSpec(mode=mode, position="center", overflow="crop"))
    assert keras.backend.standardize_dtype(y.dtype) == dtype
    np.testing.assert_array_equal(y, oracle(np.asarray(x), (None, 8, 1), "center", mode))


@pytest.mark.parametrize(
    ("fill", "dtype"),
    [(7, "uint8"), (1, "bool"), (True, "float32"), (-0.5, "float16"), (2**64 - 1, "uint64"), (0.5, "bfloat16"),
     (float("nan"), "float32"), (float("-inf"), "float64"), (3, "complex64")],
)  # fmt: skip
def test_the_fill_is_written_in_the_dtype_of_the_input(fill: float, dtype: str) -> None:
    x = tf.cast(tf.ones((1, 2)), dtype)
    y = pad(x, (None, 4), PipelineSpec(fill_value=fill))
    np.testing.assert_array_equal(y, oracle(np.asarray(x), (None, 4), constant_values=fill))


@pytest.mark.parametrize(("fill", "dtype"), [(300, "uint8"), (-1, "uint16"), (0.5, "int32"), (float("nan"), "bool")])
def test_a_fill_that_the_dtype_cannot_hold_is_refused(fill: float, dtype: str) -> None:
    x = tf.zeros((1, 2), dtype)
    with pytest.raises(PlanError, match=f"fill value .* cannot be held by {dtype}"):
        pad(x, (None, 4), PipelineSpec(fill_value=fill))
    assert pad(x, (None, 4), PipelineSpec(fill_value=fill, mode="edge")).shape == (1, 4)


def test_a_fill_beyond_bfloat16_is_refused() -> None:
    with pytest.raises(PlanError, match="beyond the range"):
        pad(tf.zeros((1, 2), "bfloat16"), (None, 4), PipelineSpec(fill_value=1e39))


def test_strings_are_refused() -> None:
    with pytest.raises(PlanError, match="dtype string cannot be padded; expected numbers"):
        pad(tf.constant([["a", "b"]]), (None, 4), PipelineSpec())


@pytest.mark.parametrize("sizes", [(5, 8), (8, 5), (5, 2), (4, 1), (6, 6)])
def test_the_centre_is_that_of_tensorflow(sizes: tuple[int, int]) -> None:
    size, target = sizes
    x = counted(2, size, size + 1, 3)
    y = pad(x, (None, target, target, None), PipelineSpec(position="center", overflow="crop"))
    np.testing.assert_array_equal(y, tf.image.resize_with_crop_or_pad(x, target, target))


def test_constant_padding_is_that_of_zero_padding() -> None:
    x = counted(2, 5, 6, 3)
    y = pad(x, (None, 9, 9, None), PipelineSpec(position="center"))
    np.testing.assert_array_equal(y, keras.layers.ZeroPadding2D(((2, 2), (1, 2)))(x))


@pytest.mark.parametrize("mode", MODES)
def test_a_gradient_counts_the_copies_of_each_element(mode: str) -> None:
    x = tf.constant(counted(1, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(pad(x, (None, 10), PipelineSpec(mode=mode, position="end")))
    copies = oracle(np.arange(1, 4)[None], (None, 10), "end", mode)
    np.testing.assert_array_equal(tape.gradient(y, x)[0], np.bincount(copies.ravel(), minlength=4)[1:])


def test_a_crop_has_no_gradient_where_it_cut() -> None:
    x = tf.constant(counted(1, 5))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(pad(x, (None, 2), PipelineSpec(position="center", overflow="crop")))
    np.testing.assert_array_equal(tape.gradient(y, x), [[0, 1, 1, 0, 0]])


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_batch_stays_empty(mode: str) -> None:
    rules = PipelineSpec(mode=mode, overflow="crop")
    assert pad(np.zeros((0, 3, 4)), (None, 8, 2), rules).shape == (0, 8, 2)
    traced = tf.function(lambda x: pad(x, (None, 8, 2), rules), input_signature=[tf.TensorSpec((None, None, 4))])
    assert traced(np.zeros((0, 3, 4), "float32")).shape == (0, 8, 2)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "constant"])
def test_an_empty_axis_has_nothing_to_copy(mode: str) -> None:
    rules = PipelineSpec(mode=mode)
    with pytest.raises(PlanError, match=f"axis 1 has 0 elements, from which mode '{mode}' can take no padding"):
        pad(np.zeros((2, 0)), (None, 3), rules)
    assert pad(np.zeros((2, 0)), (None, 0), rules).shape == (2, 0)

    signature = [tf.TensorSpec((None, None))]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"axis 1 has \] \[0\] \[ elements, from which mode"):
        tf.function(lambda x: pad(x, (None, 3), rules), signature)(np.zeros((2, 0), "float32"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="axis_1_is_empty"):
        tf.function(lambda x: pad(x, (None, 3), rules), signature, jit_compile=True)(np.zeros((2, 0), "float32"))


def test_an_empty_axis_takes_constants() -> None:
    np.testing.assert_array_equal(pad(np.zeros((2, 0)), (None, 3), PipelineSpec(fill_value=7)), np.full((2, 3), 7))


@pytest.mark.parametrize("mode", MODES)
def test_error_names_axis_size_and_target_wherever_it_runs(mode: str) -> None:
    rules = PipelineSpec(overflow="error", mode=mode)
    signature = [tf.TensorSpec((None, None, None))]
    x = np.zeros((2, 3, 12), "float32")

    def padded(x: Any) -> Any:
        return pad(x, (None, 7, 10), rules)

    with pytest.raises(PlanError, match="axis 2 has 12 elements, more than the target of 10"):
        padded(x)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"axis 2 has \] \[12\] \[ elements, more than the target of 10"
    ):
        tf.function(padded, signature)(x)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"with 12 values, .* 10(.|\n)*axis_2_is_larger_than_its_target"
    ):
        tf.function(padded, signature, jit_compile=True)(x)
    assert tf.function(padded, signature, jit_compile=True)(x[..., :10]).shape == (2, 7, 10)


@pytest.mark.parametrize(
    ("overflow", "shape", "expected"),
    [
        ("keep", (None, None, 5, 9), (None, None, 8, 9)),
        ("crop", (None, None, 5, 9), (None, 8, 8, 8)),
        ("error", (None, None, 5, 8), (None, 8, 8, 8)),
    ],
)
def test_the_static_shape_is_what_is_known(overflow: str, shape: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    targets, rules = (None, 8, 8, 8), PipelineSpec(overflow=overflow)
    assert padding.padded_shape(shape, of(targets), rules) == expected
    traced = tf.function(lambda x: pad(x, targets, rules), input_signature=[tf.TensorSpec(shape)])
    assert tuple(traced.get_concrete_function().output_shapes) == expected


@pytest.mark.parametrize("x", [tf.ragged.constant([[1.0, 2.0], [3.0]]), tf.sparse.from_dense([[1.0, 2.0]])])
def test_only_dense_tensors_are_padded(x: Any) -> None:
    with pytest.raises(PlanError, match=f"a {type(x).__name__} cannot be padded by a layer; expected a dense tensor"):
        pad(x, (None, 4), PipelineSpec())


def test_an_input_that_needs_nothing_is_returned_untouched() -> None:
    x = tf.ones((1, 4))
    assert pad(x, (None, 4), PipelineSpec()) is x


def test_axes_and_targets_must_be_as_many() -> None:
    with pytest.raises(PlanError, match=r"expected 3 axes"):
        pad(np.zeros((2, 2)), (None, 4, None), PipelineSpec())


@pytest.mark.parametrize("value", [-1, 1.0, True, "8", MAX_TARGET + 1])
def test_a_target_that_is_no_size_is_refused(value: Any) -> None:
    with pytest.raises(SettingsError, match=r"target_width received .*; expected a whole number from 0"):
        wanted_size("target_width", value)


def test_numbers_of_numpy_become_those_of_python() -> None:
    assert [(type(n), n) for n in (plain(np.int64(3)), plain(np.float32(0.5)), plain(2))] == [
        (int, 3),
        (float, 0.5),
        (int, 2),
    ]
    assert type(wanted_size("target_width", np.uint8(7))) is int
