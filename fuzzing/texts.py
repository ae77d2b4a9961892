"""Settings, sessions, arguments and drops that are damaged: what the program reads of them, in this process."""

from __future__ import annotations

import contextlib
import io
import json
import random
import traceback
from collections.abc import Callable

from fuzzing.mutations import mutate
from fuzzing.outcome import Outcome
from padviewer.cli import build_parser
from padviewer.errors import PadviewerError
from padviewer.gui.sessions.saved_session import SavedSession
from padviewer.gui.uri_list import parse_uri_list
from padviewer.options import items_of, spec_of
from padviewer.spec import PipelineSpec
from padviewer.verbs import VERBS

_SPEC = PipelineSpec(target=(512, None), multiple_of=(32,), mode="reflect", fill_value=(0, 1.5), kernel=(3, 5))
_SESSION = SavedSession((("a.png", None), ("b.npz", "x")), ("b.npz", "x"), _SPEC, {1: PipelineSpec()}, budget=1 << 30)
_ARGUMENTS = (
    "photo.png a.npz::key --target 512x512 --multiple-of 32 --mode reflect --overflow crop --axes HWC",
    "info a.npy b.tif --json --budget 4GiB",
    "export a.npy -o out.npy --stage padded --fill 0,1.5,-inf --position-seed 7 --force",
    "snapshot a.npy --kernel 3x5 --strides 2 --dilation 1 --conv-padding same --filters 8 --seed 3 -o out.png",
    "doctor",
)
_DROP = (
    b"# a comment\r\nfile:///home/me/a%20b.png\r\nfile://localhost/b.npy\r\nhttp://example.org/c.png\r\n"
    b"data:image/png;base64,iVBORw0KGgo=\r\nfile://elsewhere/d.tif\r\n/plain/e.npz\r\nfile:///%ff%fe.npy\r\n"
)
_WORDS = (
    "",
    "-",
    "--",
    "--target",
    "--fill=nan",
    "-1x2",
    "1e999",
    "9" * 400,
    "\udc80.npy",
    "a\nb",
    "::",
    "a::b::c",
    "\u202e",
    "0x0",
    "none",
)


def try_text(kind: str, draw: random.Random) -> tuple[Outcome, str]:
    """Reads a damaged text of a kind; returns what became of it and what was said."""
    try:
        with contextlib.redirect_stderr(io.StringIO()) as told, contextlib.redirect_stdout(io.StringIO()):
            TEXTS[kind](draw)
    except PadviewerError as error:
        return Outcome.REFUSED, error.message
    except SystemExit as stop:  # argparse has complained, or helped
        fine = stop.code in (0, 2) and "Traceback" not in told.getvalue()
        return (Outcome.REFUSED if fine else Outcome.TRACEBACK), told.getvalue()
    except Exception:  # noqa: BLE001 - whatever comes is what is looked for
        return Outcome.TRACEBACK, traceback.format_exc()
    return Outcome.READ, ""


def _spec(draw: random.Random) -> None:
    PipelineSpec.from_json(_damaged(_SPEC.to_json(), draw))


def _session(draw: random.Random) -> None:
    SavedSession.from_json(_damaged(_SESSION.to_json(), draw))


def _arguments(draw: random.Random) -> None:
    words = draw.choice(_ARGUMENTS).split()
    for _ in range(draw.choice((1, 1, 2, 3))):
        at = draw.randrange(len(words) + 1)
        way = draw.randrange(4)
        if way == 0:
            words.insert(at, draw.choice(_WORDS))
        elif at < len(words):
            old = words[at]
            words[at : at + 1] = [[draw.choice(_WORDS)], [], [_damaged(old, draw)]][way - 1]
    verb = words.pop(0) if words and words[0] in VERBS else None
    options = build_parser(verb).parse_args(words)
    if hasattr(options, "paths"):
        items_of(options)
    if hasattr(options, "target"):
        spec_of(options)


def _drop(draw: random.Random) -> None:
    items, refused = parse_uri_list(mutate(_DROP, draw))
    if not items and refused and refused[0].error is not None:
        raise refused[0].error


def _damaged(text: str, draw: random.Random) -> str:
    """Damages bytes of a text, or replaces a value of its JSON by one of another kind."""
    if draw.random() < 0.5:
        with contextlib.suppress(ValueError):
            return json.dumps(_replaced(json.loads(text), draw))
    return mutate(text.encode("utf-8", "surrogateescape"), draw).decode("utf-8", "surrogateescape")


def _replaced(value: object, draw: random.Random) -> object:
    if isinstance(value, dict) and value and draw.random() < 0.9:
        name = draw.choice(list(value))
        if draw.random() < 0.1:
            return {**value, str(draw.choice(_STRANGE)): draw.choice(_STRANGE)}
        return {**value, name: _replaced(value[name], draw)}
    if isinstance(value, list) and value and draw.random() < 0.7:
        at = draw.randrange(len(value))
        return [*value[:at], _replaced(value[at], draw), *value[at + 1 :]]
    return draw.choice(_STRANGE)


_STRANGE: tuple[object, ...] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**63, 10**400, 1e308, float("nan"), float("inf"), "", "a", "\ud800", "\x00",
    "x" * 5000,     [], [[]], [None], [1, 2, 3, 4, 5, 6], {}, {"a": 1}, [[["deep"] * 3] * 3],
)  # fmt: skip
TEXTS: dict[str, Callable[[random.Random], None]] = {
    "spec": _spec,
    "session": _session,
    "arguments": _arguments,
    "drop": _drop,
}
