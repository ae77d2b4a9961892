"""The sizes of a data set and targets for them, drawn as SVG: dots, a density where they are many, bars for one axis.

Colours are classes, so that the page that holds the drawing says what they are in light and in dark.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np

from padviewer.dataset.table import Sizes, SizeTable
from padviewer.spec import Target

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 440, 64, 16, 16, 48
_DOTS, _CELLS, _BARS, _TICKS = 1500, 64, 64, 6
_NAMES = {"T": "length", "H": "height", "W": "width", "D": "depth"}


def size_plots(table: SizeTable, targets: Sequence[Target]) -> list[str]:
    """Returns the drawings of a table: bars of one axis; height by width; of volumes also depth by width."""
    if len(table.letters) == 1:
        return [_bars(table, targets)]
    letters = table.letters
    pairs = [("H", "W")] if letters == "HW" else [("H", "W"), ("D", "W")]
    return [_scatter(table, targets, letters.index(first), letters.index(second)) for first, second in pairs]


class _Scale:
    """Where a number lies on an axis of the drawing."""

    def __init__(self, largest: float, start: float, stop: float) -> None:
        step = 10 ** math.floor(math.log10(max(1.0, largest) / _TICKS))
        step *= next(times for times in (1, 2, 5, 10) if max(1.0, largest) / (step * times) <= _TICKS)
        self.step = max(1.0, step)
        self.largest = max(1.0, largest) * 1.04
        self._start, self._stop = start, stop

    def at(self, value: float) -> float:
        """Returns the coordinate of a number."""
        return self._start + (self._stop - self._start) * value / self.largest

    @property
    def ticks(self) -> list[int]:
        """Round numbers along the axis."""
        return [int(n * self.step) for n in range(int(self.largest / self.step) + 1)]


def _scatter(table: SizeTable, targets: Sequence[Target], rows: int, columns: int) -> str:
    sizes = table.sizes[:, [rows, columns]]
    shown = [(target[rows], target[columns]) for target in targets]
    y = _Scale(_most(sizes[:, 0], [size for size, _ in shown]), _HEIGHT - _BOTTOM, _TOP)
    x = _Scale(_most(sizes[:, 1], [size for _, size in shown]), _LEFT, _WIDTH - _RIGHT)
    distinct, counts = np.unique(sizes, axis=0, return_counts=True)
    marks = _dots(distinct, counts, x, y) if len(distinct) <= _DOTS else _density(sizes, x, y)
    names = _NAMES[table.letters[columns]], _NAMES[table.letters[rows]]
    return _drawing([*_axes(x, y, *names), *marks, *_targets(shown, x, y)], f"{names[1]} by {names[0]} of all items")


def _dots(sizes: Sizes, counts: Sizes, x: _Scale, y: _Scale) -> list[str]:
    marks = []
    for (row, column), count in zip(sizes.tolist(), counts.tolist(), strict=True):
        radius = min(9.0, 2.5 + math.log10(count) * 2)
        said = f"<title>{row} x {column}: {count}</title>"
        marks.append(
            f'<circle class="dot" cx="{x.at(column):.1f}" cy="{y.at(row):.1f}" r="{radius:.1f}">{said}</circle>'
        )
    return marks


def _density(sizes: Sizes, x: _Scale, y: _Scale) -> list[str]:
    ranges = [[0, y.largest], [0, x.largest]]
    counts, row_edges, column_edges = np.histogram2d(sizes[:, 0], sizes[:, 1], bins=_CELLS, range=ranges)
    most = math.log1p(counts.max())
    marks = []
    for row, column in np.argwhere(counts > 0).tolist():
        left, right = x.at(column_edges[column]), x.at(column_edges[column + 1])
        bottom, top = y.at(row_edges[row]), y.at(row_edges[row + 1])
        opacity = 0.12 + 0.88 * math.log1p(counts[row, column]) / most
        place = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'
        said = f"<title>{int(counts[row, column])} items</title>"
        marks.append(f'<rect class="cell" {place} fill-opacity="{opacity:.2f}">{said}</rect>')
    return marks


def _targets(shown: Sequence[Sequence[int | None]], x: _Scale, y: _Scale) -> list[str]:
    """Returns a corner for each target: what lies within it fits. An axis that is left has no side."""
    marks = []
    left, bottom = x.at(0), y.at(0)
    for number, (row, column) in enumerate(shown, 1):
        right = x.at(x.largest if column is None else column)
        top = y.at(y.largest if row is None else row)
        sides = [f"M{left:.1f} {top:.1f}", f"{'L' if row is not None else 'M'}{right:.1f} {top:.1f}"]
        sides += [f"{'L' if column is not None else 'M'}{right:.1f} {bottom:.1f}"]
        marks.append(f'<path class="target" d="{" ".join(sides)}"/>')
        marks += _number(number, shown, right - 4, top + 16)
    return marks


def _number(number: int, shown: Sequence[object], x: float, y: float) -> list[str]:
    """Returns the number of a target, left of a place; nothing where there is one target."""
    if len(shown) == 1:
        return []
    return [f'<text class="number" x="{x:.1f}" y="{y:.1f}" text-anchor="end">{number}</text>']


def _bars(table: SizeTable, targets: Sequence[Target]) -> str:
    column = table.sizes[:, 0]
    ends = [target[0] for target in targets if target[0] is not None]
    x = _Scale(_most(column, ends), _LEFT, _WIDTH - _RIGHT)
    counts, edges = np.histogram(column, bins=_BARS, range=(0, x.largest))
    y = _Scale(float(counts.max()), _HEIGHT - _BOTTOM, _TOP)
    marks = []
    for count, left, right in zip(counts.tolist(), edges, edges[1:], strict=False):
        if count:
            top, width = y.at(count), x.at(right) - x.at(left) - 1
            place = f'x="{x.at(left):.1f}" y="{top:.1f}" width="{width:.1f}" height="{y.at(0) - top:.1f}"'
            marks.append(f'<rect class="cell" {place}><title>{count} items</title></rect>')
    lines = [f'<path class="target" d="M{x.at(end):.1f} {y.at(0):.1f} V{_TOP}"/>' for end in ends]
    for number, target in enumerate(targets, 1):
        if target[0] is not None:
            # Neighbours may be so close that their numbers stand at different heights.
            lines += _number(number, targets, x.at(target[0]) - 4, _TOP + 16 * (1 + number % 3))
    return _drawing([*_axes(x, y, _NAMES["T"], "items"), *marks, *lines], "how the lengths are spread")


def _most(column: Sizes, others: Sequence[int | None]) -> float:
    return float(max([int(column.max(initial=1)), *(size for size in others if size is not None)]))


def _axes(x: _Scale, y: _Scale, across: str, upward: str) -> list[str]:
    left, right, top, bottom = _LEFT, _WIDTH - _RIGHT, _TOP, _HEIGHT - _BOTTOM
    marks = [f'<path class="axis" d="M{left} {top} V{bottom} H{right}"/>']
    for tick in x.ticks:
        marks.append(f'<text x="{x.at(tick):.1f}" y="{bottom + 18}" text-anchor="middle">{_short(tick)}</text>')
        marks.append(f'<path class="grid" d="M{x.at(tick):.1f} {bottom} V{top}"/>')
    for tick in y.ticks:
        marks.append(f'<text x="{left - 8}" y="{y.at(tick) + 4:.1f}" text-anchor="end">{_short(tick)}</text>')
        marks.append(f'<path class="grid" d="M{left} {y.at(tick):.1f} H{right}"/>')
    middle = (top + bottom) / 2
    marks.append(f'<text x="{(left + right) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">{across}</text>')
    marks.append(f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">{upward}</text>')
    return marks


def _short(tick: int) -> str:
    """Returns a round number that takes little room: `200,000`, `3 M`."""
    for unit, name in ((10**12, "T"), (10**9, "G"), (10**6, "M")):
        if tick >= unit:
            return f"{tick / unit:g} {name}"
    return f"{tick:,}"


def _drawing(marks: Sequence[str], said: str) -> str:
    head = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{html.escape(said)}">'
    return "\n".join([head, *marks, "</svg>"])
