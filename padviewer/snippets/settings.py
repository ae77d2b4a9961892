"""The settings themselves: as JSON, and as the command line that has them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from padviewer.handed import file_stem, parse_handed
from padviewer.plan import ArrayInfo, Plan
from padviewer.spec import PipelineSpec, format_fill, format_sizes, format_target

_FORMATS: dict[str, Callable[[Any], str]] = {
    "target": format_target,
    "fill_value": format_fill,
    "multiple_of": format_sizes,
    "kernel": format_sizes,
    "strides": format_sizes,
    "dilation": format_sizes,
}
_OPTIONS = {"fill_value": "--fill"}


def as_json(plan: Plan) -> str:
    """Returns every setting, a line for each."""
    values = json.loads(plan.spec.to_json())
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def as_command(plan: Plan) -> str:
    """Returns the command that writes the padded tensor of this input."""
    words = ["padviewer", "export", argument(plan.info), "-o", "{stem}_{stage}.npy", *options(plan.spec)]
    return " ".join(map(quoted, words)) + "\n"


def options(spec: PipelineSpec) -> list[str]:
    """Returns the options of the command line that differ from the defaults."""
    usual = PipelineSpec()
    words: list[str] = []
    for field in fields(spec):
        value = getattr(spec, field.name)
        if repr(value) == repr(getattr(usual, field.name)):
            continue
        text = _FORMATS.get(field.name, str)(value)
        option = _OPTIONS.get(field.name, f"--{field.name.replace('_', '-')}")
        # A value that begins with a minus would be another option.
        words += [f"{option}={text}"] if text.startswith("-") else [option, text]
    return words


def argument(info: ArrayInfo) -> str:
    """Returns what names an input on the command line; a name that begins with a minus would be an option."""
    if parse_handed(info.path) is not None:
        return f"{file_stem(info.path)}.npy"  # what numpy.save would make of it
    path = f"./{info.path}" if info.path.startswith("-") else info.path
    return f"{path}::{info.member}" if info.member else path


def quoted(word: str) -> str:
    """Returns a word for the shell. Bytes that are no text, and control characters, are escaped as bash and zsh do."""
    if word.isprintable():
        return shlex.quote(word)
    escaped = "".join(
        chr(byte) if chr(byte).isprintable() and byte < 128 and chr(byte) not in "\\'" else f"\\x{byte:02x}"
        for byte in word.encode("utf-8", "surrogateescape")
    )
    return f"$'{escaped}'"
