"""What the window is started with. Loads no Qt, because the command line makes it."""

from __future__ import annotations

from dataclasses import dataclass

from padviewer.assets import samples
from padviewer.spec import PipelineSpec

# What the sample is shown with where nothing was asked for: enough padding to see what this is about.
_DEMONSTRATION = PipelineSpec(target=(640, 800), position="center")


@dataclass(frozen=True)
class WindowOptions:
    """Files, settings and limits.

    Attributes:
        items: path and member of each file, at least one.
        spec: the first settings.
        budget: bytes that one result may take.
        welcome: whether a sample is shown, to somebody who may not know yet what this is.
    """

    items: tuple[tuple[str, str | None], ...]
    spec: PipelineSpec
    budget: int
    welcome: bool = False


def window_options(items: tuple[tuple[str, str | None], ...], spec: PipelineSpec, budget: int) -> WindowOptions:
    """Returns options; where no file is given, those of a sample with padding to see."""
    if items:
        return WindowOptions(items, spec, budget)
    spec = _DEMONSTRATION if spec == PipelineSpec() else spec
    return WindowOptions(((str(samples()[0][1]), None),), spec, budget, welcome=True)
