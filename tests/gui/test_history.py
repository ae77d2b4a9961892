"""Steps of undoing, without a window: what is one step, what comes back, what a file may hold."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.errors import SettingsError
from padviewer.gui.history import History, Step
from padviewer.gui.palette.setting_text import (
    CHOICES,
    SETTINGS,
    changed_settings,
    describe_change,
    parse_setting,
    parse_value,
    values_from_json,
    write_value,
)
from padviewer.spec import PipelineSpec

sizes = st.lists(st.integers(1, 999), min_size=1, max_size=3).map(tuple)
specs = st.builds(
    PipelineSpec,
    target=st.lists(st.one_of(st.none(), st.integers(0, 9999)), max_size=3).map(tuple).filter(lambda t: t != (None,)),
    multiple_of=sizes,
    kernel=sizes,
    position=st.sampled_from(CHOICES["position"]),
    mode=st.sampled_from(CHOICES["mode"]),
    fill_value=st.one_of(st.floats(), st.integers(-9, 9), st.lists(st.floats(), min_size=1, max_size=4).map(tuple)),
    seed=st.integers(0, 99),
    axes=st.sampled_from([None, "HWC", "CHW", "DHW"]),
)


def step_between(older: PipelineSpec, newer: PipelineSpec) -> Step:
    names = changed_settings(older, newer)
    return Step({n: getattr(older, n) for n in names}, {n: getattr(newer, n) for n in names}, "HW", ("a.png", None))


@given(st.lists(specs, min_size=2, max_size=8))
def test_undoing_everything_leads_back_and_redoing_forth(path: list[PipelineSpec]) -> None:
    history = History(clock=iter(range(0, 1000, 10)).__next__)
    for older, newer in pairwise(path):
        if older != newer:
            history.add(step_between(older, newer))
    spec, seen = path[-1], []
    while (step := history.undo()) is not None:
        seen.append(spec)
        spec = spec.replace(**step.before)
    assert spec == path[0]
    for later in reversed(seen):
        step = history.redo()
        assert step is not None
        spec = spec.replace(**step.after)
        assert spec == later
    assert history.redo() is None


@given(specs, specs)
def test_a_step_reads_back_from_json(older: PipelineSpec, newer: PipelineSpec) -> None:
    if older == newer:
        return
    step = step_between(older, newer)
    again = Step.from_json(json.loads(json.dumps(step.to_json())))
    assert older.replace(**again.after) == newer.replace(
        **{n: getattr(older, n) for n in SETTINGS[:-1] if n not in step.after}
    )
    assert again.text == step.text
    assert newer.replace(**again.before) == older


def typed(*values: int, every: float) -> History:
    times = iter(i * every for i in range(100))
    history = History(clock=times.__next__)
    for before, after in pairwise(values):
        history.add(Step({"target": (before, None)}, {"target": (after, None)}, "HW"))
    return history


def test_typing_is_one_step_and_a_pause_begins_another() -> None:
    (step,) = typed(128, 2, 25, 256, every=0.4).done
    assert step.text == "target H 128 → 256"
    assert len(typed(128, 2, 25, 256, every=1.5).done) == 3


def test_typing_back_to_where_it_began_is_no_step() -> None:
    assert typed(128, 12, 128, every=0.2).done == []


def test_another_axis_another_setting_and_a_remedy_are_steps_of_their_own() -> None:
    history = History(clock=lambda: 0.0)
    history.add(Step({"target": (1, 1)}, {"target": (2, 1)}, "HW"))
    history.add(Step({"target": (2, 1)}, {"target": (2, 2)}, "HW"))
    history.add(Step({"mode": "constant"}, {"mode": "edge"}, "HW"))
    history.add(Step({"mode": "edge"}, {"mode": "wrap"}, "HW", what="wrap around"))
    assert [step.text for step in history.done] == [
        "target H 1 → 2", "target W 1 → 2", "mode constant → edge", "wrap around",
    ]  # fmt: skip


def test_after_an_undo_the_same_edit_is_a_new_step_and_nothing_can_be_done_again() -> None:
    history = History(clock=lambda: 0.0)
    history.add(Step({"seed": 0}, {"seed": 1}))
    history.add(Step({"mode": "edge"}, {"mode": "wrap"}))
    assert history.undo() is not None
    history.add(Step({"seed": 1}, {"seed": 2}))
    assert [step.text for step in history.done] == ["seed 0 → 1", "seed 1 → 2"]
    assert history.redo() is None


def test_the_oldest_steps_are_forgotten() -> None:
    times = iter(range(0, 10_000, 5))
    history = History(clock=times.__next__, limit=1000)
    for seed in range(1200):
        history.add(Step({"seed": seed}, {"seed": seed + 1}))
    assert len(history.done) == 1000
    assert history.done[0].text == "seed 200 → 201"


@pytest.mark.parametrize(
    ("before", "after", "letters", "text"),
    [
        ({"target": ()}, {"target": (None, 512)}, "HW", "target W none → 512"),
        ({"target": (1, 2)}, {"target": (3, 4)}, "HW", "target 1x2 → 3x4"),
        ({"target": (1, 2)}, {"target": ()}, "HW", "target 1x2 → none"),
        ({"fill_value": 0}, {"fill_value": (float("nan"), 1)}, "HW", "fill 0 → nan,1"),
        ({"axes": None}, {"axes": "CHW"}, "HW", "axes none → CHW"),
        ({"budget": 1 << 30}, {"budget": 4 << 30}, "HW", "budget 1.0 GiB → 4.0 GiB"),
        ({"kernel": (3,), "mode": "edge"}, {"kernel": (5,), "mode": "wrap"}, "HW", "kernel and mode"),
    ],
)
def test_says_what_an_edit_changed(before: Any, after: Any, letters: str, text: str) -> None:
    assert describe_change(before, after, letters) == text


@given(specs)
def test_the_text_of_every_value_means_the_value(spec: PipelineSpec) -> None:
    for name in SETTINGS[:-1]:
        value = getattr(spec, name)
        again = parse_value(name, write_value(name, value)) if value is not None or name == "axes" else None
        assert spec.replace(**{name: again}) == spec, name


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("target 512x512", ("target", "512x512")),
        ("Target", ("target", "")),
        ("multiple of 32", ("multiple_of", "32")),
        ("position_seed=4", ("position_seed", "4")),
        ("position end", ("position", "end")),
        ("borders same", ("conv_padding", "same")),
        ("budget 2GiB", ("budget", "2GiB")),
        ("targets", None),
        ("zoom in", None),
    ],
)
def test_a_line_names_a_setting(line: str, expected: tuple[str, str] | None) -> None:
    assert parse_setting(line) == expected


def test_a_choice_may_be_typed_as_far_as_it_is_one() -> None:
    assert parse_value("mode", "refl") == "reflect"
    with pytest.raises(SettingsError, match="expected one of"):
        parse_value("activation", "soft")
    with pytest.raises(SettingsError, match="one whole number"):
        parse_value("filters", "3x5")


@pytest.mark.parametrize(
    "values", [3, {"nothing": 1}, {"kernel": [0]}, {"budget": True}, {"budget": 1 << 70}, {"mode": "no"}, {"seed": "1"}]
)
def test_values_that_nobody_could_have_set_are_refused(values: Any) -> None:
    with pytest.raises(SettingsError):
        values_from_json(values)
