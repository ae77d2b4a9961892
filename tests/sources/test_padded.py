from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padviewer.errors import PlanError
from padviewer.geometry import MODES, POSITIONS, Span, draw, split, whole
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.sources import ArraySource, Source, read_input, read_mask, read_padded
from padviewer.spec import PipelineSpec

LAYOUTS = ["T", "HW", "WH", "TC", "HWC", "CHW", "DHW", "BHWC", "BCHW"]


def described(array, axes):
    return ArrayInfo("array", None, "test", array.shape, array.dtype.name, axes, False, array.nbytes)


def plan_of(array, axes, **settings_):
    return resolve(PipelineSpec(**settings_), described(array, axes), 2**40)


class Counting(Source):
    """Counts the elements that are read."""

    def __init__(self, array, axes):
        self.info = described(array, axes)
        self._inner = ArraySource(array, self.info)
        self.count = 0

    def take(self, indices):
        found = self._inner.take(indices)
        self.count += found.size
        return found


def amounts(spare, position, seed, axis):
    """How many elements go before and after, or are cut there."""
    if position == "random":
        before = abs(split(spare, "random", draw(seed, axis))[0])
    else:
        before = {"start": 0, "end": abs(spare), "center": abs(spare) // 2}[position]
    return before, abs(spare) - before


def numpy_padded(array, axes, target, multiple_of, position, position_seed, mode, fill_value, overflow):
    """Pads with numpy.pad, the sizes and splits worked out anew; channel by channel where each has its fill."""
    letters = [a for a in "DHWT" if a in axes]
    widths = [(0, 0)] * len(axes)
    for number, (letter, asked) in enumerate(zip(letters, target, strict=True)):
        axis = axes.index(letter)
        size = array.shape[axis]
        least = max(size if asked is None else asked, size if overflow == "keep" else 0)
        wanted = -(-least // multiple_of[0]) * multiple_of[0]
        before, after = amounts(wanted - size, position, position_seed, number)
        if wanted >= size:
            widths[axis] = (before, after)
        else:
            array = array.take(range(before, size - after), axis)
    mask = np.pad(np.ones(array.shape, np.uint8), widths)
    if mode != "constant":
        return np.pad(array, widths, mode), mask
    if not isinstance(fill_value, tuple):
        return np.pad(array, widths, mode, constant_values=fill_value), mask
    planes = zip(np.split(array, len(fill_value), axes.index("C")), fill_value, strict=True)
    padded = [np.pad(plane, widths, mode, constant_values=value) for plane, value in planes]
    return np.concatenate(padded, axes.index("C")), mask


@st.composite
def cases(drawing):
    axes = drawing(st.sampled_from(LAYOUTS))
    shape = tuple(drawing(st.integers(1, 7)) for _ in axes)
    array = np.arange(np.prod(shape)).reshape(shape).astype(drawing(st.sampled_from(["u1", "i4", "f4", "c8"])))
    spatial = [a for a in axes if a in "DHWT"]
    fill = st.integers(0, 255)
    if "C" in axes:
        channels = shape[axes.index("C")]
        fill |= st.lists(fill, min_size=channels, max_size=channels).map(tuple)
    return array, axes, {
        "target": tuple(drawing(st.none() | st.integers(1, 25)) for _ in spatial),
        "multiple_of": (drawing(st.integers(1, 5)),),
        "position": drawing(st.sampled_from(POSITIONS)),
        "position_seed": drawing(st.integers(0, 2**31 - 1)),
        "mode": drawing(st.sampled_from(MODES)),
        "fill_value": drawing(fill),
        "overflow": drawing(st.sampled_from(["keep", "crop"])),
    }  # fmt: skip


@st.composite
def regions(draw, shape):
    # Regions of steps of 1 go another way.
    steps = draw(st.sampled_from([st.just(1), st.integers(1, 4)]))

    def span(size):
        start = draw(st.integers(0, size))
        return Span(start, draw(st.integers(start, size)), draw(steps))

    return tuple(span(size) for size in shape)


@settings(max_examples=400)
@given(cases(), st.data())
def test_any_region_equals_that_of_numpy_pad(case, data):
    array, axes, chosen = case
    plan = plan_of(array, axes, **chosen)
    expected, mask = numpy_padded(array, axes, **chosen)
    assert plan.padded.shape == expected.shape
    region = data.draw(regions(expected.shape))
    found = read_padded(ArraySource(array, plan.info), plan, region)
    np.testing.assert_array_equal(found, expected[tuple(slice(*span) for span in region)])
    assert found.dtype == array.dtype
    assert found.flags.c_contiguous

    part = tuple(span for span, letter in zip(region, axes, strict=True) if letter != "C")
    flat = mask[tuple(0 if letter == "C" else slice(*span) for span, letter in zip(region, axes, strict=True))]
    kept = read_mask(plan, part)
    np.testing.assert_array_equal(kept, flat)
    assert kept.dtype == np.uint8


def test_constant_padding_reads_only_what_shows():
    source = Counting(np.ones((10, 10), np.float32), "HW")
    plan = plan_of(np.ones((10, 10), np.float32), "HW", target=(100, 100), position="center", fill_value=7)
    assert (read_padded(source, plan, (Span(0, 40), Span(0, 100))) == 7).all()
    assert source.count == 0
    read_padded(source, plan, (Span(0, 100, 50), Span(0, 100, 50)))
    assert source.count == 1


def test_a_target_of_terabytes_costs_only_its_region():
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    plan = plan_of(array, "HW", target=(2**40, 2**40), mode="reflect")
    region = (Span(2**39, 2**39 + 5), Span(2**40 - 3, 2**40))
    rows = np.pad(np.arange(3), (0, 400), "reflect")[np.arange(2**39, 2**39 + 5) % 4]
    columns = np.pad(np.arange(4), (0, 400), "reflect")[np.arange(2**40 - 3, 2**40) % 6]
    np.testing.assert_array_equal(
        read_padded(ArraySource(array, plan.info), plan, region), array[np.ix_(rows, columns)]
    )


def test_axes_of_the_settings_overrule_those_of_the_file():
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    plan = resolve(PipelineSpec(axes="CHW", target=(5, 5)), described(array, "HWC"), 2**40)
    found = read_padded(ArraySource(array, plan.info), plan, whole(plan.padded.shape))
    np.testing.assert_array_equal(found, np.pad(array, ((0, 0), (0, 2), (0, 1))))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.5])
def test_fill_values_of_floats(value):
    array = np.zeros((1, 1), np.float16)
    plan = plan_of(array, "HW", target=(1, 2), fill_value=value)
    found = read_padded(ArraySource(array, plan.info), plan, whole((1, 2)))
    np.testing.assert_array_equal(found, np.array([[0, value]], np.float16))


def test_exact_fill_of_uint64():
    array = np.full(1, 2**64 - 1, np.uint64)
    plan = plan_of(array, "T", target=(2,), fill_value=2**64 - 2)
    assert read_padded(ArraySource(array, plan.info), plan, whole((2,))).tolist() == [2**64 - 1, 2**64 - 2]


def test_exact_fills_of_uint64_channels():
    array = np.zeros((1, 2), np.uint64)
    plan = plan_of(array, "TC", target=(2,), fill_value=(2**64 - 1, 1))
    found = read_padded(ArraySource(array, plan.info), plan, whole((2, 2)))
    assert found.tolist() == [[0, 0], [2**64 - 1, 1]]


def test_fills_of_channels_that_are_sampled():
    array = np.zeros((3, 1, 1), np.float16)
    plan = plan_of(array, "CHW", target=(2, 2), fill_value=(1, 1e5 - 5e4, float("nan")))
    found = read_padded(ArraySource(array, plan.info), plan, (Span(0, 3, 2), Span(1, 2), Span(0, 2)))
    np.testing.assert_array_equal(found, np.array([[[1, 1]], [[np.nan, np.nan]]], np.float16))


def test_an_empty_input_is_filled():
    array = np.empty((0, 3), np.uint8)
    plan = plan_of(array, "HW", target=(2, 3), fill_value=9)
    found = read_padded(ArraySource(array, plan.info), plan, whole((2, 3)))
    assert found.tolist() == [[9] * 3] * 2
    assert not read_mask(plan, whole((2, 3))).any()


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_region_is_empty(mode):
    array = np.empty((0, 3), np.uint8)
    plan = plan_of(array, "HW", target=(0, 5), mode=mode)
    assert read_padded(ArraySource(array, plan.info), plan, whole((0, 5))).shape == (0, 5)


def test_input_regions():
    array = np.arange(20).reshape(4, 5)
    found = read_input(ArraySource(array, described(array, "HW")), (Span(1, 4, 2), Span(0, 5, 3)))
    np.testing.assert_array_equal(found, array[1:4:2, ::3])


def test_a_plan_without_padding_says_why():
    array = np.zeros((4, 4), np.uint8)
    plan = plan_of(array, "HW", target=(2, 2), overflow="error")
    with pytest.raises(PlanError, match="overflow is 'error'"):
        read_padded(ArraySource(array, plan.info), plan, whole((2, 2)))
    with pytest.raises(PlanError, match="overflow is 'error'"):
        read_mask(plan, whole((2, 2)))


@pytest.mark.parametrize("region", [(Span(0, 5), Span(0, 1)), (Span(-1, 2), Span(0, 1)), (Span(0, 1),)])
def test_regions_outside_are_refused(region):
    array = np.zeros((4, 4), np.uint8)
    plan = plan_of(array, "HW")
    with pytest.raises(PlanError, match="leaves the stage"):
        read_padded(ArraySource(array, plan.info), plan, region)
