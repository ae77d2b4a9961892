"""What tests of exports share; the tests import from this folder."""

from __future__ import annotations

import sys

import pytest
from driving_faults import Driver


@pytest.fixture(scope="module")
def driver():
    """The process that lets calls of the system fail."""
    driver = Driver()
    yield driver
    driver.close()
    print(f"\n{driver.injected} faults injected", file=sys.stderr)  # noqa: T201 - a figure for whoever asks for it (-s)
