"""Buckets beside the plot: what the panel wants is looked for, and what was found is drawn over the dots."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QFileDialog

from padviewer.dataset.plan_file import BucketPlan
from padviewer.errors import PadviewerError, shortened
from padviewer.export.target import replacing
from padviewer.gui.dataset.bucketing import Bucketing, Found, Wanted
from padviewer.gui.dataset.buckets_panel import FORMS, BucketsPanel
from padviewer.gui.dataset.latest import Latest
from padviewer.gui.dataset.layout import Laid
from padviewer.gui.dataset.plot import SizePlot
from padviewer.gui.dataset.target import DatasetTarget
from padviewer.snippets.bucketing import CODE


class BucketsSide(QObject):
    """Holds the panel of buckets.

    Args:
        plot: where they are drawn while the panel is in front.
        target: whose multiple, rule for what overflows and settings of padding are taken.
        batch_size: returns how many files a batch has.
    """

    changed = Signal()
    told = Signal(str)  # what was copied or saved, or why not

    def __init__(
        self, plot: SizePlot, target: DatasetTarget, batch_size: Callable[[], int], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._plot, self._target, self._batch_size = plot, target, batch_size
        self._laid: Laid | None = None
        self._front = False
        self.panel = BucketsPanel()
        self.search = Bucketing(self)
        self._saving = Latest(self)
        self.search.changed.connect(self.show)
        self.panel.find_wanted.connect(self.find)
        self.panel.copy_wanted.connect(self._on_panel_copy_wanted)
        self.panel.save_wanted.connect(self._on_panel_save_wanted)
        target.changed.connect(self.show)

    def set_laid(self, laid: Laid | None) -> None:
        """Takes what the plot shows."""
        others = self._laid is not None and laid is not None and laid.table.letters != self._laid.table.letters
        if laid is None or others:
            self.search.forget()
        self._laid = laid
        self.show()

    def set_front(self, front: bool) -> None:
        """Draws buckets over the dots, or takes them away."""
        self._front = front
        self.show()

    def find(self) -> None:
        """Looks for buckets of the files that are shown."""
        wanted = self._wanted
        if wanted is not None:
            self.search.find(wanted)

    @property
    def found(self) -> Found | None:
        """The buckets of the files and settings in force; None where there are none."""
        found, wanted = self.search.found, self._wanted
        return found if found is not None and wanted is not None and found.wanted.is_as(wanted) else None

    @property
    def plan(self) -> str:
        """The buckets of the files and settings in force as JSON; empty where there are none."""
        return "" if self.found is None else self.json_of(self.found)

    @property
    def drawn(self) -> Found | None:
        """The buckets that are drawn in place of the target; None where they are not in front."""
        return self.found if self._front else None

    @property
    def _wanted(self) -> Wanted | None:
        if self._laid is None or not len(self._laid.table):
            return None
        choice, (count, cover) = self._target.choice, self.panel.wanted
        return Wanted(self._laid.table, count, choice.multiple_of, choice.overflow, cover, self._batch_size())

    def show(self) -> None:
        """Shows what was found, and whether it is of what is shown."""
        known, found = self.search.found, self.found
        self.panel.show_found(known, self.search.error, self.search.searches, known is not found)
        self._plot.set_buckets(self._rectangles(found) if self._front else ())
        self.changed.emit()

    def json_of(self, found: Found) -> str:
        """Returns buckets as the JSON that `padviewer batch --buckets` takes."""
        cost = found.buckets.cost
        figures = {
            "files": cost.items,
            "padding_share": round(cost.padding_share, 6),
            "before": round(found.before.padding_share, 6),
            "overflowing": cost.overflowing,
        }
        return self._plan_of(found).to_json(figures)

    def save(self, found: Found, path: str) -> None:
        """Has buckets written to a file, over one that exists."""
        text = self.json_of(found).encode("ascii")

        def write() -> str:
            with replacing(path, overwrite=True) as file:
                file.write(text)
            return f"saved the buckets as {shortened(path)}"

        self._saving.ask("save", write, self.told.emit, lambda error: self.told.emit(error.message))

    def close(self) -> None:
        """Ends the threads."""
        self.search.close()
        self._saving.close()

    def _on_panel_copy_wanted(self, form: str) -> None:
        found = self.search.found
        if found is None:
            return
        try:
            text = self.json_of(found) if form == "json" else CODE[form](self._plan_of(found))
        except PadviewerError as error:
            self.told.emit(error.message)
        else:
            QApplication.clipboard().setText(text)
            self.told.emit(f"buckets copied as {FORMS[form]}")

    def _on_panel_save_wanted(self) -> None:
        found = self.search.found
        path, _kind = QFileDialog.getSaveFileName(self.panel, "Save the buckets", "buckets.json", "JSON (*.json)")
        if found is not None and path:
            self.save(found, path)

    def _rectangles(self, found: Found | None) -> tuple[tuple[int | None, int | None], ...]:
        if found is None or self._laid is None or found.wanted.table.letters != self._laid.table.letters:
            return ()
        letters, (across, up) = self._laid.table.letters, self._laid.names
        sizes = [dict(zip(letters, part.target, strict=True)) for part in found.buckets.cost.parts]
        drawn = across in letters or up in letters
        return tuple((each.get(across), each.get(up)) for each in sizes) if drawn else ()

    def _plan_of(self, found: Found) -> BucketPlan:
        return BucketPlan(found.wanted.table.letters, found.buckets.choice, self._target.padding)
