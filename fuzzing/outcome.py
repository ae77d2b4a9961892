"""What may become of an input, and how often each did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What became of one input. All but the first two are defects."""

    READ = "read"
    REFUSED = "refused"
    TRACEBACK = "traceback"
    DIED = "died"
    HUNG = "hung"
    MEMORY = "memory"
    ESCAPED = "escaped"


GOOD = (Outcome.READ, Outcome.REFUSED)


@dataclass(frozen=True)
class Case:
    """An input that was tried, by the name of its kind, and the number that draws it again."""

    kind: str
    number: int
    outcome: Outcome
    message: str = ""


@dataclass
class Tally:
    """Counts of outcomes by kind, and the cases that are defects."""

    counts: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    defects: list[Case] = field(default_factory=list)

    def add(self, case: Case) -> None:
        """Counts a case."""
        self.counts[case.kind, case.outcome] += 1
        if case.outcome not in GOOD:
            self.defects.append(case)

    def merge(self, other: Tally) -> None:
        """Takes in the counts of another tally."""
        self.counts.update(other.counts)
        self.defects.extend(other.defects)

    @property
    def total(self) -> int:
        """How many cases there were."""
        return self.counts.total()

    def table(self) -> str:
        """Returns a line for each kind, and one for all."""
        kinds = sorted({kind for kind, _outcome in self.counts})
        lines = [_line("", [outcome.value for outcome in Outcome])]
        lines += [_line(kind, [self.counts[kind, outcome] for outcome in Outcome]) for kind in kinds]
        lines.append(_line("all", [sum(self.counts[kind, outcome] for kind in kinds) for outcome in Outcome]))
        return "\n".join(lines)


def _line(name: str, cells: list[str] | list[int]) -> str:
    return f"{name:<12}" + "".join(f"{cell:>11}" for cell in cells)
