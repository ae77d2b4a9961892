"""The verb `info`: what files are, one line for each."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from padviewer.errors import PadviewerError, printable, shortened
from padviewer.options import add_budget, add_paths, budget_of, items_of
from padviewer.plan import ArrayInfo, Member
from padviewer.verbs.streams import complain, tell
from padviewer.weights import MODEL_SUFFIXES

if TYPE_CHECKING:
    from padviewer.workers.crew import Crew

SUMMARY = "Tell what files are: one line for each."
# More members than that have a line each.
_INLINE, _NAME_COLUMN = 4, 48


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's options."""
    add_paths(parser, "+")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    add_budget(parser, "one file")


def run(options: argparse.Namespace) -> int:
    """Tells what each file is; returns `FAILED` where one cannot be read."""
    from padviewer.batch.files import describe  # noqa: PLC0415
    from padviewer.workers.crew import Crew  # noqa: PLC0415

    code = 0
    items, budget = items_of(options), budget_of(options)
    with Crew() as crew:
        for item in items:
            if item[0].lower().endswith(MODEL_SUFFIXES):
                code = _tell_model(crew, item[0], budget, options.json) or code
                continue
            (outcome,) = describe(crew, [item], budget)
            if outcome.error or outcome.value is None:
                code = complain(outcome.error)
            else:
                tell(_json_of(outcome.value) if options.json else _text_of(outcome.value))
    return code


def _tell_model(crew: Crew, path: str, budget: int, as_json: bool) -> int:
    """Tells the layers of a model that weights can be taken from."""
    from padviewer.batch.models import model_lines  # noqa: PLC0415
    from padviewer.workers.weights_job import layers_job  # noqa: PLC0415

    try:
        found = crew.run(layers_job(path, budget))
    except PadviewerError as error:
        return complain(error)
    if not found.layers:
        return complain(PadviewerError(found.refusal))
    for line in model_lines(found, as_json):
        tell(line)
    return 0


def _json_of(info: ArrayInfo) -> str:
    return json.dumps(
        {
            "path": _path_of(info),
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


def _text_of(info: ArrayInfo) -> str:
    """Returns a line, and one for each member where there are many."""
    sizes = "  ".join(f"{letter} {size}" for letter, size in zip(info.axes, info.shape, strict=True))
    extra = [*(["axes guessed"] if info.axes_guessed else []), *info.notes]
    lines: list[str] = []
    if len(info.members) > _INLINE:
        extra.append(f"{len(info.members)} members")
        lines = _member_lines(info.members)
    elif len(info.members) > 1:
        extra.append(f"members {', '.join(map(_member_text, info.members))}")
    member = f"::{info.member}" if info.member else ""
    name = shortened(_path_of(info) + member)
    return "\n".join(
        ["  ".join([f"{name}:", sizes, info.dtype, info.format, *(f"({note})" for note in extra)]), *lines]
    )


def _path_of(info: ArrayInfo) -> str:
    return info.path.encode("utf-8", "backslashreplace").decode()


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
