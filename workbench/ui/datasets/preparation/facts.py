"""Small tables of what the preparation is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from workbench.ui.datasets.preparation.words import Row
from workbench.ui.theme import GAP, MARGIN, SPACE, mark


class Channels(QWidget):
    """Mean and standard deviation of each channel."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(MARGIN)
        self._grid.setVerticalSpacing(2)
        self._shown: tuple[tuple[str, str, str], ...] | None = None

    def show_rows(self, rows: tuple[tuple[str, str, str], ...]) -> None:
        if rows == self._shown:
            return
        self._shown = rows
        clear(self._grid)
        for y, row in enumerate((("", "mean", "std"), *rows)):
            for x, text in enumerate(row):
                label = QLabel(text)
                mark(label, role="number" if x and y else "dim")
                side = Qt.AlignmentFlag.AlignRight if x else Qt.AlignmentFlag.AlignLeft
                label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                self._grid.addWidget(label, y, x)
        self._grid.setColumnStretch(3, 1)


class OtherKind(QWidget):
    """What is done with samples that are no pictures: a sentence, and a row for each fact."""

    def __init__(self) -> None:
        super().__init__()
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        mark(self._sentence, role="dim")
        heading = QLabel("What the network sees")
        mark(heading, role="strong")
        inner = QWidget()
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(MARGIN)
        self._grid.setVerticalSpacing(SPACE)
        self._grid.setColumnStretch(1, 1)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GAP, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(heading)
        column.addWidget(self._sentence)
        column.addWidget(area, 1)
        self._rows: tuple[Row, ...] = ()

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._rows

    def show_words(self, sentence: str, rows: Sequence[Row]) -> None:
        self._sentence.setText(sentence)
        if tuple(rows) == self._rows:
            return
        self._rows = tuple(rows)
        clear(self._grid)
        for y, (name, words) in enumerate(rows):
            title, said = QLabel(name), QLabel(words)
            title.setTextFormat(Qt.TextFormat.PlainText)
            said.setTextFormat(Qt.TextFormat.PlainText)
            said.setWordWrap(True)
            said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            mark(title, role="dim")
            self._grid.addWidget(title, y, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(said, y, 1)


def clear(grid: QGridLayout) -> None:
    """Take everything out of a grid."""
    while (item := grid.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
