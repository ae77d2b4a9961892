"""Looks for a regular expression in names: for a process, which can be ended where it takes too long."""

from __future__ import annotations

import re
from collections.abc import Sequence

from padviewer.pulse import beat


def matches(pattern: str, names: Sequence[str]) -> list[bool]:
    """Returns which names hold something that a pattern describes; capitals are as small letters."""
    beat()
    search = re.compile(pattern, re.IGNORECASE).search
    return [search(name) is not None for name in names]
