"""The results of a run: its best weights judged over a split, with every metric, class, confusion and curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.session.evaluating import Evaluated
from workbench.training.metrics.confidence import GROUPS
from workbench.training.metrics.evaluation import Evaluation
from workbench.ui.bridge import Bridge
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.flow_layout import FlowLayout
from workbench.ui.parts.header import PanelHeader
from workbench.ui.results.class_table import ClassTable, lines_of
from workbench.ui.results.confusion_view import ConfusionView
from workbench.ui.results.figures import Figures
from workbench.ui.results.unit_square import Bars, Line, UnitSquare
from workbench.ui.theme import GAP, MARGIN, ROW, Theme, mark

SPLITS = (("val", "Validation"), ("test", "Test"), ("train", "Training"), ("all", "All samples"))
WIDE = 860
"""Pixels of width from which the table stands beside the confusion matrix."""
MOST_CURVES = 8
"""Classes whose curves have a colour of their own; of more, those with the smallest areas are drawn."""


class ResultsPage(QWidget):
    """Follows the session's `evaluating`. `head` stands beside the tabs of the panel."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge, self._theme = bridge, theme
        self._result: Evaluated | None = None
        self._shown: Evaluation | None = None
        mark(self, surface="panel")
        self.head = PanelHeader("Results")
        self.runs, self.splits = QComboBox(), QComboBox()
        self.runs.setAccessibleName("Run")
        self.runs.setToolTip("Whose best weights are judged")
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.splits.setAccessibleName("Split")
        self.splits.setToolTip("The samples they are judged on, split as the run had them")
        for id, title in SPLITS:
            self.splits.addItem(title, id)
        self.outputs = QComboBox()
        self.outputs.setAccessibleName("Output")
        self.outputs.setToolTip("Which of the network's outputs is shown")
        self.outputs.hide()
        self.evaluate = QPushButton("Evaluate")
        self.evaluate.setToolTip("Run the best weights of this run over these samples")
        self.cancel = QPushButton("Cancel")
        for widget in (self.outputs, self.runs, self.splits, self.evaluate, self.cancel):
            widget.setFixedHeight(ROW)
        controls = self._controls = QWidget()  # not in the head: beside the tabs they would need too much room
        around = QVBoxLayout(controls)
        around.setContentsMargins(MARGIN, 12, MARGIN, 0)
        inside = QWidget()
        around.addWidget(inside)
        row = FlowLayout(GAP, inside)
        for widget in (self.runs, self.splits, self.evaluate, self.cancel, self.outputs):
            row.addWidget(widget)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        self._progress.setAccessibleName("Samples judged")

        self.empty = EmptyState(bridge, "target", "Nothing judged yet", "")
        self.to_evaluate = self.empty.add_button("Evaluate", "play", "Judge the newest run", primary=True)
        self.figures = Figures()
        self.confusion = ConfusionView(bridge)
        self.in_shares = QCheckBox("In percent of the class")
        self._worst = QLabel()
        self._worst.setWordWrap(True)
        mark(self._worst, role="dim")
        self.classes = ClassTable(bridge)
        self.roc = UnitSquare(bridge, "ROC curves", "False alarms", "Hits")
        self.reliability = UnitSquare(bridge, "Reliability diagram", "Confidence", "Share of right answers")
        self._content = self._build()
        self._content.hide()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(controls)
        whole.addWidget(self.empty, 1)  # not in a stack, which would ask for as much room as its largest page
        whole.addWidget(self._content, 1)
        self._connect()
        self._session_changed(None)

    def _build(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, 12, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        column.addWidget(self._progress)
        column.addWidget(self.figures)
        confusion = self._matrix = _section("Confusion", self.confusion, self._worst, head=self.in_shares)
        self._table = _section("Classes", self.classes)
        body = self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        body.setSpacing(2 * MARGIN)
        body.addWidget(confusion, 0, Qt.AlignmentFlag.AlignTop)
        body.addWidget(self._table, 1, Qt.AlignmentFlag.AlignTop)
        column.addLayout(body)
        beside = QWidget()
        curves = FlowLayout(2 * MARGIN, beside)
        self._roc_words, self._reliability_words = (QLabel() for _ in range(2))
        self._roc_section = _section("ROC curves", self.roc, self._roc_words)
        self._reliability_section = _section("Reliability", self.reliability, self._reliability_words)
        for words in (self._roc_words, self._reliability_words):
            words.setWordWrap(True)
            mark(words, role="dim")
        for section in (self._roc_section, self._reliability_section):
            curves.addWidget(section)
        column.addWidget(beside)
        column.addStretch(1)
        return content

    def _connect(self) -> None:
        bridge = self._bridge
        bridge.sessionChanged.connect(self._session_changed)
        bridge.evaluatedChanged.connect(self._show_result)
        bridge.jobsChanged.connect(self._jobs_changed)
        bridge.runChanged.connect(self._run_changed)
        bridge.themeChanged.connect(self._restyle)
        self.evaluate.clicked.connect(self._ask)
        self.to_evaluate.clicked.connect(self._ask)
        self.cancel.clicked.connect(self._cancel)
        self.outputs.currentIndexChanged.connect(self._show_output)
        self.in_shares.toggled.connect(self.confusion.show_shares)
        self.confusion.cellChosen.connect(self._show_samples)

    # --- following the session ----------------------------------------------------------------------------------------

    def _session_changed(self, _session: object) -> None:
        session = self._bridge.session
        self._show_result(None if session is None else session.evaluating.result)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._list_runs()
        self._show_state()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE
        way = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        self._body.setDirection(way)

    def _run_changed(self, _run: object) -> None:
        if self.isVisible():
            self._list_runs()
            self._show_state()

    def _list_runs(self) -> None:
        """The runs that have weights, newest first; the one that was chosen stays so."""
        session, chosen = self._bridge.session, self.runs.currentData()
        rows = () if session is None else session.training.rows()
        known = [(row.title, row.id) for row in rows if row.epochs]
        if known != [(self.runs.itemText(i), self.runs.itemData(i)) for i in range(self.runs.count())]:
            self.runs.clear()
            for title, id in known:
                self.runs.addItem(title, id)
            self.runs.setCurrentIndex(max(0, self.runs.findData(chosen)))

    def _jobs_changed(self, _jobs: object) -> None:
        self._show_state()

    def _show_state(self) -> None:
        session = self._bridge.session
        job = None if session is None else session.evaluating.job
        trained = self.runs.count() > 0
        self._controls.setVisible(trained)
        for widget in (self.runs, self.splits, self.evaluate):
            widget.setEnabled(trained and job is None)
        self.evaluate.setVisible(job is None)
        self.cancel.setVisible(job is not None)
        self._progress.setVisible(job is not None)
        if job is not None:
            self._progress.setRange(0, job.total or 0)
            self._progress.setValue(job.done)
        self.to_evaluate.setVisible(trained)
        self.to_evaluate.setEnabled(job is None)
        if job is not None:
            self.empty.set_words("Judging the network", f"{job.done:,} samples so far.")
        elif trained:
            self.empty.set_words(
                "Nothing judged yet",
                "See how good the best weights of a run are, class by class, and what they mix up.",
            )
        else:
            self.empty.set_words("Nothing to judge yet", "Train the project; then its results are looked into here.")

    def _ask(self) -> None:
        session = self._bridge.session
        if session is None:
            return
        try:
            session.evaluating.start(self.runs.currentData(), str(self.splits.currentData()))
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
        self._show_state()

    def _cancel(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.evaluating.cancel()

    # --- what came out ------------------------------------------------------------------------------------------------

    def _show_result(self, result: object) -> None:
        self._result = result if isinstance(result, Evaluated) else None
        self._show_state()
        self.empty.setVisible(self._result is None)
        self._content.setVisible(self._result is not None)
        if self._result is None:
            self._shown = None
            self.outputs.hide()
            self.head.set_details("")
            return
        found = self._result.evaluation
        split = dict(SPLITS)[found.split].lower()
        self.head.set_details(self._result.run.replace("-", " "), split, count(found.pictures, "sample"))
        self._list_outputs(found)
        self._show_output()

    def _list_outputs(self, found: Evaluation) -> None:
        """Several outputs are chosen from; the main one first."""
        self.outputs.blockSignals(True)
        self.outputs.clear()
        for place, output in enumerate(found.outputs):
            self.outputs.addItem(self._name(output.node), place)
        self.outputs.setCurrentIndex(max(0, self.outputs.findData(found.main)))
        self.outputs.blockSignals(False)
        self.outputs.setVisible(len(found.outputs) > 1)

    def _name(self, node: str | None) -> str:
        """What people call an output; its id where the network has no such node any more."""
        session = self._bridge.session
        graph = None if session is None else session.project.graph
        known = graph is not None and node is not None and node in graph.nodes
        return display_name(graph, node) if known else str(node)  # type: ignore[arg-type]

    def _show_output(self, _place: int = 0) -> None:
        """Show what came out for the output that is chosen."""
        if self._result is None:
            return
        found = self._result.evaluation
        if found.outputs:
            found = found.of(int(self.outputs.currentData()))
        self._shown = found
        self.figures.show_numbers({**found.metrics, "loss": found.loss})
        self._matrix.setVisible(bool(found.confusion.size))
        if found.confusion.size:
            self.confusion.show_confusion(found.confusion, found.classes)
            self._worst.setText(self.confusion.worst_words)
        self._table.setVisible(bool(found.support))
        self._show_curves(found)

    def _show_curves(self, found: Evaluation) -> None:
        known = [place for place, curve in enumerate(found.curves) if len(curve.hits)]
        drawn = sorted(known, key=lambda place: found.curves[place].area)[:MOST_CURVES]
        colors = dict(zip(sorted(drawn), self._theme.series(), strict=False))
        lines = [Line(found.curves[k].false_alarms, found.curves[k].hits, color) for k, color in colors.items()]
        self._roc_section.setVisible(bool(lines))
        all_drawn = len(drawn) == len(known)
        self._roc_words.setText("" if all_drawn else f"The {len(drawn)} classes with the smallest areas")
        self._roc_words.setVisible(not all_drawn)
        self.roc.show_content(lines, description=f"Mean area {found.metrics.get('roc_area', float('nan')):.3f}")
        self.classes.show_lines(lines_of(found, colors))
        diagram = found.reliability
        self._reliability_section.setVisible(diagram is not None and bool(len(diagram.counts)))
        if diagram is not None:
            error = f"Off by {diagram.error * 100:.1f} % on average"
            middle = (np.floor(np.minimum(diagram.confidence, 1 - 1e-9) * GROUPS) + 0.5) / GROUPS
            self.reliability.show_content(bars=Bars(middle, diagram.accuracy, 1 / GROUPS), description=error)
            self._reliability_words.setText(f"{error}; on the dashed line it would be as sure as it is right")

    def _show_samples(self, true: int, answered: int) -> None:
        """The samples of a cell, in the browser; those that are not in the data any more are left out."""
        session, result = self._bridge.session, self._result
        dataset = None if session is None else session.data.dataset
        if result is None or dataset is None or self._shown is None:
            return
        names = self._shown.classes
        places = replace(result, evaluation=self._shown).taken_for(true, answered, dataset.index)
        what = f"{names[true]} recognised" if true == answered else f"{names[true]} taken for {names[answered]}"
        self._bridge.show_samples(places, what)

    def _restyle(self, _theme: object = None) -> None:
        if self._shown is not None:
            self._show_curves(self._shown)


def _section(title: str, *widgets: QWidget, head: QWidget | None = None) -> QWidget:
    """Widgets one below another under a title; `head` at the end of its line."""
    section = QWidget()
    column = QVBoxLayout(section)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GAP)
    words = QLabel(title)
    mark(words, role="strong")
    line = QHBoxLayout()
    line.addWidget(words)
    line.addStretch(1)
    if head is not None:
        line.addWidget(head)
    column.addLayout(line)
    for widget in widgets:
        column.addWidget(widget)
    return section
