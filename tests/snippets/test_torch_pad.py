"""The code for PyTorch, run where it is installed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snippet_cases import another_size, array_of, assert_same, padded, plan_of, plans

from padviewer.snippets import snippet

torch = pytest.importorskip("torch", reason="torch is not installed")


def run(code, x):
    names = {"x": torch.from_numpy(x)}
    exec(code, names)
    return names["y"].numpy()


@settings(deadline=None)
@given(plans())
def test_code_for_this_input_makes_the_padded_tensor(plan):
    x = array_of(plan)
    assert_same(run(snippet("torch", plan), x), padded(plan, x))


@settings(deadline=None)
@given(plans(random=False), st.data())
def test_code_for_any_size_makes_the_padded_tensor_of_every_size(plan, data):
    code = snippet("torch any", plan)
    for each in (plan, another_size(plan, data)):
        if each is not None:
            x = array_of(each)
            assert_same(run(code, x), padded(each, x))


def test_amounts_are_written_in_the_order_of_torch():
    plan = plan_of((1, 3, 37, 211), "float32", "BCHW", target=(64, 256), position="center", mode="reflect")
    code = snippet("torch", plan)
    assert 'F.pad(x, (22, 23, 13, 14), mode="reflect")' in code
    x = array_of(plan)
    assert_same(run(code, x), np.pad(x, ((0, 0), (0, 0), (13, 14), (22, 23)), "reflect"))


def test_channels_last_go_first_and_back_for_a_mirror():
    plan = plan_of((37, 211, 3), "float32", "HWC", target=(64, 256), mode="edge")
    code = snippet("torch", plan)
    assert "permute" in code
    assert 'mode="replicate"' in code


def test_an_input_that_is_too_large_is_refused():
    plan = plan_of((4, 4), "uint8", "HW", target=(8, 8), overflow="error")
    with pytest.raises(ValueError, match="axis 1 has 9 elements, more than 8"):
        run(snippet("torch any", plan), np.zeros((4, 9), np.uint8))
