"""Numbers and lists as a person reads them on a line."""

from __future__ import annotations

from padviewer.geometry import Split


def number(value: float) -> str:
    """Returns a number short enough for a line: integers whole, others with four digits."""
    return tidy(f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e7 else f"{value:.4g}")


def tidy(text: str) -> str:
    """Returns a number as Python writes it, as people do: with a minus sign, and `e9` instead of `e+09`."""
    mantissa, _e, exponent = text.partition("e")
    return (f"{mantissa}e{int(exponent)}" if exponent else text).replace("-", "−")


def percent(share: float) -> str:
    """Returns a share as a percentage that is 0 or 100 only where it is exactly that."""
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    shown = share * 100
    if shown < 0.05:
        return "<0.1 %"
    if shown > 99.95:
        return ">99.9 %"
    return f"{shown:.0f} %" if 1 <= shown <= 99 else f"{min(shown, 99.9):.1f} %"


def count_text(number: int) -> str:
    """Returns a count as people read it: `902 M`, `4.6 G`."""
    if number < 1000:
        return str(number)
    shown = number / 1000
    for unit in "kMGTPE":
        # Before it would be rounded to 1000.
        if shown < 999.5:
            return f"{shown:.1f} {unit}" if shown < 9.95 else f"{shown:.0f} {unit}"
        shown /= 1000
    return f"{shown:.2g} Z"


def grouped(number: int) -> str:
    """Returns a whole number with narrow spaces between its thousands."""
    return f"{number:,}".replace(",", "\u202f")


def ordinal(count: int) -> str:
    """Returns the ending of an English ordinal number."""
    if count % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")


def signed(amounts: Split) -> str:
    """Returns what is added before and after: `5 + 5`, or `−70 − 70` where it is cropped."""
    return f"{amounts.before} + {amounts.after}".replace("-", "−").replace("+ −", "− ")


def listed(words: list[str]) -> str:
    """Returns `a`, `a and b`, or `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def joined(parts: list[str]) -> str:
    """Returns parts with a dot between them; a line breaks between parts and not inside of them."""
    return "\u00a0\u00a0·  ".join(unbroken(part) for part in parts)


def unbroken(text: str) -> str:
    """Returns a text in which no line is broken."""
    return text.replace(" ", "\u00a0")
