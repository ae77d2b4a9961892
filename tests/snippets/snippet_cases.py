"""Inputs and settings of every kind that a snippet has to say, and what padding makes of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from padviewer.axes import canonical_axes, spatial_axes
from padviewer.geometry import MODES, OVERFLOWS, POSITIONS, whole
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.resolve import resolve
from padviewer.sources.base import ArraySource
from padviewer.sources.padded import read_padded
from padviewer.spec import PipelineSpec

DTYPES = (
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
AXES = ("T", "TC", "CT", "BTC", "BT", "HW", "WH", "HWC", "CHW", "BHWC", "BCHW", "HWB", "DHW", "DHWC", "CDHW", "BCDHW")
Array = np.ndarray[Any, np.dtype[Any]]


def plan_of(shape: tuple[int, ...], dtype: str, axes: str, path: str = "photo.png", **settings: Any) -> Plan:
    info = ArrayInfo(path, None, "NPY", shape, dtype, axes, False, 0)
    return resolve(PipelineSpec(**settings), info, 1 << 40)


def array_of(plan: Plan, seed: int = 0) -> Array:
    """Elements with every bit in use, but that no NaN has a payload."""
    random = np.random.default_rng(seed)
    kind = np.dtype(plan.input.dtype)
    shape = plan.input.shape
    if kind.kind == "b":
        return random.integers(0, 2, shape).astype(kind)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        return random.integers(limits.min, limits.max, shape, kind, endpoint=True)
    array = random.normal(size=shape).astype(kind)
    return array + 1j * random.normal(size=shape).astype(array.real.dtype) if kind.kind == "c" else array


def padded(plan: Plan, array: Array) -> Array:
    """The padded tensor as the window shows and exports it."""
    with ArraySource(array, plan.info) as source:
        return read_padded(source, plan, whole(plan.require(Stage.PADDED).shape))


def canonical(axes: str, array: Array) -> Array:
    """Batch first, channels last; axes that are missing have one element."""
    wanted = canonical_axes(axes)
    moved = array.transpose([axes.index(letter) for letter in wanted if letter in axes])
    return moved.reshape([array.shape[axes.index(letter)] if letter in axes else 1 for letter in wanted])


def batch_first(axes: str, array: Array) -> Array:
    """What a model takes: the array with its batch in front, or with a batch of one."""
    return np.moveaxis(array, axes.index("B"), 0) if "B" in axes else array[None]


def assert_same(found: Array, expected: Array) -> None:
    """To the last bit, NaN, signs of zeros, dtype and shape."""
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    assert np.ascontiguousarray(found).tobytes() == np.ascontiguousarray(expected).tobytes()


@st.composite
def plans(draw: st.DrawFn, random: bool = True, dtypes: tuple[str, ...] = DTYPES) -> Plan:
    """Plans that have a padded tensor."""
    axes, dtype = draw(st.sampled_from(AXES)), draw(st.sampled_from(dtypes))
    rank = len(spatial_axes(axes))
    mode = draw(st.sampled_from(MODES))
    shape = tuple(draw(st.integers(1, 5) if letter == "C" else st.integers(0, 7)) for letter in axes)
    size = st.none() | st.integers(0, 20)
    settings = {
        "target": draw(st.just(()) | st.tuples(*[size] * rank)),
        "multiple_of": draw(st.just((1,)) | st.tuples(st.integers(1, 6)) | st.tuples(*[st.integers(1, 6)] * rank)),
        "position": draw(st.sampled_from(POSITIONS if random else POSITIONS[:3])),
        "position_seed": draw(st.integers(0, 5)),
        "mode": mode,
        "overflow": draw(st.sampled_from(OVERFLOWS)),
        "fill_value": draw(_fills(dtype, shape[axes.index("C")] if "C" in axes else 0)),
    }
    plan = plan_of(shape, dtype, axes, **settings)
    if plan.padded is None:
        for changes in ({"overflow": "keep"}, {"mode": "constant"}, {"overflow": "keep", "mode": "constant"}):
            plan = plan_of(shape, dtype, axes, **{**settings, **changes})
            if plan.padded is not None:
                break
    assert plan.padded is not None, plan.problem
    return plan


def another_size(plan: Plan, data: st.DataObject) -> Plan | None:
    """The same settings on an input of another size; None where they do not go with it."""
    kept = {letter: plan.input.extent(letter) for letter in plan.input.axes if plan.axis(letter) is None}
    shape = tuple(kept.get(letter, data.draw(st.integers(0, 25))) for letter in plan.input.axes)
    names = ("target", "multiple_of", "position", "mode", "overflow", "fill_value")
    settings = {name: getattr(plan.spec, name) for name in names}
    other = plan_of(shape, plan.input.dtype, plan.input.axes, **settings)
    return other if other.padded is not None else None


def _fills(dtype: str, channels: int) -> st.SearchStrategy[Any]:
    kind = np.dtype(dtype)
    each: st.SearchStrategy[Any]
    if kind.kind == "b":
        each = st.sampled_from([0, 1, True])
    elif kind.kind in "iu":
        limits = np.iinfo(kind)
        each = st.sampled_from([0, 1, 7.0, int(limits.min), int(limits.max), int(limits.max) - 1])
    else:
        each = st.sampled_from([0, 1, -2.5, 0.1, -0.0, 65504, math.nan, math.inf, -math.inf])
    return each | st.tuples(*[each] * channels) if channels else each
