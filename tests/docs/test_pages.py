"""Every python block of the pages about the layers runs as it stands, and prints what the page says."""

from pathlib import Path
from typing import Any

import pytest
from pages import Block, as_expected, blocks_of, run

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("layers.md", "from-zero-padding.md", "guide.md")


@pytest.mark.parametrize("name", PAGES)
def test_the_blocks_of_a_page_run_in_order(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # pages save models
    page = DOCS / name
    blocks = blocks_of(page.read_text("utf-8"))
    assert blocks
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in blocks:
        printed = run(page, block, namespace)
        assert as_expected(block, printed), f"{name}, line {block.line}: expected\n{block.expected}\ngot\n{printed}"


def test_output_and_exceptions_are_those_of_the_text_block_below() -> None:
    text = "a\n```python\nx = 1\n```\n\n```python\nprint(x)\n```\n\n```text\n1\n```\n```python\n1 / 0\n```\n"
    text += "```text\nZeroDivisionError: division ...\n```\nSaid in words.\n```text\nnot an output\n```\n"
    blocks = blocks_of(text)
    assert blocks == [
        Block(3, "x = 1\n", None),
        Block(7, "print(x)\n", "1\n"),
        Block(14, "1 / 0\n", "ZeroDivisionError: division ...\n"),
    ]
    namespace: dict[str, Any] = {}
    assert [as_expected(block, run(Path("page"), block, namespace)) for block in blocks] == [True] * 3
    assert not as_expected(Block(1, "", "2\n"), "1\n")
    with pytest.raises(ZeroDivisionError):
        run(Path("page"), Block(1, "1 / 0", None), {})
