"""What a search is to do: which settings, how it goes about it, how often, and the one button that begins it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from workbench.catalogue.declaration import Kind, Param
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.words import count, number
from workbench.document.graph import Value
from workbench.session.searching.plan import MOST_TRIALS, Plan, points_of_grid
from workbench.session.searching.setting import Setting
from workbench.session.searching.settings_of import setting_of, settings_of
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.inspector.form import Form
from workbench.ui.search.axis_row import AxisRow
from workbench.ui.theme import GAP, ROW, SPACE, Theme, mark

FIRST = "recipe.optimizer.lr"
"""What is varied before a person has chosen anything."""

HOW = (
    Param("trials", "Trials", "How many variants are tried; each is a run of its own.", Kind.INT, 20, 1, MOST_TRIALS),
    Param("epochs", "Epochs of each", "How long each variant is trained.", Kind.INT, 10, 1, 100_000),
    Param(
        "sampler",
        "Choose values",
        "By learning: tries more of what did well (TPE). At random: anything. All: every combination of a grid.",
        Kind.CHOICE,
        "tpe",
        choices=(("tpe", "by learning"), ("random", "at random"), ("grid", "all of a grid")),
    ),
    Param(
        "pruner",
        "End early",
        "Ends a trial that does worse than half of those before it at the same epoch, or keeps only the best third.",
        Kind.CHOICE,
        "none",
        choices=(("none", "never"), ("median", "if worse than half"), ("halving", "all but the best")),
    ),
    Param(
        "measure",
        "Compare",
        "What makes one trial better than another: the best of it over the epochs counts.",
        Kind.CHOICE,
        "auto",
        choices=(("auto", "as the recipe"), ("val_accuracy", "accuracy"), ("val_loss", "loss")),
    ),
    Param(
        "search_seed",
        "Seed",
        "Another seed tries other values.",
        Kind.INT,
        0,
        0,
        2**31 - 2,
        advanced=True,
    ),
)


class AddSetting(QComboBox):
    """Type part of a name, or choose from the list; `asked` tells the setting's id."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFixedHeight(ROW)
        self.setAccessibleName("Add a setting to vary")
        self.setToolTip("Any setting of the recipe or of a layer, inside blocks too. Type part of its name.")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        line = self.lineEdit()
        assert line is not None
        line.setPlaceholderText("Add a setting…")
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
        self.activated.connect(self._taken)

    def offer(self, settings: tuple[Setting, ...]) -> None:
        with QSignalBlocker(self):
            self.clear()
            for setting in settings:
                self.addItem(setting.name, setting.id)
                self.setItemData(self.count() - 1, f"{setting.param.help} ({setting.id})", Qt.ItemDataRole.ToolTipRole)
            self.setCurrentIndex(-1)
            self.setEditText("")

    def _taken(self, place: int) -> None:
        found = self.itemData(place)
        with QSignalBlocker(self):
            self.setCurrentIndex(-1)
            self.setEditText("")
        if found:
            self.asked.emit(str(found))


class SearchSetup(QWidget):
    """`startAsked` when a search is to begin. The rows are kept while the project stays open.

    `foot` has the button that begins it; the page puts it where it is always seen.
    """

    startAsked = Signal()

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge, self._theme = bridge, theme
        self._session: Session | None = None
        self._offered: object = None
        self._values: dict[str, Value] = {param.id: param.default for param in HOW}
        self._live = False
        self.rows: list[AxisRow] = []
        self._heading = QLabel("Vary")
        mark(self._heading, role="strong")
        self.add = AddSetting()
        self.add.asked.connect(self._asked)
        self.add.installEventFilter(self)
        self.how = Form(HOW, theme, room=148)
        self.how.edited.connect(self._edited)
        self.how.show_values(self._values)
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        mark(self.facts, role="label")
        self.start = QPushButton("Search")
        self.start.setIconSize(QSize(16, 16))
        self.start.setToolTip("Trains one variant after another; the table fills as they end.")
        mark(self.start, role="primary")
        self.start.clicked.connect(self.startAsked)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(SPACE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._heading)
        column.addLayout(self._rows)
        column.addWidget(self.add)
        column.addSpacing(SPACE)
        column.addWidget(self.how)
        self.foot = QWidget()
        foot = QVBoxLayout(self.foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(GAP)
        foot.addWidget(self.facts)
        foot.addWidget(self.start)
        bridge.themeChanged.connect(self._tint)
        self._tint()

    # --- what is varied ----------------------------------------------------------------------------------------------

    def follow(self, session: Session | None) -> None:
        """Another project: begin anew, with the learning rate and the recipe's own number of epochs."""
        self._session = session
        self._offered = None
        for row in list(self.rows):
            self._drop(row)
        if session is None:
            return
        self._values = {param.id: param.default for param in HOW} | {"epochs": session.project.recipe.epochs}
        self.how.show_values(self._values)
        self.add_setting(FIRST)
        self._tell()

    def project_changed(self) -> None:
        """The project was edited: what is varied may not be there any more."""
        self._tell()

    def add_setting(self, name: str) -> AxisRow | None:
        """Vary one more setting, by its id; gives its row, also where it was there already."""
        if self._session is None:
            return None
        there = next((row for row in self.rows if row.setting.id == name), None)
        if there is None:
            try:
                setting = setting_of(self._session.project, name)
            except Problem as problem:
                self._bridge.notify(problem.diagnostics[0])
                return None
            there = AxisRow(self._bridge, setting)
            there.changed.connect(self._tell)
            there.removed.connect(self._leave_out)
            self.rows.append(there)
            self._rows.addWidget(there)
            self._tell()
        return there

    def _asked(self, name: str) -> None:
        row = self.add_setting(name)
        if row is not None:
            row.field.setFocus()

    def _leave_out(self) -> None:
        row = self.sender()
        if isinstance(row, AxisRow):
            self._drop(row)
            self._tell()

    def _drop(self, row: AxisRow) -> None:
        self.rows.remove(row)
        self._rows.removeWidget(row)
        row.hide()
        row.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.add and event.type() in (QEvent.Type.FocusIn, QEvent.Type.MouseButtonPress):
            self._offer()
        return super().eventFilter(watched, event)

    def _offer(self) -> None:
        """All settings there are, listed when somebody looks: a large network has thousands."""
        session = self._session
        if session is not None and self._offered is not session.project:
            self._offered = session.project
            self.add.offer(settings_of(session.project))

    # --- how ---------------------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """What was set up. Raises `Problem` with all that is wrong with it."""
        assert self._session is not None
        problems: list[Diagnostic] = []
        axes = []
        for row in self.rows:
            try:
                axes.append(row.axis())
            except Problem as problem:
                problems += problem.diagnostics
        if problems:
            raise Problem(*problems)
        how: Mapping[str, Any] = self._values
        return self._session.search.plan(axes, **how)

    def set_live(self, live: bool) -> None:
        """While a run or a search goes on, none can begin."""
        self._live = live
        self._tell()

    def _edited(self, param: str, value: object, _gesture: str) -> None:
        self._values[param] = value  # type: ignore[assignment]
        self.how.show_values(self._values)
        self._tell()

    def _tell(self) -> None:
        """How much it comes to, or what is wrong."""
        if self._session is None:
            self.start.setEnabled(False)
            return
        try:
            plan = self.plan()
        except Problem as problem:
            told = [d for d in problem.diagnostics if d.code not in ("search.range", "search.value", "search.values")]
            self.facts.setText(told[0].message if told else "")
            self.start.setEnabled(False)
            return
        each = count(plan.project.recipe.epochs, "epoch")
        words = f"{count(plan.trials, 'run')} of {each}, one after another."
        if plan.sampler == "grid":
            points = points_of_grid(plan)
            words = f"{number(points)} combinations; " + words
        self.facts.setText(words)
        self.start.setEnabled(not self._live)

    def _tint(self, _theme: object = None) -> None:
        self.start.setIcon(icon("search", self._bridge.theme, "on_accent"))
        self.how.restyle()
