"""What the window is started with. Loads no Qt, because the command line makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from padviewer.assets import samples
from padviewer.spec import PipelineSpec

if TYPE_CHECKING:
    from padviewer.gui.log.run import Crash
    from padviewer.gui.sessions.saved_session import SavedSession
    from padviewer.gui.sessions.store import Slot

# What the sample is shown with where nothing was asked for: enough padding to see what this is about.
_TOO_OFTEN = 2
DEMONSTRATION = PipelineSpec(target=(640, 800), position="center")


@dataclass(frozen=True)
class WindowOptions:
    """Files, settings and limits.

    Attributes:
        items: path and member of each file.
        spec: the first settings.
        budget: bytes that one result may take.
        welcome: whether a sample is shown, to somebody who may not know yet what this is.
        reopens: whether nothing was asked for, so that the session that was left last may take the place of the sample.
        keeps: whether the session is kept for another start; what a running Python shows is not there then.
        watches: whether files that change are read again by themselves.
        slot: where the session is kept; None keeps it nowhere.
        saved: the session that is shown instead of `items`.
        unclean_starts: how often it was started before without ending properly.
        complaint: what could not be done before there was a window to say so.
        follows: names of the settings that are taken from the file of weights.
        scheduler: address of a cluster whose devices FEATURE may be computed on; None has none.
        crash: what an earlier run has left that ended unexpectedly, and of which nobody has been told.
    """

    items: tuple[tuple[str, str | None], ...]
    spec: PipelineSpec
    budget: int
    welcome: bool = False
    reopens: bool = False
    keeps: bool = True
    watches: bool = False
    slot: Slot | None = None
    saved: SavedSession | None = None
    unclean_starts: int = 0
    complaint: str = ""
    follows: frozenset[str] = frozenset()
    scheduler: str | None = None
    crash: Crash | None = None

    @property
    def only_offers(self) -> bool:
        """Whether a session is offered instead of opened: a file of it may be what ends the program at each start."""
        return self.unclean_starts >= _TOO_OFTEN


def window_options(
    items: tuple[tuple[str, str | None], ...],
    spec: PipelineSpec,
    budget: int,
    watches: bool = False,
    follows: frozenset[str] = frozenset(),
) -> WindowOptions:
    """Returns options; where no file is given, those of a sample with padding to see."""
    if items:
        return WindowOptions(items, spec, budget, watches=watches, follows=follows)
    reopens = spec == PipelineSpec()
    spec = DEMONSTRATION if reopens else spec
    shown = (_sample(),)
    return WindowOptions(shown, spec, budget, welcome=True, reopens=reopens, watches=watches, follows=follows)


def demonstration_of(items: tuple[tuple[str, str | None], ...]) -> PipelineSpec | None:
    """Returns the settings that were chosen for the sample, where nothing else is open."""
    return DEMONSTRATION if items == (_sample(),) else None


def _sample() -> tuple[str, str | None]:
    return str(samples()[0][1]), None
