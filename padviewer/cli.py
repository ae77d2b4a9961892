"""The command line: reads it, chooses a verb, and returns the exit code.

Exit codes: 0 all went well; 1 an item failed, the others are done; 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import NoReturn

from padviewer.errors import PadviewerError, SettingsError
from padviewer.options import USAGE, Parser
from padviewer.verbs import FAILED, VERBS, verb_named
from padviewer.verbs.streams import complain, open_streams, tell

TERMINATED = 143
_EXAMPLES = """\
examples:
  padviewer photo.jpg --target 512x512 --position center
  padviewer export scans/*.png --target 128xnone -o out/{stem}_{stage}.npy
"""


def build_parser(name: str | None = None) -> argparse.ArgumentParser:
    """Returns the parser of a verb; of the window where there is none."""
    verb = verb_named(name)
    if name is None:
        raw = argparse.RawDescriptionHelpFormatter
        parser = Parser("padviewer", description=verb.SUMMARY, epilog=_verbs_help(), formatter_class=raw)
    else:
        parser = Parser(f"padviewer {name}", description=verb.SUMMARY)
    verb.add_arguments(parser)
    return parser


def _verbs_help() -> str:
    lines = ["  padviewer [PATH ...]        open the window; without a path, as it was left"]
    lines += [f"  {f'padviewer {name} {usage.takes}':<26}  {usage.does}" for name, usage in VERBS.items()]
    return "\n".join(["verbs, each with a --help of its own:", *lines, "", _EXAMPLES])


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code. Ctrl+C is left to the caller."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments.pop(0) if arguments and arguments[0] in VERBS else None
    open_streams()
    try:
        try:
            options = build_parser(name).parse_args(arguments)
            # The window sees to its own end.
            with _terminable() if name else nullcontext():
                return verb_named(name).run(options)
        finally:
            tell("", end="")  # what argparse has printed may be waiting still
    except SettingsError as error:
        return complain(error, USAGE)
    except PadviewerError as error:
        return complain(error)
    except BrokenPipeError:
        return FAILED  # the reader of our output has gone, as `| head` does; nothing is left to say


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
