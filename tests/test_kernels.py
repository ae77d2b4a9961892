"""Kernels made by a rule, against known matrices, sums and convolutions one by one."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer import kernels
from padviewer.errors import PlanError

NAMES = ("identity", "box", "gaussian", "sobel", "laplacian")
Array = npt.NDArray[Any]
odd = st.lists(st.sampled_from([3, 5, 7, 9]), min_size=1, max_size=3).map(tuple)
sizes = st.lists(st.integers(1, 8), min_size=1, max_size=3).map(tuple)


def correlate(array: Array, kernel: Array) -> Array:
    """What Keras does with a kernel, element by element."""
    places = [range(n - k + 1) for n, k in zip(array.shape, kernel.shape, strict=True)]
    out = np.empty([len(axis) for axis in places])
    for place in itertools.product(*places):
        cut = tuple(slice(at, at + k) for at, k in zip(place, kernel.shape, strict=True))
        out[place] = (array[cut] * kernel).sum()
    return out


def test_the_matrices_that_everybody_knows() -> None:
    np.testing.assert_array_equal(kernels.pattern("sobel", (3, 3), 0), [[-1, -2, -1], [0, 0, 0], [1, 2, 1]])
    np.testing.assert_array_equal(kernels.pattern("sobel", (3, 3), 1), [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    np.testing.assert_array_equal(kernels.pattern("sobel", (5,)), [-1, -2, 0, 2, 1])
    np.testing.assert_array_equal(kernels.pattern("laplacian", (3, 3)), [[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    np.testing.assert_array_equal(kernels.pattern("laplacian", (3,)), [1, -2, 1])
    np.testing.assert_array_equal(kernels.pattern("identity", (3, 2)), [[0, 0], [1, 0], [0, 0]])
    np.testing.assert_array_equal(kernels.pattern("box", (2, 2)), [[0.25, 0.25], [0.25, 0.25]])
    # sigma 0.8 of size 3, 1.7 of size 9
    np.testing.assert_allclose(kernels.pattern("gaussian", (3,)), [0.238994, 0.522011, 0.238994], atol=1e-6)
    nine = kernels.pattern("gaussian", (9,))
    np.testing.assert_allclose(np.log(nine[4] / nine), np.arange(-4, 5) ** 2 / (2 * 1.7**2), atol=1e-5)


@given(st.sampled_from(["identity", "box", "gaussian"]), sizes)
def test_what_keeps_the_brightness_sums_to_one(name: str, shape: tuple[int, ...]) -> None:
    found = kernels.pattern(name, shape)
    assert (found.shape, found.dtype) == (shape, np.float32)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    if name != "identity":
        np.testing.assert_allclose(found, np.flip(found), atol=1e-7)


@given(odd, st.integers(0, 5))
def test_a_sobel_kernel_answers_the_slope_along_its_axis_alone(shape: tuple[int, ...], number: int) -> None:
    found = kernels.pattern("sobel", shape, number).astype(np.float64)
    grid = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    for axis, ramp in enumerate(grid):
        answer = (found * ramp).sum()
        assert answer > 0 if axis == number % len(shape) else answer == 0
    assert found.sum() == 0


@given(odd)
def test_a_large_laplacian_is_a_small_one_of_what_is_smoothed(shape: tuple[int, ...]) -> None:
    found = kernels.pattern("laplacian", shape).astype(np.float64)
    assert found.sum() == 0
    array = np.random.default_rng(0).integers(0, 9, [n + 2 for n in shape]).astype(np.float64)
    smooth = array
    for axis, size in enumerate(shape):
        lines = np.array([1.0])
        for _ in range(size - 3):
            lines = np.convolve(lines, [1, 1])
        smooth = np.apply_along_axis(lambda line, lines=lines: np.convolve(line, lines, "valid"), axis, smooth)
    small = kernels.pattern("laplacian", (3,) * len(shape))
    np.testing.assert_allclose(correlate(array, found), correlate(smooth, small))


@pytest.mark.parametrize("name", ["sobel", "laplacian"])
@given(sizes | odd | st.just((33, 3)))
def test_even_and_small_sizes_are_refused_with_the_nearest(name: str, shape: tuple[int, ...]) -> None:
    if all(n % 2 and 3 <= n <= 31 for n in shape):
        kernels.check_pattern(name, shape)
        return
    with pytest.raises(PlanError, match="odd size from 3 to 31") as caught:
        kernels.check_pattern(name, shape)
    nearest = caught.value.remedies[0][1]["kernel"]
    kernels.check_pattern(name, nearest)
    assert all(abs(a - b) <= 2 for a, b in zip(nearest, shape, strict=True))


@given(st.sampled_from(NAMES), st.integers(1, 4), st.integers(1, 9), st.integers(1, 3))
def test_a_filter_reads_one_channel_of_its_group(name: str, read: int, made_by: int, groups: int) -> None:
    shape = (3, 5)
    channels, filters = read * groups, made_by * groups
    found = kernels.standard(kernels.patterns(name, shape), channels, filters, groups)
    assert found.shape == (*shape, read, filters)
    for number in range(filters):
        within = number % made_by
        if made_by == 1:
            expected = np.repeat(kernels.pattern(name, shape)[..., np.newaxis] / read, read, -1)
        else:
            expected = np.zeros((*shape, read), np.float32)
            expected[..., within % read] = kernels.pattern(name, shape, within // read)
        np.testing.assert_allclose(found[..., number], expected, rtol=1e-6)


@given(st.sampled_from(NAMES), st.integers(1, 4), st.integers(1, 3), st.integers(1, 13))
def test_both_halves_together_read_what_a_standard_filter_reads(
    name: str, channels: int, multiplier: int, filters: int
) -> None:
    shape = (3, 3)
    made = kernels.patterns(name, shape)
    first = kernels.depthwise(made, channels, multiplier)
    second = kernels.pointwise(2, channels, multiplier, filters)
    assert (first.shape, second.shape) == ((3, 3, channels, multiplier), (1, 1, channels * multiplier, filters))
    together = np.einsum("hwcm,cmf->hwcf", first, second.reshape(channels, multiplier, filters))
    for number in range(filters):
        expected = np.zeros((*shape, channels))
        if filters == 1:
            expected[...] = made[0][..., np.newaxis] / channels
        else:
            expected[..., number % channels] = made[number // channels % multiplier % len(made)]
        np.testing.assert_allclose(together[..., number], expected, rtol=1e-6)


def test_a_million_filters_cost_no_more_than_their_numbers() -> None:
    found = kernels.standard(kernels.patterns("sobel", (3, 3)), 2, 1_000_000)
    assert found.nbytes == 9 * 2 * 1_000_000 * 4
    np.testing.assert_array_equal(found[..., 1, 999_999], kernels.pattern("sobel", (3, 3), 499_999))
