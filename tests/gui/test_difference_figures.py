"""Pairs and figures of a difference against arrays that numpy pads and compares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padviewer.errors import PlanError
from padviewer.geometry import counts
from padviewer.gui.difference.figures import Figures, figures_of, signed
from padviewer.gui.difference.pair import Pair, size_of
from padviewer.gui.screen import Cut
from padviewer.plan import ArrayInfo, Stage
from padviewer.resolve import resolve
from padviewer.sources import ArraySource
from padviewer.sources.padded import read_padded
from padviewer.spec import PipelineSpec


def plans_of(array, axes, here, there):
    info = ArrayInfo("array", None, "test", array.shape, array.dtype.name, axes, False, array.nbytes)
    return [resolve(PipelineSpec(axes=axes, filters=2, **each), info, 1 << 30) for each in (here, there)]


def compared(pair, array):
    """Both sides of all slices, and the figures of them together."""
    source = ArraySource(array, pair.plan.info)
    found, parts = Figures(), []
    for numbers in pair.slices():
        here, there = (
            read_padded(source, plan, region)
            for plan, region in zip((pair.plan, pair.other), pair.regions(numbers), strict=True)
        )
        assert here.shape == counts(pair.regions(numbers)[0])
        found = found.with_more(figures_of(pair, numbers, here, there))
        parts.append((numbers, here, there))
    return found, parts


SIDES = st.fixed_dictionaries(
    {
        "target": st.tuples(*[st.one_of(st.none(), st.integers(1, 30))] * 2),
        "position": st.sampled_from(["start", "center", "end"]),
        "mode": st.sampled_from(["constant", "reflect", "wrap"]),
        "overflow": st.just("keep"),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.tuples(st.integers(1, 12), st.integers(1, 12)), SIDES, SIDES, st.integers(0, 99))
def test_figures_of_padded_tensors(shape, here, there, seed) -> None:
    array = np.random.default_rng(seed).integers(0, 4, shape).astype("float32")
    plan, other = plans_of(array, "HW", here, there)
    pair = Pair.of(plan, other, Stage.PADDED, Cut())
    figures, _parts = compared(pair, array)
    # The oracle: both padded tensors written into one large canvas by the coordinates of the content.
    sides = []
    for each in (plan, other):
        width = [(axis.pad.before, axis.pad.after) for axis in each.spatial]
        canvas = np.full((90, 90), np.nan)
        first = [40 - before for before, _after in width]
        padded = np.pad(array, width, each.spec.mode)
        canvas[first[0] : first[0] + padded.shape[0], first[1] : first[1] + padded.shape[1]] = padded
        sides.append(canvas)
    both = ~np.isnan(sides[0]) & ~np.isnan(sides[1])
    apart = np.where(both, np.abs(sides[0] - sides[1]), 0)
    assert figures.compared == both.sum()
    assert figures.differing == (apart > 0).sum()
    assert figures.largest == apart.max()
    assert figures.mean == pytest.approx(apart.sum() / both.sum())
    assert figures.content == array.size
    assert figures.content_differing == 0
    assert figures.reach == (0, 0)
    if figures.place is not None:
        at = [figures.place[axis.letter] - axis.pad.before + 40 for axis in plan.spatial]
        assert apart[at[0], at[1]] == apart.max() > 0


def test_slices_cover_a_plane_once() -> None:
    array = np.zeros((900, 1300), "float32")
    plan, other = plans_of(array, "HW", {"target": (1000, 1301)}, {"mode": "edge", "target": (1000, 1301)})
    pair = Pair.of(plan, other, Stage.FEATURE, Cut())
    seen = np.zeros(plan.feature.shape, int)
    for numbers in pair.slices():
        assert size_of(numbers) <= 1 << 17
        seen[tuple(slice(span.start, span.stop) for span in pair.regions(numbers)[0])] += 1
    assert (seen[..., 0] == 1).all()
    assert (seen[..., 1] == 0).all()


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 3, 5, 9])
def test_the_reach_of_outputs(kernel: int, stride: int) -> None:
    """Outputs differ where their windows reach beyond the content; the deepest of them tells how far."""
    size, before = 40, 6
    array = np.ones((1, size), "float32")
    both = {"target": (None, size + 2 * before), "position": "center", "kernel": (1, kernel), "strides": (1, stride)}
    plan, other = plans_of(array, "HW", both, {**both, "mode": "reflect"})
    pair = Pair.of(plan, other, Stage.FEATURE, Cut())
    (numbers,) = pair.slices()
    outputs = plan.spatial[1].outputs
    firsts = np.arange(outputs) * stride - before
    touches = (firsts < 0) | (firsts + kernel > size)
    here = np.zeros(plan.feature.shape[:2], "float32")[..., np.newaxis]
    figures = figures_of(pair, numbers, here, here + touches[np.newaxis, :, np.newaxis])
    middles = firsts + kernel / 2
    content = (middles > 0) & (middles < size)
    order = np.flatnonzero(content)
    deep = np.minimum(np.arange(len(order)), np.arange(len(order))[::-1]) + 1
    differing = touches[order]
    assert figures.content == len(order)
    assert figures.deepest == deep.max()
    if differing.any():
        elements = np.ceil(np.minimum(middles, size - middles))[order]
        assert figures.reach == (deep[differing].max(), elements[differing].max())
        assert figures.reach[1] <= kernel // 2 + 1
    else:
        assert figures.reach == (0, 0)


def test_nan_and_infinity() -> None:
    here = np.array([np.nan, np.nan, np.inf, np.inf, 1.0, 2.0], "float32")
    there = np.array([np.nan, 1.0, np.inf, -np.inf, 1.0, 2.5], "float32")
    plan, other = plans_of(np.zeros((1, 6), "float32"), "HW", {"kernel": (1,)}, {"kernel": (1,)})
    pair = Pair.of(plan, other, Stage.PADDED, Cut())
    figures = figures_of(pair, pair.numbers, here[np.newaxis], there[np.newaxis])
    assert (figures.differing, figures.odd, figures.largest) == (3, 2, 0.5)
    assert figures.place == {"H": 0, "W": 5}
    np.testing.assert_array_equal(signed(here, there)[[0, 2, 4, 5]], [0, 0, 0, -0.5])


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "complex64", "float16"])
def test_any_dtype(dtype: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    plan, other = plans_of(array, "HW", {"target": (5, 6)}, {"target": (5, 6), "mode": "edge"})
    pair = Pair.of(plan, other, Stage.PADDED, Cut())
    figures, _parts = compared(pair, array)
    sides = [np.pad(array, ((0, 2), (0, 2)), mode) for mode in ("constant", "edge")]
    wide = [side.astype("complex128") for side in sides]
    assert figures.differing == (sides[0] != sides[1]).sum()
    assert figures.largest == np.abs(wide[0] - wide[1]).max()


def test_a_slice_without_a_counterpart_is_told() -> None:
    array = np.zeros((6, 8, 9), "float32")
    plan, other = plans_of(array, "DHW", {}, {"target": (9, None, None), "position": "end", "strides": (2, 1, 1)})
    with pytest.raises(PlanError, match="slice of axis D"):
        Pair.of(plan, other, Stage.FEATURE, Cut(depth=1))
    found = []
    for depth in range(6):
        try:
            found.append(Pair.of(plan, other, Stage.FEATURE, Cut(depth=depth)).numbers["D"])
        except PlanError:
            found.append(None)
    assert any(span is not None for span in found)
