"""A line for an expression: completes the names it may use, and keeps what was typed until Enter or leaving."""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtCore import QEvent, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView

from workbench.ui.inspector.field import FIELD_HEIGHT
from workbench.ui.theme import mark

FUNCTIONS = ("min", "max", "round", "abs", "int")
MOST_SHOWN = 8
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_POPUP_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Escape)


class ExpressionLine(QLineEdit):
    """`finished(text)` when a changed text was entered; `dropped` when Escape was pressed."""

    finished = Signal(str)
    dropped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""
        self._names = QStringListModel(self)
        self.setFixedHeight(FIELD_HEIGHT)
        self.setTextMargins(2, 0, 0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        mark(self, role="mono")
        self.completions = QCompleter(self._names, self)
        self.completions.setWidget(self)
        self.completions.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.completions.setMaxVisibleItems(MOST_SHOWN)
        self.suggestions = QListView()
        self.suggestions.setAccessibleName("Names that fit")
        self.completions.setPopup(self.suggestions)
        self.completions.activated[str].connect(self._complete)  # type: ignore[index]
        self.textEdited.connect(self._suggest)
        self.editingFinished.connect(self._finish)

    def set_names(self, names: Iterable[str]) -> None:
        """What may stand in the expression besides numbers; the functions are added."""
        self._names.setStringList([*names, *FUNCTIONS])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._names.stringList())

    def show_text(self, text: str) -> None:
        """Show an expression, unless a person is changing it."""
        self._shown = text
        if not (self.hasFocus() and self.isModified()):
            self.setText(text)
            self.setModified(False)

    def begin(self, text: str) -> None:
        """Take the keyboard with a text that is not entered yet; all behind its "=" is selected."""
        self.setText(text)
        self.setModified(False)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.setSelection(1, len(text) - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.suggestions.isVisible() and event.key() in _POPUP_KEYS:
            event.ignore()  # the list of names takes them
            return
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._shown)
            self.setModified(False)
            self.dropped.emit()
            event.accept()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # Esc must not reach the window's shortcuts while an expression is typed.
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def _suggest(self, _text: str) -> None:
        word = self._word()
        self.completions.setCompletionPrefix(word)
        found = self.completions.completionCount()
        if not word or not found or (found == 1 and self.completions.currentCompletion() == word):
            self.suggestions.hide()
            return
        self.suggestions.setCurrentIndex(self.completions.completionModel().index(0, 0))
        self.completions.complete()

    def _complete(self, name: str) -> None:
        start = self.cursorPosition() - len(self._word())
        text = self.text()
        self.setText(text[:start] + name + text[self.cursorPosition() :])
        self.setCursorPosition(start + len(name))
        self.setModified(True)

    def _word(self) -> str:
        """The name that the cursor stands behind, as far as it is typed."""
        found = _WORD.search(self.text()[: self.cursorPosition()])
        return found.group() if found else ""

    def _finish(self) -> None:
        if self.isModified():
            self.setModified(False)
            self.finished.emit(self.text().strip())
