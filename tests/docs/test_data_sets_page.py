"""The commands and python blocks of docs/data-sets.md run in order on the folder that the page is about."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pages import Block, as_expected, blocks_of, run

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "data-sets.md"
_CONSOLE = re.compile(r"^```console\n\$ (padviewer [^\n]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[tuple[Block, list[str]]]:
    """Returns what is to be typed, with what stands below it."""
    found = []
    for match in _CONSOLE.finditer(text):
        line = text[: match.start(1)].count("\n") + 1
        found.append((Block(line, match[1], match[2]), shlex.split(match[1])[1:]))
    return found


def test_the_whole_way_prints_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    script = ROOT / "scripts" / "make_mixed_folder.py"
    subprocess.run([sys.executable, str(script), "mixed"], check=True, timeout=60)
    text = PAGE.read_text("utf-8")
    typed = {block.line: arguments for block, arguments in commands(text)}
    assert len(typed) == 6
    steps = sorted([block for block, _ in commands(text)] + blocks_of(text), key=lambda block: block.line)
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in steps:
        printed = told(typed[block.line]) if block.line in typed else run(PAGE, block, namespace)
        assert as_expected(block, printed), f"line {block.line}: expected\n{block.expected}\ngot\n{printed}"


def told(arguments: list[str]) -> str:
    """Returns what a command prints, its complaints below."""
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "padviewer", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr
