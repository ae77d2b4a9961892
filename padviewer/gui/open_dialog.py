"""Ways in which a person names files: dialogs and drops."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QFileDialog, QWidget

from padviewer.errors import UnsupportedSource, shortened
from padviewer.formats import SUFFIXES
from padviewer.gui.files import FileEntry, Item
from padviewer.gui.sessions.saved_session import SUFFIX

_SESSIONS = f"Sessions (*{SUFFIX})"


def ask_files(parent: QWidget) -> list[str]:
    """Asks for files; none where the person thought better of it."""
    patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
    paths, _chosen = QFileDialog.getOpenFileNames(
        parent, "Open images or arrays", "", f"Images and arrays ({patterns});;All files (*)"
    )
    return paths


def ask_session(parent: QWidget) -> str:
    """Asks for a saved session; empty where the person thought better of it."""
    path, _chosen = QFileDialog.getOpenFileName(parent, "Open a session", "", _SESSIONS)
    return path


def ask_session_path(parent: QWidget) -> str:
    """Asks where a session is saved; empty where the person thought better of it."""
    path, _chosen = QFileDialog.getSaveFileName(parent, "Save the session", f"session{SUFFIX}", _SESSIONS)
    return path if not path or path.lower().endswith(SUFFIX) else path + SUFFIX


def ask_folder(parent: QWidget) -> list[str]:
    """Asks for a folder; none where the person thought better of it."""
    path = QFileDialog.getExistingDirectory(parent, "Open a folder of images or arrays")
    return [path] if path else []


def dropped_items(urls: Iterable[QUrl]) -> tuple[list[Item], list[FileEntry]]:
    """Returns what was dropped: files of this machine, and what cannot be opened with the reason for each."""
    items: list[Item] = []
    refused: list[FileEntry] = []
    for url in urls:
        if url.isLocalFile():
            items.append((url.toLocalFile(), None))
        else:
            name = url.toString() or "(empty)"
            error = UnsupportedSource(
                f"{shortened(name)}: is not a file of this machine; download it and drop the file"
            )
            refused.append(FileEntry((name, None), error=error))
    return items, refused
