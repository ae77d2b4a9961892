"""Which settings go with a layer of a file, and whether its weights fit."""

from __future__ import annotations

from typing import Any

import pytest

from padviewer.errors import PlanError
from padviewer.plan import ArrayInfo, Plan
from padviewer.resolve import following, resolve, settings_for, without_weights
from padviewer.spec import PipelineSpec
from padviewer.weights import ARRAY, PADDING, Layer, Weights, choice_of, shapes_text

CONV = Layer("a", "first", "Conv2D", "standard", ((3, 5, 3, 8), (8,)), True, (("strides", (2, 2)), ("groups", 1)))
GROUPED = Layer("g", "grouped", "Conv2D", "standard", ((3, 3, 2, 9),))
DEEP = Layer("d", "deep", "DepthwiseConv2D", "depthwise", ((3, 3, 3, 2), (6,)), True)
BOTH = Layer("s", "both", "SeparableConv2D", "separable", ((3, 3, 3, 2), (1, 1, 6, 5), (5,)), True)


def info_of(*shape: int, axes: str = "HWC") -> ArrayInfo:
    return ArrayInfo("sample.npy", None, "NPY", shape, "uint8", axes, axes_guessed=False, file_bytes=100)


def plan_of(layer: Layer, channels: int = 3, **settings: Any) -> Plan:
    spec = PipelineSpec(**choice_of("m.keras::a"), **settings)
    return resolve(spec, info_of(40, 50, channels), 2**40, Weights("m.keras::a", layer, 1, "memory"))


@pytest.mark.parametrize(
    ("layer", "channels", "expected"),
    [
        (CONV, 3, {"conv": "standard", "kernel": (3, 5), "filters": 8, "groups": 1, "strides": (2, 2)}),
        (GROUPED, 6, {"conv": "standard", "kernel": (3, 3), "filters": 9, "groups": 3}),
        (DEEP, 3, {"conv": "depthwise", "kernel": (3, 3), "depth_multiplier": 2}),
        (BOTH, 3, {"conv": "separable", "kernel": (3, 3), "depth_multiplier": 2, "filters": 5}),
        (Layer(None, "k", "", ARRAY, ((3, 5),)), 3, {"kernel": (3, 5)}),
        (
            Layer(None, "k", "", ARRAY, ((3, 5, 3, 8),)),
            3,
            {"conv": "standard", "kernel": (3, 5), "filters": 8, "groups": 1},
        ),
    ],
)
def test_a_layer_fits_under_its_own_settings(layer: Layer, channels: int, expected: dict[str, Any]) -> None:
    found = settings_for(layer, plan_of(layer, channels))
    assert found == expected
    plan = plan_of(layer, channels, **found)
    assert (plan.problem, plan.awaits_weights) == (None, False)
    assert plan.weights is not None


def test_weights_that_do_not_fit_offer_their_settings() -> None:
    plan = plan_of(CONV)
    assert plan.problem is not None
    assert "Conv2D of 3 x 5 x 3 x 8 does not fit 3 x 3 x 3 x 32" in str(plan.problem)
    for _label, changes in plan.problem.remedies:
        assert resolve(plan.spec.replace(**changes), plan.info, 2**40, plan.weights).problem is None
    assert [label for label, _ in plan.problem.remedies] == ["Its settings", "Random weights"]


def test_weights_of_other_channels_say_how_many() -> None:
    plan = plan_of(CONV, channels=1)
    assert "reads 3 channels, and the input has 1" in str(plan.problem)


@pytest.mark.parametrize("layer", [CONV, Layer(None, "k", "", ARRAY, ((3, 3, 3, 3, 3),))])
def test_weights_of_other_axes_say_so(layer: Layer) -> None:
    plan = resolve(PipelineSpec(**choice_of("f")), info_of(40, 3, axes="TC"), 2**40, Weights("f", layer, 1, "memory"))
    assert "the input has 1" in str(plan.problem)


def test_an_array_is_a_depthwise_kernel_where_the_settings_say_so() -> None:
    layer = Layer(None, "k", "", ARRAY, ((3, 3, 3, 2),))
    found = settings_for(layer, plan_of(layer, conv="depthwise"))
    assert found == {"conv": "depthwise", "kernel": (3, 3), "depth_multiplier": 2}


def test_weights_are_awaited_until_they_have_been_read() -> None:
    spec = PipelineSpec(**choice_of("m.keras::a"))
    plan = resolve(spec, info_of(40, 50, 3), 2**40)
    assert (plan.problem, plan.awaits_weights) == (None, True)
    other = resolve(spec, info_of(40, 50, 3), 2**40, Weights("another", CONV, 1, "memory"))
    assert other.awaits_weights
    refused = without_weights(plan, "no such file")
    assert (refused.feature, str(refused.problem)) == (None, "no such file")


def test_settings_that_were_given_are_not_taken_from_the_file() -> None:
    plan = plan_of(CONV)
    assert plan.weights is not None
    spec = following(plan.spec, plan.weights, plan, frozenset({"kernel", "filters"}))
    assert (spec.kernel, spec.filters, spec.strides) == ((3, 5), 8, (1,))


def test_padding_sets_the_axis_that_it_pads() -> None:
    plan = plan_of(CONV)
    wide = Layer("w", "wide", "DynamicPadding", PADDING, settings=(("target", (128,)), ("axis", 1), ("mode", "edge")))
    assert settings_for(wide, plan) == {"target": (None, 128), "mode": "edge"}
    last = Layer("w", "wide", "DynamicPadding", PADDING, settings=(("target", (128,)), ("axis", -2)))
    assert settings_for(last, plan) == {"target": (128, None)}
    for axis in (2, -3):
        with pytest.raises(PlanError, match="the input has 2 spatial axes"):
            settings_for(Layer("w", "w", "", PADDING, settings=(("target", (128,)), ("axis", axis))), plan)
    with pytest.raises(PlanError, match="pads 3 spatial axes"):
        settings_for(Layer("w", "w", "", PADDING, settings=(("target", (1, 2, 3)),)), plan)


def test_shapes_are_told_by_what_a_layer_makes() -> None:
    assert [shapes_text(layer) for layer in (CONV, DEEP, BOTH)] == ["3 × 5 × 3 → 8", "3 × 3 × 3 → 6", "3 × 3 × 3 → 5"]
