"""What is done to each of many files: tell what it is, or export a stage of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from padviewer.errors import ExportError, PadviewerError
from padviewer.export import check_target
from padviewer.plan import ArrayInfo, Stage, resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.crew import Crew
from padviewer.workers.jobs import export_job, open_job

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
) -> Iterator[Outcome[str]]:
    """Writes a stage of each item to its output; yields the path written."""
    for item, output in zip(items, outputs, strict=True):
        try:
            check_target(output, overwrite=overwrite)
            info = crew.run(open_job(*item, budget))
            crew.run(export_job(resolve(spec, info, budget), stage, output, overwrite))
            yield Outcome(item, output, None)
        except PadviewerError as error:
            yield Outcome(item, None, error)


def make_directory(output: str) -> None:
    """Makes the directory that an output of a template goes to."""
    try:
        Path(output).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{Path(output).parent}: the directory cannot be made: {error.strerror}") from error
