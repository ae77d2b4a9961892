"""The code for TensorFlow, run; that for any size also in a graph that knows no size."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from snippet_cases import another_size, array_of, assert_same, padded, plan_of, plans

from padviewer.snippets import snippet


def run(code, x):
    names = {"x": x}
    exec(code, names)
    return np.asarray(names["y"])


@settings(deadline=None)
@given(plans())
def test_code_for_this_input_makes_the_padded_tensor(plan):
    x = array_of(plan)
    assert_same(run(snippet("tf", plan), x), padded(plan, x))


@settings(deadline=None)
@given(plans(random=False), st.data())
def test_code_for_any_size_makes_the_padded_tensor_of_every_size(plan, data):
    code = snippet("tf any", plan)
    for each in (plan, another_size(plan, data)):
        if each is not None:
            x = array_of(each)
            assert_same(run(code, x), padded(each, x))


@settings(max_examples=20, deadline=None)
@given(plans(random=False, dtypes=("uint8", "float32", "bool")))
def test_code_for_any_size_runs_in_a_graph_that_knows_no_size(plan):
    x = array_of(plan)
    names = {"x": x}
    exec(snippet("tf any", plan), names)
    if "pad" not in names:
        return  # the settings leave any input as it is
    sizes = [plan.input.extent(letter) if letter == "C" else None for letter in plan.input.axes]
    traced = tf.function(names["pad"], input_signature=[tf.TensorSpec(sizes, plan.input.dtype)])
    assert_same(np.asarray(traced(tf.constant(x))), padded(plan, x))


def test_it_is_what_a_person_would_write():
    plan = plan_of((37, 211, 3), "uint8", "HWC", target=(64, 256), position="center", mode="reflect")
    assert snippet("tf", plan).splitlines() == [
        "import tensorflow as tf",
        "",
        "# x: H 37, W 211, C 3; uint8",
        'y = tf.pad(x, ((13, 14), (22, 23), (0, 0)), mode="REFLECT")',
    ]


def test_an_input_that_is_too_large_is_refused():
    plan = plan_of((4, 4), "uint8", "HW", target=(8, 8), overflow="error")
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(snippet("tf any", plan), np.zeros((4, 9), np.uint8))
