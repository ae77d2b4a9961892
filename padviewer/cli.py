"""The command line: reads it, chooses a verb, and returns the exit code.

Exit codes: 0 all went well; 1 an item failed, the others are done; 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TextIO, cast

from padviewer import __version__
from padviewer.errors import ExportError, PadviewerError, SettingsError, printable, shortened
from padviewer.options import (
    USAGE,
    Parser,
    add_budget,
    add_paths,
    add_pipeline,
    budget_of,
    follows_of,
    items_of,
    spec_of,
)
from padviewer.plan import ArrayInfo, Member, Stage
from padviewer.spec import parse_sizes
from padviewer.weights import MODEL_SUFFIXES

if TYPE_CHECKING:
    from padviewer.gui.options import WindowOptions
    from padviewer.workers.crew import Crew

FAILED, INTERRUPTED, TERMINATED = 1, 130, 143
EXPORTED = (Stage.PADDED, Stage.FEATURE, Stage.MASK)
# More members than that have a line each.
_INLINE, _NAME_COLUMN = 4, 48
DESCRIPTION = "See what padding does: input, padded tensor and feature map side by side."
VERBS_HELP = """\
verbs, each with a --help of its own:
  padviewer [PATH ...]        open the window; without a path, as it was left
  padviewer info PATH ...     tell path, shape, axes, dtype and members
  padviewer export PATH ...   write the padded tensor, the feature map or the pixel mask
  padviewer snapshot PATH     render the window to a picture
  padviewer doctor            tell versions, limits, devices, and what is missing

examples:
  padviewer photo.jpg --target 512x512 --position center
  padviewer export scans/*.png --target 128xnone -o out/{stem}_{stage}.npy
"""


def build_parser(verb: str | None = None) -> argparse.ArgumentParser:
    """Returns the parser of a verb; of the window where there is none."""
    if verb is None:
        parser = Parser(
            "padviewer",
            description=DESCRIPTION,
            epilog=VERBS_HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        add_paths(parser, "*")
        parser.add_argument("--version", action="version", version=f"padviewer {__version__}")
        parser.add_argument("--watch", action="store_true", help="read files that change again by themselves")
        # Not for people: `padviewer.show` starts the window with the descriptor of its end of a line.
        parser.add_argument("--from-python", type=int, help=argparse.SUPPRESS)
        add_pipeline(parser)
        return parser
    summary, add_arguments, _run = VERBS[verb]
    parser = Parser(f"padviewer {verb}", description=summary)
    add_arguments(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    verb = arguments.pop(0) if arguments and arguments[0] in VERBS else None
    _fill_standard_streams()
    _accept_any_name(cast("TextIO | None", sys.stdout))
    try:
        try:
            options = build_parser(verb).parse_args(arguments)
            return _run(verb, options) if verb else _window(options)
        finally:
            _tell("", end="")  # what argparse has printed may be waiting still
    except SettingsError as error:
        return _complain(error, USAGE)
    except PadviewerError as error:
        return _complain(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED  # the reader of our output has gone, as `| head` does; nothing is left to say


def _run(verb: str, options: argparse.Namespace) -> int:
    with _terminable():
        return VERBS[verb][2](options)


@contextmanager
def _terminable() -> Iterator[None]:
    """Makes a polite end an exception, so that workers, temporary files and shared memory are cleaned up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(TERMINATED)


def _fill_standard_streams() -> None:
    """Opens what the program was started without: a line to a worker must not come to lie there, and be printed on."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free


def _accept_any_name(stdout: TextIO | None) -> None:
    """Lets names of files that are no text be printed as the bytes that they are."""
    reconfigure = getattr(stdout, "reconfigure", None)
    if stdout is not None and reconfigure is not None:
        is_utf8 = stdout.encoding.lower().replace("-", "") == "utf8"
        reconfigure(errors="surrogateescape" if is_utf8 else "backslashreplace")


def _tell(text: str, end: str = "\n") -> None:
    """Prints a result at once."""
    try:
        print(text, end=end, flush=True)  # noqa: T201
    except OSError as error:
        # What could not be written would be tried again, and complained about, when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise
        raise ExportError(f"standard output cannot be written: {error.strerror}") from error


def _window(options: argparse.Namespace) -> int:
    if options.from_python is not None:
        from padviewer.gui.from_python import open_for_python  # noqa: PLC0415

        return open_for_python(options.from_python, budget_of(options))
    window = _window_options(options)
    from padviewer.display import inspect_display  # noqa: PLC0415

    report = inspect_display()
    if not report.can_show_window:
        return _without_display(window, report.reason or "there is no display")
    from padviewer.gui.launch import launch  # noqa: PLC0415

    return launch(window)


def _window_options(options: argparse.Namespace) -> WindowOptions:
    from padviewer.gui.options import window_options  # noqa: PLC0415 - loads no Qt

    watches, follows = getattr(options, "watch", False), follows_of(options)
    return window_options(items_of(options), spec_of(options), budget_of(options), watches, follows=follows)


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
    _tell(output)
    return 0


def _add_info(parser: argparse.ArgumentParser) -> None:
    add_paths(parser, "+")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    add_budget(parser, "one file")


def _info(options: argparse.Namespace) -> int:
    from padviewer.batch.files import describe  # noqa: PLC0415
    from padviewer.workers.crew import Crew  # noqa: PLC0415

    code = 0
    items, budget = items_of(options), budget_of(options)
    with Crew() as crew:
        for item in items:
            if item[0].lower().endswith(MODEL_SUFFIXES):
                code = _info_of_model(crew, item[0], budget, options.json) or code
                continue
            (outcome,) = describe(crew, [item], budget)
            if outcome.error or outcome.value is None:
                code = _complain(outcome.error, FAILED)
            else:
                _tell(_describe(outcome.value, options.json))
    return code


def _info_of_model(crew: Crew, path: str, budget: int, as_json: bool) -> int:
    """Tells the layers of a model that weights can be taken from."""
    from padviewer.batch.models import model_lines  # noqa: PLC0415
    from padviewer.workers.weights_job import layers_job  # noqa: PLC0415

    try:
        found = crew.run(layers_job(path, budget))
    except PadviewerError as error:
        return _complain(error, FAILED)
    if not found.layers:
        return _complain(PadviewerError(found.refusal), FAILED)
    for line in model_lines(found, as_json):
        _tell(line)
    return 0


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
                "members": [member.name for member in info.members],
                "member_details": [member._asdict() for member in info.members],
                "bytes": info.nbytes,
                "file_bytes": info.file_bytes,
                "notes": info.notes,
            }
        )
    sizes = "  ".join(f"{letter} {size}" for letter, size in zip(info.axes, info.shape, strict=True))
    extra = [*(["axes guessed"] if info.axes_guessed else []), *info.notes]
    lines: list[str] = []
    if len(info.members) > _INLINE:
        extra.append(f"{len(info.members)} members")
        lines = _member_lines(info.members)
    elif len(info.members) > 1:
        extra.append(f"members {', '.join(map(_member_text, info.members))}")
    member = f"::{info.member}" if info.member else ""
    words = [f"{shortened(path + member)}:", sizes, info.dtype, info.format, *(f"({note})" for note in extra)]
    return "\n".join(["  ".join(words), *lines])


def _member_text(member: Member) -> str:
    name, said = shortened(member.name), _said_of(member)
    return f"{name} ({said})" if said else name


def _member_lines(members: Sequence[Member]) -> list[str]:
    """Returns a line for each member, with what is known of it in a column."""
    names = [shortened(member.name) for member in members]
    width = min(max(map(len, names)), _NAME_COLUMN)
    return [f"    {name:<{width}}  {_said_of(member)}".rstrip() for name, member in zip(names, members, strict=True)]


def _said_of(member: Member) -> str:
    return ("" if member.readable else "cannot be opened: ") + printable(member.described)


def _add_export(parser: argparse.ArgumentParser) -> None:
    add_paths(parser, "+")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT",
        help=".npy, .npz, .png, .tif, .zarr, .h5, .safetensors, .tfrecord, .exr, .nii or .nii.gz; or a template with "
        "{dir}, {stem}, {name}, {member}, {stage}",
    )  # fmt: skip
    stages = [stage.value for stage in EXPORTED]
    parser.add_argument("--stage", choices=stages, default="padded", help="what is written (default: padded)")
    parser.add_argument("--force", action="store_true", help="write over files that exist")
    parser.add_argument(
        "--fresh", action="store_true", help="start over; without it, a large export that was interrupted is continued"
    )
    add_pipeline(parser)


def _export(options: argparse.Namespace) -> int:
    from padviewer.batch.files import export  # noqa: PLC0415
    from padviewer.batch.outputs import is_template, output_paths  # noqa: PLC0415
    from padviewer.workers.crew import Crew  # noqa: PLC0415

    items, spec, stage = items_of(options), spec_of(options), Stage(options.stage)
    outputs = output_paths(options.output, items, stage)
    code = 0
    with Crew() as crew:
        budget, makes = budget_of(options), is_template(options.output)
        for outcome in export(
            crew,
            items,
            outputs,
            spec,
            stage,
            budget,
            options.force,
            makes,
            fresh=options.fresh,
            say=_say,
            follows=follows_of(options),
        ):
            if outcome.error or outcome.value is None:
                code = _complain(outcome.error, FAILED)
            else:
                _tell(outcome.value)
    return code


def _add_snapshot(parser: argparse.ArgumentParser) -> None:
    add_paths(parser, 1)
    parser.add_argument("-o", "--output", required=True, metavar="OUT.png", help="the picture to write")
    parser.add_argument(
        "--size", default="1400x900", metavar="WxH", help="of the window, in pixels (default: 1400x900)"
    )
    parser.add_argument("--theme", choices=("dark", "light"), default="dark", help="(default: dark)")
    parser.add_argument("--force", action="store_true", help="write over a file that exists")
    add_pipeline(parser)


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


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    # For the window, whose engine runs already.
    parser.add_argument("--no-devices", action="store_true", help="start no engine to ask it for its devices")


def _doctor(options: argparse.Namespace) -> int:
    from padviewer.doctor import examine  # noqa: PLC0415
    from padviewer.workers.crew import Crew, default_budget  # noqa: PLC0415

    fine = True
    with Crew() as crew:
        for found in examine(None if options.no_devices else crew, default_budget()):
            fine &= found.fine
            sign = "  " if found.fine else "! "
            _tell(json.dumps(found._asdict()) if options.json else f"{sign}{found.what:<20}{found.finding}")
    return 0 if fine else FAILED


def _say(text: str) -> None:
    """Tells what goes on beside the results."""
    print(f"padviewer: {printable(text)}", file=sys.stderr, flush=True)  # noqa: T201


def _complain(error: PadviewerError | None, code: int) -> int:
    print(f"padviewer: error: {error.message if error else 'unknown'}", file=sys.stderr, flush=True)  # noqa: T201
    return code


VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]] = {
    "info": ("Tell what files are: one line for each.", _add_info, _info),
    "export": ("Write the padded tensor, the feature map or the pixel mask of files.", _add_export, _export),
    "snapshot": ("Render the window to a picture.", _add_snapshot, _snapshot),
    "doctor": ("Tell versions, limits and devices, and what is missing.", _add_doctor, _doctor),
}
