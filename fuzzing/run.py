"""A run: so many cases drawn by their numbers, shared by threads, each of which has a reader process of its own."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from fuzzing.mutations import mutate, mutate_inside
from fuzzing.opening import Desk, Opening
from fuzzing.outcome import Case, Tally
from fuzzing.seeds import seeds
from fuzzing.texts import TEXTS, try_text

# One in so many cases is a text: their kinds are few.
_TEXTS_OF = 10
_GIVEN = 0.2
_Taken = TypeVar("_Taken")


class Run:
    """Tries cases.

    Args:
        numbers: of the cases; each draws what is damaged, and how.
        given: files of others, tried as they are and damaged.
        folder: empty, for what is tried.

    Attributes:
        tally: what became of the cases so far.
    """

    def __init__(self, numbers: range, given: Sequence[Path], folder: Path) -> None:
        made = folder / "made"
        made.mkdir()
        self._made = seeds(made)
        # A folder of many files is one that is tried as often as a file.
        self._roots: dict[str, list[str]] = {}
        for name in sorted(self._made):
            self._roots.setdefault(name.partition("/")[0], []).append(name)
        self._given = given
        self._folder = folder
        self._texts = [number for number in numbers if number % _TEXTS_OF == 0]
        self._files = iter([number for number in numbers if number % _TEXTS_OF])
        self._whole = iter(enumerate(given))
        self._lock = threading.Lock()
        self.tally = Tally()

    def go(self, threads: int) -> None:
        """Tries all of them."""
        workers = [threading.Thread(target=self._open_files, args=(number,)) for number in range(threads)]
        for worker in workers:
            worker.start()
        # Texts are read in this process, by one thread: what is printed is caught for the process.
        for number in self._texts:
            draw = random.Random(number)
            kind = draw.choice(list(TEXTS))
            self._add(Case(kind, number, *try_text(kind, draw)))
        for worker in workers:
            worker.join()

    def _open_files(self, thread: int) -> None:
        desk = Desk(self._folder / f"desk{thread}", self._made)
        warm = Desk(self._folder / f"warm{thread}", self._made)
        opening = Opening(list(dict.fromkeys(warm.lay(name, content) for name, content in self._made.items())))
        try:
            for number, path in self._taken(self._whole):
                self._add(Case("given", number, *opening.try_file(os.fspath(path), random.Random(number))))
            for number in self._taken(self._files):
                draw = random.Random(number)
                name, content = self._drawn(draw)
                self._add(Case(_kind(name), number, *opening.try_file(desk.lay(name, content), draw)))
        finally:
            opening.close()

    def _add(self, case: Case) -> None:
        with self._lock:
            self.tally.add(case)

    def _taken(self, cases: Iterator[_Taken]) -> Iterator[_Taken]:
        while True:
            with self._lock:
                try:
                    found = next(cases)
                except StopIteration:
                    return
            yield found

    def _drawn(self, draw: random.Random) -> tuple[str, bytes]:
        """Returns the name and the content of a damaged file."""
        if self._given and draw.random() < _GIVEN:
            path = draw.choice(self._given)
            return f"given{path.suffix}", mutate(path.read_bytes(), draw)
        name, other = (draw.choice(self._roots[draw.choice(list(self._roots))]) for _ in range(2))
        way = draw.choice((mutate, mutate_inside))
        return name, way(self._made[name], draw, (self._made[other],))


def _kind(name: str) -> str:
    """Returns by what the cases of a file are counted: its suffix."""
    root = name.partition("/")[0]
    return "given, damaged" if root.startswith("given") else root.partition(".")[2]
