"""Asks where an export goes, and before it writes over something."""

from __future__ import annotations

import os
from typing import Protocol

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from padviewer.errors import ExportError, TargetExists, shortened
from padviewer.export import EXTENSIONS, FORMATS, check_target, extension_of
from padviewer.export.place import check_place
from padviewer.gui.actions import EXPORTS, suggested_name
from padviewer.gui.plain_tip import plain_tip
from padviewer.handed import file_beside, shown_name
from padviewer.plan import Plan, Stage

_MODEL = ".keras"


class Check(Protocol):
    """Looks at a target before something is written."""

    def __call__(self, path: str, *, overwrite: bool) -> None:
        """Raises an `ExportError` where nothing can be written."""


def ask_export_path(parent: QWidget, plan: Plan, stage: Stage) -> str | None:
    """Returns the file to write, which may be written over; None where the person thought better of it."""
    filters = export_filters()
    # Our own question comes after the suffix is known, and knows links.
    path, chosen = QFileDialog.getSaveFileName(
        parent,
        export_title(plan.info.path, stage),
        suggested_name(plan.info.path, stage),
        ";;".join(filters),
        options=QFileDialog.Option.DontConfirmOverwrite,
    )
    if not path:
        return None
    path = with_suffix(path, filters.get(chosen, EXTENSIONS[0]))
    return path if may_write(parent, path) else None


def ask_model_path(parent: QWidget, plan: Plan) -> str | None:
    """Returns the file to write a model to; None where the person thought better of it."""
    name = shortened(shown_name(plan.info.path), 60)
    title = f"Save padding and convolution of {name} as a Keras model"
    suggested = file_beside(plan.info.path, _MODEL)
    return ask_save_path(parent, title, suggested, {f"Keras model (*{_MODEL})": _MODEL})


def ask_save_path(parent: QWidget, title: str, suggested: str, filters: dict[str, str]) -> str | None:
    """Returns the file to write, which may be written over; None where the person thought better of it.

    Args:
        parent, title, suggested: of the dialog.
        filters: the suffixes that a name may have, by what the dialog calls them.
    """
    path, chosen = QFileDialog.getSaveFileName(
        parent, title, suggested, ";;".join(filters), options=QFileDialog.Option.DontConfirmOverwrite
    )
    if not path:
        return None
    if not path.lower().endswith(tuple(filters.values())):
        path += filters.get(chosen, next(iter(filters.values())))
    return path if may_write(parent, path, check_place) else None


def export_title(path: str, stage: Stage) -> str:
    """Returns what the dialog asks for: `Export the padded tensor of photo.png`."""
    what = EXPORTS[stage].removesuffix("…").lower()
    return f"Export the {what} of {shortened(shown_name(path), 60)}"


def export_filters() -> dict[str, str]:
    """Returns the extension that each kind of file in the dialog stands for: `TIFF (*.tif *.tiff)` for `.tif`."""
    extensions: dict[str, list[str]] = {}
    for form in FORMATS:
        extensions.setdefault(form.title, []).append(form.extension)
    return {f"{title} ({' '.join('*' + each for each in found)})": found[0] for title, found in extensions.items()}


def with_suffix(path: str, suffix: str) -> str:
    """Returns `path` with a suffix where it has none of ours."""
    return path if extension_of(path) in EXTENSIONS else path + suffix


def may_write(parent: QWidget, path: str, check: Check = check_target) -> bool:
    """Asks before something is written over.

    Args:
        parent: of the question.
        path: the target.
        check: raises an `ExportError` where nothing can be written there, `TargetExists` where something is.
    """
    try:
        check(path, overwrite=False)
    except TargetExists:
        what = "is a link; what it points to" if os.path.islink(path) else "exists and"  # noqa: PTH114
        question = f"{shortened(path)} {what} will be replaced. Replace it?"
        answer = QMessageBox.question(parent, "Replace the file?", plain_tip(question))
        return answer == QMessageBox.StandardButton.Yes
    except ExportError as error:
        QMessageBox.warning(parent, "Cannot write there", plain_tip(error.message))
        return False
    return True


def may_end_export(parent: QWidget) -> bool:
    """Asks before the window closes on an export that is running."""
    question = "An export is running and would be stopped. Close all the same?"
    return QMessageBox.question(parent, "Close?", question) == QMessageBox.StandardButton.Yes
