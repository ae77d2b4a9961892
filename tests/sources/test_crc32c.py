"""CRC-32C against google_crc32c."""

from __future__ import annotations

import google_crc32c
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.sources.crc32c import crc32c


@given(st.binary(max_size=300))
def test_any_bytes(data):
    assert crc32c(data) == google_crc32c.value(data)


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 65537, 1_000_001])
def test_many_bytes(size):
    data = np.random.default_rng(size).bytes(size)
    assert crc32c(data) == google_crc32c.value(data)


def test_the_value_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283
