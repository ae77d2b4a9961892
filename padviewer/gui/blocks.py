"""Shared memory for what regions of FEATURE read."""

from __future__ import annotations

from padviewer.geometry import Region
from padviewer.plan import Plan
from padviewer.windows import block_bytes
from padviewer.workers.shared import OwnedArray


class Blocks:
    """Keeps one block for each purpose, as long as it is large enough."""

    def __init__(self) -> None:
        self._blocks: dict[str, OwnedArray] = {}

    def block(self, purpose: str, plan: Plan, region: Region) -> OwnedArray:
        """Returns shared memory that a region's block fits, the same as before where it does."""
        needed = block_bytes(plan, region)
        block = self._blocks.get(purpose)
        if block is None or block.nbytes < needed:
            if block is not None:
                block.release()
                del self._blocks[purpose]
            block = self._blocks[purpose] = OwnedArray((needed,), "uint8")
        return block

    def release(self) -> None:
        """Gives the memory back."""
        for block in self._blocks.values():
            block.release()
        self._blocks.clear()
