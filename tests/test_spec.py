"""The settings: what is valid, and that JSON gives back what it was given."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.errors import SettingsError
from padviewer.geometry import CONV_PADDINGS, MODES, OVERFLOWS, POSITIONS
from padviewer.spec import (
    ACTIVATIONS,
    CONVOLUTIONS,
    MAX_SEED,
    MAX_SIZE,
    MAX_STEP,
    WEIGHTS,
    PipelineSpec,
    format_fill,
    format_sizes,
    format_target,
    parse_fill,
    parse_sizes,
    parse_target,
)

per_axis = st.lists(st.integers(1, MAX_SIZE), min_size=1, max_size=3).map(tuple)
steps = st.lists(st.integers(1, MAX_STEP), min_size=1, max_size=3).map(tuple)
targets = st.lists(st.none() | st.integers(0, MAX_SIZE), max_size=3).map(tuple)
numbers = st.booleans() | st.integers() | st.floats()
fills = numbers | st.lists(numbers, min_size=1, max_size=4).map(tuple)
specs = st.builds(
    PipelineSpec,
    axes=st.none() | st.sampled_from(["HWC", "BCDHW", "T"]),
    target=targets,
    multiple_of=per_axis,
    position=st.sampled_from(POSITIONS),
    position_seed=st.integers(0, MAX_SEED),
    mode=st.sampled_from(MODES),
    fill_value=fills,
    overflow=st.sampled_from(OVERFLOWS),
    conv=st.sampled_from(CONVOLUTIONS),
    filters=st.integers(1, MAX_SIZE),
    groups=st.integers(1, MAX_SIZE),
    depth_multiplier=st.integers(1, MAX_SIZE),
    kernel=per_axis,
    strides=steps,
    dilation=steps,
    conv_padding=st.sampled_from(CONV_PADDINGS),
    activation=st.sampled_from(ACTIVATIONS),
    weights=st.sampled_from(WEIGHTS),
    weights_file=st.sampled_from(["k.npy", "a b.keras::layers/conv2d", "\udcff.h5"]),
    seed=st.integers(0, MAX_SEED),
    device=st.sampled_from(["CPU:0", "GPU:1"]),
)


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@given(specs)
def test_json_gives_back_the_settings(spec: PipelineSpec) -> None:
    text = spec.to_json()
    json.loads(text, parse_constant=refuse_constant)
    restored = PipelineSpec.from_json(text)
    assert restored.to_json() == text
    if "nan" not in format_fill(spec.fill_value):
        assert restored == spec


def test_a_nan_fill_survives_json() -> None:
    assert math.isnan(PipelineSpec.from_json(PipelineSpec(fill_value=math.nan).to_json()).fill_value)


def test_a_fill_of_each_channel_survives_json() -> None:
    text = PipelineSpec(fill_value=(math.nan, -math.inf, 3, 0.5)).to_json()
    assert '["nan", "-inf", 3, 0.5]' in text
    restored = PipelineSpec.from_json(text).fill_value
    assert isinstance(restored, tuple)
    assert math.isnan(restored[0])
    assert restored[1:] == (-math.inf, 3, 0.5)


def test_missing_names_take_defaults() -> None:
    assert PipelineSpec.from_json('{"target": [128, null]}') == PipelineSpec(target=(128, None))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "JSON object"),
        ("[1]", "got list"),
        ("null", "got NoneType"),
        ("[" * 100_000, "JSON object"),
        ('{"targte": [1], "colour": 2}', "colour, targte"),
        ('{"target": 5}', "one to three sizes"),
        ('{"target": "512"}', "one to three sizes"),
        ('{"fill_value": "blue"}', "expected a number"),
        ('{"fill_value": null}', "expected a number"),
        ('{"fill_value": [1, "blue"]}', "expected a number"),
        ('{"fill_value": [1, [2]]}', "expected a number"),
        ('{"axes": 5}', "expected letters"),
        ('{"filters": 3.0}', "whole number"),
        ('{"mode": ["edge"]}', "expected one of"),
    ],
)
def test_json_that_is_no_settings_is_refused(text: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        PipelineSpec.from_json(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"axes": "HWX"},
        {"target": [128]},
        {"target": (1, 2, 3, 4)},
        {"target": (-1,)},
        {"target": (True,)},
        {"target": (1.0,)},
        {"target": (MAX_SIZE + 1,)},
        {"position": "middle"},
        {"mode": "mirror"},
        {"fill_value": "0"},
        {"fill_value": ()},
        {"fill_value": (0, "0")},
        {"fill_value": [0, 1]},
        {"multiple_of": 4},
        {"multiple_of": (0,)},
        {"multiple_of": (1, 2, 3, 4)},
        {"position_seed": -1},
        {"position_seed": MAX_SEED + 1},
        {"fill_value": 1j},
        {"fill_value": 10**400},
        {"overflow": "clip"},
        {"filters": 0},
        {"filters": True},
        {"conv": "transposed"},
        {"groups": 0},
        {"depth_multiplier": 1.5},
        {"weights": "glorot"},
        {"weights_file": ""},
        {"weights_file": 3},
        {"kernel": ()},
        {"kernel": (0,)},
        {"kernel": 3},
        {"strides": (1, 1, 1, 1)},
        {"strides": (2**31,)},
        {"dilation": (0,)},
        {"dilation": (1, 2**31)},
        {"conv_padding": "full"},
        {"activation": "lambda"},
        {"seed": -1},
        {"seed": MAX_SEED + 1},
        {"device": "GPU:x"},
        {"device": ""},
        {"device": None},
    ],
)
def test_values_that_no_input_makes_valid_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="expected"):
        PipelineSpec(**changes)
    with pytest.raises(SettingsError, match="expected"):
        PipelineSpec().replace(**changes)


def test_names_are_normalised() -> None:
    spec = PipelineSpec(axes="h w c", device="gpu")
    assert (spec.axes, spec.device) == ("HWC", "GPU:0")


def test_a_replaced_spec_leaves_the_first_alone() -> None:
    first = PipelineSpec()
    assert first.replace(target=(7,)).target == (7,)
    assert first == PipelineSpec()


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("512x256", (512, 256)),
        ("128", (128,)),
        ("none × 256", (None, 256)),
        ("1,2,3", (1, 2, 3)),
        ("-x4", (None, 4)),
        ("5 6", (5, 6)),
        ("5 x 6", (5, 6)),
        (" 5,  6 ", (5, 6)),
    ],
)
def test_a_target_is_parsed(text: str, target: tuple[int | None, ...]) -> None:
    assert parse_target(text) == target


@given(targets.filter(bool))
def test_a_formatted_target_is_parsed_back(target: tuple[int | None, ...]) -> None:
    assert parse_target(format_target(target)) == target


@given(per_axis)
def test_formatted_sizes_are_parsed_back(values: tuple[int, ...]) -> None:
    assert parse_sizes("kernel", format_sizes(values)) == values


@pytest.mark.parametrize("text", ["", "x", "12x", "a", "1.5", "1_0", "٣", "3 x", "9" * 5000])
def test_text_that_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="kernel"):
        parse_sizes("kernel", text)


@pytest.mark.parametrize(
    ("text", "fill"),
    [
        ("0", 0), ("-1.5", -1.5), ("inf", math.inf), (str(2**63), 2**63), ("0,128, 255", (0, 128, 255)), ("7,", (7,)),
        ("0.5,-inf", (0.5, -math.inf)),
    ],
)  # fmt: skip
def test_a_fill_is_parsed(text: str, fill: Any) -> None:
    assert (parse_fill(text), type(parse_fill(text))) == (fill, type(fill))


@given(fills)
def test_a_formatted_fill_is_parsed_back(fill: Any) -> None:
    assert repr(parse_fill(format_fill(fill))) == repr(unbooled(fill))


def unbooled(fill: Any) -> Any:
    if isinstance(fill, tuple):
        return tuple(unbooled(value) for value in fill)
    return int(fill) if isinstance(fill, bool) else fill


def test_a_nan_fill_is_parsed() -> None:
    assert math.isnan(parse_fill("nan"))


@pytest.mark.parametrize("text", ["blue", "", ",", "1,,2", "1,blue", "1_0", "1_0.5"])
def test_text_that_is_no_fill_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=f"fill value '{text}': expected a number"):
        parse_fill(text)
