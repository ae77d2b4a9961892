"""Counts of bytes, as people write and read them."""

from __future__ import annotations

import math

from padviewer.errors import SettingsError


def format_bytes(count: float) -> str:
    """Returns a byte count as people read it: `512 B`, `7.4 MiB`, `31 GiB`."""
    unit = "B"
    for larger_unit in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if count < 1024:
            break
        count, unit = count / 1024, larger_unit
    return f"{count:.0f} {unit}" if count >= 99.95 or unit == "B" else f"{count:.1f} {unit}"


def parse_budget(text: str) -> int:
    """Parses a number of bytes such as `800M`, `4GiB` or `1500000000`."""
    units = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
    word = text.strip().lower().removesuffix("ib").removesuffix("b")
    unit = word[-1:] if word[-1:] in units else ""
    try:
        count = float(word.removesuffix(unit)) * units[unit]
        if not 1 <= count < math.inf:
            raise ValueError
    except ValueError:
        raise SettingsError(f"budget {text!r}: expected a size in bytes, such as 800M or 4GiB") from None
    return int(count)
