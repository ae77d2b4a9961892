"""What is asked of the process that writes an export, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from padviewer.export import USUAL, Portions
from padviewer.geometry import Region
from padviewer.plan import Plan, Stage
from padviewer.workers.shared import SharedArray


@dataclass(frozen=True)
class BeginExport:
    """Make ready to write a stage to a file; answered with `Begun`.

    Attributes:
        plan, stage: what is written.
        path: the target; its extension chooses the format.
        overwrite: whether an existing file may be replaced.
        fresh: whether to start over where an earlier export could be continued.
        portions: how many bytes are handled at a time.
    """

    plan: Plan
    stage: Stage
    path: str
    overwrite: bool
    fresh: bool = False
    portions: Portions = USUAL


@dataclass(frozen=True)
class Begun:
    """How many bytes of the array an earlier export has written already, and of how many."""

    resumed: int
    total: int


@dataclass(frozen=True)
class ContinueExport:
    """Write on; answered with `Wanted` where a region of FEATURE has to be computed for it, in the end with `Written`.

    Attributes:
        array: the whole feature map, or the region that was wanted last; None at the start and for other stages. It
            must stay as it is until the second answer after this.
    """

    array: SharedArray | None = None


@dataclass(frozen=True)
class Wanted:
    """A region of FEATURE that is to be computed."""

    region: Region


@dataclass(frozen=True)
class Written:
    """The file is complete."""

    nbytes: int


@dataclass(frozen=True)
class EndExport:
    """Give up the export that was begun, if it is not complete."""


@dataclass(frozen=True)
class SweepRequest:
    """Remove what writers that were killed left beside a target; answered with `Swept`.

    Attributes:
        path: the target.
        unless_kept: whether what can be continued stays.
    """

    path: str
    unless_kept: bool = True
