"""The name of an embedded colour profile, read without interpreting the profile."""

from __future__ import annotations

from padviewer.errors import shortened

_HEADER = 128
_MOST_TAGS = 100
_SHOWN = 40


def profile_note(profile: bytes | None) -> tuple[str, ...]:
    """Returns a note on an ICC profile that is not applied; none where there is no profile, or it is sRGB's.

    Args:
        profile: as embedded in a picture; it may be damaged.
    """
    if not profile:
        return ()
    name = _name(profile)
    if "srgb" in name.lower():
        return ()
    return (f"colour profile {shortened(name, _SHOWN)!r} not applied" if name else "colour profile not applied",)


def _name(profile: bytes) -> str:
    """Returns the description of a profile, empty where it has none."""
    count = _number(profile, _HEADER)
    for at in range(_HEADER + 4, _HEADER + 4 + 12 * min(count, _MOST_TAGS), 12):
        if profile[at : at + 4] == b"desc":
            start = _number(profile, at + 4)
            return _text(profile[start : start + _number(profile, at + 8)])
    return ""


def _text(tag: bytes) -> str:
    """Returns the text of a tag of one of the two kinds that versions 2 and 4 of the format have."""
    if tag[:4] == b"mluc":
        length, start = _number(tag, 20), _number(tag, 24)
        text = tag[start : start + length].decode("utf-16-be", "replace")
    else:
        text = tag[12 : 12 + _number(tag, 8)].decode("latin1")
    return text.strip("\0 ")


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
