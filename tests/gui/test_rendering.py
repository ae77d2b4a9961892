"""Numbers to colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from padviewer.gui.rendering import (
    DIVERGING,
    INF_COLOUR,
    NAN_COLOUR,
    Look,
    choose_map,
    levels_of,
    lookup_table,
    paint,
)
from padviewer.workers.statistics import summarize

GRAY = lookup_table("gray")


@given(
    hnp.arrays(
        st.sampled_from(["bool", "uint8", "int8", "uint16", "int64", "uint64", "float16", "float32", "float64"]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    )
)
def test_any_plane_is_painted_from_dark_to_light(data: np.ndarray) -> None:
    levels = levels_of(Look(rule="data"), data, summarize(data))
    pixels = paint(data, GRAY, levels)
    assert pixels.shape == (*data.shape, 4)
    finite = np.isfinite(data)
    assert (pixels[np.isnan(data)] == NAN_COLOUR).all()
    assert (pixels[np.isinf(data)] == INF_COLOUR).all()
    order = np.argsort(data[finite], kind="stable")
    assert (np.diff(pixels[finite][order, 0].astype(int)) >= 0).all()
    if finite.any() and data[finite].min() != data[finite].max():
        assert pixels[finite][order[0], 0] <= 1
        assert pixels[finite][order[-1], 0] >= 254


def test_bytes_are_shown_as_they_are() -> None:
    data = np.arange(256, dtype=np.uint8).reshape(16, 16)
    levels = levels_of(Look(), data, summarize(data))
    assert levels == (0.0, 255.0)
    assert np.array_equal(paint(data, GRAY, levels)[..., 0], data)
    colours = np.stack([data, data.T, 255 - data], axis=-1)
    assert np.array_equal(paint(colours, GRAY, levels)[..., :3], colours)


def test_alpha_is_kept() -> None:
    data = np.full((2, 3, 4), 65535, np.uint16)
    data[0, 0, 3] = 0
    pixels = paint(data, GRAY, (0.0, 65535.0))
    assert pixels[0, 0].tolist() == [255, 255, 255, 0]
    assert pixels[1, 1].tolist() == [255, 255, 255, 255]


def test_opacity_of_booleans_is_all_or_nothing() -> None:
    data = np.ones((1, 2, 4), bool)
    data[0, 0, 3] = False
    assert paint(data, GRAY, (0.0, 1.0)).tolist() == [[[255, 255, 255, 0], [255, 255, 255, 255]]]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16"])
@pytest.mark.parametrize("levels", [(0.0, 255.0), (-30.0, 99.5), (-1.7e308, 1.7e308)])
def test_small_integers_have_the_colours_of_the_same_floats(dtype: str, levels: tuple[float, float]) -> None:
    info = np.iinfo(dtype)
    data = np.random.default_rng(0).integers(info.min, info.max, (300, 301), dtype, endpoint=True)
    expected = paint(data.astype(np.float64), GRAY, levels)
    assert np.array_equal(paint(data, GRAY, levels), expected), "looked up"
    assert np.array_equal(paint(data[:5, :7], GRAY, levels), expected[:5, :7]), "computed"
    colours = np.stack([data, data[::-1], data[:, ::-1]], axis=-1)
    channels = [paint(np.ascontiguousarray(colours[..., i]), GRAY, levels)[..., 0] for i in range(3)]
    assert np.array_equal(paint(colours, GRAY, levels)[..., :3], np.stack(channels, axis=-1))


def test_what_is_not_finite_is_marked_among_the_finite() -> None:
    data = np.zeros((200, 300, 3), np.float32)
    data[3, 4, 1], data[5, 6, 2], data[7, 8] = np.nan, -np.inf, (np.nan, np.inf, 0)
    pixels = paint(data, GRAY, (0.0, 1.0))
    assert pixels[3, 4].tolist() == list(NAN_COLOUR)
    assert pixels[5, 6].tolist() == list(INF_COLOUR)
    assert pixels[7, 8].tolist() == list(NAN_COLOUR)
    assert (pixels[data.sum(axis=-1) == 0] == (0, 0, 0, 255)).all()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("dtype", (-32768.0, 32767.0)),
        ("data", (-5.0, 1000.0)),
        ("view", (0.0, 99.0)),
        ("percentile", (0.99, 98.01)),
        ("custom", (1.0, 2.0)),
    ],
)
def test_levels_follow_their_rule(rule: str, expected: tuple[float, float]) -> None:
    on_screen = np.arange(100, dtype=np.int16).reshape(10, 10)
    whole = summarize(np.array([-5, 1000], np.int16))
    assert levels_of(Look(rule=rule, custom=(1.0, 2.0)), on_screen, whole) == pytest.approx(expected)


@pytest.mark.parametrize("data", [np.full((2, 2), np.nan), np.zeros((0, 3)), np.full((2, 2), 7.0)])
@pytest.mark.parametrize("rule", ["auto", "data", "view", "percentile"])
def test_levels_have_some_width_whatever_the_data(data: np.ndarray, rule: str) -> None:
    low, high = levels_of(Look(rule=rule), data, summarize(data))
    assert np.isfinite([low, high]).all()
    if rule != "percentile" or np.isnan(data).all() or not data.size:
        assert high > low


def test_a_feature_map_with_both_signs_diverges_from_zero() -> None:
    assert choose_map(Look(), True, (-1.0, 3.0)) == (DIVERGING, (-3.0, 3.0))
    assert choose_map(Look(), True, (0.0, 3.0)) == ("viridis", (0.0, 3.0))
    assert choose_map(Look(), False, (-1.0, 3.0)) == ("gray", (-1.0, 3.0))
    assert choose_map(Look(colour_map="magma"), True, (-1.0, 3.0)) == ("magma", (-1.0, 3.0))
