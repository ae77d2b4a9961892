"""The blocks of docs/show.md run as they stand, on a real window, and print what the page says."""

import shutil
from pathlib import Path
from typing import Any

import psutil
import pytest
from pages import as_expected, blocks_of, run
from processes import running_children

PAGE = Path(__file__).resolve().parents[2] / "docs" / "show.md"


def windows() -> list[psutil.Process]:
    return [child for child, line in running_children().items() if "--from-python" in line]


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed")
def test_the_blocks_of_the_page_run_in_order(display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    namespace: dict[str, Any] = {"__name__": "page"}
    try:
        for block in blocks_of(PAGE.read_text("utf-8")):
            printed = run(PAGE, block, namespace)
            assert as_expected(block, printed), f"line {block.line}: expected\n{block.expected}\ngot\n{printed}"
        assert len(windows()) == 1
        namespace["volume"].close()
        _gone, alive = psutil.wait_procs(windows(), timeout=60)
        assert alive == [], "the window closes with the last array"
    finally:
        for window in windows():
            window.terminate()
            window.wait(60)
