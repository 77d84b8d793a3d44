"""What is known of one run: how it ended, its curves, marks, recipe, data, versions, and what was noticed."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from workbench.core.diagnostic import Problem
from workbench.session.runs.columns import STATES, trained_words, when
from workbench.session.runs.explaining import explanation
from workbench.session.runs.promise_words import promise_words
from workbench.session.runs.recipe_words import Entry, completed, entries, figure_words, metric_title
from workbench.training.messages import EpochEnd
from workbench.training.storing.run_rows import RunDetails, RunRow
from workbench.ui.bridge import Bridge
from workbench.ui.inspector.facts import Fact, FactTable
from workbench.ui.parts.divider import divider
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.link_row import LinkRow
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.plots.plot import CurvePlot
from workbench.ui.plots.ticks import percent
from workbench.ui.theme import GAP, MARGIN, Theme, mark

PLOT_HEIGHT, NARROWEST = 132, 300
_ALWAYS = ("epochs", "batch_size", "optimizer", "optimizer.lr", "schedule")
_LINKS = (
    ("reopen", "Bring its network back", "Put the run's exact network into the project; undo takes it back"),
    ("reopen_new", "Open as a new project…", "Write its network, recipe and data settings as a project of their own"),
    ("train_on", "Train on from its weights", "Begin a new run of the present network with what this one learned"),
)


class RunDetailsPane(QScrollArea):
    """Shows one run (`show_run`), or nothing. `tagged`, `noted` and `asked` tell what a person wants of it."""

    tagged = Signal(str, object)  # run, tuple[str, ...]
    noted = Signal(str, str)
    asked = Signal(str)  # the name of a deed
    left = Signal()  # Escape
    fixChosen = Signal(object)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge, theme = bridge, bridge.theme
        self.row: RunRow | None = None
        self._can_resume = False
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("The chosen run")
        self.setMinimumWidth(NARROWEST)
        self.title = ElidedLabel("title")
        self.words = QLabel()
        self.words.setWordWrap(True)
        mark(self.words, role="dim")
        self.note_of_end = ProblemNote(bridge)
        self.loss = CurvePlot(bridge, "Loss", "epoch")
        self.accuracy = CurvePlot(bridge, "Accuracy", "epoch", y_words=percent, y_value=_share, y_limits=(0.0, 1.0))
        for plot in (self.loss, self.accuracy):
            plot.setFixedHeight(PLOT_HEIGHT)
            plot.add_series("train", "training", partial(_token, theme, "accent"))
            plot.add_series("val", "validation", partial(_token, theme, "warning"))
        self.tags = QLineEdit()
        self.tags.setAccessibleName("Tags of the run")
        self.tags.setPlaceholderText("Tags, apart by commas")
        self.tags.setToolTip("Words to find the run by. Enter keeps them.")
        self.tags.editingFinished.connect(self._tag)
        self.note = _NoteField()
        self.note.left.connect(self._note)
        self.links = LinkRow([(text, tip) for _name, text, tip in _LINKS])
        self.links.chosen.connect(self._link)
        self.results, self.recipe, self.data, self.versions = (FactTable() for _ in range(4))
        self.promise, self.notices = _paragraph(), _paragraph()
        self._column = self._build()
        self.note_of_end.fixChosen.connect(self.fixChosen)
        self.show_run(None)

    def _build(self) -> QVBoxLayout:
        inside = self._inside = QWidget()
        mark(inside, surface="panel")
        column = QVBoxLayout(inside)
        column.setContentsMargins(MARGIN, GAP, MARGIN, MARGIN)
        column.setSpacing(GAP)
        self._headings: dict[QWidget, QLabel] = {}
        for part in (self.title, self.words, self.note_of_end, self.links, self.loss, self.accuracy):
            column.addWidget(part)
        for title, widgets in (
            ("Marks", (self.tags, self.note)),
            ("Results", (self.results,)),
            ("Recipe", (self.recipe,)),
            ("Noticed while it trained", (self.notices,)),
            ("Data", (self.data,)),
            ("Exactness", (self.promise,)),
            ("Versions", (self.versions,)),
        ):
            heading = QLabel(title)
            mark(heading, role="group")
            column.addSpacing(GAP // 2)
            column.addWidget(divider())
            column.addWidget(heading)
            for widget in widgets:
                self._headings[widget] = heading
                column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(inside)
        return column

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_run(self, row: RunRow | None, many: int = 0) -> None:
        """Show a run as it is now; None (with how many are chosen) says what would be here."""
        same, self.row = row is not None and self.row is not None and row.id == self.row.id, row
        for child in self._inside.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if child not in (self.title, self.words, self.note_of_end):
                child.setVisible(row is not None)
        if row is None:
            self.title.setText(f"{many:,} runs chosen" if many else "No run chosen")
            self.words.setText(
                "Press C to put them side by side." if many else "Choose a run to see its curves, recipe and data here."
            )
            self.note_of_end.show_diagnostic(None)
            return
        session = self._bridge.session
        if session is None:
            return
        try:
            details, epochs = session.training.details(row.id), session.training.epochs_of(row.id)
            self._can_resume = session.training.can_resume(row.id)
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
            return
        self._show_head(row, details)
        self._show_curves(epochs)
        self._show_marks(row, same)
        self._show_facts(row, details)
        if not same:
            self.verticalScrollBar().setValue(0)

    def _show_head(self, row: RunRow, details: RunDetails) -> None:
        self.title.setText(row.title)
        number = row.id.replace("-", " ") if row.name else ""
        state = STATES.get(row.state, row.state)
        where = f"on {row.device}" if row.device else ""
        series = f"part of {row.series}" if row.series else ""
        fold = f"fold {row.fold + 1}" if row.fold is not None else ""
        parts = (number, state, when(row.created), where, series, fold)
        self.words.setText(" · ".join(part for part in parts if part))
        end = explanation(row, can_resume=self._can_resume, notices=details.notices)
        self.note_of_end.show_diagnostic(end)
        session = self._bridge.session
        writable = session is not None and not session.read_only
        for place, button in enumerate(self.links.buttons):
            button.setEnabled(writable or _LINKS[place][0] == "reopen_new")
        self.tags.setReadOnly(not writable)
        self.note.setReadOnly(not writable)

    def _show_curves(self, epochs: tuple[EpochEnd, ...]) -> None:
        for plot, train, val in (
            (self.loss, _train_loss, _val_loss),
            (self.accuracy, _train_accuracy, _val_accuracy),
        ):
            for key, figure in (("train", train), ("val", val)):
                plot.clear(key)
                points = [(e.epoch, value) for e in epochs if (value := figure(e)) is not None]
                if points:
                    plot.append(key, [x for x, _y in points], [y for _x, y in points])
            plot.setVisible(bool(epochs))
            plot.refresh()

    def _show_marks(self, row: RunRow, same: bool) -> None:
        if not (same and self.tags.hasFocus() and self.tags.isModified()):
            self.tags.setText(", ".join(row.tags))
        if not (same and self.note.hasFocus()):
            self.note.setPlainText(row.note)

    def _show_facts(self, row: RunRow, details: RunDetails) -> None:
        self.results.show_facts(_results(row))
        shown = [e for e in entries(completed(row.recipe)) if e.key in _ALWAYS or not e.is_default]
        self.recipe.show_facts([_fact(entry) for entry in shown])
        self.data.show_facts(
            (
                Fact("Training samples", f"{row.train:,}", "Samples that were learned from."),
                Fact("Validation samples", f"{row.val:,}", "Samples that were judged on."),
                Fact("Fingerprint", row.fingerprint[:12], f"Equal for the same samples and splits: {row.fingerprint}"),
            )
        )
        self.versions.show_facts([Fact(name, str(value), "") for name, value in row.versions.items()])
        self._say(self.promise, promise_words(details))
        said = dict.fromkeys(str(n.get("message", "")) for n in details.notices if n.get("message") != row.message)
        self._say(self.notices, "\n\n".join(text for text in said if text))

    def _say(self, where: QLabel, text: str) -> None:
        where.setText(text)
        where.setVisible(bool(text))
        self._headings[where].setVisible(bool(text))
        place = self._column.indexOf(self._headings[where]) - 1
        line = self._column.itemAt(place)
        if line is not None and (rule := line.widget()) is not None:
            rule.setVisible(bool(text))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    # --- what a person does ------------------------------------------------------------------------------------------

    def _tag(self) -> None:
        if self.row is not None and not self.tags.isReadOnly():
            self.tags.setModified(False)
            wanted = tuple(word.strip() for word in self.tags.text().split(",") if word.strip())
            if wanted != self.row.tags:
                self.tagged.emit(self.row.id, wanted)

    def _note(self) -> None:
        if self.row is not None and not self.note.isReadOnly() and self.note.toPlainText().strip() != self.row.note:
            self.noted.emit(self.row.id, self.note.toPlainText())

    def _link(self, place: int) -> None:
        self.asked.emit(_LINKS[place][0])


class _NoteField(QPlainTextEdit):
    """A few lines of text; `left` when the person goes on elsewhere. Tab goes on, Escape gives back what was there."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setPlaceholderText("What you want to remember of it")
        self.setAccessibleName("Note on the run")
        self.setFixedHeight(64)
        self._before = ""

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._before = self.toPlainText()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setPlainText(self._before)
            event.accept()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() & _CONTROL:
            self.left.emit()
        else:
            super().keyPressEvent(event)


_CONTROL = Qt.KeyboardModifier.ControlModifier


def _paragraph() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    mark(label, role="dim")
    return label


def _results(row: RunRow) -> list[Fact]:
    facts = []
    best = "" if row.best_epoch is None else f"of epoch {row.best_epoch:,}, the best"
    for key, value in row.metrics.items():
        facts.append(Fact(metric_title(key), figure_words(key, value), f"The figure {best}."))
    if row.best_epoch is not None:
        facts.append(Fact("Best epoch", f"{row.best_epoch:,}", "Its weights are used for answers and exports."))
    facts.append(Fact("Trained for", trained_words(row), "Pauses not counted."))
    facts.append(Fact("Parameters", f"{row.parameters:,}", "Numbers the network learns."))
    return facts


def _fact(entry: Entry) -> Fact:
    usual = "As a recipe has it unless someone says otherwise." if entry.is_default else "Set for this run."
    return Fact(entry.title, entry.words, usual)


def _token(theme: Theme, token: str) -> QColor:
    return theme.color(token)


def _share(value: float) -> str:
    return f"{value * 100:.1f} %"


def _train_loss(epoch: EpochEnd) -> float | None:
    return epoch.train_loss


def _val_loss(epoch: EpochEnd) -> float | None:
    return epoch.val_loss


def _train_accuracy(epoch: EpochEnd) -> float | None:
    return epoch.train_accuracy


def _val_accuracy(epoch: EpochEnd) -> float | None:
    return epoch.val_accuracy
