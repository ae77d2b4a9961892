"""What a selection covers in the other stages, against brute force."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from padviewer.geometry import Span
from padviewer.gui.rectangles import region_rect
from padviewer.gui.screen import Cut
from padviewer.gui.selection import Selection, counterpart, enclosed, followed, region_of, selection_text
from padviewer.plan import ArrayInfo, Stage
from padviewer.reach import window
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec

STAGES = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)


@st.composite
def selections(draw):
    strided = draw(st.booleans())
    spec = PipelineSpec(
        axes="HW",
        target=tuple(draw(st.one_of(st.none(), st.integers(2, 14))) for _ in "HW"),
        position=draw(st.sampled_from(["start", "center", "end"])),
        overflow=draw(st.sampled_from(["keep", "crop"])),
        kernel=(draw(st.integers(1, 3)),),
        strides=(draw(st.integers(1, 3)),) if strided else (1,),
        dilation=(1,) if strided else (draw(st.integers(1, 3)),),
        conv_padding=draw(st.sampled_from(["valid", "same"])),
        filters=2,
    )
    plan = resolve(spec, ArrayInfo("array", None, "test", (7, 8), "uint8", "HW", False, 0), 2**40)
    assume(plan.feature is not None)
    stage = draw(st.sampled_from(STAGES))
    spans = []
    for letter in "HW":
        start = draw(st.integers(0, plan.stage(stage).extent(letter) - 1))
        spans.append((letter, Span(start, draw(st.integers(start + 1, plan.stage(stage).extent(letter))))))
    return plan, Selection(stage, tuple(spans))


def covered(axis, span, stage, to):
    """Elements of a stage on one axis that a selection covers, one by one."""
    chosen = set(range(span.start, span.stop))
    if stage is to:
        return chosen
    if stage is Stage.FEATURE:
        hulls = [range(window(axis, output).start, window(axis, output).stop) for output in chosen]
        places = {place for hull in hulls for place in hull}
        places = set(range(min(places), max(places) + 1))
    else:
        places = {place + (axis.pad.before if stage is Stage.INPUT else 0) for place in chosen}
    places &= set(range(axis.padded))
    if to is Stage.PADDED:
        return places
    if to is Stage.INPUT:
        return {place - axis.pad.before for place in places} & set(range(axis.size))
    return {o for o in range(axis.outputs) if set(range(window(axis, o).start, window(axis, o).stop)) & places}


@settings(max_examples=400, deadline=None)
@given(selections(), st.sampled_from(STAGES))
def test_it_covers_what_brute_force_finds(given_selection, stage: Stage) -> None:
    plan, selection = given_selection
    found = counterpart(plan, Cut(), selection, stage)
    expected = [
        covered(axis, span, selection.stage, stage)
        for axis, (_letter, span) in zip(plan.spatial, selection.spans, strict=True)
    ]
    if not all(expected):
        assert found is None
        return
    assert [set(range(*span)) for span in found[:2]] == expected
    if stage is selection.stage:
        assert found == region_of(plan, Cut(), selection)


@settings(max_examples=300, deadline=None)
@given(selections(), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_rectangle_snaps_to_the_elements_that_it_touches(given_selection, x: float, y: float) -> None:
    plan, selection = given_selection
    region = region_of(plan, Cut(), selection)
    left, top, width, height = region_rect(plan, selection.stage, Cut(), region)
    # From somewhere in its first element to somewhere in its last one, in any order.
    rows, columns = (span.count for _letter, span in selection.spans)
    first = left + x * width / columns, top + y * height / rows
    last = left + width - x * width / columns, top + height - y * height / rows
    for corners in ((first, last), (last, first), ((first[0], last[1]), (last[0], first[1]))):
        assert enclosed(plan, selection.stage, Cut(), *corners) == selection
    far = left + 10_000.0, top + 10_000.0
    assert enclosed(plan, selection.stage, Cut(), far, far) is None


@settings(max_examples=200, deadline=None)
@given(selections())
def test_without_a_change_it_stays(given_selection) -> None:
    plan, selection = given_selection
    assert followed(plan, plan, selection) == selection
    assert followed(plan, None, selection) == selection


def test_it_says_where_it_is() -> None:
    selection = Selection(Stage.PADDED, (("H", Span(3, 11)), ("W", Span(4, 5))))
    assert selection_text(selection).replace("  ", " ") == "selected in padded H 3..10 W 4 · 8 × 1"
