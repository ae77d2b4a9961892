"""The fields of the convolution: its kind, its sizes, and what its kernel holds."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from padviewer.axes import CHANNELS
from padviewer.geometry import CONV_PADDINGS
from padviewer.gui.form.fields import ElidedButton, FieldGuard
from padviewer.gui.form.section import LARGEST, FormSection, show_number, show_text
from padviewer.gui.ledger import weights_file_text
from padviewer.plan import Plan
from padviewer.spec import ACTIVATIONS, CONVOLUTIONS, FROM_FILE, MAX_SEED, WEIGHTS

_FILE = "file…"


class ConvolutionSection(FormSection):
    """Only what means something for the kind in force is shown."""

    file_wanted = Signal()  # a file of weights is to be chosen
    layers_wanted = Signal(str)  # another layer of the file in force

    def __init__(self, layout: QVBoxLayout, fields: dict[str, QWidget], guard: FieldGuard) -> None:
        super().__init__(layout, "Convolution", fields, guard)
        self._plan: Plan | None = None
        self._conv = self.setting_combo(
            "conv", "Kind", CONVOLUTIONS, "Keras' Conv, DepthwiseConv (each channel for itself) or SeparableConv"
        )
        self._filters = self.spin("filters", "Filters", 1, LARGEST, "How many feature maps there are")
        self._groups = self.spin(
            "groups", "Groups", 1, LARGEST, "Channels and filters are divided into so many; each filter reads one group"
        )
        self._multiplier = self.spin(
            "depth_multiplier", "Multiplier", 1, LARGEST, "Filters for each channel of the depthwise convolution"
        )
        self.sizes("kernel", "Kernel", "One size for all axes, or one for each: 3 or 3x5")
        self.sizes("strides", "Strides", "One stride for all axes, or one for each: 1 or 2x1")
        self.sizes("dilation", "Dilation", "One dilation for all axes, or one for each: 1 or 2x2")
        self._borders = self.setting_combo("conv_padding", "Borders", CONV_PADDINGS, "What the convolution pads itself")
        self._activation = self.setting_combo("activation", "Activation", ACTIVATIONS, "Applied to each output")
        names = tuple(name for name in WEIGHTS if name != FROM_FILE)
        self._weights = self.combo(
            "weights",
            "Weights",
            (*names, _FILE),
            "What the kernel holds: random numbers, a pattern, or what a file has",
        )
        self._weights.textActivated.connect(self._on_weights_chosen)
        self._file = ElidedButton()
        self._file.clicked.connect(self._on_file_clicked)
        self.add("weights_file", "From", self._file, "Which layer of a file; press to choose another")
        self._seed = self.spin("seed", "Seed", 0, MAX_SEED, "Of the random kernel, Glorot-uniform")

    def set_plan(self, plan: Plan) -> None:
        """Shows the convolution of a plan."""
        spec, self._plan = plan.spec, plan
        self.show_sizes(spec)
        show_text(self._conv, spec.conv)
        show_text(self._borders, spec.conv_padding)
        show_text(self._activation, spec.activation)
        show_text(self._weights, _FILE if spec.weights == FROM_FILE else spec.weights)
        show_number(self._filters, spec.filters)
        show_number(self._groups, spec.groups)
        show_number(self._multiplier, spec.depth_multiplier)
        show_number(self._seed, spec.seed)
        self._file.set_text(weights_file_text(plan), spec.weights_file or "")
        grouped = spec.conv == "standard" and (plan.input.extent(CHANNELS) > 1 or spec.groups > 1)
        self.rows.setRowVisible(self._filters, spec.conv != "depthwise")
        self.rows.setRowVisible(self._groups, grouped)
        self.rows.setRowVisible(self._multiplier, spec.conv != "standard")
        self.rows.setRowVisible(self._file, spec.weights == FROM_FILE)
        self.rows.setRowVisible(self._seed, spec.weights == "random")

    def _on_weights_chosen(self, text: str) -> None:
        if text != _FILE:
            self.edited.emit({"weights": text})
            return
        if self._plan is not None:
            # Until a file has been chosen, what is in force is shown.
            self.set_plan(self._plan)
        self.file_wanted.emit()

    def _on_file_clicked(self) -> None:
        if self._plan is not None and self._plan.spec.weights_file:
            self.layers_wanted.emit(self._plan.spec.weights_file)
