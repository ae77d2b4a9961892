"""Counts of bytes."""

import pytest

from padviewer.bytecount import format_bytes, parse_budget
from padviewer.errors import SettingsError


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (99.9 * 1024, "99.9 KiB"), (99.96 * 1024, "100 KiB"),
        (7.4 * 2**20, "7.4 MiB"), (31 * 2**30, "31.0 GiB"), (2**50, "1.0 PiB"), (3 * 2**60, "3.0 EiB"),
        (2**80, "1048576 EiB"),
    ],
)  # fmt: skip
def test_byte_counts_as_people_read_them(count: float, text: str) -> None:
    assert format_bytes(count) == text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1500000000", 1_500_000_000),
        ("800M", 800 << 20),
        ("4GiB", 4 << 30),
        ("1.5 k", 1536),
        ("2tb", 2 << 40),
        ("1", 1),
    ],
)
def test_a_budget_is_parsed(text: str, count: int) -> None:
    assert parse_budget(text) == count


@pytest.mark.parametrize("text", ["", "0", "0.4", "-1", "nan", "inf", "lots", "1e400", "4X", "M"])
def test_text_that_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="expected a size in bytes"):
        parse_budget(text)
