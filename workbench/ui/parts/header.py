"""The line at the top of a panel: its title, what goes on in it, and a few buttons."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from workbench.ui.theme import GAP, ROW, mark


class ElidedLabel(QLabel):
    """A label that gives way: what does not fit ends in "…" and is read whole in the tooltip."""

    def __init__(self, role: str = "dim", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._mode = mode
        mark(self, role=role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        if text != self.text():
            super().setText(text)
            self.setAccessibleName(text)
            self._explain()

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._explain()

    def _explain(self) -> None:
        fits = QFontMetrics(self.font()).horizontalAdvance(self.text()) <= self.contentsRect().width()
        self.setToolTip("" if fits else self.text())

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = QFontMetrics(self.font()).elidedText(self.text(), self._mode, self.contentsRect().width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment() | Qt.TextFlag.TextSingleLine), shown)


class PanelHeader(QWidget):
    """A title, details joined by dots, and room on the right for buttons (`add`)."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = ElidedLabel("title")  # it may be a name that somebody gave
        self._title.setText(title)
        self._title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._details = ElidedLabel("dim")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP)
        self._row.addWidget(self._title)
        self._row.addWidget(self._details, 1)
        self.setFixedHeight(ROW)

    def set_title(self, title: str) -> None:
        """Another title; "" for none, where something beside it says what this is."""
        self._title.setText(title)
        self._title.setVisible(bool(title))

    @property
    def title(self) -> str:
        return self._title.text()

    def set_details(self, *parts: str) -> None:
        """What is going on, in a few words each; empty parts are left out."""
        self._details.setText(dotted(parts))

    @property
    def details(self) -> str:
        return self._details.text()

    def add(self, *widgets: QWidget, spacing: int = GAP) -> None:
        """Put widgets at the right end, `spacing` pixels apart."""
        group = QHBoxLayout()
        group.setSpacing(spacing)
        for widget in widgets:
            group.addWidget(widget)
        self._row.addLayout(group)


def dotted(parts: Iterable[str]) -> str:
    """Parts of a line set apart by middle dots, as everywhere in the window."""
    return " · ".join(part for part in parts if part)
