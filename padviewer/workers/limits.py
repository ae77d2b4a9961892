"""How long a worker may be silent over each request, and how much memory it may take: one table, with the reasons.

Long work that is sound gives signs of life (`padviewer.pulse`, or its progress), so silence is what is limited, never
the whole. What is over its limit has its process ended.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# What a slow disk, or the slowest of the decoders, brings in a second. Bytes that were announced are waited for longer.
BYTES_PER_S = 8 << 20
# What a slow processor, or a kernel of odd size, multiplies and adds in a second; a desktop does fifty times as many.
OPERATIONS_PER_S = 1 << 30

# Of a header, which is a few reads: whoever is silent for longer hangs.
HEADERS_SILENCE_S = 30.0
# Seconds of silence, by the name of the request: who asks for nothing of a kind need not load it.
_SECONDS = {
    # -- the reader
    # A few kilobytes.
    "TextRequest": 15.0,
    # A few hundred names come with each answer.
    "ListRequest": 30.0,
    # Headers are a few reads. What has to be decoded whole announces its bytes, and gets time for them.
    "OpenRequest": 30.0,
    # 1000 rows of a file on a sleeping disk or a slow network, each one read. Segments that are decoded give signs.
    "TileRequest": 60.0,
    "ProbeRequest": 60.0,
    "DigestRequest": 60.0,
    "RefineRequest": 60.0,
    "WindowsRequest": 60.0,
    "LoadRequest": 60.0,
    # Shared memory alone.
    "AttachRequest": 15.0,
    # HDF5 loops for ever over some damaged files; the tables of a sound one take milliseconds.
    "LayersRequest": 15.0,
    "WeightsRequest": 15.0,
    # An export that is continued looks for what is there; one that is written waits for a slow disk to take gigabytes
    # that the system has kept back, which it tells nothing of.
    "BeginExport": 120.0,
    "ContinueExport": 300.0,
    "EndExport": 300.0,
    # Removes files, which a slow disk or network takes its time for.
    "SweepRequest": 60.0,
    # -- the engine
    # Looking for devices starts the drivers of a GPU, which may compile for it.
    "DevicesRequest": 300.0,
    # The first convolution on a GPU compiles and tries several ways.
    "ComputeRequest": 120.0,
    "ConvolveRequest": 120.0,
    "ExplainRequest": 120.0,
    # Builds the model, and waits for the disk.
    "SaveModelRequest": 300.0,
}
_USUAL = 60.0


def silence_of(request: Any) -> float:
    """Returns how many seconds a worker may be silent over a request."""
    name = type(request).__name__
    seconds = _SECONDS.get(name, _USUAL)
    if name == "WeightsRequest":
        return seconds + 8 * float(request.layer.size) / BYTES_PER_S
    if name == "SaveModelRequest":
        return seconds + float(request.plan.kernel_bytes / BYTES_PER_S)
    if name in ("ConvolveRequest", "ComputeRequest"):
        return seconds + _operations(request) / OPERATIONS_PER_S
    return seconds


def _operations(request: Any) -> float:
    feature, region = request.plan.feature, getattr(request, "region", None)
    if feature is None or not feature.size:
        return 0.0
    share = 1.0 if region is None else math.prod(span.count for span in region) / feature.size
    return float(request.plan.multiply_adds * share)


def budget_of(request: Any) -> int:
    """Returns how many bytes a request allows one result to take; 0 where it says nothing."""
    plan = getattr(request, "plan", None)
    return int(getattr(request, "budget", 0) or getattr(plan, "budget", 0))


@dataclass(frozen=True)
class Limits:
    """What one kind of worker may take.

    Attributes:
        overhead: bytes of its own memory, beside the budget and what it holds when it has started.
        hard: whether the system keeps it to that: what asks for more gets a `MemoryError`. TensorFlow would crash, so
            it is looked at instead.
        start: seconds that it may take to start.
        stuck: seconds that half a message may take; or the process is stopped.
        silence: seconds that it may be silent over a request.
    """

    overhead: int
    hard: bool = False
    start: float = 60.0
    stuck: float = 30.0
    silence: Callable[[Any], float] = silence_of


# A tile of a large screen, the means of a plane (32 MiB), portions of an export (4 x 16 MiB), the blocks of FEATURE
# (64 MiB), a cache of segments, and the libraries of a format, which are loaded when the first file of it comes.
READER_LIMITS = Limits(overhead=512 << 20, hard=True)
# Importing a framework from a cold disk takes a minute. Beside its arrays it holds copies in the layout of the
# processor, and threads keep memory for the next call.
ENGINE_LIMITS = Limits(overhead=2 << 30, start=300.0)
