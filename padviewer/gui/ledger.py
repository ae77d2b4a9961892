"""The lines of text over and under a pane, made from a plan and a tile."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from padviewer.bytecount import format_bytes
from padviewer.contamination import Contamination, contamination_of
from padviewer.errors import printable, shortened
from padviewer.gui.conv_padding_text import SIDES, conv_padding_text
from padviewer.gui.words import count_text, joined, number, ordinal, percent, signed, unbroken
from padviewer.handed import shown_name
from padviewer.plan import Plan, Stage
from padviewer.spec import FROM_FILE, PipelineSpec, format_sizes
from padviewer.workers.messages import Tile

# What two lines of a pane hold beside its share, at the window's first size.
_LONGEST_DETAIL = 60
_NOTES_SHOWN = 8
TITLES = {Stage.INPUT: "Input", Stage.PADDED: "Padded", Stage.FEATURE: "Feature map"}


def shape_text(plan: Plan, stage: Stage, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """Returns e.g. `H 148  W 240  C 3` for the input and `192 × 320 × 3` for the others.

    Args:
        plan, stage: what is shown.
        names: that a person gave axes, by their letters.
    """
    planned = plan.stage(stage)
    if planned is None:
        return "—"
    if stage is Stage.INPUT:
        return "  ".join(
            f"{names.get(letter, letter)} {size}" for letter, size in zip(planned.axes, planned.shape, strict=True)
        )
    return " × ".join(map(str, planned.shape))


def detail_text(plan: Plan, stage: Stage, device: str = "", milliseconds: float | None = None) -> str:
    """Returns the second line over a pane."""
    if stage is Stage.INPUT:
        return input_texts(plan)[0]
    if plan.stage(stage) is None:
        return "cannot be made with these settings"
    return _padded_detail(plan) if stage is Stage.PADDED else _feature_detail(plan, device, milliseconds)


def input_texts(plan: Plan) -> tuple[str, ...]:
    """Returns what is said under the shape of INPUT, the longest text first: notes that do not fit are counted."""
    guessed = ["axes guessed"] if plan.info.axes_guessed and not plan.spec.axes else []
    first = [plan.info.dtype, plan.info.format, *guessed]
    notes = [printable(note) for note in plan.info.notes]
    texts = [joined([*first, *notes])]
    for shown in range(min(len(notes), _NOTES_SHOWN + 1) - 1, -1, -1):
        left = len(notes) - shown
        more = f"{left}{' more' if shown else ''} note{'s' * (left != 1)}"
        texts.append(joined([*first, *notes[:shown], more]))
    return tuple(texts)


def share_texts(plan: Plan, stage: Stage) -> tuple[str, ...]:
    """Returns how much of PADDED is padding, or how many outputs of FEATURE touch it; the longest text first.

    Each says the same to the digit. Of other stages there is nothing to say.
    """
    if stage is Stage.PADDED and plan.padded is not None:
        return (f"{percent(plan.padding_share)} padding",)
    found = contamination_of(plan) if stage is Stage.FEATURE else None
    return contamination_texts(found) if found else ()


def contamination_texts(found: Contamination) -> tuple[str, ...]:
    """Returns the one number of contamination, the longest text first."""
    touch, nothing = (unbroken(percent(found.share(n))) for n in (found.touching, found.seeing_nothing))
    return (
        f"{touch} of outputs touch padding · {nothing} see nothing else",
        f"{touch} touch padding · {nothing} see nothing else",
        f"{touch} touch padding · {nothing} only padding",
        f"{touch} touch · {nothing} only padding",
        f"touch {touch}, only {nothing}",
        f"{touch}, {nothing} only",
    )


def _padded_detail(plan: Plan) -> str:
    amounts = [(axis.letter, [f"{amount}".replace("-", "−") for amount in axis.pad]) for axis in plan.spatial]
    parts = [f"{side} {amount}" for letter, pair in amounts for side, amount in zip(SIDES[letter], pair, strict=True)]
    cropped = ["(− cropped)"] if any(amount < 0 for axis in plan.spatial for amount in axis.pad) else []
    if len("  ".join(parts + cropped)) > _LONGEST_DETAIL:
        parts = [f"{axis.letter} {signed(axis.pad)}" for axis in plan.spatial]
    return "  ".join(unbroken(part) for part in parts + cropped)


def _feature_detail(plan: Plan, device: str, milliseconds: float | None) -> str:
    spec = plan.spec
    words = [
        format_sizes(tuple(axis.kernel for axis in plan.spatial)).replace("x", "×"),
        _uniform("s", tuple(axis.stride for axis in plan.spatial)),
        *([_uniform("d", dilation)] if max(dilation := tuple(a.dilation for a in plan.spatial)) > 1 else []),
        conv_padding_text(plan),
        spec.activation,
    ]
    # Random weights are what every layer begins with.
    made = [weights_text(plan)] if spec.weights != PipelineSpec().weights else []
    parts = [*_kind(plan), "  ".join(words), *made, "float32", device or spec.device]
    if milliseconds is not None:
        parts.append(f"{milliseconds:.0f} ms")
    return joined(parts)


def _kind(plan: Plan) -> list[str]:
    """Returns the kind of a convolution, where it is more than the usual one."""
    spec = plan.spec
    if spec.conv == "standard":
        return [f"{spec.groups} groups"] if spec.groups > 1 else []
    return [spec.conv if spec.depth_multiplier == 1 else f"{spec.conv} ×{spec.depth_multiplier}"]


def weights_text(plan: Plan) -> str:
    """Returns what the kernel holds: the name of a pattern, or of a layer of a file."""
    spec = plan.spec
    if spec.weights != FROM_FILE:
        return f"{spec.weights} weights"
    title = plan.weights.layer.title if plan.weights else weights_file_text(plan)
    return f"weights {shortened(title, 30)}"


def weights_file_text(plan: Plan) -> str:
    """Returns the layer that weights are taken from, and the name of its file without the folders."""
    file = (plan.spec.weights_file or "").replace("\\", "/").partition("::")[0].rsplit("/", 1)[-1]
    title = plan.weights.layer.title if plan.weights and plan.weights.layer.member else ""
    return " · ".join(shortened(part, 40) for part in (title, file) if part)


def _uniform(prefix: str, sizes: tuple[int, ...]) -> str:
    return prefix + (str(sizes[0]) if len(set(sizes)) == 1 else format_sizes(sizes).replace("x", "×"))


def honesty_text(
    plan: Plan, axes: str, tile: Tile, levels: tuple[float, float], rule: str, part: str = "magnitude"
) -> str:
    """Returns the line under a pane: what is shown, at which step, and its levels.

    Args:
        plan: whose stage is shown.
        axes: the two letters on screen, rows first.
        tile: what is shown. The statistics of PADDED are those of INPUT, and told for its levels only.
        levels: the numbers that the first and the last colour stand for.
        rule: what they were taken from, one of `rendering.LEVEL_RULES`.
        part: what is shown of complex numbers.
    """
    stage, region, statistics = tile.stage, tile.region, tile.statistics
    planned = plan.require(stage)
    spans = {letter: region[planned.axes.index(letter)] for letter in axes if letter in planned.axes}
    long = {letter: span for letter, span in spans.items() if span.stop - span.start != 1}
    # Narrow spaces, at which no line is broken.
    extent = (
        "\u202f×\u202f".join(str(min(span.stop, planned.extent(axis)) - span.start) for axis, span in long.items())
        or "1"
    )
    step = max((span.step for span in long.values()), default=1)
    blocks = "\u202f×\u202f".join(str(span.step) for span in long.values())
    sampled = f"means over {blocks} of {extent}" if tile.averaged else f"every {step}{ordinal(step)} of {extent}"
    parts = [f"all of {extent}" if step == 1 else sampled]
    if tile.coarse > 1:
        parts.append(f"of a picture of 1/{tile.coarse}{'' if tile.lasts else ' for now'}")
    if stage is Stage.FEATURE:
        parts.append("computed whole" if plan.is_whole else "computed for this view")
    parts.append(f"levels {number(levels[0])} … {number(levels[1])}")
    if statistics.one_in > 1 and rule == "data" and part != "phase":
        parts[-1] += f", 1 in {count_text(round(statistics.one_in))} looked at"
    if planned.dtype.startswith("complex"):
        parts.append(part)
    return joined(parts)


def cost_text(plan: Plan) -> str:
    """Returns what a plan costs in memory and operations, known before anything is computed."""
    if plan.padded is None:
        return ""
    padded = f"padded {format_bytes(plan.padded.nbytes)}"
    if plan.feature is None:
        return padded
    feature, needed = format_bytes(plan.feature.nbytes), format_bytes(plan.engine_bytes)
    outcome = f"takes {needed}: computed whole" if plan.is_whole else f"whole {needed}: computed for the view"
    return f"{padded}, map {feature}\n{count_text(plan.multiply_adds)} multiply-adds\n{outcome}"


def file_detail(shape: tuple[int, ...], dtype: str) -> str:
    """Returns what the file list says of an array."""
    return f"{' × '.join(map(str, shape))}   {dtype}"


def headline(plan: Plan) -> str:
    """Returns the name of what is shown."""
    member = f" :: {plan.info.member}" if plan.info.member else ""
    return shortened(shown_name(plan.info.path) + member, 120)


def window_title(plan: Plan | None) -> str:
    """Returns the title of the window."""
    return "padviewer" if plan is None else f"{headline(plan)} — padviewer"
