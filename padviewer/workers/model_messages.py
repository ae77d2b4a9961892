"""What the engine is asked for a model of a plan, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from padviewer.plan import Plan


@dataclass(frozen=True)
class SaveModelRequest:
    """Write the padding layer and the convolution of a plan to a file; answered with `SavedModel`.

    Attributes:
        plan: a plan that has a FEATURE stage.
        path: the target, a `.keras` file.
        overwrite: whether an existing file may be replaced.
    """

    plan: Plan
    path: str
    overwrite: bool


@dataclass(frozen=True)
class SavedModel:
    """The file is complete.

    Attributes:
        nbytes: its size.
        takes: the axes of what the model takes, the batch first; sizes of spatial axes are free.
    """

    nbytes: int
    takes: str
