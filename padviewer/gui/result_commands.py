"""What a person takes along: code, models and figures of what is on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from padviewer.errors import PadviewerError, shortened
from padviewer.plan import Plan, Stage
from padviewer.workers.model_messages import SavedModel

if TYPE_CHECKING:
    from padviewer.gui.figure.commands import FigureCommands
    from padviewer.gui.main_window import MainWindow


class ResultCommands:
    """Carries out what a person asks of results.

    Args:
        window: whose session is asked.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session
        self._figures: FigureCommands | None = None

    @property
    def figures(self) -> FigureCommands:
        """What makes figures; imported when one is first wanted."""
        if self._figures is None:
            from padviewer.gui.figure.commands import FigureCommands  # noqa: PLC0415 - as said

            self._figures = FigureCommands(self._window)
        return self._figures

    def ask_figure(self) -> None:
        """Asks how a figure is to be, and saves or copies it."""
        self.figures.ask()

    def copy_figure(self) -> None:
        """Copies a figure of the panes."""
        self.figures.copy()

    def copy_as(self, dialect: str) -> None:
        """Copies what the settings do to this input, as one of the dialects of `padviewer.snippets`."""
        from padviewer.snippets import snippet  # noqa: PLC0415 - not before somebody wants it

        plan = self._session.plan
        if plan is None:
            return
        try:
            text = snippet(dialect, plan)
        except PadviewerError as error:
            self._window.message.show_error(error)
            return
        QApplication.clipboard().setText(text)
        self._window.status.say(f"copied: {self._window.actions_.copy_as.dialects[dialect].text()}")

    def ask_save_model(self) -> None:
        """Asks for a name and saves the model to it."""
        from padviewer.gui.export_dialog import ask_model_path  # noqa: PLC0415 - not needed for the first picture

        plan = self._plan_of(Stage.FEATURE)
        path = ask_model_path(self._window, plan) if plan else None
        if path:
            self.save_model(path)

    def save_model(self, path: str) -> None:
        """Saves padding and convolution as a Keras model."""
        self._window.status.say(f"saving {shortened(path, 80)}…")
        self._session.save_model(path)

    def tell_model(self, path: str, outcome: SavedModel | PadviewerError) -> None:
        """Says what became of a model."""
        if isinstance(outcome, PadviewerError):
            self._window.status.say("the model was not saved")
            self._window.message.show_error(outcome)
        else:
            takes = " ".join(outcome.takes)
            self._window.status.say(f"wrote {shortened(path, 60)}: takes {takes}; import padviewer.layers to load it")

    def _plan_of(self, stage: Stage) -> Plan | None:
        """Returns the plan where it has a stage, or says why it has not."""
        plan = self._session.plan
        if plan is not None and plan.stage(stage) is not None:
            return plan
        problem = plan.problem if plan and plan.problem else PadviewerError("nothing is open")
        self._window.message.show_error(problem)
        return None
