"""The terms of an output's sum as small grids, one for each channel: value times weight, and the product under it."""

from __future__ import annotations

import re
from html import escape
from itertools import groupby

from padviewer.gui.card.terms import Term, short
from padviewer.gui.theme import Theme
from padviewer.reach import Kind

# Characters between two grids.
_GAP = 3


def grids_html(terms: list[Term], letters: str, has_channels: bool, is_whole: bool, theme: Theme, room: int) -> str:
    """Returns the grids as rich text, as many beside each other as there is room for.

    Args:
        terms: all of a sum, in their order.
        letters: the spatial axes.
        has_channels: whether the input has them.
        is_whole: whether the input's dtype has whole numbers alone.
        theme: gives the colours.
        room: characters in a line.
    """
    grids = _grids(terms, letters, has_channels)
    width = max(_cell(term, is_whole, theme)[1] for term in terms)
    columns = max(len(row) for _title, rows in grids for _name, row in rows)
    name = max(len(name) for _title, rows in grids for name, _row in rows)
    each = name + columns * (width + 2) + _GAP
    beside = max(1, room // each)
    html = []
    for start in range(0, len(grids), beside):
        html.append("<table cellspacing='0' cellpadding='0'><tr>")
        for title, rows in grids[start : start + beside]:
            html.append(f"<td style='padding-right:24px; padding-bottom:8px'>{_title(title, theme)}")
            html.append("<table cellspacing='0' cellpadding='0'>")
            html.append(_head(rows, letters, theme))
            for row_name, row in rows:
                html.append(f"<tr><td style='color:{theme.muted}; padding-right:8px' valign='top'>{row_name}</td>")
                for term in row:
                    cell, _width = _cell(term, is_whole, theme)
                    html.append(f"<td align='right' style='padding-right:12px; padding-bottom:4px'>{cell}</td>")
                html.append("</tr>")
            html.append("</table></td>")
        html.append("</tr></table>")
    return "".join(html)


def legend_text(terms: list[Term]) -> str:
    """Returns how padding is told from data in the grids; empty where there is none."""
    kinds = {term.kind for term in terms}
    words = []
    if Kind.PADDING in kinds:
        words.append("struck through: padding")
    if Kind.ZERO in kinds:
        words.append("in brackets: zeros of the convolution")
    return "   ".join(words)


Row = tuple[str, list[Term]]


def _grids(terms: list[Term], letters: str, has_channels: bool) -> list[tuple[str, list[Row]]]:
    """Returns grids with their titles and rows.

    Of one spatial axis, a row is a channel; of several, the last two make the grid, and there is one for each channel
    and each place on the first of three.
    """
    if len(letters) == 1:
        channel_of = lambda term: term.channel  # noqa: E731
        each = groupby(sorted(terms, key=channel_of), key=channel_of)
        return [("", [(f"ch {channel}" if has_channels else "", list(row)) for channel, row in each])]
    before = lambda term: (term.channel, term.taps[:-2])  # noqa: E731
    found = []
    # Sorting keeps the order of the taps.
    for (channel, places), group in groupby(sorted(terms, key=before), key=before):
        words = [f"channel {channel}"] if has_channels else []
        words += [f"{letter} {place}".replace("-", "−") for letter, place in zip(letters, places, strict=False)]
        grid = [(_place(letters[-2], row), list(taps)) for row, taps in groupby(group, key=lambda t: t.taps[-2])]
        found.append(("   ".join(words), grid))
    return found


def _place(letter: str, index: int) -> str:
    return f"{letter} {index}".replace("-", "−")


def _title(text: str, theme: Theme) -> str:
    return f"<span style='color:{theme.muted}'>{escape(text)}</span>" if text else ""


def _head(rows: list[Row], letters: str, theme: Theme) -> str:
    cells = "".join(
        f"<td align='right' style='color:{theme.muted}; padding-right:12px'>{_place(letters[-1], term.taps[-1])}</td>"
        for term in rows[0][1]
    )
    return f"<tr><td></td>{cells}</tr>"


def _cell(term: Term, is_whole: bool, theme: Theme) -> tuple[str, int]:
    """Returns a term as rich text, and how many characters wide it is."""
    factors = f"{short(term.value, is_whole)} × {short(term.weight, False)}"
    product = f"= {short(term.product, False)}"
    if term.kind is Kind.ZERO:
        factors = f"({factors})"
    width = max(len(factors), len(product))
    factors, product = factors.replace(" ", "&nbsp;"), product.replace(" ", "&nbsp;")
    if term.kind is Kind.DATA:
        return f"<span style='color:{theme.muted}'>{factors}</span><br>{product}", width
    colour = theme.padding if term.kind is Kind.PADDING else theme.muted
    return f"<span style='color:{colour}'>{_struck(factors)}<br>{_struck(product)}</span>", width


def _struck(html: str) -> str:
    """Strikes a text through, but for signs that the line would hide."""
    return "<s>" + re.sub("((?:&nbsp;)?−|=&nbsp;−?)", r"</s>\1<s>", html) + "</s>"
