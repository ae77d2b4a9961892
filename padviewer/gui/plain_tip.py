"""Tooltips and questions that show what they are given: Qt takes for markup what looks like it, and loads pictures."""

from __future__ import annotations

from html import escape


def plain_tip(text: str) -> str:
    """Returns a tooltip, or a question, that shows `text` as it is, whatever the name of a file has in it."""
    if "<" not in text:
        return text
    lines = escape(text).replace("\n", "<br>")
    return f"<qt>{lines}</qt>"
