"""What is asked of the workers and what they answer: builtins, numpy metadata and our own records only.

A framework's own type in an answer (a `TensorShape`, say) would make the asking process import that framework.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from padviewer.geometry import Region
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.workers.digests import Digest
from padviewer.workers.shared import SharedArray
from padviewer.workers.statistics import Statistics

Progress = Callable[[int, int], None]
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class OpenRequest:
    """Open a file; answered with its `ArrayInfo`.

    Attributes:
        path, member: what to open.
        budget: bytes that decoding may take.
        keep: whether it stays open for the requests that follow.
    """

    path: str
    member: str | None
    budget: int
    keep: bool = True


@dataclass(frozen=True)
class TextRequest:
    """Read a text of at most `limit` bytes, such as a saved session; answered with it."""

    path: str
    limit: int


@dataclass(frozen=True)
class TileRequest:
    """The elements of `region` of a stage; answered with a `Tile`.

    Attributes:
        plan: what to read and how to pad it.
        stage: INPUT, PADDED or FEATURE.
        region: one span for each axis of the stage, in its own indices.
        plane: the region that the statistics describe: the whole plane on screen, of FEATURE, or of INPUT for both of
            the others, so that the same content has the same colours.
        averaged: the whole plane of the stage where means of blocks are wanted instead of samples; None where they
            are not. Until the means are made, samples come.
        quick: whether less exact elements may come, where exact ones take long.
    """

    plan: Plan
    stage: Stage
    region: Region
    plane: Region
    averaged: Region | None = None
    quick: bool = False


@dataclass(frozen=True)
class RefineRequest:
    """Work for some milliseconds on the means that a region needs; answered with whether they are made.

    Attributes:
        plan, stage, region: what is shown.
        plane: the whole plane of the stage that is on screen.
    """

    plan: Plan
    stage: Stage
    region: Region
    plane: Region


@dataclass(frozen=True)
class Tile:
    """A region of a stage: `data` has the stage's axes and the region's counts.

    Attributes:
        averaged: whether an element is the mean of the block from its sample on to the next, instead of the sample.
        coarse: more than 1 where an element comes from a smaller picture: from the mean of a block of so many pixels.
        lasts: whether a smaller picture is all that comes, because exact elements would take too long.
        gone: whether the file's name leads nowhere any more; what was opened stays readable.
    """

    stage: Stage
    region: Region
    data: Array
    statistics: Statistics
    averaged: bool = False
    coarse: int = 1
    lasts: bool = False
    gone: bool = False


@dataclass(frozen=True)
class ProbeRequest:
    """Exact elements at one place: an index region for each stage; answered with a dict of stage to 1-D array."""

    plan: Plan
    places: dict[Stage, Region] = field(default_factory=dict)


@dataclass(frozen=True)
class DigestRequest:
    """What a digest makes of a region of a stage; answered with `Digested`.

    Attributes:
        plan, stage, region: whose elements.
        digest: what is made of them.
        quick: whether elements of a smaller picture may be taken, where exact ones would take too long.
    """

    plan: Plan
    stage: Stage
    region: Region
    digest: Digest
    quick: bool = False


@dataclass(frozen=True)
class Digested:
    """The answer of a digest; `coarse` is more than 1 where it is of the means of blocks of so many pixels."""

    answer: Any
    coarse: int = 1


@dataclass(frozen=True)
class LoadRequest:
    """Read the whole input into a shared array of its own shape and dtype.

    Where that meant to decode it, it is read from there from now on.
    """

    plan: Plan
    array: SharedArray


@dataclass(frozen=True)
class AttachRequest:
    """Read a file's array from shared memory, where it has been loaded to, instead of decoding it again."""

    info: ArrayInfo
    array: SharedArray


@dataclass(frozen=True)
class DevicesRequest:
    """Which devices there are; answered with `Devices`."""


@dataclass(frozen=True)
class Devices:
    """Names such as `CPU:0`, and the versions of the framework."""

    names: tuple[str, ...]
    framework: str


@dataclass(frozen=True)
class ComputeRequest:
    """Run the model on the input in a shared array; answered with `Computed`.

    The engine keeps the feature map for tiles and probes. Where it holds the plan's already, it does not run again.

    Attributes:
        plan: what to compute.
        array: the input, with its own shape and dtype.
        into: where the whole feature map is copied to, if anywhere.
    """

    plan: Plan
    array: SharedArray
    into: SharedArray | None = None


@dataclass(frozen=True)
class WindowsRequest:
    """Read what a region of FEATURE reads into a shared array of the shape of its block, float32.

    Attributes:
        plan, region: what is wanted.
        array: of the shape `windows_of(plan, region).shape`.
    """

    plan: Plan
    region: Region
    array: SharedArray


@dataclass(frozen=True)
class ConvolveRequest:
    """Compute a region of FEATURE of the block that was read for it; answered with a `View`.

    Attributes:
        plan, region: what is wanted.
        array: the block.
        into: where the elements are put instead of into the answer, if anywhere; with the region's counts.
        digest: what is answered instead of the elements, if anything.
        beside: whether a whole feature map that the engine holds is kept: it is of what is on screen.
    """

    plan: Plan
    region: Region
    array: SharedArray
    into: SharedArray | None = None
    digest: Digest | None = None
    beside: bool = False


@dataclass(frozen=True)
class View:
    """A region of FEATURE computed for itself: `data` has the stage's axes; None where it was put elsewhere.

    Attributes:
        answer: of the digest, where one was asked for.
    """

    region: Region
    data: Array | None
    computed: Computed
    answer: Any = None


@dataclass(frozen=True)
class Computed:
    """On which device a convolution ran and how long it took, in milliseconds."""

    device: str
    milliseconds: float
