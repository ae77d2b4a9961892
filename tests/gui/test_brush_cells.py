"""What the brush marks, against brute force over every tap of every window."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from padviewer.geometry import MODES
from padviewer.gui.brush.cells import MOST_BOXES, cells_of, element_at
from padviewer.gui.brush.stretches import Element
from padviewer.gui.brush.text import tie_text
from padviewer.gui.rectangles import all_rect
from padviewer.gui.screen import Cut, axes_choices, axes_on_screen, fit_cut, fixed_index, shows_colours, to_padded
from padviewer.plan import ArrayInfo, Stage
from padviewer.reach import Kind
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec

STAGES = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)
LARGE = (40_000, 40_000)


def plan_of(shape, axes, **changes):
    info = ArrayInfo("array", None, "test", shape, "uint8", axes, False, 0)
    return resolve(PipelineSpec(axes=axes, **changes), info, 2**50)


def everything(plan, cut):
    left, top, width, height = all_rect(plan, cut)
    return left - 60, top - 60, width + 120, height + 120


@st.composite
def shown(draw):
    axes = draw(st.sampled_from(["HW", "HWC", "CHW", "TC", "BHWC", "DHW"]))
    spatial = [letter for letter in "DHWT" if letter in axes]
    shape = tuple(draw(st.integers(1, 5)) if a in spatial else draw(st.sampled_from([2, 4])) for a in axes)
    strided = draw(st.booleans())
    channels = dict(zip(axes, shape, strict=True)).get("C", 1)
    plan = plan_of(
        shape,
        axes,
        target=tuple(draw(st.one_of(st.none(), st.integers(1, 11))) for _ in spatial),
        position=draw(st.sampled_from(["start", "center", "end"])),
        mode=draw(st.sampled_from(MODES)),
        overflow="crop",
        kernel=tuple(draw(st.integers(1, 3)) for _ in spatial),
        strides=(draw(st.integers(1, 3)),) if strided else (1,),
        dilation=(1,) if strided else (draw(st.integers(1, 3)),),
        conv_padding=draw(st.sampled_from(["valid", "same"])),
        filters=4,
        groups=draw(st.sampled_from([n for n in (1, 2) if channels % n == 0])),
    )
    assume(plan.feature is not None)
    cut = Cut(axes=draw(st.sampled_from(axes_choices(plan))), channel=draw(st.sampled_from([None, 0, 1])))
    cut = replace(cut, filter=draw(st.integers(0, 3)), depth=draw(st.integers(0, 9)), batch=draw(st.integers(0, 1)))
    return plan, fit_cut(cut, plan)


def links(plan, axis, letter, source, index, stage):
    """{element of `stage`: (kind, times)} of one axis, by going through all taps of all windows."""
    if axis is None:
        return channel_links(plan, letter, source, index, stage)
    before = axis.pad.before
    sources = np.arange(axis.size)[max(0, -before) : axis.size - max(0, -axis.pad.after)]
    width = (max(0, before), max(0, axis.pad.after))
    constant = plan.spec.mode == "constant"
    sources = np.pad(sources, width, mode=plan.spec.mode, **({"constant_values": -1} if constant else {}))

    def padded_kind(place):
        if not 0 <= place < axis.padded:
            return Kind.ZERO
        return Kind.DATA if axis.data[0] <= place < axis.data[1] else Kind.PADDING

    taps = {
        output: [output * axis.stride - axis.conv.before + tap * axis.dilation for tap in range(axis.kernel)]
        for output in range(axis.outputs)
    }
    if source is Stage.FEATURE:
        places = taps[index]
    elif source is Stage.PADDED:
        places = [index]
    else:
        places = [place for place, found in enumerate(sources) if found == index]
    if stage is source:
        return {index: (padded_kind(index) if stage is Stage.PADDED else Kind.DATA, 1)}
    if stage is Stage.PADDED:
        return {place: (padded_kind(place), 1) for place in places}
    if stage is Stage.FEATURE:
        return {output: (Kind.DATA, 1) for output, read in taps.items() if set(read) & set(places)}
    found = [int(sources[place]) for place in places if 0 <= place < axis.padded]
    return {element: (Kind.DATA, found.count(element)) for element in found if element >= 0}


def channel_links(plan, letter, source, index, stage):
    if letter not in plan.stage(stage).axes:
        return {0: (Kind.DATA, 1)}
    if letter == "B":
        return {index: (Kind.DATA, 1)}
    size = plan.stage(stage).extent("C")
    if index is None:
        return dict.fromkeys(range(size), (Kind.DATA, 1))
    if (source is Stage.FEATURE) == (stage is Stage.FEATURE):
        return {index: (Kind.DATA, 1)}
    other = plan.stage(source).extent("C")
    group = index // (other // plan.spec.groups)
    return {i: (Kind.DATA, 1) for i in range(size) if i // (size // plan.spec.groups) == group}


def drawn(plan, cut, stage, cells):
    """{(row, column): (kind, times)} of boxes, each covering whole elements."""
    (row, column), found = axes_on_screen(plan, cut), {}
    down, top = to_padded(plan, stage, row)
    across, left = to_padded(plan, stage, column)
    for (x, y, width, height), kind, times in cells.boxes:
        first, count = (y - top) / down, height / down
        start, wide = (x - left) / across, width / across
        for r in range(round(first), round(first + count)):
            for c in range(round(start), round(start + wide)):
                assert (r, c) not in found, "no element is marked twice"
                found[r, c] = (kind, times)
    return found


@settings(max_examples=400, deadline=None)
@given(shown(), st.data())
def test_marks_are_the_elements_that_brute_force_finds(given_plan, data):
    plan, cut = given_plan
    source, stage = data.draw(st.sampled_from(STAGES)), data.draw(st.sampled_from(STAGES))
    left, top, width, height = all_rect(plan, cut)
    x, y = data.draw(st.floats(0.01, 0.99)) * width + left, data.draw(st.floats(0.01, 0.99)) * height + top
    # Each pane shows all of its own batch and channels.
    row, column = axes_on_screen(plan, cut)
    y = data.draw(st.integers(0, 3)) + 0.5 if row in "BC" else y
    x = data.draw(st.integers(0, 3)) + 0.5 if column in "BC" else x
    element = element_at(plan, source, cut, x, y)
    assume(element is not None)
    cells = cells_of(plan, cut, element, stage, everything(plan, cut), LARGE)
    planned = plan.stage(stage)
    per_axis = {
        a: links(plan, plan.axis(a), a, source, element.index.get(a), stage)
        for a in dict.fromkeys(axes_on_screen(plan, cut) + planned.axes)
    }
    hidden = [a for a in planned.axes if a not in (row, column)]
    if cells is None:
        empty = any(not per_axis[a] for a in (row, column))
        assert empty or any(fixed_index(plan, stage, cut, a) is None for a in hidden)
        return
    order = list(Kind)
    worst, factor, here = Kind.DATA, 1, True
    for a in hidden:
        if a == "C" and stage is not Stage.FEATURE and shows_colours(plan, cut):
            continue
        link = per_axis[a].get(fixed_index(plan, stage, cut, a))
        here = here and link is not None
        if link:
            worst, factor = max(worst, link[0], key=order.index), factor * link[1]
    assert cells.is_here == here
    if not here:
        assert len(cells.boxes) == 1
        return
    expected = {
        (r, c): (max(worst, kr, kc, key=order.index), factor * tr * tc)
        for r, (kr, tr) in per_axis[row].items()
        for c, (kc, tc) in per_axis[column].items()
    }
    assert drawn(plan, cut, stage, cells) == expected


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("pixels", [(4000, 3000), (300, 300), (10, 10)])
def test_large_windows_have_few_boxes(mode: str, dilation: int, pixels) -> None:
    plan = plan_of(
        (3000, 40),
        "HW",
        target=(9000, 9000),
        position="center",
        mode=mode,
        kernel=(701, 999),
        dilation=(dilation,),
        filters=1,
    )
    for source in STAGES:
        sizes = plan.stage(source).shape
        element = Element(source, {"H": sizes[0] // 2, "W": sizes[1] // 2})
        for stage in STAGES:
            cells = cells_of(plan, Cut(), element, stage, everything(plan, Cut()), pixels)
            assert cells is not None
            assert 1 <= len(cells.boxes) <= MOST_BOXES


def test_axes_of_a_trillion_elements_cost_nothing() -> None:
    plan = plan_of((4 * 10**11,), "T", target=(10**12,), mode="symmetric", kernel=(5,), strides=(2,), filters=2)
    for source, index in ((Stage.INPUT, {"T": 10**11}), (Stage.FEATURE, {"T": 4 * 10**11, "C": 1})):
        for stage in STAGES:
            assert cells_of(plan, Cut(), Element(source, index), stage, everything(plan, Cut()), (800, 600)) is not None
        assert tie_text(plan, Element(source, index))
    edge = plan_of((1,), "T", target=(10**12,), mode="symmetric", kernel=(5,), filters=1)
    assert cells_of(edge, Cut(), Element(Stage.INPUT, {"T": 0}), Stage.FEATURE, everything(edge, Cut()), (800, 600))
    assert "very many" in tie_text(edge, Element(Stage.INPUT, {"T": 0}))


def test_texts_say_what_is_read_and_by_what() -> None:
    plan = plan_of((4, 5), "HW", target=(8, 9), position="center", kernel=(3,), conv_padding="same", filters=2)
    say = lambda stage, **index: tie_text(plan, Element(stage, index)).replace("  ", " ")  # noqa: E731
    assert say(Stage.FEATURE, H=2, W=2, C=0) == "window H 1..3 W 1..3 · 5 of 9 places are padding"
    assert say(Stage.FEATURE, H=0, W=1, C=0) == (
        "window H −1..1 W 0..2 · 6 of 9 places are padding · 3 of 9 places are zeros of the convolution"
    )
    assert say(Stage.FEATURE, H=4, W=4, C=0) == "window H 3..5 W 3..5 · no place of 9 is padding"
    assert say(Stage.PADDED, H=0, W=0) == (
        "padding by the fill value · reaches outputs H 0..1 W 0..1 · 4 outputs of each filter"
    )
    assert say(Stage.PADDED, H=2, W=2) == (
        "from input H 0 W 0 · reaches outputs H 1..3 W 1..3 · 9 outputs of each filter"
    )
    assert say(Stage.INPUT, H=0, W=0) == (
        "stands at padded H 2 W 2 · reaches outputs H 1..3 W 1..3 · 9 outputs of each filter"
    )
    mirrored = plan_of((4, 5), "HW", target=(8, 9), position="center", mode="reflect", kernel=(3,), filters=1)
    assert "6 places of padded" in tie_text(mirrored, Element(Stage.INPUT, {"H": 1, "W": 1}))
    assert tie_text(mirrored, Element(Stage.PADDED, {"H": 0, "W": 4})).startswith(
        "padding, mode reflect, from input H 2  W 2"
    )
    cropped = plan_of((9,), "T", target=(4,), overflow="crop", kernel=(2,), filters=1)
    assert tie_text(cropped, Element(Stage.INPUT, {"T": 8})) == "cropped away: no output reads it"
    assert math.prod(cropped.feature.shape) == 3
