"""What a choice of targets costs, as lines for people."""

from __future__ import annotations

from collections.abc import Sequence

from padviewer.bytecount import format_bytes
from padviewer.dataset.comparison import Comparison
from padviewer.dataset.kinds import kinds_text
from padviewer.spec import Target, format_target


def comparison_lines(found: Comparison) -> list[str]:
    """Returns two tables: before and after, and the buckets."""
    return [*columns(ways(found)), "", *columns(parts(found)), *notes(found)]


def ways(found: Comparison) -> list[list[str]]:
    """Returns the rows of before and after, with a head."""
    count = len(found.choice.targets)
    own = "this target" if count == 1 else f"{count} buckets"
    mixed = f"{share(found.mixed.mean)} ± {100 * found.mixed.deviation:.1f}"
    return [
        ["", "padding", f"batch of {found.batch_size}"],
        [
            f"one target, {shape(found.one.parts[0].target)}",
            share(found.one.padding_share),
            _bytes(found.one.batch_bytes),
        ],
        ["longest of each batch", mixed, f"up to {_bytes(found.one.batch_bytes)}"],
        [own, share(found.cost.padding_share), _bytes(found.cost.batch_bytes)],
    ]


def parts(found: Comparison) -> list[list[str]]:
    """Returns the rows of the targets, with a head."""
    figures = found.figures()["buckets"]
    rows = [
        [
            shape(part.target),
            f"{part.items:,}",
            share(each["share"]),
            share(part.padding_share),
            _bytes(each["batch_bytes"]),
        ]
        for part, each in zip(found.cost.parts, figures, strict=True)
    ]
    return [["target", "items", "share", "padding", f"batch of {found.batch_size}"], *rows]


def notes(found: Comparison) -> list[str]:
    """Returns what else is to be said: how good the choice is, what overflows, and whether batches are of one kind."""
    lines = []
    if found.gap is not None:
        lines.append("no buckets waste less" if found.gap == 0 else f"{_gap(found.gap)} more elements than the best")
    cost = found.cost
    if cost.overflowing:
        verb = "overflows" if cost.overflowing == 1 else "overflow"
        done = {
            "keep": "kept at their own size, rounded",
            "crop": f"cropped: {cost.lost_elements:,} elements are lost",
            "error": "refused",
        }[found.choice.overflow]
        lines.append(f"{cost.overflowing:,} of {cost.items:,} items {verb}, {done}")
    mixed = kinds_text(found.kinds)
    return [*lines, mixed] if mixed else lines


def _gap(gap: float) -> str:
    return "less than 0.1 %" if gap < 0.001 else f"at most {100 * gap:.1f} %"


def share(value: float) -> str:
    """Returns a share as people read it: `12.3 %`."""
    return f"{100 * value:.1f} %"


def shape(target: Target) -> str:
    """Returns a target as it is typed."""
    return format_target(target)


def _bytes(count: int) -> str:
    return format_bytes(count)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns the rows of a table as lines, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
