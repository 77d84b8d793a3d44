"""The head of the inspector: what is selected, what kind it is, one sentence about it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from workbench.ui.palette.delegate import square
from workbench.ui.theme import MARGIN, Theme, mark


class CategorySquare(QWidget):
    """The small square in the category's colour."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._category = ""
        self.setFixedSize(QSize(10, 10))

    def show_category(self, category: str) -> None:
        self._category = category
        self.setVisible(bool(category))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        square(painter, QPointF(0, 0), self._theme.category(self._category), 10)
        painter.end()


class InspectorHeader(QWidget):
    """Name (edited in place), kind and summary. `renamed(text)` when a person gave another name."""

    renamed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._shown = ""
        self._square = CategorySquare(theme)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name")
        self.name.setToolTip("Click to rename.")
        self.name.setMaxLength(200)
        mark(self.name, role="title")
        self.name.editingFinished.connect(self._finished)
        self.name.installEventFilter(self)
        self._kind = QLabel()
        mark(self._kind, role="dim")
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        mark(self._summary, role="dim")
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        self._row = row
        row.addWidget(self._square)
        row.addWidget(self.name, 1)
        row.addWidget(self._kind)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 2, MARGIN, 4)
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self._summary)

    def show_words(self, name: str, kind: str, summary: str, category: str, *, editable: bool, hint: str = "") -> None:
        """Show what is selected. An empty category shows no square; `hint` explains the kind further."""
        self._shown = name
        if not (self.name.hasFocus() and self.name.isModified()):
            self.name.setText(name)
            self.name.setModified(False)
            self.name.setCursorPosition(0)
        self.name.setReadOnly(not editable)
        self.name.setFocusPolicy(Qt.FocusPolicy.StrongFocus if editable else Qt.FocusPolicy.NoFocus)
        self._kind.setText(kind)
        self._kind.setVisible(bool(kind) and kind != name)
        self._kind.setToolTip(hint)
        self._summary.setText(summary)
        self._summary.setVisible(bool(summary))
        self._square.show_category(category)
        # The name's field has room for its outline; without a square its words still begin at the margin.
        self._row.setContentsMargins(0 if category else -4, 0, 0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.name.setText(self._shown)
            self.name.setModified(False)
            return True
        return super().eventFilter(watched, event)

    def _finished(self) -> None:
        if self.name.isModified():
            self.name.setModified(False)
            self.renamed.emit(self.name.text())
            self.name.setText(self._shown)
            self.name.setCursorPosition(0)
