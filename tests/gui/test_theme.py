"""Changing the colours."""

from __future__ import annotations

from driving import Open
from PySide6.QtCore import QSize
from PySide6.QtGui import QPixmap, QPixmapCache


def test_pixmaps_of_the_last_theme_do_not_stay(open_window: Open) -> None:
    window = open_window(filters=1)
    for name in ("light", "dark"):
        kept = QPixmap(QSize(10, 10))
        assert QPixmapCache.insert("of the last theme", kept)
        window.commands.choose_theme(name)
        assert not QPixmapCache.find("of the last theme", QPixmap())
