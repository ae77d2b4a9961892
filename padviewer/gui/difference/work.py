"""The work behind the difference: what is on screen of both sides first, then the whole plane in slices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from padviewer.errors import PadviewerError, WorkerDied
from padviewer.gui.bridge import Drive
from padviewer.gui.difference.figures import Figures, figures_of
from padviewer.gui.difference.pair import Numbers, Pair
from padviewer.gui.difference.reference_work import elements_job
from padviewer.workers.client import Client
from padviewer.workers.jobs import Job
from padviewer.workers.messages import Array


@dataclass(frozen=True)
class Compared:
    """Elements of both sides that belong together, with the stage's axes."""

    pair: Pair
    numbers: Numbers
    here: Array
    there: Array


class DifferenceWork:
    """Has both sides computed, one part at a time; answers for a pair that is not the newest are dropped.

    Args:
        clients: reader and engines; those of other backends start when they are first asked.
        on_view: takes what was asked to be shown.
        on_figures: takes the figures of all slices so far, and whether these were all.
        on_error: told why nothing more comes of the newest pair.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        on_view: Callable[[Compared], None],
        on_figures: Callable[[Figures, bool], None],
        on_error: Callable[[PadviewerError], None],
    ) -> None:
        self._clients = clients
        self._on_view = on_view
        self._on_figures = on_figures
        self._on_error = on_error
        self._pair: Pair | None = None
        self._wanted: Numbers | None = None
        self._slices: Iterator[Numbers] = iter(())
        self._slice: Numbers | None = None
        self._figures = Figures()
        self._runs = False
        self._died: Pair | None = None

    @property
    def runs(self) -> bool:
        """Whether something is on its way."""
        return self._runs

    def compare(self, pair: Pair | None) -> None:
        """Takes up a pair; None ends the work."""
        self._pair, self._wanted, self._figures = pair, None, Figures()
        self._slices = pair.slices() if pair is not None and pair.is_affordable else iter(())
        self._slice = next(self._slices, None)

    def show(self, numbers: Numbers) -> None:
        """Asks for some elements of the pair; those that were asked for before are not wanted any more."""
        self._wanted = numbers
        self._next()

    def _next(self) -> None:
        pair = self._pair
        if self._runs or pair is None:
            return
        numbers = self._wanted or self._slice
        if numbers is None:
            return
        is_view = self._wanted is not None
        self._wanted = None

        def ended(outcome: Compared | PadviewerError) -> None:
            self._runs = False
            if self._pair is pair:
                if isinstance(outcome, PadviewerError):
                    self._fail(pair, outcome, numbers if is_view else None)
                elif is_view:
                    self._on_view(outcome)
                else:
                    self._count(outcome)
            self._next()

        self._runs = True
        Drive(compare_job(pair, numbers), self._clients, ended, ended, key="difference")

    def _count(self, compared: Compared) -> None:
        found = figures_of(compared.pair, compared.numbers, compared.here, compared.there)
        self._figures = self._figures.with_more(found)
        self._slice = next(self._slices, None)
        self._on_figures(self._figures, self._slice is None)

    def _fail(self, pair: Pair, error: PadviewerError, view: Numbers | None) -> None:
        if isinstance(error, WorkerDied) and self._died is not pair:
            # It was started again; a pair that it dies of is not worth a third try.
            self._died = pair
            self._wanted = self._wanted or view
            return
        self._pair = None
        self._on_error(error)


def compare_job(pair: Pair, numbers: Numbers) -> Job[Compared]:
    """Has the elements of some numbers read or computed on both sides."""
    region, other = pair.regions(numbers)
    here = yield from elements_job(pair.plan, pair.stage, region)
    there = yield from elements_job(pair.other, pair.stage, other)
    return Compared(pair, numbers, here, there)
