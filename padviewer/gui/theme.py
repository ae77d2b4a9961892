"""Colours of the dark and the light theme, and the style sheet made of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache, lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette, QPixmapCache
from PySide6.QtWidgets import QApplication

from padviewer.assets import resource


@dataclass(frozen=True)
class Theme:
    """Colours by their role, as `#rrggbb`. `padding` marks padding, and nothing else, everywhere."""

    name: str
    window: str
    panel: str
    canvas: str
    field: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    padding: str
    error: str


DARK = Theme(
    "dark", window="#1a1d21", panel="#23272c", canvas="#111316", field="#2a2f35", border="#3a4149", text="#e8eaed",
    muted="#9ba4ae", accent="#5aa7ff", on_accent="#0b1624", padding="#ffb454", error="#ff7b72",
)  # fmt: skip
LIGHT = Theme(
    "light", window="#eceff2", panel="#ffffff", canvas="#dfe3e8", field="#ffffff", border="#c9d0d8", text="#1b1f24",
    muted="#59636e", accent="#0a60c2", on_accent="#ffffff", padding="#985200", error="#c0281f",
)  # fmt: skip
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


@lru_cache
def monospaced(points: float) -> QFont:
    """Returns the system's fixed-width font."""
    font = QFont(_fixed_font())
    font.setPointSizeF(points)
    return font


@cache
def _fixed_font() -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    # Listing the families takes milliseconds.
    if sys.platform.startswith("linux") and "DejaVu Sans Mono" in QFontDatabase.families():
        font.setFamily("DejaVu Sans Mono")
    return font


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Sets palette and style sheet: `setColorScheme` does nothing on a bare X session."""
    # Each style that is made stays, and so does what it has cached; what covers it while there is a sheet has no name.
    if app.property("style") != "Fusion":
        app.setStyle("Fusion")
        app.setProperty("style", "Fusion")
    app.setPalette(_palette(theme))
    app.setStyleSheet(_style_sheet(theme))
    # A sheet makes its icons anew; what Qt drew for those of the last one is asked for never again, and would stay up
    # to 10 MiB.
    QPixmapCache.clear()


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, theme.window),
        (roles.WindowText, theme.text),
        (roles.Base, theme.field),
        (roles.AlternateBase, theme.panel),
        (roles.Text, theme.text),
        (roles.Button, theme.field),
        (roles.ButtonText, theme.text),
        (roles.ToolTipBase, theme.panel),
        (roles.ToolTipText, theme.text),
        (roles.PlaceholderText, theme.muted),
        (roles.Highlight, theme.accent),
        (roles.HighlightedText, theme.on_accent),
        (roles.Link, theme.accent),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.Text, roles.ButtonText, roles.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    return palette


def _style_sheet(theme: Theme) -> str:
    template = resource("style.qss").read_text("utf-8")
    for role, colour in vars(theme).items():
        template = template.replace(f"@{role};", f"{colour};").replace(f"@{role} ", f"{colour} ")
    for name in ("arrow", "check"):
        template = template.replace(f"@{name}", resource(f"{name}-{theme.name}.svg").as_posix())
    return template


def scheme_of(app: QApplication) -> Theme:
    """Returns the theme that the desktop asks for; dark where it does not say."""
    return LIGHT if app.styleHints().colorScheme() == Qt.ColorScheme.Light else DARK
