"""What the window is started with. Loads no Qt, because the command line makes it."""

from __future__ import annotations

from dataclasses import dataclass

from padviewer.assets import samples
from padviewer.spec import PipelineSpec
from padviewer.workers.budget import default_budget

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


def window_options(
    items: tuple[tuple[str, str | None], ...], spec: PipelineSpec, budget: int | None = None
) -> WindowOptions:
    """Returns options with defaults for what was not given: a sample with padding to see, half of the free memory."""
    budget = default_budget() if budget is None else budget
    if items:
        return WindowOptions(items, spec, budget)
    spec = _DEMONSTRATION if spec == PipelineSpec() else spec
    return WindowOptions(((str(samples()[0][1]), None),), spec, budget, welcome=True)
