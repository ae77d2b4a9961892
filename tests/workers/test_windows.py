"""Regions of the feature map, computed of their windows alone, against the whole map that Keras makes."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from padviewer.axes import canonical_axes
from padviewer.geometry import CONV_PADDINGS, MODES, OVERFLOWS, POSITIONS, Span, counts
from padviewer.layers import MultiDimDynamicPadding
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.sources import ArraySource, read_windows
from padviewer.spec import CONVOLUTIONS, PipelineSpec
from padviewer.windows import block_bytes, thinned, windows_of
from padviewer.workers.convolution import Convolution
from padviewer.workers.frameworks import load_framework

LAYOUTS = ("T", "TC", "CT", "HW", "HWC", "CHW", "WH", "BHWC", "DHW", "CDHW")
LAYERS = {
    ("standard", 1): keras.layers.Conv1D,
    ("standard", 2): keras.layers.Conv2D,
    ("standard", 3): keras.layers.Conv3D,
    ("depthwise", 1): keras.layers.DepthwiseConv1D,
    ("depthwise", 2): keras.layers.DepthwiseConv2D,
    ("separable", 1): keras.layers.SeparableConv1D,
    ("separable", 2): keras.layers.SeparableConv2D,
}


@functools.cache
def convolution():
    return Convolution(load_framework(keras.config.backend()))


def everything(feature):
    """The whole array, copied at once and cut out, which must not differ."""
    out = np.full(feature.shape, -7, "float32")
    feature.copy_into(out)
    np.testing.assert_array_equal(feature.cut(tuple(Span(0, size) for size in feature.shape)), out)
    return out


def layer_of(plan):
    """Keras' own layer of the plan's convolution."""
    spec = plan.spec
    drawn = keras.initializers.GlorotUniform(seed=spec.seed)
    own = {
        "standard": {"filters": spec.filters, "groups": spec.groups, "kernel_initializer": drawn},
        "depthwise": {"depth_multiplier": spec.depth_multiplier, "depthwise_initializer": drawn},
        "separable": {
            "filters": spec.filters,
            "depth_multiplier": spec.depth_multiplier,
            "depthwise_initializer": drawn,
            "pointwise_initializer": drawn,
        },
    }
    return LAYERS[spec.conv, len(plan.spatial)](
        kernel_size=tuple(axis.kernel for axis in plan.spatial),
        strides=tuple(axis.stride for axis in plan.spatial),
        dilation_rate=tuple(axis.dilation for axis in plan.spatial),
        padding=spec.conv_padding,
        activation=spec.activation,
        **own[spec.conv],
    )


def keras_feature(plan, array):
    """The feature map by Keras' own layers, with the axes of the plan's."""
    spec, rank = plan.spec, len(plan.spatial)
    order = [plan.input.axes.index(letter) for letter in canonical_axes(plan.input.axes) if letter in plan.input.axes]
    shape = [plan.input.extent(letter) for letter in canonical_axes(plan.input.axes)]
    x = array.transpose(order).reshape(shape).astype("float32")
    padded = MultiDimDynamicPadding(
        spec.target or (None,) * rank,
        position=spec.position,
        seed=spec.position_seed,
        mode=spec.mode,
        fill_value=spec.fill_value,
        overflow=spec.overflow,
    )(x)
    layer = layer_of(plan)
    return np.asarray(keras.ops.convert_to_numpy(layer(padded))).reshape(plan.feature.shape)


@st.composite
def pipelines(draw):
    axes = draw(st.sampled_from(LAYOUTS))
    spatial = [letter for letter in "DHWT" if letter in axes]
    longest = 9 if len(spatial) == 3 else 14
    shape = tuple(draw(st.integers(1, longest if letter in spatial else 3)) for letter in axes)
    per_axis = lambda low, high: tuple(draw(st.integers(low, high)) for _ in spatial)  # noqa: E731
    strided = draw(st.booleans())
    conv = draw(st.sampled_from(CONVOLUTIONS if len(spatial) < 3 else ["standard"]))
    groups = draw(st.sampled_from([1, 2, 3])) if conv == "standard" and "C" in axes else 1
    shape = tuple(draw(st.sampled_from([1, 2])) * groups if a == "C" else n for a, n in zip(axes, shape, strict=True))
    array = np.random.default_rng(draw(st.integers(0, 99))).normal(size=shape)
    dtype = draw(st.sampled_from(["float32", "uint8", "float64", "int16"]))
    array = array.astype(dtype) if dtype.startswith("float") else (array * 40).clip(0, 120).astype(dtype)
    spec = PipelineSpec(
        axes=axes,
        conv=conv,
        groups=groups,
        depth_multiplier=draw(st.integers(1, 3)),
        target=tuple(draw(st.one_of(st.none(), st.integers(1, 40))) for _ in spatial),
        position=draw(st.sampled_from(POSITIONS)),
        position_seed=draw(st.integers(0, 99)),
        mode=draw(st.sampled_from(MODES)),
        fill_value=draw(st.sampled_from([0, 1, 7])),
        overflow=draw(st.sampled_from([o for o in OVERFLOWS if o != "error"])),
        filters=draw(st.integers(1, 4)) * groups,
        kernel=per_axis(1, 4),
        strides=per_axis(1, 3) if strided else (1,),
        dilation=(1,) if strided and conv == "standard" else per_axis(1, 3),
        conv_padding=draw(st.sampled_from([p for p in CONV_PADDINGS if p != "causal" or len(spatial) == 1])),
        activation=draw(st.sampled_from(["linear", "relu", "softmax"])),
        seed=draw(st.integers(0, 5)),
    )
    info = ArrayInfo("array", None, "test", shape, dtype, axes, False, array.nbytes)
    return resolve(spec, info, 2**40), array


@st.composite
def spans(draw, size):
    start = draw(st.integers(0, size - 1))
    return Span(start, draw(st.integers(start + 1, size)), draw(st.sampled_from([1, 1, 2, 3, 8])))


# Of one filter, softmax makes ones; Keras says so.
@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_region_is_the_crop_of_what_keras_makes(data):
    plan, array = data.draw(pipelines())
    if plan.feature is None:
        return
    # Conv3D of TensorFlow 2.21 returns what lies in memory on a CPU where the last axis has one output and a stride.
    assume(len(plan.spatial) < 3 or plan.spatial[-1].outputs > 1 or plan.spatial[-1].stride == 1)
    expected = keras_feature(plan, array)
    scale = max(1.0, float(np.abs(expected).max()))
    source = ArraySource(array, plan.info)
    feature = convolution().whole(plan, source)
    whole = everything(feature)
    np.testing.assert_allclose(whole, expected, rtol=0, atol=1e-5 * scale)
    for _ in range(3):
        region = tuple(data.draw(spans(size)) for size in plan.feature.shape)
        windows = windows_of(plan, region)
        block = read_windows(source, plan, windows)
        assert (block.shape, block.dtype, block.nbytes) == (windows.shape, np.float32, windows.nbytes)
        found = convolution().of_block(plan, block, windows, region[-1]).reshape(counts(region))
        crop = expected[tuple(slice(span.start, span.stop, span.step) for span in region)]
        np.testing.assert_array_equal(feature.cut(region), whole[tuple(slice(*span) for span in region)])
        np.testing.assert_allclose(found, crop, rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize(
    ("shape", "kernel", "strides"),
    [((9, 7, 5), (4, 3, 2), (4, 1, 4)), ((6, 6, 5), (4, 1, 5), (1, 1, 3)), ((4, 6, 5), (3, 4, 5), (2, 1, 2))],
)
def test_one_output_across_a_volume_is_right_whatever_its_stride(shape, kernel, strides):
    array = np.random.default_rng(0).normal(size=shape).astype("float32")
    info = ArrayInfo("array", None, "test", shape, "float32", "DHW", False, array.nbytes)
    plan = resolve(PipelineSpec(kernel=kernel, strides=strides, filters=2, activation="linear"), info, 1 << 30)
    weights = np.stack([convolution().filter_of(plan, number)[0][..., 0] for number in range(2)])
    windows = np.lib.stride_tricks.sliding_window_view(array, kernel)[:: strides[0], :: strides[1], :: strides[2]]
    expected = np.einsum("dhwijk,fijk->dhwf", windows.astype("float64"), weights)
    region = tuple(Span(0, size) for size in plan.feature.shape)
    # What lies in memory differs from time to time.
    for _ in range(10):
        found = everything(convolution().whole(plan, ArraySource(array, info)))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    read = windows_of(plan, region)
    block = read_windows(ArraySource(array, info), plan, read)
    found = convolution().of_block(plan, block, read, region[-1]).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_more_is_read_than_the_windows_hold(data):
    plan, _array = data.draw(pipelines())
    if plan.feature is None:
        return
    region = tuple(data.draw(spans(size)) for size in plan.feature.shape)
    windows = windows_of(plan, region)
    for axis, read in zip(plan.spatial, windows.spatial, strict=True):
        outputs = region[plan.feature.axes.index(axis.letter)]
        assert len(read.index) <= outputs.count * axis.kernel
    assert block_bytes(plan, region) == windows.nbytes


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_thinned_region_fits_and_lies_on_a_grid(data):
    plan, _array = data.draw(pipelines())
    if plan.feature is None:
        return
    region = tuple(Span(0, size) for size in plan.feature.shape)
    limit = data.draw(st.integers(1, 4000))
    most = data.draw(st.one_of(st.none(), st.integers(1, 20)))
    found = thinned(plan, region, limit, most)
    letters = plan.feature.axes
    spatial = [span for span, letter in zip(found, letters, strict=True) if letter not in "BC"]
    assert block_bytes(plan, found) <= limit or all(span.count == 1 for span in spatial)
    assert most is None or all(span.count <= most for span in spatial)
    assert all(span.start == 0 and span.step & (span.step - 1) == 0 for span in spatial)
    assert [s for s, a in zip(found, letters, strict=True) if a in "BC"] == [
        s for s, a in zip(region, letters, strict=True) if a in "BC"
    ]


def test_an_axis_of_a_trillion_elements_is_thinned_at_once():
    info = ArrayInfo("array", None, "test", (10**12,), "uint8", "T", False, 10**12)
    plan = resolve(PipelineSpec(filters=4), info, 1 << 30)
    found = thinned(plan, (Span(0, plan.feature.shape[0]), Span(0, 1)), 1 << 20, most=100)
    assert 50 <= found[0].count <= 100
    assert len(windows_of(plan, found).spatial[0].index) == 3 * found[0].count


@pytest.mark.parametrize("conv_padding", ["valid", "same"])
def test_padding_that_repeats_is_computed_once(conv_padding):
    class Counting(ArraySource):
        read = 0

    array = np.random.default_rng(1).normal(size=(20, 30, 3)).astype("float32")
    info = ArrayInfo("array", None, "test", array.shape, "float32", "HWC", False, array.nbytes)
    spec = PipelineSpec(
        target=(500, 600), position="center", filters=2, fill_value=(1, 2, 3), conv_padding=conv_padding
    )
    plan = resolve(spec, info, 2**40)
    blocks = []
    convolution_ = convolution()
    inner = convolution_.of_block

    def watched(plan, block, windows, filters):
        blocks.append(block.shape)
        return inner(plan, block, windows, filters)

    convolution_.of_block = watched
    try:
        found = everything(convolution_.whole(plan, ArraySource(array, info)))
    finally:
        del convolution_.of_block
    np.testing.assert_allclose(found, keras_feature(plan, array), rtol=0, atol=1e-5)
    ((_, height, width, _),) = blocks
    assert (height, width) < (40, 50)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e38])
def test_what_is_not_a_number_stays_visible(bad):
    array = np.ones((6, 6), "float32")
    array[2, 3] = bad
    info = ArrayInfo("array", None, "test", array.shape, "float32", "HW", False, array.nbytes)
    plan = resolve(PipelineSpec(filters=3, activation="relu"), info, 2**40)
    found = everything(convolution().whole(plan, ArraySource(array, info)))
    np.testing.assert_array_equal(found, keras_feature(plan, array))
