"""What is done to each of many files: tell what it is, or export a stage of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from padviewer.errors import ExportError, PadviewerError, shortened
from padviewer.export import USUAL, Portions, check_target, continues, notes
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.resolve import following, resolve
from padviewer.spec import FROM_FILE, PipelineSpec
from padviewer.weights import Weights
from padviewer.workers.crew import Crew
from padviewer.workers.export_job import export_job, sweep_job
from padviewer.workers.export_messages import Begun
from padviewer.workers.jobs import open_job
from padviewer.workers.weights_job import weights_job

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


def sweep(crew: Crew) -> None:
    """Removes what exports that were killed have left, wherever it is; what can be continued stays."""
    for note in notes():
        with suppress(PadviewerError, OSError):
            crew.run(sweep_job(note))


def export(
    crew: Crew,
    items: Sequence[Item],
    outputs: Sequence[str],
    spec: PipelineSpec,
    stage: Stage,
    budget: int,
    overwrite: bool,
    make_directories: bool = False,
    fresh: bool = False,
    say: Callable[[str], None] = lambda _text: None,
    portions: Portions = USUAL,
    follows: frozenset[str] = frozenset(),
) -> Iterator[Outcome[str]]:
    """Writes a stage of each item to its output; yields the path written.

    Args:
        crew: the workers.
        items: path and member of each input.
        outputs: the target of each item.
        spec, stage: what is written.
        budget: bytes that one result may take.
        overwrite: whether existing files may be replaced.
        make_directories: whether missing directories are made.
        fresh: whether to start over where an export that was interrupted could be continued.
        say: is told where one is continued, and where one that is interrupted can be.
        portions: how many bytes are handled at a time.
        follows: names of settings that are taken from the file of weights.

    Raises:
        PadviewerError: the weights, which all items need, cannot be read.
    """
    with _weights(crew, spec, stage, budget) as weights:

        def planned(info: ArrayInfo) -> Plan:
            plan = resolve(spec, info, budget, weights)
            if weights is None or not follows:
                return plan
            return resolve(following(spec, weights, plan, follows), info, budget, weights)

        yield from _export(
            crew, items, outputs, planned, stage, budget, overwrite, make_directories, fresh, say, portions
        )


@contextmanager
def _weights(crew: Crew, spec: PipelineSpec, stage: Stage, budget: int) -> Iterator[Weights | None]:
    """Yields the weights that a stage needs of a file, if it does."""
    if stage is not Stage.FEATURE or spec.weights != FROM_FILE or spec.weights_file is None:
        yield None
        return
    loaded = crew.run(weights_job(spec.weights_file, budget))
    try:
        yield loaded.weights
    finally:
        loaded.release()


def _export(
    crew: Crew,
    items: Sequence[Item],
    outputs: Sequence[str],
    planned: Callable[[ArrayInfo], Plan],
    stage: Stage,
    budget: int,
    overwrite: bool,
    make_directories: bool,
    fresh: bool,
    say: Callable[[str], None],
    portions: Portions,
) -> Iterator[Outcome[str]]:
    for item, output in zip(items, outputs, strict=True):
        try:
            if make_directories:
                _make(os.path.dirname(output))  # noqa: PTH120 a Path cannot hold every name
            check_target(output, overwrite=overwrite)
            info = crew.run(open_job(*item, budget))
            told = partial(_tell_begun, output, say)
            crew.run(export_job(planned(info), stage, output, overwrite, fresh, told, portions))
            yield Outcome(item, output, None)
        except (KeyboardInterrupt, SystemExit):
            if again := continues(output):
                say(f"{shortened(output)}: stopped; {again}")
            raise
        except PadviewerError as error:
            yield Outcome(item, None, error)


def _tell_begun(output: str, say: Callable[[str], None], begun: Begun) -> None:
    if begun.resumed:
        share = 100 * begun.resumed / begun.total
        say(f"{shortened(output)}: continues an export that was interrupted, at {share:.0f} % (--fresh starts over)")


def _make(directory: str) -> None:
    try:
        os.makedirs(directory or os.curdir, exist_ok=True)  # noqa: PTH103
    except OSError as error:
        name = shortened(directory)
        raise ExportError(f"{name}: the directory cannot be made ({error.strerror}); choose another place") from error
