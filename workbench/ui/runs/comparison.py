"""Runs side by side: their curves over each other, what differs in words, their networks and what they mix up."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.core.words import count
from workbench.session.runs.comparing import Compared, Comparison
from workbench.session.runs.graph_differences import GraphDifferences
from workbench.ui.bridge import Bridge
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.plots.plot import CurvePlot
from workbench.ui.plots.ticks import percent
from workbench.ui.runs.confusion_picture import ConfusionPicture
from workbench.ui.runs.graph_picture import GraphPicture
from workbench.ui.runs.lines_table import LinesTable
from workbench.ui.theme import GAP, MARGIN, Theme, mark

PLOT_HEIGHT = 220
MOST_SENTENCES = 12
"""Differences of a network that are written out; the rest is counted."""


class ComparisonView(QWidget):
    """`left` when a person goes back (Escape, or the button)."""

    left = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._shown: Comparison | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Runs side by side")
        self.back = QPushButton("Back to the runs")
        self.back.setToolTip("Escape")
        self.everything = QPushButton("Show what is the same too")
        self.everything.setCheckable(True)
        mark(self.everything, role="quiet")
        self._title = ElidedLabel("title")
        top = QHBoxLayout()
        top.setSpacing(GAP)
        top.addWidget(self.back)
        top.addWidget(self._title, 1)
        top.addWidget(self.everything)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(self._scroll, 1)
        self.lines: LinesTable | None = None
        self.plots: tuple[CurvePlot, ...] = ()
        self.pictures: tuple[GraphPicture, ...] = ()
        self.confusions: tuple[ConfusionPicture, ...] = ()
        self._same = QLabel("Nothing differs.")
        self.back.clicked.connect(self.left)
        self.everything.toggled.connect(self._show_lines)

    @property
    def runs(self) -> tuple[str, ...]:
        """The ids of the runs that are shown; () while there are none."""
        return () if self._shown is None else tuple(one.row.id for one in self._shown.runs)

    def forget(self) -> None:
        """Let go of what was shown."""
        self._shown, self.lines = None, None
        self.plots, self.pictures, self.confusions = (), (), ()
        old = self._scroll.takeWidget()
        if old is not None:
            old.deleteLater()

    def show_comparison(self, comparison: Comparison) -> None:
        """Show these runs; the first is what the others are told from."""
        self.forget()
        self._shown = comparison
        self._title.setText(", ".join(one.row.title for one in comparison.runs))
        inside = QWidget()
        mark(inside, surface="panel")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(self._curves(comparison))
        column.addSpacing(GAP)
        column.addWidget(_heading("What differs"))
        self.lines = LinesTable(self._bridge)
        self._same = QLabel("All settings and figures are the same.")
        mark(self._same, role="dim")
        column.addWidget(self.lines)
        column.addWidget(self._same)
        column.addSpacing(GAP)
        column.addWidget(_heading("Networks"))
        column.addWidget(self._networks(comparison))
        matrices = self._confusions(comparison)
        if matrices is not None:
            column.addSpacing(GAP)
            column.addWidget(_heading("What they mix up, at their best epoch"))
            column.addWidget(matrices)
        column.addStretch(1)
        self._scroll.setWidget(inside)
        self._show_lines()

    def _show_lines(self) -> None:
        if self.lines is not None and self._shown is not None:
            everything = self.everything.isChecked()
            self.lines.show_lines(self._shown, all_lines=everything)
            any_lines = everything or bool(self._shown.differing)
            self.lines.setVisible(any_lines)
            self._same.setVisible(not any_lines)

    def _curves(self, comparison: Comparison) -> QWidget:
        theme = self._bridge.theme
        loss = CurvePlot(self._bridge, "Validation loss", "epoch")
        accuracy = CurvePlot(
            self._bridge, "Validation accuracy", "epoch", y_words=percent, y_value=_share, y_limits=(0.0, 1.0)
        )
        for place, one in enumerate(comparison.runs):
            for plot, points in zip((loss, accuracy), _points(one), strict=True):
                key = one.row.id
                plot.add_series(key, one.row.title, partial(_color, theme, place))
                if points:
                    plot.append(key, [x for x, _y in points], [y for _x, y in points])
        loss.cursorMoved.connect(accuracy.show_cursor)
        accuracy.cursorMoved.connect(loss.show_cursor)
        self.plots = (loss, accuracy)
        return _row(self.plots, height=PLOT_HEIGHT, spacing=24)

    def _networks(self, comparison: Comparison) -> QWidget:
        around = QWidget()
        grid = QGridLayout(around)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(MARGIN)
        grid.setVerticalSpacing(GAP // 2)
        pictures: list[GraphPicture] = []
        for place, (one, found) in enumerate(zip(comparison.runs, comparison.networks, strict=True)):
            marks = found.marks if place else _gone(comparison.networks)
            picture = GraphPicture(self._bridge, one.row.title, one.graph, marks)
            title, words = QLabel(one.row.title), QLabel(_network_words(found, place, comparison))
            mark(title, role="strong")
            mark(words, role="dim")
            words.setWordWrap(True)
            words.setAlignment(Qt.AlignmentFlag.AlignTop)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            for line, widget in enumerate((title, picture, words)):
                grid.addWidget(widget, line, place)
            grid.setColumnStretch(place, 1)
            pictures.append(picture)
        self.pictures = tuple(pictures)
        return around

    def _confusions(self, comparison: Comparison) -> QWidget | None:
        around = QWidget()
        grid = QGridLayout(around)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(MARGIN)
        grid.setVerticalSpacing(GAP // 2)
        pictures: list[ConfusionPicture] = []
        for one in comparison.runs:
            best = one.best
            if best is None or best.confusion is None or not len(best.confusion):
                continue
            place = len(pictures)
            picture = ConfusionPicture(self._bridge, one.row.title, best.confusion, one.classes)
            title, words = QLabel(f"{one.row.title}, epoch {best.epoch:,}"), QLabel(picture.worst)
            mark(title, role="strong")
            mark(words, role="dim")
            words.setWordWrap(True)
            for line, widget in enumerate((title, picture, words)):
                grid.addWidget(widget, line, place)
            grid.setColumnStretch(place, 1)
            pictures.append(picture)
        self.confusions = tuple(pictures)
        if not pictures:
            around.deleteLater()
            return None
        return around

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self._scroll.verticalScrollBar()
        steps = {
            Qt.Key.Key_Down: bar.singleStep(),
            Qt.Key.Key_Up: -bar.singleStep(),
            Qt.Key.Key_PageDown: bar.pageStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
            Qt.Key.Key_Home: -bar.maximum(),
            Qt.Key.Key_End: bar.maximum(),
        }
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in steps:
            bar.setValue(bar.value() + steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


def _gone(networks: tuple[GraphDifferences, ...]) -> dict[str, str]:
    """What any of the other networks has not, or has otherwise, marked in the first."""
    marks: dict[str, str] = {}
    for found in networks[1:]:
        marks.update({node: what for node, what in found.gone.items() if marks.get(node) != what})
    return marks


def _network_words(found: GraphDifferences, place: int, comparison: Comparison) -> str:
    first = comparison.runs[0].row.title
    if place == 0:
        return f"{count(len(comparison.runs[0].graph.nodes), 'layer')}. The others are told from it."
    if not found:
        return f"The same as {first}."
    said = [f"{sentence}." for sentence in found.sentences[:MOST_SENTENCES]]
    rest = len(found.sentences) - len(said)
    return "\n".join([*said, *([f"And {rest:,} more."] if rest else [])])


def _points(one: Compared) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Validation loss and accuracy over epochs; the training's where nothing was validated."""
    loss, accuracy = [], []
    for epoch in one.epochs:
        loss.append((float(epoch.epoch), epoch.train_loss if epoch.val_loss is None else epoch.val_loss))
        value = epoch.train_accuracy if epoch.val_accuracy is None else epoch.val_accuracy
        accuracy.append((float(epoch.epoch), value))
    return loss, accuracy


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    mark(label, role="group")
    return label


def _row(widgets: tuple[QWidget, ...], *, height: int, spacing: int) -> QWidget:
    around = QWidget()
    row = QHBoxLayout(around)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing)
    for widget in widgets:
        widget.setFixedHeight(height)
        row.addWidget(widget, 1)
    return around


def _color(theme: Theme, place: int) -> QColor:
    """The first run in accent, the others in the colours of further series."""
    if place == 0:
        return theme.color("accent")
    colors = theme.series()
    return colors[(place - 1) % len(colors)]


def _share(value: float) -> str:
    return f"{value * 100:.1f} %"
