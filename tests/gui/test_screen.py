"""Where stages lie on screen, against brute force."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.geometry import Span
from padviewer.gui import rectangles, screen
from padviewer.gui.screen import Cut
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.messages import Tile
from padviewer.workers.statistics import Statistics

STAGES = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)


def plan_of(shape: tuple[int, ...], axes: str, dtype: str = "uint8", **settings: object) -> Plan:
    info = ArrayInfo("a.npy", None, ".npy", shape, dtype, axes, False, 1)
    return resolve(PipelineSpec(**settings), info, 1 << 40)


plans = st.builds(
    lambda height, width, target, position, overflow, kernel, stride: plan_of(
        (height, width), "HW", target=target, position=position, overflow=overflow, kernel=(kernel,), strides=(stride,)
    ),
    st.integers(1, 40),
    st.integers(1, 40),
    st.tuples(st.integers(9, 50), st.integers(9, 50)),
    st.sampled_from(["start", "center", "end"]),
    st.sampled_from(["keep", "crop"]),
    st.integers(1, 5),
    st.integers(1, 4),
)


@given(plans, st.integers(0, 200), st.integers(0, 200))
def test_a_place_finds_the_same_element_in_input_and_padded(plan: Plan, x: int, y: int) -> None:
    values = np.arange(plan.input.size).reshape(plan.input.shape) + 1
    widths = [(max(0, a.pad.before), max(0, a.pad.after)) for a in plan.spatial]
    crop = tuple(slice(max(0, -a.pad.before), a.size - max(0, -a.pad.after)) for a in plan.spatial)
    padded = np.pad(values[crop], widths)
    found = screen.place_at(plan, Stage.PADDED, Cut(), x + 0.5, y + 0.5)
    assert (found is not None) == (y < padded.shape[0] and x < padded.shape[1])
    source = screen.place_at(plan, Stage.INPUT, Cut(), x + 0.5, y + 0.5)
    if found is None:
        return
    value = padded[found[0]["H"], found[0]["W"]]
    assert screen.is_data(plan, found[0]) == (value > 0)
    if value:
        assert source is not None
        assert values[source[0]["H"], source[0]["W"]] == value


@given(plans, st.integers(0, 60), st.integers(0, 60))
def test_the_middle_of_an_output_lies_over_the_middle_of_its_window(plan: Plan, row: int, column: int) -> None:
    if plan.feature is None or row >= plan.feature.shape[0] or column >= plan.feature.shape[1]:
        return
    middle = []
    for axis, index in zip(plan.spatial, (row, column), strict=True):
        window = index * axis.stride + np.arange(axis.kernel) * axis.dilation
        middle.append((window[0] + window[-1] + 1) / 2)
    found = screen.place_at(plan, Stage.FEATURE, Cut(), middle[1], middle[0])
    assert found is not None
    assert (found[0]["H"], found[0]["W"]) == (row, column)


@given(
    plans,
    st.sampled_from(STAGES),
    st.floats(-50, 50),
    st.floats(-50, 50),
    st.floats(1, 300),
    st.integers(1, 200),
)
def test_a_visible_region_covers_the_view_at_a_step_that_its_pixels_need(
    plan: Plan, stage: Stage, left: float, top: float, extent: float, pixels: int
) -> None:
    if plan.stage(stage) is None:
        return
    plane = screen.plane_region(plan, stage, Cut())
    assert plane is not None
    region = rectangles.visible_region(plan, stage, Cut(), plane, (left, top, extent, extent), (pixels, pixels))
    scales = dict(zip("HW", (screen.to_padded(plan, stage, letter) for letter in "HW"), strict=True))
    for letter, span, low in zip("HW", region[:2], (top, left), strict=True):
        scale, offset = scales[letter]
        size = plan.require(stage).extent(letter)
        first, last = (low - offset) / scale, (low + extent - offset) / scale
        assert 0 <= span.start < span.stop <= size
        assert span.start % span.step == 0
        assert span.step == 1 or span.step * pixels <= extent / scale
        inside = [i for i in range(size) if first <= i and i + 1 <= last]
        covered = {j for i in span.indices for j in range(i, i + span.step)}
        assert set(inside) <= covered


def test_input_and_feature_map_lie_where_their_elements_do() -> None:
    plan = plan_of((10, 20), "HW", target=(16, 30), position="center", kernel=(3,), strides=(2,), filters=1)
    assert rectangles.stage_rect(plan, Stage.PADDED, Cut()) == (0, 0, 30, 16)
    assert rectangles.stage_rect(plan, Stage.INPUT, Cut()) == (5, 3, 20, 10)
    assert rectangles.content_rect(plan, Cut()) == (5, 3, 20, 10)
    assert rectangles.stage_rect(plan, Stage.FEATURE, Cut()) == (0.5, 0.5, 28, 14)
    assert rectangles.all_rect(plan, Cut()) == (0, 0, 30, 16)


def test_a_crop_shows_what_was_cut_off_around_the_padded_tensor() -> None:
    plan = plan_of((10, 20), "HW", target=(6, 8), position="center", overflow="crop", kernel=(1,))
    assert rectangles.stage_rect(plan, Stage.INPUT, Cut()) == (-6, -2, 20, 10)
    assert rectangles.all_rect(plan, Cut()) == (-6, -2, 20, 10)


@pytest.mark.parametrize(
    ("shape", "axes", "stage", "expected"),
    [
        ((4, 5), "HW", Stage.INPUT, (4, 5)),
        ((4, 5, 3), "HWC", Stage.INPUT, (4, 5, 3)),
        ((3, 4, 5), "CHW", Stage.INPUT, (4, 5, 3)),
        ((4, 5, 2), "HWC", Stage.INPUT, (4, 5)),
        ((2, 4, 5, 3), "BHWC", Stage.PADDED, (4, 5, 3)),
        ((6, 4, 5), "DHW", Stage.PADDED, (4, 5)),
        ((9,), "T", Stage.INPUT, (1, 9)),
        ((9, 2), "TC", Stage.INPUT, (2, 9)),
        ((2, 9), "CT", Stage.PADDED, (2, 9)),
        ((9,), "T", Stage.FEATURE, (32, 9)),
        ((4, 5, 3), "HWC", Stage.FEATURE, (4, 5)),
        ((5, 4), "WH", Stage.INPUT, (4, 5)),
    ],
)
def test_a_tile_becomes_rows_and_columns(
    shape: tuple[int, ...], axes: str, stage: Stage, expected: tuple[int, ...]
) -> None:
    plan = plan_of(shape, axes, kernel=(1,))
    cut = screen.fit_cut(Cut(), plan)
    region = screen.plane_region(plan, stage, cut)
    assert region is not None
    data = np.zeros([span.count for span in region])
    tile = Tile(stage, region, data, Statistics(0, 0, 0, 0, 1))
    assert screen.plane_of(plan, cut, tile).shape == expected


@pytest.mark.parametrize("stage", STAGES)
def test_a_slider_sets_the_index_that_it_shows(stage: Stage) -> None:
    plan = plan_of((12, 4, 5), "DHW", target=(20, 4, 5), position="center", kernel=(3, 1, 1), strides=(2, 1, 1))
    for index in range(plan.require(stage).extent("D")):
        cut = screen.with_index(plan, stage, Cut(), "D", index)
        assert screen.fixed_index(plan, stage, cut, "D") == index


def test_an_edit_of_the_padding_keeps_the_slice_of_the_input() -> None:
    older = plan_of((12, 4, 5), "DHW", kernel=(1,))
    newer = plan_of((12, 4, 5), "DHW", target=(20, 4, 5), position="end", kernel=(1,))
    cut = screen.follow_content(Cut(depth=7), older, newer)
    assert screen.fixed_index(newer, Stage.INPUT, cut, "D") == 7


@given(
    st.tuples(*[st.integers(1, 5)] * 4),
    st.tuples(*[st.integers(1, 7)] * 3),
    st.sampled_from(["start", "center", "end"]),
    st.sampled_from(["BDHW", "DHWC", "CDHW"]),
    st.data(),
)
def test_any_plane_of_padded_is_that_of_numpy(shape, target, position, axes, data) -> None:
    plan = plan_of(shape, axes, target=target, position=position, overflow="crop", kernel=(1,))
    values = np.arange(plan.input.size).reshape(shape) + 1
    for letter in "DHW":
        before, after = plan.axis(letter).pad
        at = axes.index(letter)
        values = np.take(values, range(max(0, -before), values.shape[at] - max(0, -after)), at)
        values = np.pad(values, [(max(0, before), max(0, after)) if i == at else (0, 0) for i in range(4)])
    pair = data.draw(st.sampled_from(["".join(two) for two in permutations(axes, 2)]))
    cut = Cut(axes=pair)
    hidden = screen.hidden_axes(plan, Stage.PADDED, cut)
    assert set(hidden) == set(axes) - set(pair)
    index = {letter: data.draw(st.integers(0, plan.padded.extent(letter) - 1)) for letter in hidden}
    for letter, chosen in index.items():
        cut = screen.with_index(plan, Stage.PADDED, cut, letter, chosen)
    region = screen.plane_region(plan, Stage.PADDED, cut)
    tile = Tile(Stage.PADDED, region, values[tuple(slice(*span) for span in region)], Statistics(0, 0, 0, 0, 1))
    expected = values.transpose([axes.index(letter) for letter in (*pair, *hidden)])[(..., *index.values())]
    assert np.array_equal(screen.plane_of(plan, cut, tile), expected)
    left, top, width, height = rectangles.content_rect(plan, cut)
    inside = np.zeros(expected.shape, bool)
    inside[int(top) : int(top + height), int(left) : int(left + width)] = True
    assert np.array_equal(inside, expected > 0)
    y, x = (data.draw(st.integers(0, size - 1)) for size in expected.shape)
    found = screen.place_at(plan, Stage.PADDED, cut, x + 0.5, y + 0.5)
    spans = tuple(slice(*span) for span in found[1])
    assert (values[spans] == expected[y, x]).any()
    source = screen.place_at(plan, Stage.INPUT, cut, x + 0.5, y + 0.5)
    assert screen.is_data(plan, found[0]) == (expected[y, x] > 0)
    if expected[y, x]:
        original = np.arange(plan.input.size).reshape(shape) + 1
        assert (original[tuple(slice(*span) for span in source[1])] == expected[y, x]).any()


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [
        ((4, 5), "HW", ("HW",)),
        ((4, 5, 3), "HWC", ("HW", "HC", "CW")),
        ((4, 5, 1), "HWC", ("HW",)),
        ((6, 4, 5), "DHW", ("HW", "DH", "DW")),
        ((2, 4, 5), "BHW", ("HW", "BH", "BW")),
        ((9,), "T", ("CT",)),
        ((9, 2), "TC", ("CT",)),
        ((3, 9, 2), "BTC", ("CT", "BC", "BT")),
    ],
)
def test_pairs_of_axes_are_those_that_show_something(shape: tuple[int, ...], axes: str, expected: tuple) -> None:
    plan = plan_of(shape, axes, kernel=(1,))
    assert screen.axes_choices(plan) == expected
    for pair in expected:
        assert screen.axes_on_screen(plan, screen.fit_cut(Cut(axes=pair), plan)) == pair


def test_axes_that_an_array_has_not_are_not_kept() -> None:
    volume, image = plan_of((6, 4, 5), "DHW", kernel=(1,)), plan_of((4, 5, 3), "HWC", kernel=(1,))
    cut = Cut(axes="DW", height=3)
    assert screen.axes_on_screen(volume, cut) == "DW"
    assert screen.axes_on_screen(image, cut) == "HW", "before the cut is fitted, too"
    assert screen.fit_cut(cut, image).axes is None


def test_an_axis_that_was_never_hidden_shows_the_middle_of_its_content() -> None:
    plan = plan_of((6, 20, 5), "DHW", target=(6, 60, 5), position="end", kernel=(1,))
    cut = screen.follow_content(Cut(axes="DW"), None, plan)
    assert screen.fixed_index(plan, Stage.PADDED, cut, "H") == 40 + 9
    assert screen.fixed_index(plan, Stage.INPUT, cut, "H") == 9
    newer = plan_of((6, 20, 5), "DHW", target=(6, 90, 5), position="end", kernel=(1,))
    chosen = screen.with_index(plan, Stage.INPUT, cut, "H", 2)
    moved = screen.follow_content(chosen, plan, newer)
    assert screen.fixed_index(newer, Stage.INPUT, moved, "H") == 2


def test_colours_are_shown_unless_channels_are_an_axis_on_screen() -> None:
    plan = plan_of((2, 4, 5, 3), "BHWC", kernel=(1,))
    shown = {pair: screen.shows_colours(plan, Cut(axes=pair)) for pair in screen.axes_choices(plan)}
    assert shown == {"HW": True, "BH": True, "BC": False, "BW": True, "HC": False, "CW": False}


def test_levels_come_from_the_nearest_slice_where_a_hidden_axis_is_in_padding() -> None:
    plan = plan_of((6, 20, 5), "DHW", target=(6, 60, 5), position="center", kernel=(1,))
    cut = Cut(axes="DW", height=0)
    assert screen.plane_region(plan, Stage.INPUT, cut) is None
    assert screen.statistics_region(plan, cut) == (Span(0, 6), Span(0, 1), Span(0, 5))
    assert rectangles.content_rect(plan, cut) == (0, 0, 0, 0)


@given(plans, st.floats(-50, 50), st.floats(-50, 50), st.floats(1, 300), st.integers(1, 40))
def test_of_a_map_that_is_not_whole_no_more_samples_than_pixels_are_asked_for(
    plan: Plan, left: float, top: float, extent: float, pixels: int
) -> None:
    if plan.feature is None:
        return
    costly = replace(plan, budget=plan.engine_bytes - 1)
    plane = screen.plane_region(costly, Stage.FEATURE, Cut())
    view = (left, top, extent, extent)
    region = rectangles.visible_region(costly, Stage.FEATURE, Cut(), plane, view, (pixels, pixels))
    for letter, span, low in zip("HW", region[:2], (top, left), strict=True):
        assert 1 <= span.count <= pixels
        assert span.start % span.step == 0
        assert span.step & (span.step - 1) == 0
        scale, offset = screen.to_padded(costly, Stage.FEATURE, letter)
        first, last = (low - offset) / scale, (low + extent - offset) / scale
        size = costly.feature.extent(letter)
        inside = [i for i in range(size) if first <= i and i + 1 <= last]
        assert all(span.start <= i < max(span.stop, span.start + span.count * span.step) for i in inside)
        if inside:
            assert span.start > first - span.step
            assert span.stop < last + span.step


@pytest.mark.parametrize(("depth", "is_content"), [(0, False), (3, False), (4, True), (15, True), (16, False)])
def test_a_slice_that_lies_in_depth_padding_has_no_content(depth: int, is_content: bool) -> None:
    plan = plan_of((12, 4, 5), "DHW", target=(20, 8, 5), position="center", kernel=(1,))
    expected = (0, 2, 5, 4) if is_content else (0, 0, 0, 0)
    assert rectangles.content_rect(plan, Cut(depth=depth)) == expected


def test_colours_return_after_axes_that_have_none() -> None:
    image = plan_of((4, 5, 3), "HWC", kernel=(1,))
    volume = plan_of((4, 5, 3), "DHW", kernel=(1,))
    assert screen.shows_colours(image, screen.fit_cut(Cut(), image))
    cut = screen.fit_cut(screen.fit_cut(Cut(), volume), image)
    assert screen.shows_colours(image, cut)
    assert not screen.shows_colours(volume, cut)


def test_one_channel_of_a_picture_can_be_chosen_and_given_back() -> None:
    plan = plan_of((4, 5, 3), "HWC", kernel=(1,))
    green = screen.with_index(plan, Stage.PADDED, Cut(), "C", 1)
    assert screen.plane_region(plan, Stage.INPUT, green) == (Span(0, 4), Span(0, 5), Span(1, 2))
    colours = screen.with_index(plan, Stage.INPUT, green, "C", -1)
    assert screen.plane_region(plan, Stage.INPUT, colours) == (Span(0, 4), Span(0, 5), Span(0, 3))
