"""The waste of batches that are padded to their longest: simulated alike wherever the window tells it."""

from __future__ import annotations

from padviewer.dataset.choice import Choice
from padviewer.dataset.table import SizeTable
from padviewer.dataset.waste import Spread, longest_of_batch
from padviewer.gui.words import percent

# As many as the command line takes, so that both tell the same number.
_MOST_ROUNDS, _LEAST_ROUNDS = 20, 2
# More files than this in all rounds take too long, and fewer rounds say the same of them.
_MOST_FILES = 200_000
_SEED = 0


def simulated(table: SizeTable, batch_size: int, multiple_of: tuple[int, ...], choice: Choice | None = None) -> Spread:
    """Returns the waste of shuffled batches, each padded to its longest file: for a thread.

    Args:
        table: of the files.
        batch_size: files of a batch.
        multiple_of: divisor of the padded sizes.
        choice: batches are of one bucket each; None mixes all.
    """
    rounds = min(_MOST_ROUNDS, max(_LEAST_ROUNDS, _MOST_FILES // max(1, len(table))))
    return longest_of_batch(table, batch_size, multiple_of, seed=_SEED, rounds=rounds, choice=choice)


def spread_text(spread: Spread) -> str:
    """Returns `73 % ± 1.0`."""
    return f"{percent(spread.mean)} ± {100 * spread.deviation:.1f}"
