"""Elements of two plans that belong together, against windows that are written out and compared one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padviewer.alignment import align
from padviewer.errors import PlanError
from padviewer.geometry import CONV_PADDINGS, OVERFLOWS, POSITIONS, Span
from padviewer.plan import ArrayInfo, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec

BUDGET = 1 << 30


def plan_of(shape, axes, **settings):
    info = ArrayInfo("array", None, "test", shape, "float32", axes, False, 0)
    return resolve(PipelineSpec(axes=axes, **settings), info, BUDGET)


def window(axis, output):
    """The elements of the input, beyond its ends too, that an output reads."""
    first = output * axis.stride - axis.conv.before - axis.pad.before
    return [first + tap * axis.dilation for tap in range(axis.kernel)]


def middle(axis, output):
    """Twice the middle of a window, in elements of the input."""
    return window(axis, output)[0] + window(axis, output)[-1]


def pairs_of(match):
    """The indices that a record says belong together."""
    numbers = range(match.count)
    return [(match.first + t * match.step, match.other + t * match.other_step) for t in numbers]


@st.composite
def specs(draw, kernel):
    strided = draw(st.booleans())
    return {
        "target": (draw(st.one_of(st.none(), st.integers(1, 30))),),
        "multiple_of": (draw(st.integers(1, 4)),),
        "position": draw(st.sampled_from(POSITIONS)),
        "position_seed": draw(st.integers(0, 50)),
        "overflow": draw(st.sampled_from([name for name in OVERFLOWS if name != "error"])),
        "kernel": (kernel,),
        "strides": (draw(st.integers(1, 4)) if strided else 1,),
        "dilation": (1 if strided else draw(st.integers(1, 3)),),
        "conv_padding": draw(st.sampled_from(CONV_PADDINGS)),
    }


@st.composite
def pairs(draw, same_kernel=False):
    kernels = st.integers(1, 5)
    kernel = draw(kernels)
    size = draw(st.integers(1, 20))
    first = draw(specs(kernel))
    second = draw(specs(kernel if same_kernel else draw(kernels)))
    if same_kernel:
        second["dilation"], second["strides"] = (
            first["dilation"],
            (second["strides"] if first["dilation"] == (1,) else (1,)),
        )
    return plan_of((size,), "T", **first), plan_of((size,), "T", **second)


@settings(max_examples=400, deadline=None)
@given(pairs(same_kernel=True))
def test_outputs_belong_together_where_they_read_the_same_window(plans) -> None:
    plan, other = plans
    if plan.feature is None or other.feature is None:
        with pytest.raises(PlanError):
            align(plan, other, Stage.FEATURE)
        return
    here, there = plan.spatial[0], other.spatial[0]
    windows = {tuple(window(there, j)): j for j in range(there.outputs)}
    expected = [(i, windows[key]) for i in range(here.outputs) if (key := tuple(window(here, i))) in windows]
    if not expected:
        with pytest.raises(PlanError, match=r"axis T: "):
            align(plan, other, Stage.FEATURE)
        return
    assert pairs_of(align(plan, other, Stage.FEATURE).match("T")) == expected


@settings(max_examples=400, deadline=None)
@given(pairs())
def test_outputs_of_other_kernels_belong_together_by_their_middles(plans) -> None:
    plan, other = plans
    if plan.feature is None or other.feature is None:
        return
    here, there = plan.spatial[0], other.spatial[0]
    middles = {middle(there, j): j for j in range(there.outputs)}
    expected = [(i, middles[key]) for i in range(here.outputs) if (key := middle(here, i)) in middles]
    if not expected:
        with pytest.raises(PlanError, match=r"axis T: "):
            align(plan, other, Stage.FEATURE)
        return
    assert pairs_of(align(plan, other, Stage.FEATURE).match("T")) == expected


@settings(max_examples=200, deadline=None)
@given(pairs())
def test_padded_elements_belong_together_where_they_are_the_same_of_the_content(plans) -> None:
    plan, other = plans
    here, there = plan.spatial[0], other.spatial[0]
    expected = [
        (i, j) for i in range(here.padded) for j in range(there.padded) if i - here.pad.before == j - there.pad.before
    ]
    if expected:
        assert pairs_of(align(plan, other, Stage.PADDED).match("T")) == expected
    else:
        with pytest.raises(PlanError, match="another part of the input"):
            align(plan, other, Stage.PADDED)


@given(pairs(), st.data())
def test_regions_hold_what_has_the_numbers(plans, data) -> None:
    plan, other = plans
    try:
        alignment = align(plan, other, Stage.FEATURE)
    except PlanError:
        return
    match = alignment.match("T")
    start = data.draw(st.integers(0, match.count - 1))
    numbers = Span(start, data.draw(st.integers(start + 1, match.count)), data.draw(st.integers(1, 4)))
    spans = match.spans(numbers)
    both = [tuple(span.indices.tolist()) for span in spans]
    assert list(zip(*both, strict=True)) == [pairs_of(match)[number] for number in numbers.indices]
    assert [match.number_of(index) for index in both[0]] == numbers.indices.tolist()
    assert spans[0].stop <= plan.feature.shape[0]
    assert spans[1].stop <= other.feature.shape[0]


def test_channels_and_batch_belong_together_one_by_one() -> None:
    plan = plan_of((2, 9, 11, 3), "BHWC", filters=5)
    other = plan_of((2, 9, 11, 3), "BHWC", filters=3, target=(20, None), position="center")
    alignment = align(plan, other, Stage.FEATURE)
    assert [match.letter for match in alignment.matches] == list("BHWC")
    assert [match.count for match in alignment.matches] == [2, 7, 9, 3]
    here, there = alignment.regions({m.letter: Span(0, m.count) for m in alignment.matches})
    assert [span.start for span in here] == [0, 0, 0, 0]
    assert [span.start for span in there] == [0, 5, 0, 0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kernel": (4,)}, "half an element apart; choose kernels that are both odd or both even"),
        (
            {"strides": (2,), "target": (21,), "position": "end"},
            "shifted by 1 against each other, in elements of the input, and step by 2: that is no multiple",
        ),
        ({"axes": "WH"}, "the axes are read as HW here and as WH there"),
        ({"kernel": (99,)}, "fewer than the 99 that the kernel spans"),
    ],
)
def test_what_cannot_be_matched_is_told(settings, words) -> None:
    both = {"strides": settings["strides"]} if "strides" in settings else {}
    plan = plan_of((20, 20), "HW", **both)
    other = plan_of(
        (20, 20),
        settings.get("axes", "HW"),
        **{k: v for k, v in settings.items() if k != "axes"} | ({"target": (21, 21)} if "target" in settings else {}),
    )
    with pytest.raises(PlanError, match=words):
        align(plan, other, Stage.FEATURE)
