"""The table of runs: several may be chosen; a click on a star marks, F2 names, Ctrl+Z takes back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.training.storing.run_rows import RunRow
from workbench.ui.bridge import Bridge
from workbench.ui.runs.model import RunsModel
from workbench.ui.theme import mark

LINE = 28
WIDEST, NARROWEST = 260, 56
STAR_WIDTH = 36
_AIR = 10  # pixels between two columns
MEASURED = 60
"""Lines that are looked at for a column's width: more would take longer than a frame."""

AnyIndex = QModelIndex | QPersistentModelIndex


class RunsTable(QTableView):
    """Tells what a person wants of the chosen runs: `opened` (Enter), `starAsked` (Space or a click on the star),
    `named(run, name)`, `menuAsked` and `columnsAsked` (where), and `chosenChanged`."""

    opened = Signal()
    starAsked = Signal(str)
    named = Signal(str, str)
    undoAsked = Signal()
    findAsked = Signal()
    menuAsked = Signal(QPoint)
    columnsAsked = Signal(QPoint)
    chosenChanged = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.runs = RunsModel(bridge.theme, self)
        self.setModel(self.runs)
        self._naming = _NameEditor(self)
        self.setItemDelegate(self._naming)
        self._naming.named.connect(self._name)
        mark(self, surface="panel")
        self.setAccessibleName("Runs")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(LINE)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QTableView.EditTrigger.EditKeyPressed)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(False)
        header.setSectionsClickable(True)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(STAR_WIDTH)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.setResizeContentsPrecision(MEASURED)
        header.sectionClicked.connect(self._sort)
        header.customContextMenuRequested.connect(self._ask_for_columns)
        self.customContextMenuRequested.connect(self._ask_for_menu)
        self.runs.modelReset.connect(self._arranged)
        self.runs.modelAboutToBeReset.connect(self._remember)
        self.can_undo: Callable[[], bool] = _nothing
        """Whether something done here can be taken back; whoever takes it back says so."""
        self._kept: tuple[tuple[str, ...], str | None] = ((), None)
        self._sized: tuple[tuple[str, ...], str] = ((), "")
        self.selectionModel().selectionChanged.connect(self._selection_changed)
        bridge.themeChanged.connect(self._restyle)
        self._arranged()

    # --- what is chosen ----------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> tuple[RunRow, ...]:
        """The chosen runs, from the top."""
        places = sorted(index.row() for index in self.selectionModel().selectedRows())
        return tuple(self.runs.lines[place] for place in places if place < len(self.runs.lines))

    @property
    def current(self) -> RunRow | None:
        """The run the keyboard is at, if it is among the chosen ones; else the first chosen."""
        chosen, at = self.chosen, self.currentIndex()
        if at.isValid() and at.row() < len(self.runs.lines) and (row := self.runs.lines[at.row()]) in chosen:
            return row
        return chosen[0] if chosen else None

    def choose(self, runs: tuple[str, ...], current: str | None = None) -> None:
        """Choose exactly these runs, as far as they are shown."""
        places = [place for run in runs if (place := self.runs.place_of(run)) is not None]
        at = self.runs.place_of(current) if current is not None else None
        model, flag = self.selectionModel(), QItemSelectionModel.SelectionFlag
        model.clearSelection()
        if at is None and places:
            at = places[0]
        if at is not None:
            model.setCurrentIndex(self.runs.index(at, self._name_column), flag.NoUpdate)
        for place in places:
            model.select(self.runs.index(place, 0), flag.Select | flag.Rows)
        if at is not None:
            self.scrollTo(self.runs.index(at, 0))

    def _remember(self) -> None:
        current = self.current
        self._kept = (tuple(row.id for row in self.chosen), None if current is None else current.id)

    def _arranged(self) -> None:
        """The lines or columns are others: what was chosen stays chosen, columns get the width they need."""
        shown = tuple(column.id for column in self.runs.columns)
        name, _falling = self.runs.sorting
        if self.runs.lines and (shown, name) != self._sized:
            self._sized = (shown, name)
            self.fit_columns()
        runs, current = self._kept
        self.choose(runs, current)
        self.chosenChanged.emit()

    def fit_columns(self) -> None:
        """Give every column the width of what stands in it, within limits."""
        for place, column in enumerate(self.runs.columns):
            if column.id == "starred":
                self.setColumnWidth(place, STAR_WIDTH)
                continue
            self.resizeColumnToContents(place)
            self.setColumnWidth(place, min(max(self.columnWidth(place) + _AIR, NARROWEST), WIDEST))

    def _selection_changed(self, _chosen: object, _before: object) -> None:
        self.chosenChanged.emit()

    @property
    def _name_column(self) -> int:
        return next((place for place, column in enumerate(self.runs.columns) if column.id == "name"), 0)

    # --- what a person does ------------------------------------------------------------------------------------------

    def _sort(self, section: int) -> None:
        column = self.runs.columns[section]
        name, falling = self.runs.sorting
        self.runs.sort_by(column.id, not falling if column.id == name else column.falls)

    def rename(self) -> None:
        """Let the person type a name for the current run."""
        row = self.current
        place = None if row is None else self.runs.place_of(row.id)
        if place is not None:
            self.edit(self.runs.index(place, self._name_column))

    def _name(self, place: int, name: str) -> None:
        if place < len(self.runs.lines):
            self.named.emit(self.runs.lines[place].id, name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.indexAt(event.position().toPoint())
        on_star = at.isValid() and self.runs.columns[at.column()].id == "starred"
        if on_star and event.button() == Qt.MouseButton.LeftButton and not event.modifiers():
            self.starAsked.emit(self.runs.lines[at.row()].id)
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and at.isValid():
            self.opened.emit()
            event.accept()
            return
        super().mouseDoubleClickEvent(event)

    def event(self, event: QEvent) -> bool:
        """Ctrl+F finds runs here, not layers; Ctrl+Z is the table's while it has something to take back."""
        asks = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if asks and self._is_own(event):  # type: ignore[arg-type]
            event.accept()
            return True
        return super().event(event)

    def _is_own(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Find):
            return True
        return event.matches(QKeySequence.StandardKey.Undo) and self.can_undo()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.Find) or event.text() == "/":
            self.findAsked.emit()
        elif event.matches(QKeySequence.StandardKey.Undo) and self.can_undo():
            self.undoAsked.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen:
            self.opened.emit()
        elif key == Qt.Key.Key_Space and (row := self.current) is not None:
            self.starAsked.emit(row.id)
        elif key == Qt.Key.Key_F2:
            self.rename()
        elif key == Qt.Key.Key_Menu and self.chosen:
            self.menuAsked.emit(self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft()))
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """The chosen lines, or all, on the clipboard as a table."""
        QApplication.clipboard().setText(self.runs.as_text(self.chosen or None))

    def _ask_for_menu(self, where: QPoint) -> None:
        if self.indexAt(where).isValid():
            self.menuAsked.emit(self.viewport().mapToGlobal(where))

    def _ask_for_columns(self, where: QPoint) -> None:
        self.columnsAsked.emit(self.horizontalHeader().mapToGlobal(where))

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()


def _nothing() -> bool:
    return False


class _NameEditor(QStyledItemDelegate):
    """Edits a run's name in its cell: `named(line, name)`. An empty one gives the run its number back."""

    named = Signal(int, str)

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _place: AnyIndex) -> QWidget:
        field = QLineEdit(parent)
        field.setAccessibleName("Name of the run")
        field.setPlaceholderText("A name, or nothing")
        field.setFrame(False)
        return field

    def setEditorData(self, editor: QWidget, place: AnyIndex) -> None:
        assert isinstance(editor, QLineEdit)
        if not editor.isModified():
            editor.setText(str(place.data(Qt.ItemDataRole.EditRole) or ""))
            editor.selectAll()

    def setModelData(self, editor: QWidget, _model: object, place: AnyIndex) -> None:  # type: ignore[override]
        assert isinstance(editor, QLineEdit)
        if editor.text().strip() != str(place.data(Qt.ItemDataRole.EditRole) or ""):
            self.named.emit(place.row(), editor.text())
