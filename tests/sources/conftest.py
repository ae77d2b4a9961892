from __future__ import annotations

import resource
from contextlib import contextmanager

import pytest


def resident():
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * resource.getpagesize()


@pytest.fixture
def peak_memory():
    """Fails where the process' peak of resident memory grows by more than a number of bytes."""

    @contextmanager
    def limit(allowed):
        before = max(resident(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        yield
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
        assert grown < allowed, f"memory grew by {grown} bytes"

    return limit
