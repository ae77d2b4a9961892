"""Names of the files that an export writes, from a template."""

from __future__ import annotations

import os
import string
from collections.abc import Sequence
from pathlib import Path

from padviewer.errors import SettingsError, shortened
from padviewer.handed import file_stem
from padviewer.plan import Stage

FIELDS = ("dir", "stem", "name", "member", "stage")


def output_paths(template: str, items: Sequence[tuple[str, str | None]], stage: Stage) -> list[str]:
    """Returns the output of each item.

    Args:
        template: a path, or one with `{dir}`, `{stem}`, `{name}`, `{member}` or `{stage}` in it.
        items: path and member of each input.
        stage: what is written.

    Raises:
        SettingsError: an unknown field, or two items that would be written to the same file.
    """
    outputs = [_fill(template, path, member, stage) for path, member in items]
    seen: dict[str, str] = {}
    for output, (path, _member) in zip(outputs, items, strict=True):
        place = os.path.abspath(output)  # noqa: PTH100 - what follows `..` may not be there yet
        if place in seen:
            raise SettingsError(
                f"-o {shortened(template)}: {shortened(seen[place])} and {shortened(path)} would both be written to "
                f"{shortened(output)}; use a template such as out/{{stem}}_{{stage}}.npy"
            )
        seen[place] = path
    return outputs


def is_template(template: str) -> bool:
    """Whether there is a field to fill in."""
    return any(field is not None for _text, field, _format, _conversion in _parse(template))


def _parse(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(template))
    except ValueError as error:
        raise SettingsError(f"-o {shortened(template)}: {error}; write {{{{ and }}}} for braces") from error


def _fill(template: str, path: str, member: str | None, stage: Stage) -> str:
    source = Path(path)
    values = {
        "dir": str(source.parent),
        "stem": file_stem(path),
        "name": source.name,
        # A member's name is a name, never a path.
        "member": (member or "").replace("/", "_").replace("\\", "_"),
        "stage": stage.value,
    }
    filled = []
    for text, field, style, conversion in _parse(template):
        if field is not None and (field not in values or style or conversion):
            wanted = ", ".join(f"{{{name}}}" for name in FIELDS)
            raise SettingsError(f"-o {shortened(template)}: unknown field {{{field}}}; write one of {wanted}")
        filled.append(text + (values[field] if field is not None else ""))
    return "".join(filled)
