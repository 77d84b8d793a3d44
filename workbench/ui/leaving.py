"""The only question that stops a person: leaving would lose work or end a run."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QPushButton, QWidget


class LeavingQuestion(QObject):
    """Asks once and answers with `answered(choice)`: "save", "discard", "stop" or "stay". Nothing waits for it."""

    answered = Signal(str)

    def __init__(self, window: QWidget, name: str, *, unsaved: bool, running: bool, can_save: bool) -> None:
        super().__init__(window)
        self._choices: dict[QAbstractButton, str] = {}
        self.box = QMessageBox(window)
        self.box.setObjectName("leaving")
        self.box.setWindowTitle("Workbench")
        self.box.setText(_question(name, unsaved, running))
        self.box.setInformativeText(_explanation(unsaved, running))
        if unsaved:
            saving = "Save, stop and close" if running else "Save"
            if can_save:
                self.box.setDefaultButton(self._add(saving, QMessageBox.ButtonRole.AcceptRole, "save"))
            self._add("Don't save", QMessageBox.ButtonRole.DestructiveRole, "discard")
        else:
            self.box.setDefaultButton(self._add("Stop and close", QMessageBox.ButtonRole.AcceptRole, "stop"))
        stay = self._add("Stay here", QMessageBox.ButtonRole.RejectRole, "stay")
        self.box.setEscapeButton(stay)
        self.box.finished.connect(self._finished)

    def ask(self) -> None:
        """Show the question."""
        self.box.open()

    def _add(self, text: str, role: QMessageBox.ButtonRole, choice: str) -> QPushButton:
        button = self.box.addButton(text, role)
        button.setObjectName(choice)
        self._choices[button] = choice
        return button

    def _finished(self, _result: int) -> None:
        button = self.box.clickedButton()
        choice = self._choices.get(button, "stay") if button is not None else "stay"
        self.box.deleteLater()
        self.deleteLater()
        self.answered.emit(choice)


def _question(name: str, unsaved: bool, running: bool) -> str:
    if unsaved and running:
        return f"{name} has unsaved changes and is being trained."
    return f"{name} has unsaved changes." if unsaved else f"{name} is being trained."


def _explanation(unsaved: bool, running: bool) -> str:
    words = []
    if running:
        words.append("Closing stops the run after the present step; what was learned is kept and can be resumed.")
    if unsaved:
        words.append("Changes that are not saved are lost.")
    return " ".join(words)
