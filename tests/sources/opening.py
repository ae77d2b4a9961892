"""What the tests of formats share: whole arrays, regions drawn at random, refusals, and memory in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from padviewer.errors import SourceError
from padviewer.sources import describe_source, open_source

BUDGET = 2**28
_PEAK = """
import json, resource, sys, time
import numpy as np
from padviewer.errors import PadviewerError
from padviewer.sources import open_source
small, path, member, budget, points = json.loads(sys.argv[1])
def look(path, member):
    with open_source(path, member, budget=budget) as source:
        shape = source.info.shape
        ends = points or [[0, size - 1] for size in shape]
        source.take(tuple(np.array(vector) % max(1, size) for vector, size in zip(ends, shape)))
look(small, None)
before, start, said = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), ""
try:
    look(path, member)
except PadviewerError as error:
    said = f"{type(error).__name__}: {error}"
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([said, grown * 1024, time.perf_counter() - start]))
"""


def everything(path, member=None, budget=BUDGET):
    """Returns the whole array of a file, and what is said of it."""
    with open_source(str(path), member, budget=budget) as source:
        found = source.take(tuple(np.arange(size) for size in source.info.shape))
        assert (found.shape, found.dtype.name) == (source.info.shape, source.info.dtype)
        assert len(source.info.axes) == found.ndim
        assert found.dtype.isnative
        assert found.flags.c_contiguous
    assert_described(source.info, budget)
    return found, source.info


def assert_described(info, budget=BUDGET):
    """Compares what the header tells with what was opened: all but notes on what was found while decoding."""
    described = describe_source(info.path, info.member, budget=budget)
    assert replace(described, notes=()) == replace(info, notes=())


def assert_regions(path, expected, member=None, seed=0):
    """Compares the array, and parts of it: repeated, reversed, strided, single and no indices."""
    rng = np.random.default_rng(seed)
    with open_source(str(path), member, budget=BUDGET) as source:
        assert source.info.shape == expected.shape
        for _ in range(12):
            vectors = [_vector(rng, size) for size in expected.shape]
            found = source.take(tuple(vectors))
            np.testing.assert_array_equal(found, expected[np.ix_(*vectors)])
            assert found.dtype.name == source.info.dtype
        with pytest.raises(IndexError):
            source.take(tuple(np.array([size]) for size in expected.shape))
    assert_described(source.info)
    return source.info


def _vector(rng, size):
    kinds = (
        lambda: rng.integers(0, size, rng.integers(0, 6)),
        lambda: np.arange(size),
        lambda: np.arange(size)[::-1],
        lambda: np.arange(0, size, 2),
        lambda: np.array([size - 1]),
    )
    return kinds[rng.choice(5, p=[0.4, 0.2, 0.15, 0.15, 0.1])]().astype(np.int64)


def refused(path, kind=SourceError, match=None, member=None, budget=BUDGET, content=None):
    """Returns the message with which a file is refused."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(kind, match=match) as caught:
        everything(path, member, budget)
    message = caught.value.message
    assert path.name in message
    assert len(message) < 900
    return message


def peak_of(small, path, member=None, budget=BUDGET, points=None):
    """Opens a file in a fresh process, after a small one of its kind, and reads a few elements.

    Returns:
        The error that it gave or an empty text, the bytes by which the peak of memory grew, and seconds.
    """
    asked = json.dumps([str(small), str(path), member, budget, points])
    done = subprocess.run([sys.executable, "-c", _PEAK, asked], capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)
