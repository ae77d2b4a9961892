"""The integer arithmetic, against numpy.pad, brute force and the cases that the formulas were chosen for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.geometry import (
    MODES,
    OVERFLOWS,
    POSITIONS,
    PRIME,
    Span,
    Split,
    conv_size,
    conv_split,
    draw,
    effective_kernel,
    fold,
    larger,
    padded_size,
    positive,
    smaller,
    split,
    whole,
)

FOLDED = tuple(mode for mode in MODES if mode != "constant")
sizes = st.integers(0, 50)
numbers = st.integers(-1000, 1000)


@given(numbers, numbers)
def test_sizes_are_compared_with_plain_operators(a: int, b: int) -> None:
    assert (positive(a), larger(a, b), smaller(a, b)) == (max(a, 0), max(a, b), min(a, b))


def test_arrays_go_through_the_same_comparisons() -> None:
    values = np.arange(-3, 4)
    np.testing.assert_array_equal(positive(values), np.maximum(values, 0))
    np.testing.assert_array_equal(larger(values, 1), np.maximum(values, 1))
    np.testing.assert_array_equal(smaller(values, 1), np.minimum(values, 1))


@given(numbers, numbers, st.integers(1, 20))
def test_a_span_counts_what_it_samples(start: int, stop: int, step: int) -> None:
    span = Span(start, stop, step)
    assert span.indices.tolist() == list(range(start, stop, step))
    assert span.count == len(range(start, stop, step))


def test_the_whole_region_covers_every_element() -> None:
    assert whole((4, 0)) == (Span(0, 4, 1), Span(0, 0, 1))


@given(sizes, sizes)
def test_a_target_is_a_minimum_under_keep_and_the_size_otherwise(size: int, target: int) -> None:
    assert [padded_size(size, target, overflow) for overflow in OVERFLOWS] == [max(size, target), target, target]


@given(sizes, st.sampled_from(OVERFLOWS))
def test_no_target_leaves_an_axis(size: int, overflow: str) -> None:
    assert padded_size(size, None, overflow) == size


@pytest.mark.parametrize(
    ("size", "target", "multiple_of", "expected"),
    [
        (3, 10, 4, {"keep": 12, "crop": 12, "error": 12}),
        (11, 10, 4, {"keep": 12, "crop": 12, "error": 12}),
        (13, 10, 4, {"keep": 16, "crop": 12, "error": 12}),
        (5, None, 4, {"keep": 8, "crop": 8, "error": 8}),
        (0, None, 4, {"keep": 0, "crop": 0, "error": 0}),
        (8, None, 4, {"keep": 8, "crop": 8, "error": 8}),
    ],
)
def test_a_target_and_a_divisor_go_together(
    size: int, target: int | None, multiple_of: int, expected: dict[str, int]
) -> None:
    assert {overflow: padded_size(size, target, overflow, multiple_of) for overflow in OVERFLOWS} == expected


@given(sizes, st.none() | sizes, st.integers(1, 9), st.sampled_from(OVERFLOWS))
def test_the_padded_size_is_the_one_that_is_documented(
    size: int, target: int | None, multiple_of: int, overflow: str
) -> None:
    wanted = max(size if target is None else target, size if overflow == "keep" else 0)
    expected = next(number for number in range(wanted, wanted + multiple_of) if number % multiple_of == 0)
    assert padded_size(size, target, overflow, multiple_of) == expected


@pytest.mark.parametrize(
    ("extra", "position", "expected"),
    [
        (5, "start", (0, 5)),
        (5, "end", (5, 0)),
        (5, "center", (2, 3)),
        (4, "center", (2, 2)),
        (0, "center", (0, 0)),
        (-3, "start", (0, -3)),
        (-3, "end", (-3, 0)),
        (-3, "center", (-1, -2)),
    ],
)
def test_split(extra: int, position: str, expected: tuple[int, int]) -> None:
    assert split(extra, position) == expected


draws = st.integers(0, PRIME**2 - 1)


@given(numbers, st.sampled_from(POSITIONS), draws)
def test_a_split_adds_up_and_never_pads_one_side_to_crop_the_other(extra: int, position: str, drawn: int) -> None:
    before, after = split(extra, position, drawn)
    assert before + after == extra
    assert before * after >= 0


@given(sizes, st.sampled_from(POSITIONS), draws)
def test_a_crop_undoes_a_padding(extra: int, position: str, drawn: int) -> None:
    padding, crop = split(extra, position, drawn), split(-extra, position, drawn)
    assert (padding[0] + crop[0], padding[1] + crop[1]) == (0, 0)


def test_a_centre_crop_from_five_to_two_keeps_one_and_two() -> None:
    before, after = split(2 - 5, "center")
    assert list(range(5))[-before : 5 + after] == [1, 2]


def chi_square(counts: np.ndarray) -> float:
    expected = counts.sum() / counts.size
    return float(((counts - expected) ** 2).sum() / expected)


@pytest.mark.parametrize("extra", [1, 2, 7, 28, -28, 100])
@pytest.mark.parametrize("varied", ["seed", "call", "both"])
def test_random_splits_are_uniform_and_reach_both_ends(extra: int, varied: str) -> None:
    numbers = np.arange(50_000)
    seed, call = numbers if varied == "seed" else 5, numbers if varied == "call" else 3
    if varied == "both":
        seed, call = numbers * 40_503 % 2**31, numbers * 9973
    before, after = split(extra, "random", draw(seed, 1, call))
    counts = np.bincount(np.abs(before), minlength=abs(extra) + 1)
    assert (before + after == extra).all()
    assert len(counts) == abs(extra) + 1
    # Ten standard deviations above the mean of the distribution, and as many below.
    degrees = abs(extra)
    assert abs(chi_square(counts) - degrees) < 10 * np.sqrt(2 * degrees)


@pytest.mark.parametrize("varied", ["axes", "calls", "seeds"])
def test_random_splits_of_two_axes_calls_or_seeds_are_independent(varied: str) -> None:
    seed = np.arange(50_000)
    other = {"axes": draw(seed, 1), "calls": draw(seed, 0, 1), "seeds": draw(seed + 1, 0)}[varied]
    pairs = split(9, "random", draw(seed, 0))[0] * 10 + split(9, "random", other)[0]
    assert abs(chi_square(np.bincount(pairs, minlength=100)) - 99) < 10 * np.sqrt(2 * 99)


@given(st.integers(0, 2**31 - 1), st.integers(0, 2), st.integers(0, 2**31 - 1))
def test_draws_are_the_same_in_int32(seed: int, axis: int, call: int) -> None:
    with np.errstate(over="raise"):
        narrow = draw(np.int32(seed), axis, np.int32(call))
    assert narrow.dtype == np.int32
    assert 0 <= draw(seed, axis, call) == narrow < PRIME**2 < 2**31


def test_a_draw_is_a_permutation_of_the_seeds() -> None:
    assert len(np.unique(draw(np.arange(10**6), 0))) == 10**6


@given(st.integers(1, 8), st.integers(0, 30), st.integers(0, 30), st.sampled_from(FOLDED))
def test_folded_indices_are_those_of_numpy(size: int, before: int, after: int, mode: str) -> None:
    expected = np.pad(np.arange(size), (before, after), mode=mode)  # type: ignore[call-overload]
    np.testing.assert_array_equal(fold(np.arange(-before, size + after), size, mode), expected)


@given(st.integers(-30, 30), st.integers(1, 8), st.sampled_from(FOLDED))
def test_one_index_folds_as_an_array_of_them_does(index: int, size: int, mode: str) -> None:
    assert fold(index, size, mode) == fold(np.array([index]), size, mode)[0]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("reflect", [1, 2, 1, 0, 1, 2, 1, 0, 1, 2]),
        ("symmetric", [0, 0, 1, 2, 2, 1, 0, 0, 1, 2]),
        ("wrap", [2, 0, 1, 2, 0, 1, 2, 0, 1, 2]),
        ("edge", [0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
    ],
)
def test_seven_before_three(mode: str, expected: list[int]) -> None:
    assert fold(np.arange(-7, 3), 3, mode).tolist() == expected


windows = {
    "size": st.integers(0, 40),
    "kernel": st.integers(1, 6),
    "stride": st.integers(1, 5),
    "dilation": st.integers(1, 4),
}


@given(**windows)
def test_valid_outputs_are_the_windows_that_fit(size: int, kernel: int, stride: int, dilation: int) -> None:
    taps = [start + np.arange(kernel) * dilation for start in range(0, max(size, 1), stride)]
    fitting = sum(bool(window[-1] < size) for window in taps)
    assert max(0, conv_size(size, kernel, stride, dilation, "valid")) == fitting


@given(**windows)
def test_same_outputs_are_the_size_over_the_stride_rounded_up(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    assert conv_size(size, kernel, stride, dilation, "same") == len(range(0, size, stride))


@given(**windows)
def test_same_splits_as_tensorflow_documents(size: int, kernel: int, stride: int, dilation: int) -> None:
    span = effective_kernel(kernel, dilation)
    total = max(0, span - (size % stride or stride)) if size else max(0, span - stride)
    assert conv_split(size, kernel, stride, dilation, "same") == Split(total // 2, total - total // 2)


@given(**windows)
def test_causal_windows_end_at_their_own_element(size: int, kernel: int, stride: int, dilation: int) -> None:
    before, after = conv_split(size, kernel, stride, dilation, "causal")
    assert (effective_kernel(kernel, dilation) - 1 - before, after) == (0, 0)
    assert conv_size(size, kernel, stride, dilation, "causal") == len(range(0, size, stride))
