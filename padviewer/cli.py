"""The command line: reads it, chooses a verb, and returns the exit code.

Exit codes: 0 all went well; 1 an item failed, the others are done; 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from padviewer import __version__
from padviewer.errors import PadviewerError, SettingsError, shortened
from padviewer.geometry import CONV_PADDINGS, MODES, OVERFLOWS, POSITIONS
from padviewer.plan import ArrayInfo, Stage, parse_budget
from padviewer.spec import ACTIVATIONS, PipelineSpec, parse_fill, parse_sizes, parse_target

if TYPE_CHECKING:
    from padviewer.gui.options import WindowOptions

FAILED, USAGE, INTERRUPTED = 1, 2, 130
EXPORTED = (Stage.PADDED, Stage.FEATURE, Stage.MASK)
DESCRIPTION = "See what padding does: input, padded tensor and feature map side by side."
VERBS_HELP = """\
verbs, each with a --help of its own:
  padviewer [PATH ...]        open the window
  padviewer info PATH ...     tell path, shape, axes, dtype and members
  padviewer export PATH ...   write the padded tensor, the feature map or the pixel mask
  padviewer snapshot PATH     render the window to a picture
  padviewer doctor            tell versions, limits, devices, and what is missing

examples:
  padviewer photo.jpg --target 512x512 --position center
  padviewer export scans/*.png --target 128xnone -o out/{stem}_{stage}.npy
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong on one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"padviewer: error: {message}; see {self.prog} --help\n")


def build_parser(verb: str | None = None) -> argparse.ArgumentParser:
    """Returns the parser of a verb; of the window where there is none."""
    if verb is None:
        parser = _Parser(
            "padviewer",
            description=DESCRIPTION,
            epilog=VERBS_HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.add_argument("paths", nargs="*", metavar="PATH", help="image or array; file.npz::key chooses a member")
        parser.add_argument("--version", action="version", version=f"padviewer {__version__}")
        _add_pipeline(parser)
        return parser
    summary, add_arguments, _run = VERBS[verb]
    parser = _Parser(f"padviewer {verb}", description=summary)
    add_arguments(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    verb = arguments.pop(0) if arguments and arguments[0] in VERBS else None
    try:
        options = build_parser(verb).parse_args(arguments)
        return VERBS[verb][2](options) if verb else _window(options)
    except SettingsError as error:
        return _complain(error, USAGE)
    except PadviewerError as error:
        return _complain(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does; nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _add_pipeline(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("padding").add_argument
    add("--target", help="wanted size of each spatial axis, such as 512x512; none leaves an axis (default: no padding)")
    add("--position", choices=POSITIONS, help="where the content sits (default: start)")
    add("--mode", choices=MODES, help="how padding is made, by numpy's names (default: constant)")
    add("--fill", metavar="VALUE", help="what constant writes (default: 0)")
    add("--overflow", choices=OVERFLOWS, help="what happens to an input larger than the target (default: keep)")
    add(
        "--axes", metavar="LETTERS", help="one letter for each axis: B, D, H, W or T, C; such as HWC (default: guessed)"
    )
    add = parser.add_argument_group("convolution").add_argument
    add("--filters", type=int, help="number of feature maps (default: 32)")
    add("--kernel", metavar="SIZES", help="such as 3 or 3x5 (default: 3)")
    add("--strides", metavar="SIZES", help="such as 1 or 2x1 (default: 1)")
    add("--dilation", metavar="SIZES", help="such as 1 or 2x2 (default: 1)")
    add("--conv-padding", choices=CONV_PADDINGS, help="what the convolution itself pads (default: valid)")
    add("--activation", choices=ACTIVATIONS, metavar="NAME", help=f"one of {', '.join(ACTIVATIONS)} (default: relu)")
    add("--seed", type=int, help="of the Glorot-uniform kernel (default: 0)")
    add("--device", metavar="NAME", help="where the convolution runs, such as CPU:0 or GPU:0 (default: CPU:0)")
    add = parser.add_argument_group("limits").add_argument
    add(
        "--budget",
        metavar="BYTES",
        help="memory that one result may take, such as 4GiB (default: half of what is free)",
    )


_READ: dict[str, tuple[str, Callable[[str], Any]]] = {
    "target": ("target", parse_target),
    "fill": ("fill_value", parse_fill),
    "kernel": ("kernel", lambda text: parse_sizes("kernel", text)),
    "strides": ("strides", lambda text: parse_sizes("strides", text)),
    "dilation": ("dilation", lambda text: parse_sizes("dilation", text)),
}
_TAKEN = ("axes", "position", "mode", "overflow", "filters", "conv_padding", "activation", "seed", "device")


def _spec_of(options: argparse.Namespace) -> PipelineSpec:
    given = {name: getattr(options, name) for name in _TAKEN if getattr(options, name) is not None}
    for option, (name, read) in _READ.items():
        if (text := getattr(options, option)) is not None:
            given[name] = read(text)
    return PipelineSpec(**given)


def _items_of(options: argparse.Namespace) -> tuple[tuple[str, str | None], ...]:
    from padviewer.sources import split_selector  # noqa: PLC0415 - numpy is loaded only where it is needed

    return tuple(split_selector(path) for path in options.paths)


def _window(options: argparse.Namespace) -> int:
    window = _window_options(options)
    from padviewer.display import inspect_display  # noqa: PLC0415

    report = inspect_display()
    if not report.can_show_window:
        return _without_display(window, report.reason or "there is no display")
    from padviewer.workers.start import start_engine, start_reader  # noqa: PLC0415

    # TensorFlow takes seconds to import: its process starts before anything else is loaded here.
    engine, reader = start_engine(), start_reader()
    from padviewer.gui.app import run_window  # noqa: PLC0415

    return run_window(window, engine, reader)


def _window_options(options: argparse.Namespace) -> WindowOptions:
    from padviewer.gui.options import WindowOptions  # noqa: PLC0415 - loads no Qt

    budget = parse_budget(options.budget) if options.budget else None
    return WindowOptions(_items_of(options), _spec_of(options), budget)


def _without_display(window: WindowOptions, reason: str) -> int:
    """Renders what the window would show to a picture, and says where it is."""
    import tempfile  # noqa: PLC0415

    directory = tempfile.mkdtemp(prefix="padviewer-")
    output = os.path.join(directory, "padviewer.png")  # noqa: PTH118 - one join
    print(f"padviewer: no window: {reason}. The same three panes are rendered to a picture instead.", file=sys.stderr)  # noqa: T201
    return _render(window, output)


def _render(window: WindowOptions, output: str, size: tuple[int, int] = (1400, 900), theme: str = "dark") -> int:
    from padviewer.gui.snapshot import render_snapshot  # noqa: PLC0415

    render_snapshot(window, output, size, theme)
    print(output)  # noqa: T201
    return 0


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="image or array; file.npz::key chooses a member")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument(
        "--budget", metavar="BYTES", help="memory that one file may take (default: half of what is free)"
    )


def _info(options: argparse.Namespace) -> int:
    from padviewer.batch.files import describe  # noqa: PLC0415
    from padviewer.workers.crew import Crew  # noqa: PLC0415

    code = 0
    with Crew() as crew:
        for outcome in describe(crew, _items_of(options), _budget_of(options)):
            if outcome.error or outcome.value is None:
                code = _complain(outcome.error, FAILED)
            else:
                print(_describe(outcome.value, options.json), flush=True)  # noqa: T201
    return code


def _describe(info: ArrayInfo, as_json: bool) -> str:
    path = info.path.encode("utf-8", "backslashreplace").decode()
    if as_json:
        return json.dumps(
            {
                "path": path,
                "member": info.member,
                "format": info.format,
                "shape": info.shape,
                "axes": info.axes,
                "axes_guessed": info.axes_guessed,
                "dtype": info.dtype,
                "members": info.members,
                "bytes": info.nbytes,
                "file_bytes": info.file_bytes,
                "notes": info.notes,
            }
        )
    sizes = "  ".join(f"{letter} {size}" for letter, size in zip(info.axes, info.shape, strict=True))
    extra = [*(["axes guessed"] if info.axes_guessed else []), *info.notes]
    if len(info.members) > 1:
        extra.append(f"members {', '.join(info.members)}")
    member = f"::{info.member}" if info.member else ""
    return "  ".join([f"{shortened(path + member)}:", sizes, info.dtype, info.format, *(f"({note})" for note in extra)])


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="image or array; file.npz::key chooses a member")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT",
        help=".npy, .npz, .png or .tif; or a template with {dir}, {stem}, {name}, {member}, {stage}",
    )  # fmt: skip
    stages = [stage.value for stage in EXPORTED]
    parser.add_argument("--stage", choices=stages, default="padded", help="what is written (default: padded)")
    parser.add_argument("--force", action="store_true", help="write over files that exist")
    _add_pipeline(parser)


def _export(options: argparse.Namespace) -> int:
    from padviewer.batch.files import export, make_directory  # noqa: PLC0415
    from padviewer.batch.outputs import is_template, output_paths  # noqa: PLC0415
    from padviewer.workers.crew import Crew  # noqa: PLC0415

    items, spec, stage = _items_of(options), _spec_of(options), Stage(options.stage)
    outputs = output_paths(options.output, items, stage)
    if is_template(options.output):
        for output in outputs:
            make_directory(output)
    code = 0
    with Crew() as crew:
        for outcome in export(crew, items, outputs, spec, stage, _budget_of(options), options.force):
            if outcome.error:
                code = _complain(outcome.error, FAILED)
            else:
                print(outcome.value, flush=True)  # noqa: T201
    return code


def _add_snapshot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs=1, metavar="PATH", help="image or array; file.npz::key chooses a member")
    parser.add_argument("-o", "--output", required=True, metavar="OUT.png", help="the picture to write")
    parser.add_argument(
        "--size", default="1400x900", metavar="WxH", help="of the window, in pixels (default: 1400x900)"
    )
    parser.add_argument("--theme", choices=("dark", "light"), default="dark", help="(default: dark)")
    parser.add_argument("--force", action="store_true", help="write over a file that exists")
    _add_pipeline(parser)


def _snapshot(options: argparse.Namespace) -> int:
    from padviewer.export import check_target  # noqa: PLC0415

    if not options.output.lower().endswith(".png"):
        raise SettingsError(f"-o {shortened(options.output)}: a snapshot is a PNG; give a name that ends in .png")
    size = parse_sizes("size", options.size)
    if len(size) != 2 or not all(200 <= side <= 16384 for side in size):
        raise SettingsError(f"size {options.size!r}: expected width x height from 200 to 16384, such as 1400x900")
    check_target(options.output, overwrite=options.force)
    window = _window_options(options)
    return _render(window, options.output, (size[0], size[1]), options.theme)


def _add_doctor(_parser: argparse.ArgumentParser) -> None:
    pass


def _doctor(_options: argparse.Namespace) -> int:
    from padviewer.doctor import examine  # noqa: PLC0415
    from padviewer.workers.crew import Crew, default_budget  # noqa: PLC0415

    fine = True
    with Crew() as crew:
        for what, finding, good in examine(crew, default_budget()):
            fine &= good
            print(f"{'  ' if good else '! '}{what:<20}{finding}", flush=True)  # noqa: T201
    return 0 if fine else FAILED


def _budget_of(options: argparse.Namespace) -> int:
    from padviewer.workers.crew import default_budget  # noqa: PLC0415

    return parse_budget(options.budget) if options.budget else default_budget()


def _complain(error: PadviewerError | None, code: int) -> int:
    print(f"padviewer: error: {error.message if error else 'unknown'}", file=sys.stderr, flush=True)  # noqa: T201
    return code


VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]] = {
    "info": ("Tell what files are: one line for each.", _add_info, _info),
    "export": ("Write the padded tensor, the feature map or the pixel mask of files.", _add_export, _export),
    "snapshot": ("Render the window to a picture.", _add_snapshot, _snapshot),
    "doctor": ("Tell versions, limits and devices, and what is missing.", _add_doctor, _doctor),
}
