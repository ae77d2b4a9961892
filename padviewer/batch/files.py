"""What is done to each of many files: tell what it is, or export a stage of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from padviewer.errors import ExportError, PadviewerError, shortened
from padviewer.export import check_target, remove_abandoned
from padviewer.plan import ArrayInfo, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.crew import Crew
from padviewer.workers.export_job import export_job
from padviewer.workers.jobs import open_job

Item = tuple[str, str | None]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Outcome(Generic[Value]):
    """What became of one item: a value, or an error."""

    item: Item
    value: Value | None
    error: PadviewerError | None


def describe(crew: Crew, items: Iterable[Item], budget: int) -> Iterator[Outcome[ArrayInfo]]:
    """Opens each item and tells what it is."""
    for item in items:
        try:
            yield Outcome(item, crew.run(open_job(*item, budget)), None)
        except PadviewerError as error:
            yield Outcome(item, None, error)


def export(
    crew: Crew,
    items: Sequence[Item],
    outputs: Sequence[str],
    spec: PipelineSpec,
    stage: Stage,
    budget: int,
    overwrite: bool,
    make_directories: bool = False,
) -> Iterator[Outcome[str]]:
    """Writes a stage of each item to its output; yields the path written."""
    cleaned: set[str] = set()
    for item, output in zip(items, outputs, strict=True):
        try:
            directory = os.path.dirname(output)  # noqa: PTH120 a Path cannot hold every name
            if make_directories:
                _make(directory)
            check_target(output, overwrite=overwrite)
            if directory not in cleaned:  # once, because it looks through the whole directory
                remove_abandoned(output)
                cleaned.add(directory)
            info = crew.run(open_job(*item, budget))
            crew.run(export_job(resolve(spec, info, budget), stage, output, overwrite))
            yield Outcome(item, output, None)
        except PadviewerError as error:
            yield Outcome(item, None, error)


def _make(directory: str) -> None:
    try:
        os.makedirs(directory or os.curdir, exist_ok=True)  # noqa: PTH103
    except OSError as error:
        name = shortened(directory)
        raise ExportError(f"{name}: the directory cannot be made ({error.strerror}); choose another place") from error
