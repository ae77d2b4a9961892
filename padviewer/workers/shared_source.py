"""A source whose elements lie in shared memory: decoded once, read by every process."""

from __future__ import annotations

from contextlib import ExitStack

from padviewer.plan import ArrayInfo
from padviewer.sources.base import ArraySource
from padviewer.workers.shared import SharedArray


class SharedSource(ArraySource):
    """Reads a shared array, which must hold all elements; its owner may let it go meanwhile.

    Args:
        info: what the array is.
        array: of `info.shape` and `info.dtype`.

    Raises:
        FileNotFoundError: the array is not there any more.
    """

    decoded = False

    def __init__(self, info: ArrayInfo, array: SharedArray) -> None:
        self._held = ExitStack()
        super().__init__(self._held.enter_context(array.open()), info)

    def close(self) -> None:
        """Lets the array go."""
        super().close()
        self._held.close()
