"""What is counted of a plane, in one line."""

from __future__ import annotations

import numpy as np

from padviewer.gui.plane_count import Counted
from padviewer.gui.words import count_text, grouped, joined, percent, tidy
from padviewer.workers.statistics import Summary

# Integers of so many digits are written whole.
_WHOLE = 10


def statistics_text(counted: Counted, dtype: str, selected: bool = False) -> str:
    """Returns e.g. `min 0  max 255  mean 127.4  std 73.9  ·  zeros 0.4 %  ·  NaN 0  Inf 0`.

    Args:
        counted: a `Summary`, and of what.
        dtype: of the stage: integers are never NaN nor infinite, which is not said of them.
        selected: whether it is of a selection, instead of the plane.
    """
    found: Summary = counted.answer
    parts = []
    if found.minimum is not None and found.maximum is not None:
        parts.append(f"min {short(found.minimum)}  max {short(found.maximum)}")
        parts += [f"mean {short(found.mean)}  std {short(found.deviation)}", zeros_text(found)]
    wrong = f"NaN {found.nans}  Inf {found.infs}"
    if found.nans or found.infs:
        # What is wrong comes first, so that it is seen in any width.
        parts.insert(0, wrong)
    elif np.dtype(dtype).kind in "fc":
        parts.append(wrong)
    return joined([*(["selection"] if selected else []), *parts, *looked_at(counted)])


def looked_at(counted: Counted) -> list[str]:
    """Returns what is to be said of elements that were not looked at; nothing where all were."""
    parts = [f"of a picture of 1/{counted.coarse}"] if counted.coarse > 1 else []
    return parts + ([f"1 in {count_text(round(counted.one_in))} looked at"] if counted.one_in > 1 else [])


def exact_text(counted: Counted) -> str:
    """Returns the same in lines of their own, each number as it reads back."""
    found: Summary = counted.answer
    lines = [f"{grouped(found.count)} elements looked at"]
    if found.minimum is not None:
        lines += [f"minimum {found.minimum!r}", f"maximum {found.maximum!r}"]
        lines += [f"mean {found.mean!r}", f"standard deviation {found.deviation!r}"]
    lines += [f"{found.zeros} zeros", f"{found.nans} NaN, {found.infs} infinite"]
    return "\n".join(lines)


def short(value: float | int) -> str:
    """Returns a number with four significant digits; integers whole where they are not long."""
    return tidy(str(value) if isinstance(value, int) and abs(value) < 10**_WHOLE else f"{value:.4g}")


def zeros_text(found: Summary) -> str:
    """Returns the share of zeros among what was looked at."""
    return f"zeros {percent(found.zeros / found.count)}"
