"""Tables of sizes of every kind, and what padding makes of them item by item, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from padviewer.dataset.measured import Measured
from padviewer.dataset.table import SizeTable
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec

LETTERS = ("T", "HW", "DHW")


def table_of(sizes: Sequence[Sequence[int]], channels: Sequence[int] | None = None) -> SizeTable:
    letters = LETTERS[len(sizes[0]) - 1]
    items = [
        Measured(f"{number}.npy", None, (*size, 1 if channels is None else channels[number]), letters + "C", "uint8")
        for number, size in enumerate(sizes)
    ]
    return SizeTable.of(letters, items)


@st.composite
def tables(draw: st.DrawFn, rank: int | None = None, least: int = 0, most: int = 12) -> SizeTable:
    rank = rank or draw(st.integers(1, 3))
    size = st.tuples(*[st.integers(least, most)] * rank)
    sizes = draw(st.lists(size, min_size=1, max_size=10))
    return table_of(sizes, draw(st.lists(st.integers(1, 3), min_size=len(sizes), max_size=len(sizes))))


def plan_of(size: Sequence[int], weight: int, target: Sequence[int | None], overflow: str, **settings: object):
    """What the window would make of one item."""
    letters = LETTERS[len(size) - 1]
    info = ArrayInfo("a", None, "NPY", (*size, weight), "uint8", letters + "C", False, 0)
    return resolve(PipelineSpec(target=tuple(target), overflow=overflow, **settings), info, 1 << 62)
