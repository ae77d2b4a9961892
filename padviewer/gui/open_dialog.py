"""Ways in which a person names files: dialogs, drops and the clipboard."""

from __future__ import annotations

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QFileDialog, QWidget

from padviewer.formats import SUFFIXES, TEXT_SUFFIXES
from padviewer.gui.files import FileEntry, Item
from padviewer.gui.sessions.saved_session import SUFFIX
from padviewer.gui.uri_list import parse_uri_list

_URI_LIST = "text/uri-list"
_SESSIONS = f"Sessions (*{SUFFIX})"


def ask_files(parent: QWidget) -> list[str]:
    """Asks for files; none where the person thought better of it."""
    patterns = " ".join(f"*{suffix}" for suffix in (*SUFFIXES, *TEXT_SUFFIXES))
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


def named_items(mime: QMimeData) -> tuple[list[Item], list[FileEntry]]:
    """Returns what a drop or a clipboard names: files of this machine, and what cannot be opened, with its reason."""
    return parse_uri_list(bytes(mime.data(_URI_LIST).data())) if mime.hasFormat(_URI_LIST) else ([], [])
