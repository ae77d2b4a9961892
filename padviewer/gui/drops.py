"""What is dropped on the window or pasted into it: files at once, pictures and texts when they are files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData

from padviewer.gui.open_dialog import named_items

if TYPE_CHECKING:
    from padviewer.gui.clipboard import Clipboard, Pasted
    from padviewer.gui.main_window import MainWindow


class Drops:
    """Opens what a person drops or pastes; what cannot be opened is told, item by item.

    Args:
        window: whose session lists the files.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._clipboard: Clipboard | None = None

    @property
    def clipboard(self) -> Clipboard:
        """Opens what is on the clipboard; made when it is first asked."""
        if self._clipboard is None:
            from padviewer.gui.clipboard import Clipboard  # noqa: PLC0415 - not needed for the first picture

            keeper = self._window.keeper
            self._clipboard = Clipboard(lambda: keeper.slot.pictures if keeper.slot else None, parent=self._window)
            self._clipboard.ready.connect(self._on_clipboard_ready)
        return self._clipboard

    def take(self, mime: QMimeData) -> None:
        """Opens what was dropped."""
        items, refused = named_items(mime)
        if not items and (mime.hasImage() or not refused):
            # A browser gives the picture itself beside its address; a terminal or an editor gives paths as text.
            self.clipboard.paste(mime, "what was dropped")
            return
        self._window.session.files.refuse(refused)
        self._window.commands.open_items(items)

    def close(self) -> None:
        """Removes the files that were made of pictures and are not listed."""
        if self._clipboard is not None:
            self._clipboard.close([entry.item[0] for entry in self._window.session.files.entries])

    def _on_clipboard_ready(self, pasted: Pasted) -> None:
        if pasted.error is not None:
            self._window.message.show_error(pasted.error)
        else:
            self._window.session.files.refuse(list(pasted.refused))
            self._window.commands.open_items(list(pasted.items))


def can_be_taken(mime: QMimeData) -> bool:
    """Returns whether data name files, or can be made one."""
    return mime.hasUrls() or mime.hasImage() or mime.hasText()
