"""The kernel of a plan, and what of it some filters need, against sums written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.geometry import Span
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.spec import CONVOLUTIONS, PipelineSpec
from padviewer.windows import channels_of
from padviewer.workers.kernel import kernel_of, key_of


def draw(shape, seed):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def plan_of(channels, **settings):
    info = ArrayInfo("array", None, "test", (9, 9, channels), "float32", "HWC", False, 0)
    plan = resolve(PipelineSpec(**settings), info, 2**40)
    assert plan.problem is None
    return plan


@st.composite
def plans(draw_):
    conv = draw_(st.sampled_from(CONVOLUTIONS))
    groups = draw_(st.integers(1, 3)) if conv == "standard" else 1
    return plan_of(
        draw_(st.integers(1, 4)) * groups,
        conv=conv,
        groups=groups,
        filters=draw_(st.integers(1, 5)) * groups,
        depth_multiplier=draw_(st.integers(1, 3)),
        kernel=(draw_(st.integers(1, 3)), draw_(st.integers(1, 3))),
    )


def written_out(plan, number):
    """What one filter multiplies each channel by."""
    channels = plan.input.extent("C")
    kernels = [draw(shape, plan.spec.seed) for shape in plan.kernel_shapes]
    dense = np.zeros((*kernels[0].shape[:-2], channels))
    for channel in range(channels):
        for multiple in range(plan.spec.depth_multiplier):
            between = channel * plan.spec.depth_multiplier + multiple
            if plan.spec.conv == "separable":
                dense[..., channel] += kernels[0][..., channel, multiple] * kernels[1][0, 0, between, number]
            elif plan.spec.conv == "depthwise" and number == between:
                dense[..., channel] = kernels[0][..., channel, multiple]
        if plan.spec.conv == "standard":
            read = channels // plan.spec.groups
            if channel // read == number // (plan.filters // plan.spec.groups):
                dense[..., channel] = kernels[0][..., channel % read, number]
    return dense


@given(plans(), st.data())
def test_one_filter_in_effect(plan, data):
    number = data.draw(st.integers(0, plan.filters - 1))
    found, bias = kernel_of(plan, draw).filter(number)
    assert (found.dtype, bias) == (np.float32, 0.0)
    np.testing.assert_allclose(found, written_out(plan, number), atol=1e-5)


@given(plans(), st.data())
def test_some_filters_need_no_more_than_their_groups(plan, data):
    start = data.draw(st.integers(0, plan.filters - 1))
    wanted = Span(start, data.draw(st.integers(start + 1, plan.filters)), data.draw(st.integers(1, 3)))
    channels = channels_of(plan, wanted)
    some = kernel_of(plan, draw).some(wanted)
    assert sum(some.groups) == some.first.shape[-1]
    assert len(some.groups) * some.first.shape[-2] == channels.count
    ends = np.cumsum(some.groups)
    for place, number in enumerate(wanted.indices):
        dense = np.zeros((*some.first.shape[:-2], plan.input.extent("C")))
        for made in range(some.first.shape[-1]):
            if some.second is None and made != place:
                continue
            first = channels.start + int(np.searchsorted(ends, made, side="right")) * some.first.shape[-2]
            share = 1 if some.second is None else some.second[0, 0, made, place]
            dense[..., first : first + some.first.shape[-2]] += some.first[..., made] * share
        np.testing.assert_allclose(dense, written_out(plan, number), atol=1e-5)


def test_a_filter_of_a_group_reads_its_channels_alone():
    plan = plan_of(8, groups=4, filters=8)
    assert channels_of(plan, Span(5, 6)) == Span(4, 6)
    assert channels_of(plan_of(8, conv="depthwise", depth_multiplier=2), Span(5, 6)) == Span(2, 3)
    assert channels_of(plan_of(8, conv="separable"), Span(5, 6)) == Span(0, 8)
    assert channels_of(plan_of(8, groups=4, filters=8, activation="softmax"), Span(5, 6)) == Span(0, 8)


@pytest.mark.parametrize("weights", ["identity", "box", "gaussian", "sobel", "laplacian"])
@pytest.mark.parametrize("conv", CONVOLUTIONS)
def test_patterns_need_no_drawing(conv, weights):
    plan = plan_of(3, conv=conv, weights=weights, filters=6, depth_multiplier=2)
    kernel = kernel_of(plan, None)
    first, _ = kernel.filter(1)
    channel = 0 if conv == "depthwise" else 1
    assert np.flatnonzero(np.abs(first).sum((0, 1))).tolist() == [channel]
    assert key_of(plan) != key_of(plan_of(3, conv=conv, filters=6, depth_multiplier=2))
