"""The keywords of `show`."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pytest

import padviewer
from padviewer.errors import SettingsError
from padviewer.live.settings import checked_axes, checked_settings, spatial_target, spec_of_json
from padviewer.spec import PipelineSpec


@pytest.mark.parametrize(
    ("target_shape", "spatial", "sizes"),
    [
        ((128, 64), 2, (128, 64)),
        ([128, None], 2, (128, None)),
        ((None, 128, 64), 2, (128, 64)),
        ((None, 128, 64, None), 2, (128, 64)),
        ((None, None, 128, 64), 2, (128, 64)),
        ((None, None, 64, None), 2, (None, 64)),
        ((None, 128, None), 2, (128, None)),
        (np.array([128, 64]), 2, (128, 64)),
        ((np.int64(128),), 1, (128,)),
        (128, 1, (128,)),
        ((None, 8, 128, 64, None), 3, (8, 128, 64)),
        ((8, 128, 64), 3, (8, 128, 64)),
    ],
)
def test_a_target_is_written_as_for_the_layers(target_shape, spatial, sizes):
    assert spatial_target(target_shape, spatial) == sizes


@pytest.mark.parametrize(
    ("target_shape", "spatial"),
    [((1, 128, 64), 2), ((128,), 2), (128, 2), ((128, 64, None), 2), ((None,) * 5, 2), ("128x64", 2), (5.5, 1)],
)
def test_a_target_of_other_axes_is_refused(target_shape, spatial):
    with pytest.raises(SettingsError, match=r"target_shape received .*; expected a size for"):
        spatial_target(target_shape, spatial)


def test_settings_are_those_of_the_spec_and_travel_as_json():
    given = {"kernel": 5, "fill_value": np.float32("nan"), "strides": [2, 1], "mode": "constant", "position": "end"}
    sent = json.loads(json.dumps(checked_settings((8, 9), given, "HWC")))
    spec = PipelineSpec(**spec_of_json(sent))
    assert spec == PipelineSpec(
        target=(8, 9), kernel=(5,), fill_value=float("nan"), strides=(2, 1), mode="constant", position="end"
    )
    assert sorted(sent) == ["fill_value", "kernel", "mode", "position", "strides", "target"]


def test_every_setting_has_its_keyword():
    for field in fields(PipelineSpec):
        if field.name != "axes":
            assert list(checked_settings(None, {field.name: field.default}, "HW")) == [field.name]


@pytest.mark.parametrize(
    ("name", "words"),
    [("filter", "did you mean 'filters'"), ("target_size", "did you mean 'target_shape'"), ("zzz", "expected one of")],
)
def test_a_name_that_is_none_is_answered_with_the_nearest(name, words):
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'; {words}"):
        checked_settings(None, {name: 1}, "HW")


def test_two_targets_are_one_too_many():
    with pytest.raises(TypeError, match="both target_shape and target"):
        checked_settings((1, 2), {"target": (1, 2)}, "HW")


@pytest.mark.parametrize(
    ("name", "value"), [("mode", "mirror"), ("kernel", 0), ("fill_value", "red"), ("filters", 1.5)]
)
def test_a_value_that_no_input_could_make_valid_is_refused(name, value):
    with pytest.raises(SettingsError, match=name.replace("_", " ")):
        checked_settings(None, {name: value}, "HW")


def test_settings_that_no_message_holds_are_refused():
    assert len(checked_settings(None, {"fill_value": tuple(range(3000))}, "HWC")["fill_value"]) == 3000
    with pytest.raises(SettingsError, match="single fill value"):
        checked_settings(None, {"fill_value": tuple(range(9000))}, "HWC")


def test_the_package_names_what_it_has():
    assert "show" in dir(padviewer)
    assert callable(padviewer.show)
    with pytest.raises(AttributeError, match="module 'padviewer' has no attribute 'shw'"):
        padviewer.shw  # noqa: B018


@pytest.mark.parametrize(
    ("names", "words"), [({"name": ""}, "name ''"), ({"name": 3}, "name 3"), ({"window": None}, "window")]
)
def test_names_are_texts(names, words):
    with pytest.raises(SettingsError, match=f"{words}.*: expected a text"):
        padviewer.show(np.zeros(3), **names)


def test_axes_are_letters_one_for_each_axis():
    assert checked_axes("h, w, c", (1, 2, 3)) == "HWC"
    assert checked_axes(None, (1, 2, 3)) is None
    for wrong in ("HW", "HWX", 3):
        with pytest.raises(SettingsError, match="axes"):
            checked_axes(wrong, (1, 2, 3))
