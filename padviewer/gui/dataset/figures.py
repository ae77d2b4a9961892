"""What a target costs a data set, as lines of text: the arithmetic is that of `padviewer.dataset`."""

from __future__ import annotations

from dataclasses import dataclass

from padviewer.bytecount import format_bytes
from padviewer.dataset.table import SizeTable
from padviewer.dataset.waste import Choice, Cost, Quantile, Spread, cost_of, quantile_of
from padviewer.errors import PlanError, SettingsError
from padviewer.gui.dataset.batches import spread_text
from padviewer.gui.dataset.figure_grid import Line
from padviewer.gui.words import count_text, grouped, percent
from padviewer.spec import PipelineSpec


@dataclass(frozen=True)
class Question:
    """What is asked about.

    Attributes:
        table: of the files.
        choice: the target.
        batch_size: files of a batch.
        spec: the convolution.
    """

    table: SizeTable
    choice: Choice
    batch_size: int
    spec: PipelineSpec


@dataclass(frozen=True)
class Figures:
    """The answer.

    Attributes:
        question: that it is of.
        cost: of the target.
        quantile: files that it holds.
        operations: multiply-accumulates of all files; None where there is no such convolution.
        why: there is none.
    """

    question: Question
    cost: Cost
    quantile: Quantile
    operations: int | None
    why: str = ""


def figures_of(question: Question) -> Figures:
    """Returns the figures of a target, in some milliseconds for 100,000 files: for a thread.

    Raises:
        SettingsError: the target is for another number of spatial axes.
    """
    table, choice = question.table, question.choice
    held = quantile_of(table, choice.targets[0], choice.multiple_of)
    try:
        cost = cost_of(table, choice, question.batch_size, spec=question.spec)
    except (PlanError, SettingsError) as error:
        cost = cost_of(table, choice, question.batch_size)
        return Figures(question, cost, held, None, error.message)
    return Figures(question, cost, held, cost.operations)


def lines_of(figures: Figures, batches: Spread | None) -> list[Line]:
    """Returns the figures as text, in the order in which they are read.

    Args:
        figures: of a target.
        batches: of the simulation; None while it runs.
    """
    cost, question = figures.cost, figures.question
    letters, held = question.table.letters, figures.quantile
    size = question.batch_size
    padded = "elements of all padded tensors, channels included"
    lines = [
        Line("Padding share", percent(cost.padding_share), "Share of the padded tensors that is padding", True),
        Line("Padded", count_text(cost.elements), f"{grouped(cost.elements)} {padded}"),
        Line("Data", count_text(cost.data), f"{grouped(cost.data)} of these elements are data"),
        Line(
            f"Batch of {grouped(size)}",
            format_bytes(cost.batch_bytes),
            "Memory of a batch of the largest tensors, float32",
        ),
    ]
    if batches is None:
        lines.append(Line("Longest of batch", "…", "By simulation"))
    else:
        tip = f"Padding share where shuffled batches of {size} are padded to their longest file each, by simulation"
        lines.append(Line("Longest of batch", spread_text(batches), tip))
    lines += _operations(figures)
    share = cost.overflowing / cost.items if cost.items else 0.0
    lines.append(Line("× Overflow", f"{grouped(cost.overflowing)}  {percent(share)}", overflow_text(figures)))
    lines += [
        Line(f"{letter} holds", percent(part), f"Share of the files whose {letter} is not larger than the target")
        for letter, part in zip(letters, held.axes, strict=True)
    ]
    if len(letters) > 1:
        lines.append(
            Line(
                "Both hold" if len(letters) == 2 else "All hold",
                percent(held.share),
                "Share of the files that the target holds",
            )
        )
    return lines


def overflow_text(figures: Figures) -> str:
    """Returns what becomes of the files that are larger than the target."""
    cost, rule = figures.cost, figures.question.choice.overflow
    if not cost.overflowing:
        return "No file is larger than the target."
    files = f"{grouped(cost.overflowing)} larger file{' is' if cost.overflowing == 1 else 's are'}"
    if rule == "error":
        return f"{files} refused, and left out of the figures."
    if rule == "keep":
        return f"{files} kept: padded to their own size, rounded up."
    whole = cost.data + cost.lost_elements
    return f"{files} cropped: {percent(cost.lost_elements / whole if whole else 0.0)} of all elements are lost."


def _operations(figures: Figures) -> list[Line]:
    if figures.operations is None:
        return [Line("Per item", "—", figures.why), Line("Per epoch", "—", figures.why)]
    cost = figures.cost
    mean = round(figures.operations / max(1, cost.items - cost.refused))
    what = "Multiply-accumulates of the session's convolution"
    return [
        Line("Per item", f"{count_text(mean)} MAC", f"{what}, in the mean"),
        Line(
            "Per epoch", f"{count_text(figures.operations)} MAC", f"{what}, of all files: {grouped(figures.operations)}"
        ),
    ]
