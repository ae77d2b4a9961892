from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.sources.converted import Scaling, flip_sign_bit

FINITE = st.floats(-1e12, 1e12, allow_nan=False).filter(lambda number: abs(number) > 1e-9)


@given(st.sampled_from(["i1", "u1", "i2", "u2"]), FINITE, st.floats(-1e12, 1e12), st.data())
def test_stored_numbers_stay_apart_and_are_rounded_once(dtype, slope, intercept, data):
    limits = np.iinfo(dtype)
    low = data.draw(st.integers(limits.min, limits.max - 1))
    scaling = Scaling(np.dtype(dtype), slope, intercept)
    found = scaling(np.array([low, low + 1], dtype))
    assert found.dtype.name == scaling.dtype
    if scaling.dtype == "float32":
        assert found[0] != found[1]
    exact = Fraction(slope) * low + Fraction(intercept)
    # What is smaller than any float32 is lost in it.
    largest = Fraction(max(abs(slope * low), abs(intercept)))
    allowed = 2 * Fraction(float(np.finfo(scaling.dtype).eps)) * largest + Fraction(1e-38)
    assert abs(Fraction(float(found[0])) - exact) <= allowed


@pytest.mark.parametrize(
    ("dtype", "expected"), [("i4", "float64"), ("f2", "float32"), ("f4", "float32"), ("f8", "float64")]
)
def test_wider_numbers_keep_their_width(dtype, expected):
    assert Scaling(np.dtype(dtype), 2, 1).dtype == expected


def test_missing_numbers_are_nan():
    found = Scaling(np.dtype("i2"), 2, 0, blank=-7)(np.array([-7, 7], "i2"))
    np.testing.assert_array_equal(found, [np.nan, 14])


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_turned_signs_are_half_the_range_apart(width):
    limits = np.iinfo(f"i{width}")
    stored = np.array([limits.min, -1, 0, 1, limits.max], f"i{width}")
    found = flip_sign_bit(f"u{width}")(stored)
    assert found.tolist() == [int(number) + 2 ** (8 * width - 1) for number in stored.tolist()]
    np.testing.assert_array_equal(flip_sign_bit(f"i{width}")(found), stored)
