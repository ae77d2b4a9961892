"""What becomes of an export that runs while its window is closed: the person is asked."""

from __future__ import annotations

from enum import Enum

from PySide6.QtWidgets import QMessageBox, QWidget

_STAYS = "What is written stays, and Resume writes the rest: also after padviewer was started again."


class OnClose(Enum):
    """What a person wants."""

    GO_ON = "Go on in the background"
    STOP = "Stop the export"
    STAY = "Keep it open"


def ask_about_export(parent: QWidget) -> OnClose:
    """Asks before the window of a data set is closed on an export."""
    return _ask(parent, "The data set is being exported.", (OnClose.GO_ON, OnClose.STOP, OnClose.STAY))


def may_stop_export(parent: QWidget) -> bool:
    """Asks before padviewer ends on an export of a data set."""
    return (
        _ask(parent, "The data set is being exported, which ends here.", (OnClose.STOP, OnClose.STAY)) is OnClose.STOP
    )


def _ask(parent: QWidget, text: str, choices: tuple[OnClose, ...]) -> OnClose:
    box = QMessageBox(QMessageBox.Icon.Question, "Close?", text, QMessageBox.StandardButton.NoButton, parent)
    box.setInformativeText(_STAYS)
    buttons = {
        choice: box.addButton(choice.value, QMessageBox.ButtonRole.AcceptRole)
        for choice in choices
        if choice is not OnClose.STAY
    }
    stay = box.addButton(OnClose.STAY.value, QMessageBox.ButtonRole.RejectRole)
    box.setEscapeButton(stay)
    box.setDefaultButton(buttons.get(OnClose.GO_ON, stay))
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return next((choice for choice, button in buttons.items() if button is clicked), OnClose.STAY)
