"""Buckets as JSON: what is written is read back, and nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.dataset.plan_file import MOST_BYTES, BucketPlan, read_plan
from padviewer.dataset.waste import Choice
from padviewer.errors import PadviewerError, SettingsError
from padviewer.geometry import MODES, OVERFLOWS, POSITIONS
from padviewer.spec import PipelineSpec

FILL = st.integers(-(2**60), 2**60) | st.floats() | st.booleans()
PADDINGS = st.none() | st.builds(
    PipelineSpec,
    position=st.sampled_from(POSITIONS),
    position_seed=st.integers(0, 9),
    mode=st.sampled_from(MODES),
    fill_value=FILL | st.lists(FILL, min_size=1, max_size=3).map(tuple),
)


@st.composite
def plans(draw):
    letters = draw(st.sampled_from(("T", "HW", "DHW")))
    divisors = draw(st.tuples(*[st.integers(1, 2**20)] * len(letters)))
    sizes = [st.none() | st.integers(1, 2**20).map(lambda size, step=step: size * step) for step in divisors]
    targets = tuple(draw(st.lists(st.tuples(*sizes), min_size=1, max_size=5, unique=True)))
    return BucketPlan(letters, Choice(targets, divisors, draw(st.sampled_from(OVERFLOWS))), draw(PADDINGS))


@given(plans())
def test_what_is_written_is_read_back(plan):
    assert BucketPlan.of_json(plan.to_json({"waste": 0.5})) == plan


def test_the_file_says_what_others_expect():
    plan = BucketPlan("HW", Choice(((64, 32), (128, 96)), (32,), "crop"))
    found = json.loads(plan.to_json({"padding_share": 0.25}))
    assert found.pop("padviewer")
    assert found == {
        "axes": "HW",
        "multiple_of": [32, 32],
        "overflow": "crop",
        "buckets": [[64, 32], [128, 96]],
        "figures": {"padding_share": 0.25},
    }


def test_padding_is_said_by_the_names_of_the_settings():
    plan = BucketPlan("T", Choice(((8,),)), PipelineSpec(mode="edge", position="center", fill_value=float("nan")))
    found = json.loads(plan.to_json())
    assert [found[name] for name in ("position", "position_seed", "mode", "fill_value")] == ["center", 0, "edge", "nan"]
    assert plan.spec.multiple_of == (1,)


def test_a_file_from_before_says_nothing_of_padding():
    assert BucketPlan.of_json(json.dumps(GOOD)).padding is None
    assert BucketPlan.of_json(json.dumps(GOOD)).spec.mode == "constant"
    assert BucketPlan.of_json(json.dumps({**GOOD, "mode": "wrap"})).padding == PipelineSpec(mode="wrap")


GOOD = {"axes": "HW", "multiple_of": [32, 32], "overflow": "keep", "buckets": [[64, 32]]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"axes": "WH"}, "axes 'WH': expected one of T, HW and DHW"),
        ({"axes": ["HW"]}, "axes"),
        ({"buckets": []}, "expected a list of 1 to"),
        ({"buckets": {"a": 1}}, "buckets"),
        ({"buckets": [[64]]}, "expected a list of 2 sizes, for H W"),
        ({"buckets": [64, 32]}, "expected a list of 2 sizes"),
        ({"buckets": [[64, "32"]]}, "target '32'"),
        ({"buckets": [[64, True]]}, "target True"),
        ({"buckets": [[64, 1.5]]}, "target 1.5"),
        ({"buckets": [[64, -1]]}, "target -1"),
        ({"buckets": [[1, 1]] * 5000}, "1 to 4096"),
        ({"buckets": [[64, 48]]}, "buckets [64, 48]: expected sizes from 1, or null, that are multiples of 32x32"),
        ({"buckets": [[0, 32]]}, "sizes from 1"),
        ({"buckets": [[64, 32], [32, 32], [64, 32]]}, "buckets [64, 32]: expected each bucket once"),
        ({"multiple_of": 32}, "multiple_of 32"),
        ({"multiple_of": [0, 1]}, "multiple of 0"),
        ({"multiple_of": [1, 1, 1]}, "multiple_of 1x1x1"),
        ({"multiple_of": [[1], 1]}, "multiple of"),
        ({"overflow": "bend"}, "overflow 'bend'"),
        ({"overflow": ["keep"]}, "overflow"),
        ({"mode": "bend"}, "mode 'bend': expected one of constant, reflect"),
        ({"mode": None}, "mode None"),
        ({"position": "left"}, "position 'left'"),
        ({"position_seed": -1}, "position_seed -1"),
        ({"fill_value": "red"}, "fill value 'red'"),
        ({"fill_value": {"a": 1}}, "fill value"),
        ({"speed": 1, "colour": 2}, "unknown names colour, speed"),
    ],
)
def test_anything_else_is_refused_with_its_reason(tmp_path, change, said):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(SettingsError, match=r"plan\.json") as caught:
        read_plan(str(path))
    assert said in str(caught.value)


@pytest.mark.parametrize("missing", ["axes", "buckets"])
def test_what_is_missing_is_named(missing):
    with pytest.raises(SettingsError, match=f"{missing} missing"):
        BucketPlan.of_json(json.dumps({name: value for name, value in GOOD.items() if name != missing}))


@pytest.mark.parametrize("data", [b"", b"[1]", b"null", b"\xff\xfe", b"[" * 100_000, b" " * (MOST_BYTES + 1), b"{"])
def test_other_files_are_refused(tmp_path, data):
    path = tmp_path / "plan.json"
    path.write_bytes(data)
    with pytest.raises(SettingsError, match=r"plan\.json"):
        read_plan(str(path))


@pytest.mark.parametrize("path", ["/nowhere/plan.json", "a\0b", "."])
def test_a_file_that_cannot_be_read_is_told(path):
    with pytest.raises(SettingsError, match="cannot be read"):
        read_plan(path)


NAMES = st.sampled_from(("axes", "buckets", "overflow", "multiple_of", "mode", "fill_value", "position"))
VALUES = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(VALUES, lambda each: st.lists(each) | st.dictionaries(NAMES, each)))
def test_no_json_is_an_unexpected_error(value):
    try:
        plan = BucketPlan.of_json(json.dumps(value))
    except PadviewerError:
        return
    assert plan == BucketPlan.of_json(plan.to_json())
