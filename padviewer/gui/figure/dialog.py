"""Asks how a figure is made: its width, its pixels, its colours; shows what comes out."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from padviewer.gui.figure.figure import Figure
from padviewer.gui.figure.files import image_of
from padviewer.gui.figure.layout import UNITS_PER_MM, lay_out
from padviewer.gui.preferences import FIGURE_DPI, FIGURE_WIDTHS, Preferences

_THEMES = {"light": "Light, for paper", "dark": "Dark", "screen": "As on screen"}
_PREVIEW = 480


class FigureDialog(QDialog):
    """Keeps what is chosen in the preferences; reports what is to be done with the figure."""

    save_wanted = Signal()
    copy_wanted = Signal()
    edited = Signal()  # the figure is another: its colours, or what is left out of it

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._figure: Figure | None = None
        self.setWindowTitle("Save figure")
        self.width_field = _spin(FIGURE_WIDTHS, preferences.figure_width, " mm", "Width of the figure")
        self.dpi_field = _spin(FIGURE_DPI, preferences.figure_dpi, " dpi", "Pixels for each inch")
        self.theme_field = QComboBox()
        for name, text in _THEMES.items():
            self.theme_field.addItem(text, name)
        self.theme_field.setCurrentIndex(self.theme_field.findData(preferences.figure_theme))
        self.theme_field.setAccessibleName("Colours of the figure")
        self.trim_field = QCheckBox("Leave out what is empty above and below")
        self.trim_field.setChecked(preferences.figure_trims)
        self._preview = QLabel()
        self._preview.setMinimumSize(_PREVIEW, 200)
        self._preview.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._preview.setAccessibleName("Preview of the figure")
        self._size = QLabel()
        self._size.setObjectName("muted")
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._show_preview)
        self._build()
        self.width_field.valueChanged.connect(self._on_size_changed)
        self.dpi_field.valueChanged.connect(self._on_size_changed)
        self.theme_field.currentIndexChanged.connect(self._on_look_changed)
        self.trim_field.toggled.connect(self._on_look_changed)

    def set_figure(self, figure: Figure) -> None:
        """Shows a figure."""
        self._figure = figure
        self._later.start()

    @property
    def size_text(self) -> str:
        """The size of what comes out."""
        return self._size.text()

    @property
    def buttons(self) -> QDialogButtonBox:
        """Save, copy and close."""
        return self._buttons

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._later.start()

    def _build(self) -> None:
        form = QFormLayout()
        form.addRow("&Width", self.width_field)
        form.addRow("&Resolution", self.dpi_field)
        form.addRow("&Colours", self.theme_field)
        form.addRow("", self.trim_field)
        form.addRow("", self._size)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        save = self._buttons.addButton("&Save…", QDialogButtonBox.ButtonRole.ActionRole)
        save.setObjectName("primary")
        save.setDefault(True)
        copy = self._buttons.addButton("Co&py", QDialogButtonBox.ButtonRole.ActionRole)
        save.clicked.connect(self.save_wanted)
        copy.clicked.connect(self.copy_wanted)
        self._buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addLayout(form)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(self._preview, 1)
        layout.addLayout(row)
        layout.addWidget(self._buttons)

    def _show_preview(self) -> None:
        figure = self._figure
        if figure is None:
            return
        width_mm, dpi = self.width_field.value(), self.dpi_field.value()
        layout = lay_out(figure, width_mm * UNITS_PER_MM)
        height_mm = layout.height / UNITS_PER_MM
        pixels = " × ".join(str(round(mm / 25.4 * dpi)) for mm in (width_mm, height_mm))
        self._size.setText(f"{width_mm} × {height_mm:.0f} mm, as PNG {pixels} pixels")
        ratio = self.devicePixelRatioF()
        room = self._preview.size() * ratio
        shown = min(room.width() / layout.width, room.height() / layout.height)
        image = image_of(figure, width_mm, 96 * max(0.1, shown))
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        self._preview.setPixmap(pixmap)

    def _on_size_changed(self, _value: int) -> None:
        self._preferences.figure_width = self.width_field.value()
        self._preferences.figure_dpi = self.dpi_field.value()
        self._later.start()

    def _on_look_changed(self, _value: object) -> None:
        self._preferences.figure_theme = self.theme_field.currentData()
        self._preferences.figure_trims = self.trim_field.isChecked()
        self.edited.emit()


def _spin(limits: tuple[int, int], value: int, suffix: str, name: str) -> QSpinBox:
    field = QSpinBox()
    field.setRange(*limits)
    field.setValue(value)
    field.setSuffix(suffix)
    field.setAccessibleName(name)
    return field
