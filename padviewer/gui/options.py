"""What the window is started with. Loads no Qt, because the command line makes it."""

from __future__ import annotations

from dataclasses import dataclass

from padviewer.spec import PipelineSpec


@dataclass(frozen=True)
class WindowOptions:
    """Files, settings and limits.

    Attributes:
        items: path and member of each file; none opens a sample.
        spec: the first settings.
        budget: bytes that one result may take; None takes half of the free memory.
    """

    items: tuple[tuple[str, str | None], ...]
    spec: PipelineSpec
    budget: int | None
