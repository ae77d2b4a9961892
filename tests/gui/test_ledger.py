"""The lines over and under a pane."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from padviewer.geometry import Region, Span, whole
from padviewer.gui import ledger
from padviewer.gui.labels import wrapped
from padviewer.gui.words import joined
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.messages import Tile
from padviewer.workers.statistics import Statistics

EXACT = Statistics(0, 9, 1, 2, 1)
SAMPLED = Statistics(0, 9, 1, 2, 3.99)


def plan_of(*shape: int, axes: str = "HWC", dtype: str = "uint16", **settings: object) -> Plan:
    info = ArrayInfo("a.npy", None, ".npy", shape, dtype, axes, False, 1)
    return resolve(PipelineSpec(**settings), info, 1 << 50)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def honesty(plan: Plan, stage: Stage, step: int = 1, statistics: Statistics = EXACT, rule: str = "data") -> str:
    planned = plan.require(stage)
    axes = zip(planned.axes, whole(planned.shape), strict=True)
    region = tuple(span._replace(step=step if plan.axis(letter) else 1) for letter, span in axes)
    return told(plan, stage, "HW", region, statistics=statistics, levels=(0.0, 9.0), rule=rule)


def told(
    plan: Plan, stage: Stage, axes: str, region: Region, statistics=EXACT, levels=(0.0, 1.0), rule="data", **how
) -> str:
    tile = Tile(stage, region, np.empty(0), statistics, **how)
    return plain(ledger.honesty_text(plan, axes, tile, levels, rule))


def test_a_step_over_all_of_a_small_array_is_told() -> None:
    plan = plan_of(2, 2, 3, kernel=(1,))
    assert honesty(plan, Stage.INPUT, 2).startswith("every 2nd of 2 × 2")
    assert honesty(plan, Stage.INPUT, 1).startswith("all of 2 × 2")


def test_a_slice_of_a_volume_is_not_counted() -> None:
    plan = plan_of(6, 40, 50, axes="DHW")
    region = (Span(2, 3), Span(0, 40), Span(0, 50))
    assert told(plan, Stage.INPUT, "HW", region).startswith("all of 40 × 50")


def test_levels_of_a_sample_say_so_for_integers_too() -> None:
    plan = plan_of(40, 50, 3)
    assert "1 in 4 looked at" in honesty(plan, Stage.INPUT, statistics=SAMPLED)
    assert "1 in 4 looked at" in honesty(plan, Stage.PADDED, statistics=SAMPLED)
    assert "looked at" not in honesty(plan, Stage.INPUT)
    assert "looked at" not in honesty(plan, Stage.INPUT, statistics=SAMPLED, rule="dtype")
    floats = plan_of(40, 50, 3, dtype="float32")
    assert "levels 0 … 9, 1 in 4 looked at" in honesty(floats, Stage.INPUT, statistics=SAMPLED)
    assert "looked at" not in honesty(floats, Stage.INPUT, statistics=SAMPLED, rule="custom")


@pytest.mark.parametrize(
    ("shape", "axes", "target", "text"),
    [
        ((480, 640, 3), "HWC", (600, 800), "top 60  bottom 60  left 80  right 80"),
        ((96, 256, 3), "HWC", (128, 128), "top 16  bottom 16  left −64  right −64  (− cropped)"),
        ((10, 480, 640), "DHW", (20, 600, 500), "D 5 + 5  H 60 + 60  W −70 − 70  (− cropped)"),
        ((24, 64, 64), "DHW", (64, 256, 200), "front 20  back 20  top 96  bottom 96  left 68  right 68"),
        ((1000, 5000, 9000), "DHW", (4000, 9000, 3000), "D 1500 + 1500  H 2000 + 2000  W −3000 − 3000  (− cropped)"),
    ],
)
def test_amounts_of_padding_fit_in_two_lines(
    shape: tuple[int, ...], axes: str, target: tuple[int, ...], text: str
) -> None:
    plan = plan_of(*shape, axes=axes, target=target, position="center", overflow="crop")
    detail = ledger.detail_text(plan, Stage.PADDED)
    assert plain(detail) == text
    lines = wrapped(detail, 2, 36, len)
    assert len(lines) <= 2
    assert all(len(line) <= 36 for line in lines)


@pytest.mark.parametrize(
    ("lines", "width", "expected"),
    [
        (2, 36, ["all of 480 × 640  ·  levels 0 … 255", "computed whole"]),
        (3, 20, ["all of 480 × 640", "levels 0 … 255", "computed whole"]),
        (2, 20, ["all of 480 × 640", "levels 0 … 255  ·  computed whole"]),
    ],
)
def test_lines_end_in_no_dot_and_break_between_parts(lines: int, width: int, expected: list[str]) -> None:
    text = joined(["all of 480 × 640", "levels 0 … 255", "computed whole"])
    assert [plain(line) for line in wrapped(text, lines, width, len)] == expected


def test_a_part_that_is_wider_than_a_line_breaks_between_its_words() -> None:
    text = joined(["NaN 1  Inf 2", "EXIF rotation applied"])
    assert [plain(line) for line in wrapped(text, 4, 10, len)] == ["NaN 1  Inf", "2  ·  EXIF", "rotation", "applied"]
    assert wrapped("", 2, 10, len) == []


def test_the_size_of_what_is_shown_is_that_of_the_axes_on_screen() -> None:
    plan = plan_of(6, 40, 50, axes="DHW")
    region = (Span(0, 6), Span(20, 21), Span(0, 50))
    assert told(plan, Stage.INPUT, "DW", region).startswith("all of 6 × 50")
    sampled = (Span(0, 512, 2), Span(0, 50))
    signal = plan_of(512, 50, axes="CT")
    assert told(signal, Stage.INPUT, "CT", sampled).startswith("every 2nd of 512 × 50")


def test_a_map_that_is_not_whole_says_so() -> None:
    plan = plan_of(40, 50, 3)
    assert "·  computed whole  ·" in honesty(plan, Stage.FEATURE)
    assert "·  computed for this view  ·" in honesty(replace(plan, budget=plan.engine_bytes - 1), Stage.FEATURE)


def test_means_and_smaller_pictures_are_told() -> None:
    plan = plan_of(400, 500, 3)
    region = (Span(0, 400, 8), Span(0, 500, 8), Span(0, 3))
    assert told(plan, Stage.INPUT, "HW", region, averaged=True).startswith("means over 8 × 8 of 400 × 500  ·  levels")
    text = told(plan, Stage.INPUT, "HW", region, coarse=8)
    assert text.startswith("every 8th of 400 × 500  ·  of a picture of 1/8 for now  ·  levels")
