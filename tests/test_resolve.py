"""The plan: shapes, splits, costs and problems, against arrays padded by numpy and windows counted one by one."""

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.axes import axes_choices
from padviewer.errors import BudgetError, PlanError
from padviewer.geometry import CONV_PADDINGS, MODES, OVERFLOWS, POSITIONS, Split, draw, split
from padviewer.plan import ArrayInfo, Plan, Stage, StagePlan
from padviewer.resolve import check_fill, resolve
from padviewer.spec import CONVOLUTIONS, FROM_FILE, WEIGHTS, PipelineSpec

AMPLE = 2**62


def info(*shape: int, axes: str = "HWC", dtype: str = "uint8") -> ArrayInfo:
    return ArrayInfo("sample.npy", None, "NPY", shape, dtype, axes, axes_guessed=False, file_bytes=100)


def plan_of(source: ArrayInfo, budget: int = AMPLE, **settings: Any) -> Plan:
    return resolve(PipelineSpec(**settings), source, budget)


def problem_of(source: ArrayInfo, budget: int = AMPLE, **settings: Any) -> PlanError:
    problem = plan_of(source, budget, **settings).problem
    assert problem is not None
    return problem


def test_the_stages_of_an_image() -> None:
    plan = plan_of(info(100, 50, 3), target=(128, 64))
    assert plan.input == StagePlan("HWC", (100, 50, 3), "uint8")
    assert plan.padded == StagePlan("HWC", (128, 64, 3), "uint8")
    assert plan.feature == StagePlan("HWC", (126, 62, 32), "float32")
    assert plan.mask == StagePlan("HW", (128, 64), "uint8")
    assert plan.pad_width == ((0, 28), (0, 14), (0, 0))
    assert plan.problem is None


def test_padding_stays_in_the_order_of_the_input_and_features_are_canonical() -> None:
    plan = plan_of(info(2, 3, 50, 100, axes="BCWH"), target=(128, 64), position="end")
    assert plan.require(Stage.PADDED).shape == (2, 3, 64, 128)
    assert plan.pad_width == ((0, 0), (0, 0), (14, 0), (28, 0))
    assert plan.require(Stage.FEATURE) == StagePlan("BHWC", (2, 126, 62, 32), "float32")
    assert plan.require(Stage.MASK) == StagePlan("BWH", (2, 64, 128), "uint8")


def test_axes_of_the_spec_come_before_those_of_the_file() -> None:
    plan = plan_of(info(9, 8, 7), axes="DHW", target=(9, 10, 11))
    assert plan.require(Stage.PADDED) == StagePlan("DHW", (9, 10, 11), "uint8")
    assert [axis.letter for axis in plan.spatial] == ["D", "H", "W"]


@pytest.mark.parametrize(
    ("settings", "shape", "pad"),
    [
        ({"overflow": "keep"}, (10, 9), ((0, 0), (1, 2))),
        ({"overflow": "crop"}, (5, 9), ((-2, -3), (1, 2))),
        ({"overflow": "crop", "position": "end"}, (5, 9), ((-5, 0), (3, 0))),
        ({"target": (None, 9), "overflow": "error"}, (10, 9), ((0, 0), (1, 2))),
    ],
)
def test_overflow(settings: dict[str, Any], shape: tuple[int, ...], pad: tuple[tuple[int, int], ...]) -> None:
    plan = plan_of(info(10, 6, axes="HW"), **{"target": (5, 9), "position": "center", **settings})
    assert plan.require(Stage.PADDED).shape == shape
    assert plan.pad_width == pad


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"multiple_of": (4,)}, (12, 8)),
        ({"multiple_of": (4, 5)}, (12, 10)),
        ({"multiple_of": (4,), "target": (10, 11)}, (12, 12)),
        ({"multiple_of": (4,), "target": (5, 5), "overflow": "crop"}, (8, 8)),
        ({"multiple_of": (4,), "target": (9, None), "overflow": "error"}, (12, 8)),
    ],
)
def test_a_padded_size_is_a_multiple(settings: dict[str, Any], shape: tuple[int, ...]) -> None:
    assert plan_of(info(10, 6, axes="HW"), **settings).require(Stage.PADDED).shape == shape


def test_a_random_position_is_that_of_its_seed_axis_by_axis() -> None:
    seeds = range(200)
    plans = [plan_of(info(10, 6, 3), target=(14, 9), position="random", position_seed=seed) for seed in seeds]
    assert plans[7] == plan_of(info(10, 6, 3), target=(14, 9), position="random", position_seed=7)
    assert {plan.pad_width[0].before for plan in plans} == {0, 1, 2, 3, 4}
    assert {plan.pad_width[1].before for plan in plans} == {0, 1, 2, 3}
    for seed, plan in zip(seeds, plans, strict=True):
        assert plan.pad_width[:2] == tuple(split(extra, "random", draw(seed, axis)) for axis, extra in [(0, 4), (1, 3)])


def test_an_axis_knows_where_its_data_is() -> None:
    plan = plan_of(info(10, 6, axes="HW"), target=(5, 9), position="center", overflow="crop")
    assert [axis.data for axis in plan.spatial] == [(0, 5), (1, 7)]
    assert plan.axis("C") is None


def problems() -> dict[str, tuple[ArrayInfo, dict[str, Any], str]]:
    image = info(10, 20, 3)
    volume = info(9, 9, 9, 3, axes="DHWC")
    small = {"kernel": (1,)}
    return {
        "axes": (image, {"axes": "BHWC"}, "4 letters for an array of rank 3"),
        "targets": (image, {"target": (30,)}, "1 size, but the input has 2 spatial axes, H W"),
        "three targets": (info(9, axes="T"), {"target": (30, 5, 6)}, "3 sizes, but the input has 1 spatial axis, T"),
        "kernel": (image, {"kernel": (3, 3, 3)}, "got 3 sizes, expected 1, or 2"),
        "strides": (info(9, 9, 9, axes="DHW"), {"strides": (1, 2)}, "strides 1x2: got 2 sizes"),
        "dilation": (info(9, axes="T"), {"dilation": (1, 2)}, "dilation 1x2: got 2 sizes"),
        "overflow": (image, {"target": (5, 30), "overflow": "error"}, "axis H has 10 elements.* target of 5"),
        "empty": (info(0, 20, 3), {"target": (5, 20), "mode": "reflect", **small}, "axis H is empty: mode 'reflect'"),
        "multiple": (image, {"multiple_of": (4, 4, 4)}, "multiple of 4x4x4: got 3 sizes, expected 1, or 2"),
        "rounded overflow": (
            info(13, 20, 3), {"target": (10, None), "multiple_of": (4,), "overflow": "error"},
            "axis H has 13 elements.* target of 12",
        ),
        "fill of channels": (image, {"fill_value": (0, 300, -1)}, "300 cannot be held by uint8"),
        "few fills": (image, {"fill_value": (1, 2)}, "1,2 has 2 numbers, one a channel, but the input has 3 channels"),
        "many fills": (image, {"fill_value": (1, 2, 3, 4)}, "4 numbers, one a channel, but the input has 3 channels"),
        "fills of no channel": (info(9, 9, axes="HW"), {"fill_value": (1,)}, "1, has 1 number.* has no channel axis"),
        "fill": (image, {"fill_value": 300}, "300 cannot be held by uint8"),
        "causal": (image, {"conv_padding": "causal"}, "causal .* one spatial axis; the input has 2"),
        "strides and dilation": (image, {"strides": (2, 1), "dilation": (1, 2)}, "strides above 1 cannot be combined"),
        "window": (image, {"kernel": (11, 3)}, "axis H has 10 elements after padding, fewer than the 11"),
        "groups of channels": (image, {"groups": 2}, "groups 2: must divide the channels of the input, .* 3"),
        "groups of filters": (image, {"groups": 3}, "groups 3: must divide the filters, of which there are 32"),
        "groups of few filters": (image, {"groups": 3, "filters": 2}, "groups 3: must divide the filters"),
        "depthwise volume": (volume, {"conv": "depthwise"}, "no depthwise convolution of 3 spatial axes"),
        "separable volume": (volume, {"conv": "separable"}, "no separable convolution of 3 spatial axes"),
        "depthwise causal": (
            info(9, 2, axes="TC"), {"conv": "depthwise", "conv_padding": "causal"}, "valid or same, not causal",
        ),
        "no file of weights": (image, {"weights": "file"}, "none is chosen"),
        "even Sobel": (image, {"weights": "sobel", "kernel": (4, 3)}, "odd size from 3 to 31 on each axis; got 4x3"),
        "small Laplacian": (image, {"weights": "laplacian", "kernel": (1,)}, "got 1x1"),
        "dilated window": (image, {"kernel": (4,), "dilation": (4,)}, "axis H has 10 elements .* fewer than the 13"),
    }  # fmt: skip


@pytest.mark.parametrize("name", problems())
def test_every_remedy_of_a_problem_mends_it(name: str) -> None:
    source, settings, words = problems()[name]
    problem = problem_of(source, **settings)
    with pytest.raises(PlanError, match=words):
        raise problem
    assert problem.remedies
    for label, changes in problem.remedies:
        assert label
        assert plan_of(source, **{**settings, **changes}).problem is None


shapes = st.integers(1, 5).flatmap(
    lambda rank: st.tuples(
        st.lists(st.integers(0, 12), min_size=rank, max_size=rank).map(tuple), st.sampled_from(axes_choices(rank))
    )
)
triples = st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple)
fills = st.sampled_from([0, 0.5, -1, 300, math.nan, -math.inf, 10**300])
wild = st.fixed_dictionaries(
    {
        "axes": st.sampled_from([None, "HWC", "T"]),
        "target": st.lists(st.none() | st.integers(0, 15), max_size=3).map(tuple),
        "multiple_of": triples,
        "position": st.sampled_from(POSITIONS),
        "mode": st.sampled_from(MODES),
        "position_seed": st.integers(0, 2**31 - 1),
        "fill_value": fills | st.lists(fills, min_size=1, max_size=4).map(tuple),
        "overflow": st.sampled_from(OVERFLOWS),
        "conv": st.sampled_from(CONVOLUTIONS),
        "filters": st.integers(1, 40),
        "groups": st.sampled_from([1, 1, 2, 3]),
        "depth_multiplier": st.integers(1, 3),
        "weights": st.sampled_from([w for w in WEIGHTS if w != FROM_FILE]),
        "backend": st.sampled_from(["tensorflow", "jax"]),
        "kernel": triples,
        "strides": triples,
        "dilation": triples,
        "conv_padding": st.sampled_from(CONV_PADDINGS),
    }
)
dtypes = st.sampled_from(["bool", "uint8", "int64", "float16", "float32", "complex64"])


@given(shapes, dtypes, wild, st.integers(0, 20_000))
def test_a_remedy_never_leaves_the_problem_that_it_was_offered_for(
    shape_and_axes: tuple[tuple[int, ...], str], dtype: str, settings: dict[str, Any], budget: int
) -> None:
    shape, axes = shape_and_axes
    source = info(*shape, axes=axes, dtype=dtype)
    plan = plan_of(source, budget, **settings)
    seen = set()
    while plan.problem is not None and plan.problem.remedies:
        assert plan.feature is None
        assert str(plan.problem) not in seen
        seen.add(str(plan.problem))
        plans = [resolve(plan.spec.replace(**changes), source, budget) for _, changes in plan.problem.remedies]
        assert all(str(mended.problem) not in seen for mended in plans)
        plan = plans[0]
    assert (plan.problem is None) == (plan.feature is not None)


@given(shapes, wild)
def test_stages_agree_with_an_array_that_numpy_pads(
    shape_and_axes: tuple[tuple[int, ...], str], settings: dict[str, Any]
) -> None:
    shape, axes = shape_and_axes
    plan = plan_of(info(*shape, axes=axes, dtype="float64"), **settings)
    if plan.padded is None:
        assert plan.problem is not None
        return
    mask = np.ones(shape)
    for number, (before, after) in enumerate(plan.pad_width):
        kept = np.arange(max(0, -before), mask.shape[number] - max(0, -after))
        width = [(0, 0)] * mask.ndim
        width[number] = (max(0, before), max(0, after))
        mask = np.pad(mask.take(kept, axis=number), width)
    assert mask.shape == plan.padded.shape
    assert plan.padding_share == pytest.approx(1 - mask.mean() if mask.size else 0)


def test_problems_of_the_convolution_leave_the_padding() -> None:
    plan = plan_of(info(10, 20, 3, dtype="complex64"), target=(30, 30))
    assert plan.require(Stage.PADDED).shape == (30, 30, 3)
    with pytest.raises(PlanError, match="takes real numbers"):
        plan.require(Stage.FEATURE)


def test_no_stage_after_the_input_can_be_had_where_the_padding_cannot_be() -> None:
    plan = plan_of(info(10, 20, 3), target=(5, 5), overflow="error")
    assert plan.require(Stage.INPUT).shape == (10, 20, 3)
    assert (plan.mask, plan.spatial, plan.padding_share, plan.multiply_adds, plan.engine_bytes) == (None, (), 0, 0, 0)
    with pytest.raises(PlanError, match="axis H"):
        plan.require(Stage.PADDED)


def test_a_fill_of_each_channel_goes_with_the_channel_axis() -> None:
    assert plan_of(info(3, 10, 20, axes="CHW"), fill_value=(0, 128, 255)).problem is None
    check_fill((0, 1.5), "float32", 2)
    with pytest.raises(PlanError, match="no channel axis"):
        check_fill((0, 1.5), "float32")
    problem = problem_of(info(10, 20, 10**9), fill_value=(0, 1))
    assert problem.remedies == (("Use 0", {"fill_value": 0}),)


def test_a_fill_matters_in_constant_mode_alone() -> None:
    assert plan_of(info(10, 20, 3), fill_value=math.nan, mode="edge", target=(30, 30)).problem is None


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (255, "uint8"), (3.0, "uint8"), (True, "uint8"), (0, "bool"), (1, "bool"), (-128, "int8"),
        (2**64 - 1, "uint64"), (math.nan, "float16"), (-math.inf, "float32"), (0.1, "float16"), (65504, "float16"),
        (1e300, "complex128"),
    ],
)  # fmt: skip
def test_a_fill_that_the_dtype_holds_is_taken(value: float, dtype: str) -> None:
    check_fill(value, dtype)
    with np.errstate(all="raise"):
        held = np.array([value]).astype(dtype)[0]
    assert held == pytest.approx(float(value), rel=1e-3, nan_ok=True)


@pytest.mark.parametrize(
    ("value", "dtype", "nearest"),
    [
        (300, "uint8", 255), (-1, "uint8", 0), (0.5, "uint8", 0), (math.nan, "uint8", 0), (math.inf, "int16", 32767),
        (-math.inf, "int16", -32768), (2, "bool", 1), (2.0**63, "int64", 2**63 - 1), (2**64, "uint64", 2**64 - 1),
        (70000, "float16", 0), (1e39, "float32", 0), (10**300, "complex64", 0), (1.6, "int8", 2),
    ],
)  # fmt: skip
def test_a_fill_that_the_dtype_cannot_hold_is_refused_with_one_that_it_can(
    value: float, dtype: str, nearest: int
) -> None:
    with pytest.raises(PlanError, match=f"fill value .* {dtype}") as caught:
        check_fill(value, dtype)
    assert [changes for _, changes in caught.value.remedies] == [{"fill_value": nearest}]
    check_fill(nearest, dtype)


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.sampled_from(CONV_PADDINGS))
def test_the_middle_of_an_output_lies_over_the_middle_of_its_window(
    size: int, kernel: int, stride: int, dilation: int, conv_padding: str
) -> None:
    window = {"kernel": (kernel,), "strides": (stride,), "dilation": (dilation,), "conv_padding": conv_padding}
    plan = plan_of(info(size, axes="T"), target=(12,), **window)
    if plan.feature is None:
        return
    (axis,) = plan.spatial
    scale, offset = axis.to_padded(Stage.FEATURE)
    for output in range(axis.outputs):
        taps = output * stride - axis.conv.before + np.arange(kernel) * dilation
        assert (output + 0.5) * scale + offset == taps.mean() + 0.5


@pytest.mark.parametrize(("position", "offset"), [("start", 0), ("center", 3), ("end", 7)])
def test_input_elements_lie_where_the_padding_puts_them(position: str, offset: int) -> None:
    (axis,) = plan_of(info(5, axes="T"), target=(12,), position=position).spatial
    assert axis.to_padded(Stage.INPUT) == (1, offset)
    assert axis.to_padded(Stage.PADDED) == (1, 0)


def test_the_cost_of_a_convolution() -> None:
    plan = plan_of(info(2, 10, 20, 3, axes="BHWC"), target=(12, 20), kernel=(3, 5), filters=8)
    outputs = 2 * 10 * 16 * 8
    assert plan.multiply_adds == outputs * 3 * 5 * 3
    assert plan.engine_bytes == 4 * (2 * 10 * 20 * 3 + 2 * 12 * 20 * 3 + 3 * 5 * 3 * 8 + outputs)
    assert plan.input.nbytes == 2 * 10 * 20 * 3


def test_the_cost_of_groups() -> None:
    plan = plan_of(info(10, 20, 6), groups=3, filters=9)
    assert (plan.filters, plan.groups, plan.kernel_shapes) == (9, 3, ((3, 3, 2, 9),))
    assert plan.multiply_adds == 8 * 18 * 9 * 3 * 3 * 2
    assert plan.kernel_bytes == 4 * 3 * 3 * 2 * 9


def test_the_cost_of_a_depthwise_convolution() -> None:
    plan = plan_of(info(10, 20, 3), conv="depthwise", depth_multiplier=4, filters=99, groups=7)
    assert plan.require(Stage.FEATURE).shape == (8, 18, 12)
    assert (plan.filters, plan.groups, plan.kernel_shapes) == (12, 3, ((3, 3, 3, 4),))
    assert plan.multiply_adds == 8 * 18 * 12 * 3 * 3
    assert plan.engine_bytes == 4 * (2 * 10 * 20 * 3 + 3 * 3 * 3 * 4 + 8 * 18 * 12)


def test_the_cost_of_a_separable_convolution() -> None:
    plan = plan_of(info(10, 20, 3), conv="separable", depth_multiplier=2, filters=5)
    assert plan.require(Stage.FEATURE).shape == (8, 18, 5)
    assert (plan.filters, plan.kernel_shapes) == (5, ((3, 3, 3, 2), (1, 1, 6, 5)))
    assert plan.multiply_adds == 8 * 18 * (3 * 3 * 6 + 6 * 5)
    between = 8 * 18 * 6
    assert plan.engine_bytes == 4 * (2 * 10 * 20 * 3 + 3 * 3 * 3 * 2 + 6 * 5 + between + 8 * 18 * 5)


@pytest.mark.parametrize("conv", CONVOLUTIONS)
def test_no_convolution_has_no_channels(conv: str) -> None:
    problem = problem_of(info(9, 9, 0), conv=conv, groups=2)
    assert ("at least 1 channel" in str(problem), problem.remedies) == (True, ())


def test_a_depthwise_volume_is_offered_the_same_numbers() -> None:
    source = info(9, 9, 9, 3, axes="DHWC")
    ((_, changes),) = problem_of(source, conv="depthwise", depth_multiplier=2).remedies
    plan = plan_of(source, **changes)
    assert (plan.filters, plan.kernel_shapes) == (6, ((3, 3, 3, 1, 6),))


@pytest.mark.parametrize("conv", ["depthwise", "separable"])
def test_depthwise_strides_may_differ_and_go_with_dilation(conv: str) -> None:
    assert plan_of(info(10, 20, 3), conv=conv, strides=(1, 2), dilation=(2,)).problem is None


@pytest.mark.parametrize("settings", [{"conv": "depthwise"}, {"conv": "separable", "filters": 40}])
def test_the_budget_offers_the_largest_kernel_of_each_kind(settings: dict[str, Any]) -> None:
    source, name = info(100, 100, 3), "filters" if "filters" in settings else "depth_multiplier"
    budget = plan_of(source, **{**settings, name: 7}).kernel_bytes
    problem = problem_of(source, budget, **{**settings, name: 40})
    assert problem.remedies[0][1] == {name: 7}


@pytest.mark.parametrize(("dtype", "more"), [("uint8", 0), ("float32", 0), ("int64", 4), ("float64", 4)])
def test_inputs_of_wide_elements_count_as_they_are_held(dtype: str, more: int) -> None:
    usual = plan_of(info(10, 20, 3)).engine_bytes
    assert plan_of(info(10, 20, 3, dtype=dtype)).engine_bytes == usual + more * 10 * 20 * 3


def test_a_feature_map_is_whole_up_to_the_last_byte_of_the_budget() -> None:
    needed = plan_of(info(100, 100, 3)).engine_bytes
    assert plan_of(info(100, 100, 3), budget=needed).is_whole
    larger = plan_of(info(100, 100, 3), budget=needed - 1)
    assert (larger.is_whole, larger.problem) == (False, None)
    assert larger.feature == plan_of(info(100, 100, 3), budget=needed).feature


def test_a_feature_map_of_more_than_a_second_is_not_whole() -> None:
    assert plan_of(info(1000, 1000, 3), filters=32).is_whole
    larger = plan_of(info(3000, 4000, 3), filters=32)
    assert (larger.is_whole, larger.fits) == (False, True)
    assert not plan_of(info(1000, 1000, 3), filters=32, kernel=(31,)).is_whole


def test_a_feature_map_that_cannot_be_is_not_whole() -> None:
    assert not plan_of(info(1, 1, 3), kernel=(3,)).is_whole


@pytest.mark.parametrize("filters", [2, 7, 31, 49, 1000])
def test_the_budget_offers_the_most_filters_whose_kernel_fits(filters: int) -> None:
    source = info(100, 100, 3)
    for kept, spare in itertools.product(range(1, filters, max(1, filters // 9)), (0, 1)):
        budget = plan_of(source, filters=kept).kernel_bytes + spare
        problem = problem_of(source, budget, filters=filters)
        assert isinstance(problem, BudgetError)
        ((_, changes),) = problem.remedies
        assert changes == {"filters": kept}


def test_sizes_of_too_many_axes_keep_their_first() -> None:
    ((label, changes),) = problem_of(info(20, 20, 3), kernel=(3, 5, 7)).remedies
    assert (label, changes) == ("Use 3x5", {"kernel": (3, 5)})
    ((_, changes),) = problem_of(info(9, 9, 9, axes="DHW"), strides=(2, 3)).remedies
    assert changes == {"strides": (2, 3, 3)}


def test_one_element_is_told_in_the_singular() -> None:
    assert "axis T has 1 element after padding" in problem_of(info(1, axes="T")).message
    assert "axis T has 1 element, more" in problem_of(info(1, axes="T"), target=(0,), overflow="error").message


def test_a_budget_that_no_filter_fits_offers_none() -> None:
    assert problem_of(info(100, 100, 3), budget=4 * 27 - 1).remedies == ()


def test_a_plan_is_a_value() -> None:
    plan = plan_of(info(10, 20, 3), target=(30, 30))
    assert plan == plan_of(info(10, 20, 3), target=(30, 30))
    assert {axis.pad for axis in plan.spatial} == {Split(0, 20), Split(0, 10)}
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.problem = None  # type: ignore[misc]


def test_an_array_knows_its_bytes() -> None:
    assert info(10, 20, 3, dtype="float64").nbytes == 4800
