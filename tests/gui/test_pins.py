"""Where pins are after edits of any settings."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from padviewer.gui.brush.pins import Anchors, followed, stepped, toggled
from padviewer.gui.brush.stretches import Element
from padviewer.plan import ArrayInfo, Stage
from padviewer.reach import Kind, kind_at, origin, window
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec

SIZE = 12


@st.composite
def plans(draw):
    strided = draw(st.booleans())
    spec = PipelineSpec(
        axes="T",
        target=(draw(st.one_of(st.none(), st.integers(1, 40))),),
        position=draw(st.sampled_from(["start", "center", "end"])),
        mode=draw(st.sampled_from(["constant", "reflect"])),
        overflow=draw(st.sampled_from(["keep", "crop"])),
        kernel=(draw(st.integers(1, 4)),),
        strides=(draw(st.integers(1, 3)),) if strided else (1,),
        dilation=(1,) if strided else (draw(st.integers(1, 3)),),
        conv_padding=draw(st.sampled_from(["valid", "same", "causal"])),
        filters=2,
    )
    plan = resolve(spec, ArrayInfo("array", None, "test", (SIZE,), "uint8", "T", False, 0), 2**40)
    assume(plan.feature is not None)
    return plan


@settings(max_examples=300, deadline=None)
@given(plans(), plans(), st.data())
def test_a_pin_in_padded_stays_over_its_content(older, plan, data) -> None:
    before, after = older.spatial[0], plan.spatial[0]
    place = data.draw(st.integers(0, before.padded - 1))
    found = followed(Element(Stage.PADDED, {"T": place}), older, plan)
    if kind_at(before, place) is not Kind.DATA:
        same = found is not None and found.index == {"T": place}
        assert same if place < after.padded else found is None
        return
    content = origin(before, older.spec.mode, place)
    assert content is not None
    if 0 <= content + after.pad.before < after.padded:
        assert found is not None
        assert origin(after, plan.spec.mode, found.index["T"]) == content
    else:
        assert found is None, "it was cropped away"


@settings(max_examples=300, deadline=None)
@given(plans(), plans(), st.data())
def test_a_pinned_output_stays_over_the_middle_of_its_window(older, plan, data) -> None:
    before, after = older.spatial[0], plan.spatial[0]
    output = data.draw(st.integers(0, before.outputs - 1))
    pin = Element(Stage.FEATURE, {"T": output, "C": 1})
    found = followed(pin, older, plan)
    assert followed(pin, older, older) == pin

    def middle(axis, number):
        span = window(axis, number)
        return (span.start + span.stop) / 2

    content = middle(before, output)
    if not before.data[0] <= content < before.data[1]:
        assert (found is not None) == (output < after.outputs)
        return
    wanted = content - before.pad.before + after.pad.before
    if found is not None:
        assert abs(middle(after, found.index["T"]) - wanted) <= after.stride / 2
        assert found.index["C"] == 1
    else:
        nearest = min(range(after.outputs), key=lambda number: abs(middle(after, number) - wanted))
        assert abs(middle(after, nearest) - wanted) >= after.stride / 2 or nearest in (0, after.outputs - 1)


def test_clicks_replace_add_and_take_away() -> None:
    one, two = Element(Stage.INPUT, {"T": 1}), Element(Stage.INPUT, {"T": 2})
    assert toggled((one,), two, adds=False) == (two,)
    assert toggled((one,), one, adds=False) == (one,)
    assert toggled((one,), two, adds=True) == (one, two)
    assert toggled((one, two), one, adds=True) == (two,)


@given(plans(), st.integers(0, SIZE - 1), st.integers(-50, 50))
def test_steps_end_at_the_border(plan, index: int, steps: int) -> None:
    moved = stepped(plan, Element(Stage.INPUT, {"T": index}), "T", steps)
    assert moved.index == {"T": min(max(index + steps, 0), SIZE - 1)}
    assert stepped(plan, moved, "C", 1) == moved, "without a channel axis there is nothing to step on"


@given(plans())
def test_anchors_keep_the_newest_plan_of_each_stage(plan) -> None:
    broken = resolve(plan.spec.replace(kernel=(10**6,), conv_padding="valid"), plan.info, 2**40)
    assert broken.feature is None
    anchors = Anchors(plan)
    anchors.advance(broken)
    assert anchors.of(Stage.FEATURE) is plan
    assert anchors.of(Stage.PADDED) is broken
    anchors.forget()
    assert anchors.of(Stage.PADDED) is None
