"""How a person chooses weights: a file, by a dialog or a drop, then a layer of it."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog, QWidget

from padviewer.errors import PadviewerError
from padviewer.gui.files import Item
from padviewer.gui.session import Session
from padviewer.resolve import misfit_of
from padviewer.spec import FROM_FILE
from padviewer.weights import MODEL_SUFFIXES, PADDING, Layer
from padviewer.workers.weights_messages import Layers

_FILTER = "Weights (*.keras *.h5 *.hdf5 *.npy *.npz);;All files (*)"


class WeightsChoice:
    """Asks for a file and for a layer, and tells the session.

    Args:
        session: reads files.
        parent: of the dialogs.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        self._session = session
        self._parent = parent
        session.layers_found.connect(self._on_layers_found)

    def ask(self) -> None:
        """Asks for a file."""
        path, _chosen = QFileDialog.getOpenFileName(self._parent, "Weights of the convolution", "", _FILTER)
        if path:
            self._session.look_for_weights(path)

    def take(self, items: list[Item]) -> list[Item]:
        """Looks into the first model among some files; returns those that are no models."""
        models = [item for item in items if item[0].lower().endswith(MODEL_SUFFIXES)]
        if models:
            path, member = models[0]
            self._session.look_for_weights(f"{path}::{member}" if member else path)
        return [item for item in items if item not in models]

    def _on_layers_found(self, layers: Layers) -> None:
        if not layers.layers:
            self._session.failed.emit(PadviewerError(layers.refusal))
        elif len(layers.layers) == 1 and layers.layers[0].kind != PADDING:
            self._choose(layers, layers.layers[0])
        else:
            from padviewer.gui.form.layers_dialog import LayersDialog  # noqa: PLC0415 - only when it is needed

            spec = self._session.spec
            in_force = layers.chosen.member if layers.chosen and spec.weights == FROM_FILE else None
            plan = self._session.plan
            dialog = LayersDialog(layers, in_force, lambda layer: misfit_of(layer, plan) if plan else "", self._parent)
            dialog.layer_chosen.connect(lambda layer: self._choose(layers, layer))
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()

    def _choose(self, layers: Layers, layer: Layer) -> None:
        if layer.kind == PADDING:
            self._session.take_settings(layer)
        else:
            self._session.choose_weights(f"{layers.path}::{layer.member}" if layer.member else layers.path)
