"""`file.npz::key`: a file, and the member of it that is meant."""

from __future__ import annotations

import os

_SEPARATOR = "::"


def split_selector(text: str) -> tuple[str, str | None]:
    """Splits `file.npz::key` into file and member. A file whose own name contains `::` wins.

    Returns:
        The path, and the member's name or None.
    """
    if _SEPARATOR not in text or _exists(text):
        return text, None
    words = text.split(_SEPARATOR)
    pairs = [(_SEPARATOR.join(words[:i]), _SEPARATOR.join(words[i:])) for i in range(1, len(words))]
    path, member = next((pair for pair in pairs if _exists(pair[0])), pairs[0])
    return path, member or None


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        return False
