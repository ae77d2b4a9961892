"""What a person may send to whoever can mend an error: where it was, versions and settings. Loads no Qt.

No content of a file is in it, and the home folder is written `~`.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import replace
from pathlib import Path

from padviewer import __version__
from padviewer.doctor import library_versions
from padviewer.plan import Plan
from padviewer.spec import PipelineSpec


def report_text(
    message: str, details: str, count: int, spec: PipelineSpec, plan: Plan | None, surroundings: dict[str, str]
) -> str:
    """Returns the report of an error.

    Args:
        message: what the bar says.
        details: the traceback, or what a worker said last.
        count: how often it came.
        spec: the settings in force.
        plan: what is shown; None where nothing is.
        surroundings: what else there is to know, such as the platform of Qt.
    """
    times = f" ({count:,} times)" if count > 1 else ""
    facts = {
        "padviewer": __version__,
        "Python": f"{platform.python_version()} on {platform.platform()}",
        **library_versions(),
        **surroundings,
    }
    if plan is not None:
        sizes = " × ".join(map(str, plan.info.shape)) or "one element"
        facts["array"] = f"{sizes}, {plan.info.axes}, {plan.info.dtype}, {plan.info.format}"
    width = max(map(len, facts))
    lines = [f"{message}{times}", "", *(details or "no details are known").rstrip().splitlines(), ""]
    lines += [f"{name:<{width}}  {fact}" for name, fact in facts.items()]
    # A path tells whose file it is; its name is enough.
    file = spec.weights_file
    known = replace(spec, weights_file=os.path.basename(file)) if file else spec  # noqa: PTH119 - may hold `::member`
    settings = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in json.loads(known.to_json()).items()]
    lines += ["", "settings", "{", *",\n".join(settings).splitlines(), "}"]
    return without_home("\n".join(lines)) + "\n"


def without_home(text: str) -> str:
    """Returns a text with the home folder written `~`."""
    try:
        home = str(Path.home())
    except RuntimeError:
        return text
    return text.replace(home, "~") if len(home) > 1 else text
