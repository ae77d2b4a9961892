"""Makes the pictures of docs/data-sets.md by driving the real window: python scripts/make_data_set_pictures.py."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures" / "data-sets"
SIZE = (1200, 760)
BUDGET = 4 << 30
_BUCKETS = 1


def main() -> int:
    """Renders the data set window with a target, and with buckets; returns 0."""
    # The window may be loaded only where it is drawn: its workers import this module again.
    from make_mixed_folder import make
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QPushButton

    from padviewer.gui.options import WindowOptions
    from padviewer.gui.snapshot import unseen_window
    from padviewer.spec import PipelineSpec

    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        mixed = Path(place) / "mixed"
        make(mixed)
        items = ((str(mixed / "lines" / "line_000.png"), None),)
        with unseen_window(WindowOptions(items, PipelineSpec(filters=4), BUDGET), SIZE, "light") as window:
            window.instruments.show_dataset()
            dataset = window.instruments.dataset
            assert dataset is not None
            dataset.resize(*SIZE)

            def picture(name: str) -> None:
                QTest.qWait(500)
                while not dataset.settled:
                    QTest.qWait(50)
                QTest.qWait(500)
                dataset.grab().save(str(FOLDER / f"{name}.png"))

            dataset.open((), [str(mixed / "lines")])
            QTest.qWait(500)
            while not dataset.settled:
                QTest.qWait(50)
            dataset.target.edit({"target": (48, 320), "multiple_of": (8,)})
            picture("target")
            dataset.tabs.setCurrentIndex(_BUCKETS)
            next(b for b in dataset.findChildren(QPushButton) if b.text().replace("&", "") == "Find").click()
            picture("buckets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
