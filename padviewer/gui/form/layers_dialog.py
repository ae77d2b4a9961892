"""The layers of a file, to choose one whose weights or settings are taken."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from padviewer.errors import shortened
from padviewer.gui.labels import ElidedLabel
from padviewer.gui.plain_tip import plain_tip
from padviewer.gui.theme import monospaced
from padviewer.weights import PADDING, Layer, shapes_text
from padviewer.workers.weights_messages import Layers

_COLUMNS = ("Layer", "Kind", "Kernel", "Does not fit")
_ROLE = Qt.ItemDataRole.UserRole


class LayersDialog(QDialog):
    """Lists convolutions, arrays, and padding layers of ours, with their shapes.

    Args:
        layers: of a file; at least one.
        chosen: place of the layer in force, if one is.
        misfit: returns why a layer cannot be used with the input; empty where it can.
    """

    layer_chosen = Signal(object)  # Layer

    def __init__(
        self, layers: Layers, chosen: str | None, misfit: Callable[[Layer], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose a layer")
        self.resize(560, 360)
        name = ElidedLabel("title")
        name.setText(shortened(layers.path.replace("\\", "/").rsplit("/", 1)[-1]))
        name.setToolTip(plain_tip(shortened(layers.path, 400)))
        self.list = QTreeWidget()
        self.list.setColumnCount(len(_COLUMNS))
        self.list.setHeaderLabels(list(_COLUMNS))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAccessibleName("Layers of the file")
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(name)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._buttons)
        for layer in layers.layers:
            self.list.addTopLevelItem(_row(layer, misfit(layer)))
        self.list.setColumnHidden(3, not any(misfit(layer) for layer in layers.layers))
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            self.list.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        self.list.currentItemChanged.connect(self._on_current_changed)
        self.list.itemActivated.connect(self.accept)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        places = [layer.member for layer in layers.layers]
        marked = self.list.topLevelItem(places.index(chosen) if chosen in places else 0)
        if marked is not None:
            self.list.setCurrentItem(marked)
        self.list.setFocus()

    def accept(self) -> None:
        """Takes the layer that is marked."""
        item = self.list.currentItem()
        super().accept()
        if item is not None:
            self.layer_chosen.emit(item.data(0, _ROLE))

    def _on_current_changed(self, item: QTreeWidgetItem | None) -> None:
        button = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        pads = item is not None and item.data(0, _ROLE).kind == PADDING
        button.setText("Take its settings" if pads else "Use its weights")
        button.setEnabled(item is not None)


def _row(layer: Layer, misfit: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem([shortened(layer.title, 60), layer.layer_class or "array", shapes_text(layer), misfit])
    item.setData(0, _ROLE, layer)
    item.setFont(2, monospaced(item.font(2).pointSizeF()))
    notes = "\n".join((shortened(layer.member or layer.title), *layer.notes))
    for column in range(len(_COLUMNS)):
        item.setToolTip(column, plain_tip(notes))
    return item
