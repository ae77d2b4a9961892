"""Random cases of everything at once, against numpy: PADVIEWER_CASES says how many, `make test-cases` tries 100,000."""

from __future__ import annotations

import importlib
import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from numpy_padding import DTYPES, Wanted, counted, numpy_padded, size_after

from padviewer.geometry import MODES, POSITIONS, draw, split
from padviewer.layers import dynamic_padding, padding, unpad
from padviewer.layers.base import settings_of
from padviewer.layers.targets import Target

CASES = int(os.environ.get("PADVIEWER_CASES", "2000"))
BATCH = 100


class Case(NamedTuple):
    """An input, what is wanted of each axis, and the options."""

    x: np.ndarray
    wanted: tuple[Wanted | None, ...]
    channels: int
    options: dict[str, Any]


def cases(count: int, dtype: str) -> Iterator[Case]:
    rng = np.random.default_rng(DTYPES.index(dtype))
    for _ in range(count):
        rank = int(rng.integers(2, 6))
        mode, position = str(rng.choice(MODES)), str(rng.choice(POSITIONS))
        overflow = str(rng.choice(["keep", "crop"]))
        channels = int(rng.choice([0 if rank == 2 else 1, rank - 1]))
        shape = tuple(int(size) for size in rng.integers(int(mode != "constant"), 7, rank))
        spatial = [axis for axis in range(int(rank > 2), rank) if axis != channels]
        seed = int(rng.integers(2**31))
        wanted: list[Wanted | None] = [None] * rank
        for index, axis in enumerate(spatial):
            if rng.random() < 0.8:
                asked = Wanted(int(rng.integers(25)) if rng.random() < 0.9 else None, int(rng.choice([1, 1, 2, 4, 5])))
                extra = size_after(shape[axis], asked, overflow) - shape[axis]
                wanted[axis] = asked._replace(before=abs(split(extra, "random", draw(seed, index))[0]))
        options = {
            "position": position,
            "mode": mode,
            "fill_value": fill(rng, dtype, shape[channels]),
            "overflow": overflow,
        }
        yield Case(counted(*shape, dtype=dtype), tuple(wanted), channels, {**options, "seed": seed})


def fill(rng: np.random.Generator, dtype: str, channels: int) -> Any:
    def number() -> float:
        if dtype.startswith(("float", "complex", "bfloat")):
            return float(rng.choice([0, 1, -2.5, np.nan, np.inf, 0.1]))
        return int(rng.choice([0, 1] if dtype == "bool" else [0, 7, 127]))

    return tuple(number() for _ in range(channels)) if channels and rng.random() < 0.3 else number()


def padded(case: Case) -> tuple[Any, Any]:
    """By the public function where one axis is padded, else by the engine of all the layers."""
    axes = [axis for axis, asked in enumerate(case.wanted) if asked is not None]
    spatial = [axis for axis in range(int(case.x.ndim > 2), case.x.ndim) if axis != case.channels]
    if len(axes) == 1 and (case.x.ndim > 2 or axes[0] == spatial[0]):
        asked = case.wanted[axes[0]]
        assert asked is not None
        if asked.size is not None or asked.multiple_of > 1:
            last = case.channels == case.x.ndim - 1
            return tuple(
                dynamic_padding(
                    case.x,
                    asked.size,
                    axes[0],
                    multiple_of=asked.multiple_of,
                    data_format="channels_last" if last else "channels_first",
                    batched=case.x.ndim > 2,
                    return_pad_width=True,
                    **case.options,
                )
            )
    targets = [
        None if asked is None else Target(asked.size, asked.multiple_of, spatial.index(axis))
        for axis, asked in enumerate(case.wanted)
    ]
    y, done = padding.pad(case.x, tuple(targets), settings_of(**case.options), channels=case.channels)
    return y, done.pad_width()


def together(functions: list[Callable[[Any], Any]], inputs: list[Any]) -> list[Any]:
    """Calls each with its input; on JAX, which compiles anew for each shape, in one compiled function: much faster."""
    if keras.backend.backend() == "jax":
        jax = importlib.import_module("jax")
        return list(jax.jit(lambda xs: [function(x) for function, x in zip(functions, xs, strict=True)])(inputs))
    return [function(x) for function, x in zip(functions, inputs, strict=True)]


def outcomes(batch: list[Case]) -> list[tuple[Any, Any]]:
    return together([lambda x, case=case: padded(case._replace(x=x)) for case in batch], [case.x for case in batch])


@pytest.mark.parametrize("dtype", DTYPES)
def test_random_cases_equal_numpy_and_are_undone(dtype: str) -> None:
    compared = np.dtype("float32") if dtype == "bfloat16" else np.dtype(dtype)
    drawn = cases(-(-CASES // len(DTYPES)), dtype)
    tried = 0
    while batch := list(itertools.islice(drawn, BATCH)):
        to_undo = []
        for case, (y, pad_width) in zip(batch, outcomes(batch), strict=True):
            options = {name: value for name, value in case.options.items() if name != "seed"}
            expected = numpy_padded(case.x, case.wanted, channels=case.channels, **options)
            found, width = keras.ops.convert_to_numpy(y), keras.ops.convert_to_numpy(pad_width)
            assert found.dtype == case.x.dtype, case
            np.testing.assert_array_equal(found.astype(compared), expected.astype(compared), str(case))
            if (width >= 0).all():
                to_undo.append((case, y, width))
        undo = [lambda y, width=width: unpad(y, width) for _case, _y, width in to_undo]
        for (case, _y, _width), x in zip(to_undo, together(undo, [y for _case, y, _width in to_undo]), strict=True):
            found = keras.ops.convert_to_numpy(x).astype(compared)
            np.testing.assert_array_equal(found, case.x.astype(compared), str(case))
        tried += len(batch)
    assert tried == -(-CASES // len(DTYPES))


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="other backends pad them one by one above")
@pytest.mark.parametrize("dtype", DTYPES)
def test_jax_pads_them_one_by_one_as_it_does_compiled(dtype: str) -> None:
    batch = list(cases(10, dtype))
    for case, (y, width) in zip(batch, outcomes(batch), strict=True):
        for alone, compiled in zip(padded(case), (y, width), strict=True):
            assert alone.dtype == compiled.dtype, case
            found, expected = (np.asarray(part).astype("complex64") for part in (alone, compiled))
            np.testing.assert_array_equal(found, expected, str(case))
