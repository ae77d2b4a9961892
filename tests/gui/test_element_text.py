"""What is written on elements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.gui.element_text import element_lines


@pytest.mark.parametrize(
    ("dtype", "value", "lines"),
    [
        ("uint8", 255, ("255",)),
        ("int64", -(2**63), ("−9223372036854775808",)),
        ("uint64", 2**64 - 1, ("18446744073709551615",)),
        ("bool", True, ("1",)),
        ("float32", 0.1, ("0.1",)),
        ("float32", 3.0, ("3",)),
        ("float64", 123456.0, ("1.235e5",)),
        ("float64", -0.000012345, ("−1.234e−5",)),
        ("float16", np.nan, ("NaN",)),
        ("float32", np.inf, ("Inf",)),
        ("float32", -np.inf, ("−Inf",)),
        ("complex64", 1.5 - 2j, ("1.5", "−2i")),
        ("complex128", complex(np.nan, np.inf), ("NaN", "+Infi")),
    ],
)
def test_an_element_is_written_by_its_kind(dtype: str, value: object, lines: tuple[str, ...]) -> None:
    assert element_lines(np.array([value], dtype)) == [lines]


def test_colours_are_a_line_each() -> None:
    values = np.array([[1, 20, 255], [0, 0, 7]], np.uint8)
    assert element_lines(values) == [("1", "20", "255"), ("0", "0", "7")]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_true_to_four_digits(value: float) -> None:
    ((text,),) = element_lines(np.array([value]))
    read = float(text.replace("−", "-"))
    assert read == pytest.approx(value, rel=5.1e-4, abs=0) or np.isinf(read)
    digits = text.split("e")[0].strip("−").replace(".", "").lstrip("0")
    assert len(digits) <= 4
