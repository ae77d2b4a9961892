"""The code for numpy, run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snippet_cases import another_size, array_of, assert_same, padded, plan_of, plans

from padviewer.errors import PlanError
from padviewer.snippets import snippet


def run(code, x):
    names = {"x": x}
    exec(code, names)
    return names["y"]


@settings(deadline=None)
@given(plans())
def test_code_for_this_input_makes_the_padded_tensor(plan):
    x = array_of(plan)
    assert_same(run(snippet("numpy", plan), x), padded(plan, x))


@settings(deadline=None)
@given(plans(random=False), st.data())
def test_code_for_any_size_makes_the_padded_tensor_of_every_size(plan, data):
    code = snippet("numpy any", plan)
    x = array_of(plan)
    assert_same(run(code, x), padded(plan, x))
    other = another_size(plan, data)
    if other is not None:
        x = array_of(other)
        assert_same(run(code, x), padded(other, x))


def test_it_is_what_a_person_would_write():
    plan = plan_of((37, 211, 3), "uint8", "HWC", target=(128, 256), mode="reflect")
    assert snippet("numpy", plan).splitlines() == [
        "import numpy as np",
        "",
        "# x: H 37, W 211, C 3; uint8",
        'y = np.pad(x, ((0, 91), (0, 45), (0, 0)), mode="reflect")',
    ]


def test_an_input_that_is_too_large_is_refused():
    plan = plan_of((4, 4), "uint8", "HW", target=(8, 8), overflow="error")
    with pytest.raises(ValueError, match="axis 1 has 9 elements, more than 8"):
        run(snippet("numpy any", plan), np.zeros((4, 9), np.uint8))


@pytest.mark.parametrize("dialect", ["numpy any", "tf any", "torch any"])
def test_a_random_place_of_any_input_is_for_the_layer_alone(dialect):
    plan = plan_of((4, 4), "uint8", "HW", target=(8, 8), position="random")
    with pytest.raises(PlanError, match="drawn anew"):
        snippet(dialect, plan)


def test_a_plan_without_a_padded_tensor_has_no_code():
    plan = plan_of((4, 4), "uint8", "HW", target=(8, 8, 8))
    with pytest.raises(PlanError, match="target has 3 sizes"):
        snippet("numpy", plan)
