"""What reads what, against brute force over all places, and against what Keras' own layers really read."""

from __future__ import annotations

import functools
import math
from itertools import product

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from padviewer import reach
from padviewer.geometry import MODES, POSITIONS, Span
from padviewer.layers import MultiDimDynamicPadding
from padviewer.plan import ArrayInfo
from padviewer.reach import Kind
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.windows import channels_of

CONVOLUTIONS = {1: keras.layers.Conv1D, 2: keras.layers.Conv2D, 3: keras.layers.Conv3D}
NUMPY_MODES = {"constant": "constant", "reflect": "reflect", "symmetric": "symmetric", "edge": "edge", "wrap": "wrap"}


def plan_of(shape, axes, dtype="float32", **changes):
    info = ArrayInfo("array", None, "test", shape, dtype, axes, False, 0)
    return resolve(PipelineSpec(axes=axes, **changes), info, 2**50)


@st.composite
def axis_plans(draw):
    """One axis of a convolution that Keras has, and the mode."""
    strided = draw(st.booleans())
    mode = draw(st.sampled_from(MODES))
    plan = plan_of(
        (draw(st.integers(1, 12)),),
        "T",
        target=(draw(st.one_of(st.none(), st.integers(1, 40))),),
        position=draw(st.sampled_from(POSITIONS)),
        position_seed=draw(st.integers(0, 9)),
        mode=mode,
        overflow=draw(st.sampled_from(["keep", "crop"])),
        kernel=(draw(st.integers(1, 5)),),
        strides=(draw(st.integers(1, 4)),) if strided else (1,),
        dilation=(1,) if strided else (draw(st.integers(1, 4)),),
        conv_padding=draw(st.sampled_from(["valid", "same", "causal"])),
        filters=1,
    )
    assume(plan.feature is not None)
    return plan.spatial[0], mode


def padded_origins(axis, mode):
    """Which input index stands at each padded place, by numpy's own padding; None where a constant does."""
    index = np.arange(axis.size)
    before, after = axis.pad
    kept = index[max(0, -before) : axis.size - max(0, -after)]
    width = (max(0, before), max(0, after))
    if mode == "constant":
        return [None if i < 0 else int(i) for i in np.pad(kept, width, constant_values=-1)]
    return [int(i) for i in np.pad(kept, width, mode=mode)]


def brute_windows(axis):
    """The padded places that each output reads."""
    return [
        [o * axis.stride - axis.conv.before + t * axis.dilation for t in range(axis.kernel)]
        for o in range(axis.outputs)
    ]


@st.composite
def spans(draw):
    start = draw(st.integers(-30, 30))
    return Span(start, start + draw(st.integers(0, 60)), draw(st.integers(1, 9)))


@given(spans(), spans())
def test_what_two_progressions_have_in_common(a, b):
    found = reach.meet(a, b)
    assert set(range(*found)) == set(range(*a)) & set(range(*b))
    assert found.count == len(set(range(*found)))


@settings(max_examples=300, deadline=None)
@given(axis_plans())
def test_windows_and_what_stands_in_them(given_axis):
    axis, mode = given_axis
    origins = padded_origins(axis, mode)
    for output, places in enumerate(brute_windows(axis)):
        assert list(reach.window(axis, output).indices) == places
        kinds = {place: kind for kind, part in reach.parts(axis, reach.window(axis, output)) for place in range(*part)}
        assert list(kinds) == places
        for place in places:
            outside = not 0 <= place < axis.padded
            is_data = axis.data[0] <= place < axis.data[1]
            expected = Kind.ZERO if outside else Kind.DATA if is_data else Kind.PADDING
            assert kinds[place] == expected == reach.kind_at(axis, place)
            assert reach.origin(axis, mode, place) == (None if outside else origins[place])


@settings(max_examples=300, deadline=None)
@given(axis_plans())
def test_outputs_that_read_an_element(given_axis):
    axis, mode = given_axis
    windows, origins = brute_windows(axis), padded_origins(axis, mode)
    for place in range(axis.padded):
        expected = [output for output, places in enumerate(windows) if place in places]
        assert list(range(*reach.readers(axis, place))) == expected
    everything = Span(0, axis.outputs)
    for index in range(axis.size):
        places = [place for place, source in enumerate(origins) if source == index]
        found = reach.copies(axis, mode, index)
        assert sorted(place for span in found for place in range(*span)) == places
        expected = {output for output, read in enumerate(windows) if set(read) & set(places)}
        reached = list(reach.reached(axis, mode, index, everything))
        assert {output for span in reached for output in range(*span)} == expected
        half = Span(axis.outputs // 3, 2 * axis.outputs // 3 + 1)
        near = {output for span in reach.reached(axis, mode, index, half) for output in range(*span)}
        assert near == expected & set(range(*half))
    for output, read in enumerate(windows):
        expected = [origins[place] for place in read if 0 <= place < axis.padded and origins[place] is not None]
        found = [(index, times) for span, times in reach.sources(axis, mode, output) for index in range(*span)]
        assert sorted(found) == [(index, expected.count(index)) for index in sorted(set(expected))]


@settings(max_examples=200, deadline=None)
@given(axis_plans(), st.data())
def test_runs_of_outputs_and_of_places(given_axis, data):
    axis, _mode = given_axis
    windows = brute_windows(axis)
    start = data.draw(st.integers(0, axis.outputs - 1))
    outputs = Span(start, data.draw(st.integers(start + 1, axis.outputs)), data.draw(st.integers(1, 3)))
    read = [place for output in range(*outputs) for place in windows[output]]
    assert reach.extent(axis, outputs) == Span(min(read), max(read) + 1)
    first = data.draw(st.integers(0, max(0, axis.padded - 1)))
    stop = data.draw(st.integers(first, axis.padded))
    hulls = [(places[0], places[-1]) for places in windows]
    expected = [o for o, (low, high) in enumerate(hulls) if low < stop and high >= first and first < stop]
    assert list(range(*reach.touching(axis, first, stop))) == expected


def test_nothing_depends_on_the_size_of_an_axis():
    far = plan_of((10**11,), "T", target=(10**12,), position="center", mode="wrap", kernel=(10**6,), filters=1)
    axis = far.spatial[0]
    assert reach.window(axis, 5).count == 10**6
    (places,) = reach.copies(axis, "wrap", 7)
    assert places.step == 10**11
    assert places.count == 10
    assert [span.count for span in reach.reached(axis, "wrap", 7, Span(0, axis.outputs))] == [10**6] * 10
    edge = plan_of((3,), "T", target=(10**12,), mode="edge", kernel=(3,), filters=1).spatial[0]
    (places,) = reach.copies(edge, "edge", 2)
    assert places == Span(2, 10**12)
    (reached,) = reach.reached(edge, "edge", 2, Span(0, edge.outputs))
    assert reached == Span(0, 10**12 - 2)


def test_an_empty_axis_reaches_nothing():
    axis = plan_of((0,), "T", target=(5,), filters=1).spatial[0]
    assert [kind for kind, _part in reach.parts(axis, reach.window(axis, 0))] == [Kind.PADDING]
    assert reach.origin(axis, "constant", 2) is None


def test_places_are_counted_over_all_axes():
    plan = plan_of((4, 5), "HW", target=(8, 9), position="center", kernel=(3,), conv_padding="same", filters=1)
    found = reach.places_by_kind(plan, {"H": 0, "W": 1})
    assert found == {Kind.DATA: 0, Kind.PADDING: 6, Kind.ZERO: 3}
    assert reach.places_by_kind(plan, {"H": 2, "W": 2}) == {Kind.DATA: 4, Kind.PADDING: 5, Kind.ZERO: 0}


# ---- through Keras


def keras_feature(plan, array):
    """The feature map that Keras' own layers make of an array of the plan's shape, channels last."""
    return keras_features(plan, array[None])[0]


def keras_features(plan, arrays):
    """Those of any number of arrays, along the first axis."""
    assert "B" not in plan.input.axes
    spec, rank = plan.spec, len(plan.spatial)
    x = arrays.astype("float32")
    x = x if "C" in plan.input.axes else x[..., None]
    padded = MultiDimDynamicPadding(
        spec.target or (None,) * rank,
        position=spec.position,
        seed=spec.position_seed,
        mode=spec.mode,
        fill_value=spec.fill_value,
        overflow=spec.overflow,
    )(x)
    layer = _layer(plan)
    return np.asarray(keras.ops.convert_to_numpy(layer(padded))).reshape((len(arrays), *plan.feature.shape))


@functools.cache
def _ones():
    return keras.initializers.Ones()


def _layer(plan):
    options = {
        "strides": tuple(axis.stride for axis in plan.spatial),
        "dilation_rate": tuple(axis.dilation for axis in plan.spatial),
        "padding": plan.spec.conv_padding,
    }
    sizes = tuple(axis.kernel for axis in plan.spatial)
    rank = len(sizes)
    if plan.spec.conv == "depthwise":
        kind = {1: keras.layers.DepthwiseConv1D, 2: keras.layers.DepthwiseConv2D}[rank]
        sizes = sizes[0] if rank == 1 else sizes
        options |= {name: options[name][0] for name in ("strides", "dilation_rate")} if rank == 1 else {}
        return kind(sizes, depth_multiplier=plan.spec.depth_multiplier, depthwise_initializer=_ones(), **options)
    return CONVOLUTIONS[rank](plan.spec.filters, sizes, groups=plan.spec.groups, kernel_initializer=_ones(), **options)


@st.composite
def pipelines(draw):
    axes = draw(st.sampled_from(["TC", "HW", "HWC", "DHW"]))
    spatial = [letter for letter in "DHWT" if letter in axes]
    shape = tuple(draw(st.integers(1, 5 if len(spatial) == 3 else 7)) if a in spatial else 4 for a in axes)
    strided = draw(st.booleans())
    per_axis = lambda low, high: tuple(draw(st.integers(low, high)) for _ in spatial)  # noqa: E731
    grouped = {"groups": draw(st.sampled_from([1, 2, 4])), "filters": 4} if "C" in axes else {"filters": 1}
    if "C" in axes and draw(st.booleans()):
        grouped = {"conv": "depthwise", "depth_multiplier": 2}
        strided = False
    plan = plan_of(
        shape,
        axes,
        target=tuple(draw(st.one_of(st.none(), st.integers(1, 12))) for _ in spatial),
        position=draw(st.sampled_from(POSITIONS)),
        mode=draw(st.sampled_from(MODES)),
        overflow=draw(st.sampled_from(["keep", "crop"])),
        kernel=per_axis(1, 3),
        strides=per_axis(1, 3) if strided else (1,),
        dilation=(1,) if strided else (draw(st.integers(1, 3)),),
        conv_padding=draw(st.sampled_from(["valid", "same"])),
        activation="linear",
        **grouped,
    )
    assume(plan.feature is not None)
    return plan


def window_in_input(plan, output):
    """How often an output reads each element of the input, by `reach`."""
    vectors = []
    for letter, size in zip(plan.input.axes, plan.input.shape, strict=True):
        axis = plan.axis(letter)
        if axis is None:
            read = channels_of(plan, Span(output["C"], output["C"] + 1))
            vectors.append([int(index in range(*read)) for index in range(size)])
        else:
            found = reach.sources(axis, plan.spec.mode, output[letter])
            counts = {index: times for span, times in found for index in range(*span)}
            vectors.append([counts.get(index, 0) for index in range(size)])
    return functools.reduce(np.multiply.outer, vectors)


@settings(max_examples=60, deadline=None)
@given(pipelines(), st.data())
def test_the_window_is_what_the_convolution_really_reads(plan, data):
    """Every element of the input is changed for itself: exactly those of the window change the output, as often."""
    place = tuple(data.draw(st.integers(0, size - 1)) for size in plan.feature.shape)
    output = dict(zip(plan.feature.axes, place, strict=True))
    size = math.prod(plan.input.shape)
    # The first has nothing changed.
    arrays = np.eye(size + 1, size, -1, "float32").reshape(size + 1, *plan.input.shape)
    before, *after = keras_features(plan, arrays)[:, *place]
    found = np.reshape(after, plan.input.shape) - before
    np.testing.assert_array_equal(found, window_in_input(plan, output))


@settings(max_examples=60, deadline=None)
@given(pipelines(), st.data())
def test_an_element_reaches_exactly_the_outputs_that_change_with_it(plan, data):
    index = tuple(data.draw(st.integers(0, size - 1)) for size in plan.input.shape)
    array = np.zeros(plan.input.shape, "float32")
    before = keras_feature(plan, array)
    array[index] = 1
    changed = keras_feature(plan, array) != before
    sets = []
    for letter, size in zip(plan.feature.axes, plan.feature.shape, strict=True):
        axis = plan.axis(letter)
        if axis is None:
            at = index[plan.input.axes.index("C")] if "C" in plan.input.axes else 0
            sets.append(set(range(*reach.filters_reading(plan, at))))
        else:
            at = index[plan.input.axes.index(letter)]
            spans = reach.reached(axis, plan.spec.mode, at, Span(0, size))
            sets.append({output for span in spans for output in range(*span)})
    expected = np.zeros(plan.feature.shape, bool)
    for output in product(*sets):
        expected[output] = True
    assert math.prod(map(len, sets)) == expected.sum()
    np.testing.assert_array_equal(changed, expected)


@pytest.mark.parametrize("mode", MODES)
def test_changing_all_inputs_outside_of_a_window_changes_nothing(mode):
    """Inputs of any size of values; the output is the same to the last bit."""
    plan = plan_of((9, 11, 2), "HWC", target=(16, 20), position="center", mode=mode, kernel=(3, 5), filters=3)
    rng = np.random.default_rng(0)
    array = rng.normal(size=(9, 11, 2)).astype("float32")
    first = keras_feature(plan, array)
    for place in ((0, 0, 1), (3, 4, 0), (13, 15, 2), (7, 8, 1)):
        read = window_in_input(plan, dict(zip("HWC", place, strict=True)))
        other = np.where(read > 0, array, rng.normal(size=array.shape)).astype("float32")
        assert keras_feature(plan, other)[place] == pytest.approx(first[place], rel=0, abs=1e-6)
        if read.any():
            moved = np.where(read > 0, array + 1, array).astype("float32")
            assert keras_feature(plan, moved)[place] != pytest.approx(first[place], abs=0.5)
