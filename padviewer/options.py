"""What the command line's options are, and what they mean: paths, the pipeline's settings, the memory budget."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from padviewer.bytecount import parse_budget
from padviewer.errors import SettingsError, printable
from padviewer.geometry import CONV_PADDINGS, MODES, OVERFLOWS, POSITIONS
from padviewer.spec import (
    ACTIVATIONS,
    BACKENDS,
    CONVOLUTIONS,
    FROM_FILE,
    WEIGHTS,
    PipelineSpec,
    parse_fill,
    parse_sizes,
    parse_target,
)
from padviewer.weights import choice_of

USAGE = 2
_PRESETS = tuple(name for name in WEIGHTS if name != FROM_FILE)
# Options whose value may begin with a minus, which argparse would take for another option: -1e3, -inf, -1x2.
_SIGNED = {
    f"--{name}"
    for name in (
        "target",
        "multiple-of",
        "position-seed",
        "fill",
        "filters",
        "groups",
        "depth-multiplier",
        "kernel",
        "strides",
        "dilation",
        "seed",
    )
}
_NEGATIVE = re.compile(r"-(\d|\.\d|inf|nan)", re.IGNORECASE)


class Parser(argparse.ArgumentParser):
    """Says what is wrong on one line."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses arguments, negative values too."""
        return super().parse_args(join_negative(args or ()), namespace)

    def error(self, message: str) -> NoReturn:
        """Ends the program with the exit code for a wrong command line."""
        self.exit(USAGE, f"padviewer: error: {printable(message)}; see {self.prog} --help\n")


def join_negative(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments with `--fill -1e3` as `--fill=-1e3`."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in _SIGNED and _NEGATIVE.match(argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def add_paths(parser: argparse.ArgumentParser, nargs: str | int) -> None:
    """Adds the inputs."""
    parser.add_argument("paths", nargs=nargs, metavar="PATH", help="image or array; file.npz::key chooses a member")


def add_budget(parser: argparse._ActionsContainer, what: str) -> None:
    """Adds the limit on memory."""
    parser.add_argument(
        "--budget",
        metavar="BYTES",
        help=f"memory that {what} may take in one process, such as 4GiB (default: a quarter of what is free)",
    )


def add_padding(parser: argparse.ArgumentParser) -> None:
    """Adds the settings of padding."""
    add = parser.add_argument_group("padding").add_argument
    add("--target", help="wanted size of each spatial axis, such as 512x512; none leaves an axis (default: no padding)")
    add("--multiple-of", metavar="SIZES", help="the padded size is a multiple of this, such as 32 or 32x8 (default: 1)")
    add_content(add)
    add("--overflow", choices=OVERFLOWS, help="what happens to an input larger than the target (default: keep)")
    add(
        "--axes", metavar="LETTERS", help="one letter for each axis: B, D, H, W or T, C; such as HWC (default: guessed)"
    )


def add_content(add: Callable[..., Any]) -> None:
    """Adds what is written around an input, and where that sits."""
    add("--position", choices=POSITIONS, help="where the content sits (default: start)")
    add("--position-seed", type=int, metavar="SEED", help="of the position random (default: 0)")
    add("--mode", choices=MODES, help="how padding is made, by numpy's names (default: constant)")
    add(
        "--fill",
        metavar="VALUE",
        help="what constant writes: a number, or one a channel as in 0,128,255 (default: 0)",
    )


def padding_of(options: argparse.Namespace) -> PipelineSpec:
    """Returns the settings that `add_content` asks for; the others are the usual ones."""
    told = {name: getattr(options, name) for name in _CONTENT if getattr(options, name) is not None}
    return PipelineSpec(**told | ({} if options.fill is None else {"fill_value": parse_fill(options.fill)}))


def add_pipeline(parser: argparse.ArgumentParser) -> None:
    """Adds the settings of padding and convolution, and the budget."""
    add_padding(parser)
    add = parser.add_argument_group("convolution").add_argument
    add("--conv", choices=CONVOLUTIONS, help="kind of convolution (default: standard)")
    add("--filters", type=int, help="number of feature maps; depthwise has its multiplier for each (default: 32)")
    add("--groups", type=int, help="of a standard convolution: groups of channels and filters (default: 1)")
    add("--depth-multiplier", type=int, metavar="N", help="filters for each channel, depthwise, separable (default: 1)")
    add("--kernel", metavar="SIZES", help="such as 3 or 3x5 (default: 3)")
    add("--strides", metavar="SIZES", help="such as 1 or 2x1 (default: 1)")
    add("--dilation", metavar="SIZES", help="such as 1 or 2x2 (default: 1)")
    add("--conv-padding", choices=CONV_PADDINGS, help="what the convolution itself pads (default: valid)")
    add("--activation", choices=ACTIVATIONS, metavar="NAME", help=f"one of {', '.join(ACTIVATIONS)} (default: relu)")
    add(
        "--weights",
        metavar="NAME|FILE",
        help=f"{', '.join(_PRESETS)}; or a file: .keras, .weights.h5, .npy, .npz, "
        "with ::LAYER where it holds several; its layer's settings are taken where none are given (default: random)",
    )
    add("--seed", type=int, help="of the random kernel, Glorot-uniform (default: 0)")
    add("--device", metavar="NAME", help="where the convolution runs, such as CPU:0 or GPU:0 (default: CPU:0)")
    add("--backend", choices=BACKENDS, help="Keras' backend that runs it (default: tensorflow)")
    add_budget(parser.add_argument_group("limits"), "one result")


_READ: dict[str, tuple[str, Callable[[str], Any]]] = {
    "target": ("target", parse_target),
    "fill": ("fill_value", parse_fill),
    "multiple_of": ("multiple_of", lambda text: parse_sizes("multiple_of", text)),
    "kernel": ("kernel", lambda text: parse_sizes("kernel", text)),
    "strides": ("strides", lambda text: parse_sizes("strides", text)),
    "dilation": ("dilation", lambda text: parse_sizes("dilation", text)),
}
_CONTENT = ("position", "position_seed", "mode")
_PADDING = ("axes", *_CONTENT, "overflow")
# What a layer of a file tells of itself.
_OF_LAYERS = (
    "conv", "filters", "groups", "depth_multiplier", "kernel", "strides", "dilation", "conv_padding", "activation",
)  # fmt: skip
_CONVOLUTION = (*(name for name in _OF_LAYERS if name not in _READ), "seed", "device", "backend")


def spec_of(options: argparse.Namespace) -> PipelineSpec:
    """Returns the settings; raises a `SettingsError` where one could be valid for no input."""
    told = {name: value for name, value in vars(options).items() if value is not None}
    given = {name: told[name] for name in (*_PADDING, *_CONVOLUTION) if name in told}
    for option, (name, read) in _READ.items():
        if option in told:
            given[name] = read(told[option])
    if "weights" in told:
        given |= _weights_of(options.weights)
    return PipelineSpec(**given)


def _weights_of(text: str) -> dict[str, Any]:
    """Returns the settings that `--weights` means: a pattern, or a file."""
    if text in _PRESETS:
        return {"weights": text}
    if text.isidentifier() and not os.path.lexists(text):
        names = ", ".join(_PRESETS)
        raise SettingsError(f"weights {text!r}: expected one of {names}; or a file, such as model.keras::conv2d")
    return choice_of(text)


def follows_of(options: argparse.Namespace) -> frozenset[str]:
    """Returns the names of the settings that were not given, which a file of weights may tell."""
    if options.weights is None or options.weights in _PRESETS:
        return frozenset()
    return frozenset(name for name in _OF_LAYERS if getattr(options, name) is None)


def items_of(options: argparse.Namespace) -> tuple[tuple[str, str | None], ...]:
    """Returns path and member of each input."""
    from padviewer.sources.selector import split_selector  # noqa: PLC0415 - numpy is loaded only where it is needed

    return tuple(split_selector(path) for path in options.paths)


def budget_of(options: argparse.Namespace) -> int:
    """Returns the memory budget in bytes."""
    from padviewer.workers.budget import default_budget  # noqa: PLC0415

    return parse_budget(options.budget) if options.budget is not None else default_budget()
