"""Has elements of any plan read or computed, whatever the engine holds for the panes."""

from __future__ import annotations

from typing import Any

from padviewer.geometry import Region, counts
from padviewer.plan import Plan, Stage
from padviewer.windows import block_bytes
from padviewer.workers.jobs import READER, Job, region_job
from padviewer.workers.messages import Array, ProbeRequest
from padviewer.workers.shared import OwnedArray


def elements_job(plan: Plan, stage: Stage, region: Region) -> Job[Array]:
    """Returns a region of PADDED or FEATURE, with its counts."""
    if stage is not Stage.FEATURE:
        found: dict[Stage, Any] = yield READER, ProbeRequest(plan, {stage: region})
        elements: Array = found[stage].reshape(counts(region))
        return elements
    block = OwnedArray((block_bytes(plan, region),), "uint8")
    try:
        view = yield from region_job(plan, region, block, beside=True)
    finally:
        block.release()
    assert view.data is not None
    return view.data
