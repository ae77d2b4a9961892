"""Writes arrays for the tests of formats."""

from __future__ import annotations

import json

import numpy as np
from held import Held

from padviewer.export import Payload, Portions, write

RNG = np.random.default_rng(0)
SPEC = json.dumps({"axes": "HWC", "note": 'naïve \u2028 "quoted"'})
DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "c8", "c16"]
# Axes of each rank, in usual orders and others.
SHAPES = [
    ((7,), "T"),
    ((7, 3), "TC"),
    ((7, 5), "HW"),
    ((5, 7), "WH"),
    ((7, 5, 3), "HWC"),
    ((3, 7, 5), "CHW"),
    ((4, 7, 5), "DHW"),
    ((3, 7, 2), "BTC"),
    ((3, 7, 5, 2), "BHWC"),
    ((4, 7, 5, 3), "DHWB"),
    ((2, 4, 7, 5, 3), "BDHWC"),
    ((2, 3, 4, 7, 5), "BCDHW"),
]


def noise(*shape, dtype="u1"):
    """Returns numbers that every dtype can hold; complex ones have an imaginary part."""
    array = RNG.integers(0, 2 if dtype == "?" else 100, shape).astype(dtype)
    return array + array.dtype.type(1j) * array[::-1] if array.dtype.kind == "c" else array


def payload(array, axes, name="padded", **more):
    return Payload(name, axes, array.shape, array.dtype.name, SPEC, **more)


def quietly(array, axes, path, **more):
    return write(payload(array, axes, **more), Held(array), str(path), overwrite=False, progress=lambda *c: None)


def written(array, axes, path, tile=40, finds=True, **options):
    """Writes in small tiles; checks what is told meanwhile, and that nothing else is left."""
    calls = []
    size = write(
        payload(array, axes, **options),
        Held(array, finds=finds),
        str(path),
        overwrite=False,
        progress=lambda *c: calls.append(c),
        portions=Portions(tile=tile),
    )
    files = [found for found in (path, *path.rglob("*")) if found.is_file()]
    assert size == sum(found.stat().st_size for found in files)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    done = [c[0] for c in calls]
    assert done == sorted(done)
    assert {c[1] for c in calls} <= {array.nbytes}
    assert not calls or calls[-1] == (array.nbytes, array.nbytes)
    return path
