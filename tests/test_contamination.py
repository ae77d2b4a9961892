"""Contamination against the pixel mask that Keras' own layers convolve, and against counting."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from padviewer.axes import canonical_axes
from padviewer.contamination import Bar, contamination_of
from padviewer.geometry import CONV_PADDINGS, MODES, POSITIONS, Span
from padviewer.layers import MultiDimDynamicPadding
from padviewer.plan import ArrayInfo, Plan
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec

LAYOUTS = ("T", "TC", "BTC", "HW", "HWC", "CHW", "BHWC", "DHW", "CDHW", "BDHWC")
CONVOLUTIONS = {1: keras.layers.Conv1D, 2: keras.layers.Conv2D, 3: keras.layers.Conv3D}


def plan_of(shape: tuple[int, ...], axes: str, **values) -> Plan:
    info = ArrayInfo("array", None, "test", shape, "float32", axes, False, 1)
    return resolve(PipelineSpec(axes=axes, **values), info, 1 << 60)


@st.composite
def plans(draw) -> Plan:
    axes = draw(st.sampled_from(LAYOUTS))
    spatial = [letter for letter in "DHWT" if letter in axes]
    longest = 8 if len(spatial) == 3 else 16
    shape = tuple(
        draw(st.integers(0 if letter in spatial else 1, longest if letter in spatial else 2)) for letter in axes
    )
    per_axis = lambda low, high: tuple(draw(st.integers(low, high)) for _ in spatial)  # noqa: E731
    strided = draw(st.booleans())
    return plan_of(
        shape,
        axes,
        target=tuple(draw(st.one_of(st.none(), st.integers(1, 24))) for _ in spatial),
        multiple_of=per_axis(1, 4),
        position=draw(st.sampled_from(POSITIONS)),
        position_seed=draw(st.integers(0, 99)),
        mode=draw(st.sampled_from(MODES)),
        overflow=draw(st.sampled_from(["keep", "crop"])),
        filters=2,
        kernel=per_axis(1, 5),
        strides=per_axis(1, 4) if strided else (1,),
        dilation=(1,) if strided else per_axis(1, 5),
        conv_padding=draw(st.sampled_from([p for p in CONV_PADDINGS if p != "causal" or len(spatial) == 1])),
    )


def is_wrong_in_tensorflow(plan: Plan) -> bool:
    """Whether TensorFlow 2.21 returns what lies in memory on a CPU: one output across, and a stride there."""
    across = plan.spatial[-1]
    return len(plan.spatial) > 1 and across.outputs == 1 and across.stride > 1


def data_of_windows(plan: Plan) -> np.ndarray:
    """How many elements of each window are data: the pixel mask, convolved with ones by Keras' own layers.

    The mask is what the padding layer makes of ones, with zeros for padding whatever the mode is.

    Returns:
        Integers with the axes batch and the spatial ones.
    """
    spec, rank = plan.spec, len(plan.spatial)
    shape = [plan.input.extent(letter) for letter in canonical_axes(plan.input.axes)[:-1]]
    mask = MultiDimDynamicPadding(
        spec.target or (None,) * rank,
        multiple_of=spec.multiple_of,
        position=spec.position,
        seed=spec.position_seed,
        overflow=spec.overflow,
    )(np.ones((*shape, 1), "float32"))
    layer = CONVOLUTIONS[rank](
        1,
        tuple(axis.kernel for axis in plan.spatial),
        strides=tuple(axis.stride for axis in plan.spatial),
        dilation_rate=tuple(axis.dilation for axis in plan.spatial),
        padding=spec.conv_padding,
        kernel_initializer="ones",
        use_bias=False,
    )
    return np.rint(keras.ops.convert_to_numpy(layer(mask))[..., 0]).astype(int)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_contamination_is_the_convolution_of_the_pixel_mask(data) -> None:
    plan = data.draw(plans())
    found = contamination_of(plan)
    if plan.feature is None:
        assert found is None
        return
    assert found is not None
    assume(not is_wrong_in_tensorflow(plan))
    taken = data_of_windows(plan)
    taps = math.prod(axis.kernel for axis in plan.spatial)
    shape = tuple(axis.outputs for axis in plan.spatial)
    assert taken.shape[1:] == shape
    expected = (taps - taken[0]) / taps
    for item in taken:
        assert np.array_equal(item, taken[0]), "the items of a batch are alike"
    assert np.array_equal(found.shares([Span(0, size) for size in shape]), expected)
    spans = [data.draw(spans_of(size)) for size in shape]
    at = np.ix_(*(span.indices for span in spans))
    assert np.array_equal(found.shares(spans), expected[at])
    check_totals(found, taken[0], taps)


@st.composite
def spans_of(draw, size: int) -> Span:
    start = draw(st.integers(0, size - 1))
    return Span(start, draw(st.integers(start + 1, size)), draw(st.sampled_from([1, 1, 2, 3, 8])))


def ends(bar: Bar) -> tuple[Fraction, Fraction]:
    """The ends of a bar in tenths, exactly."""
    return Fraction(round(bar.low * 10), 10), Fraction(round(bar.high * 10), 10)


def check_totals(found, taken: np.ndarray, taps: int) -> None:
    assert found.outputs == taken.size
    assert found.touching == int((taken < taps).sum())
    assert found.seeing_nothing == int((taken == 0).sum())
    assert found.mean == pytest.approx(1 - taken.mean() / taps, abs=1e-12)
    contaminations = [Fraction(taps - int(count), taps) for count in taken.ravel()]
    bars = found.histogram
    assert len(bars) == 12
    for number, bar in enumerate(bars):
        low, high = ends(bar)
        inside = [share for share in contaminations if (low <= share < high) or share == low == high]
        assert bar.outputs == len(inside) - (number == 1) * contaminations.count(0)
    clean = np.zeros(taken.shape, bool)
    clean[tuple(slice(*each.clean) for each in found.axes)] = True
    assert np.array_equal(clean, taken == taps), "the 0 % contour holds all outputs that see data only, and no other"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_blocks_hold_the_mean_of_their_outputs(data) -> None:
    plan = data.draw(plans())
    found = contamination_of(plan)
    for each in found.axes if found else ():
        size = each.axis.outputs
        taps = each.data_taps(np.arange(size))
        first = np.array(data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=6)))
        stop = np.array([data.draw(st.integers(low + 1, size)) for low in first])
        means = [taps[low:high].mean() / each.axis.kernel for low, high in zip(first, stop, strict=True)]
        shares = each.data_shares(first, stop)
        assert shares == pytest.approx(means)
        assert [bool(share == 1) for share in shares] == [
            bool((taps[low:high] == each.axis.kernel).all()) for low, high in zip(first, stop, strict=True)
        ]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_reach_is_what_windows_with_padding_read(data) -> None:
    plan = data.draw(plans())
    found = contamination_of(plan)
    for each in found.axes if found else ():
        axis, (first, last) = each.axis, each.axis.data
        reads = [
            [o * axis.stride - axis.conv.before + tap * axis.dilation for tap in range(axis.kernel)]
            for o in range(axis.outputs)
        ]
        touches = [any(not first <= place < last for place in window) for window in reads]
        if all(touches):
            assert each.reach is None
            assert each.depth is None
            continue
        before = touches.index(False)
        after = touches[::-1].index(False)
        assert each.reach == (before, after)
        covers = [range(max(window[0], first), min(window[-1] + 1, last)) for window in reads]
        at_start = [place - first + 1 for cover in covers[:before] for place in cover]
        at_end = [last - place for cover in covers[axis.outputs - after :] for place in cover]
        assert each.depth == (max(at_start, default=0), max(at_end, default=0))


def test_a_photo_in_a_larger_target() -> None:
    found = contamination_of(plan_of((148, 240, 3), "HWC", target=(192, 320), position="center", kernel=(3,)))
    assert found is not None
    assert (found.outputs, found.touching) == (190 * 318, 190 * 318 - 146 * 238)
    assert found.seeing_nothing == 190 * 318 - 150 * 242
    assert [each.clean for each in found.axes] == [(22, 168), (40, 278)]
    assert [each.reach for each in found.axes] == [(22, 22), (40, 40)]
    assert [each.depth for each in found.axes] == [(2, 2), (2, 2)]


def test_same_pads_too() -> None:
    found = contamination_of(plan_of((8, 8), "HW", kernel=(3,), strides=(2,), conv_padding="same"))
    assert found is not None
    assert [each.clean for each in found.axes] == [(0, 3), (0, 3)]
    assert found.touching == 16 - 9
    assert contamination_of(plan_of((8, 8), "HW", kernel=(3,), strides=(2,))).touching == 0


@pytest.mark.parametrize("kernel", [3, 11, 40])
def test_axes_of_any_length_are_counted_exactly(kernel: int) -> None:
    """What is told of a huge map is what is told of a small one, and the outputs between its borders."""
    small, large = 200, 10**10 + 200
    settings_of = {"position": "center", "kernel": (kernel,), "mode": "reflect", "filters": 1}
    few = contamination_of(plan_of((small, small), "HW", target=(small + 100,) * 2, **settings_of))
    many = contamination_of(plan_of((large, large), "HW", target=(large + 100,) * 2, **settings_of))
    assert few is not None
    assert many is not None
    more = 10**10
    (values, outputs), (others, numbers) = few.axes[0].counts, many.axes[0].counts
    assert values.tolist() == others.tolist()
    assert (numbers - outputs).tolist() == [0] * kernel + [more]
    counted = {(a, b): int(m) * int(n) for (a, m), (b, n) in product(zip(others, numbers, strict=True), repeat=2)}
    assert many.outputs == sum(counted.values()) > 1 << 64
    assert many.touching == sum(n for (a, b), n in counted.items() if a * b < kernel**2)
    assert many.seeing_nothing == sum(n for (a, b), n in counted.items() if a * b == 0)
    for bar in many.histogram[1:-1]:
        low, high = ends(bar)
        inside = [
            n
            for (a, b), n in counted.items()
            if low <= 1 - Fraction(int(a * b), kernel**2) < high and a * b < kernel**2
        ]
        assert bar.outputs == sum(inside)
    assert sum(bar.outputs for bar in many.histogram) == many.outputs
    assert many.histogram[0].outputs == many.outputs - many.touching > 1 << 64
    assert many.histogram[-1].outputs == many.seeing_nothing
    assert 0 < many.mean < 1e-7


def test_shares_are_1_only_where_every_output_is_counted() -> None:
    plan = plan_of((1,) * 3, "DHW", target=(10**9,) * 3, kernel=(1,), filters=1)
    found = contamination_of(plan)
    assert found is not None
    assert found.touching == 10**27 - 1
    assert 0.999 < found.share(found.touching) < 1
    assert found.share(found.outputs) == 1
    assert found.share(0) == 0


@pytest.mark.parametrize(("shape", "axes"), [((0,), "T"), ((0, 5), "HW"), ((0, 4, 4, 3), "BHWC")])
def test_empty_arrays(shape: tuple[int, ...], axes: str) -> None:
    spatial = sum(letter in "DHWT" for letter in axes)
    found = contamination_of(plan_of(shape, axes, target=(6,) * spatial, kernel=(3,)))
    assert found is not None
    if axes == "BHWC":
        assert found.touching == 16 - 4, "a batch of none has the windows of any other"
        return
    assert found.seeing_nothing == found.outputs == found.touching
    assert found.mean == 1
    assert found.histogram[-1].outputs == found.outputs
    assert all(each.reach is None for each in found.axes[:1])


def test_there_is_none_without_a_feature_map() -> None:
    assert contamination_of(plan_of((2, 2), "HW", kernel=(3,))) is None
    assert contamination_of(plan_of((4 << 20,), "T", kernel=(1 << 20,), filters=1)) is None
