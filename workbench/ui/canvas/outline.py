"""The outline: the same network as a list in the order of computation, for reading, for keys and for screen readers."""

from __future__ import annotations

from typing import Any, Literal

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from workbench.catalogue.blocks import layer_of
from workbench.document.edits import rename
from workbench.document.rules import LONGEST_NAME
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.card import display_title, shape_words
from workbench.ui.canvas.chaining import moved
from workbench.ui.canvas.speaking import spoken
from workbench.ui.icons import icon

COLUMNS = ("Name", "Layer", "Gives", "")
_PROBLEM = 3
_STEPS = frozenset((Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Up, Qt.Key.Key_Down))
_Index = QModelIndex | QPersistentModelIndex


class OutlineModel(QAbstractTableModel):
    """One row a node, in the order of computation: name, layer, shape, first problem."""

    NODE = Qt.ItemDataRole.UserRole

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._ids: tuple[str, ...] = ()
        self._rows: tuple[tuple[str, str, str, str], ...] = ()

    def refresh(self) -> None:
        """Read the session again. Rows that only changed their words keep their selection."""
        session = self._bridge.session
        ids: tuple[str, ...] = session.inferred.order if session is not None else ()
        rows = tuple(self._row(i) for i in ids)
        if ids != self._ids:
            self.beginResetModel()
            self._ids, self._rows = ids, rows
            self.endResetModel()
        elif rows != self._rows:
            self._rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))

    def row_of(self, node: str) -> int | None:
        return self._ids.index(node) if node in self._ids else None

    def node_at(self, row: int) -> str:
        return self._ids[row]

    def _row(self, identity: str) -> tuple[str, str, str, str]:
        session = self._bridge.session
        if session is None:
            return "", "", "", ""
        node = session.graph.nodes[identity]
        layer = layer_of(session.graph, node.layer)
        shape = shape_words(layer, session.inferred, identity) if layer is not None else "?"
        problem = next((d.message for d in session.problems_here if d.node == identity), "")
        return (
            display_title(node, session.graph),
            layer.title if layer is not None else f"unknown ({node.layer})",
            shape,
            problem,
        )

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row[column] if column != _PROBLEM else None
        if role == Qt.ItemDataRole.DecorationRole:
            return self._sign(index.row()) if column == _PROBLEM and row[_PROBLEM] else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return row[3] or row[column] or None
        if role == Qt.ItemDataRole.AccessibleTextRole and column in (0, _PROBLEM):
            return self._spoken(index.row()) if column == 0 else row[_PROBLEM]
        if role == Qt.ItemDataRole.ForegroundRole and column > 0:
            return self._bridge.theme.color("dim")
        if role == Qt.ItemDataRole.EditRole and column == 0 and self._bridge.session is not None:
            return self._bridge.session.graph.nodes[self._ids[index.row()]].name
        return self._ids[index.row()] if role == self.NODE else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        session = self._bridge.session
        named = index.column() == 0 and session is not None and not session.read_only
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if named else Qt.ItemFlag.NoItemFlags)

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take a name that was typed; an empty one is the layer's."""
        session = self._bridge.session
        if role != Qt.ItemDataRole.EditRole or session is None or session.read_only:
            return False
        node, name = self._ids[index.row()], str(value).strip()[:LONGEST_NAME]
        return session.apply("Rename layer", lambda graph: rename(graph, node, name)) is None

    def _spoken(self, row: int) -> str:
        """The whole row as one sentence."""
        session = self._bridge.session
        return spoken(session, self._ids[row]) if session is not None else ""

    def _sign(self, row: int) -> QIcon:
        """An error's or a warning's sign; the sentence stands in the tooltip and is spoken with the row."""
        session = self._bridge.session
        worst = [d for d in session.problems_here if d.node == self._ids[row]] if session is not None else []
        is_error = any(d.is_error for d in worst)
        return icon("error" if is_error else "warning", self._bridge.theme, "bad" if is_error else "warning")


class _NameEditor(QLineEdit):
    """Keeps every key it gets: none of them is meant for the list below it."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        event.accept()


class _NameDelegate(QStyledItemDelegate):
    """Edits a name in its row."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        editor = _NameEditor(parent)
        editor.setAccessibleName("Name of the layer")
        editor.setMaxLength(LONGEST_NAME)
        editor.setFrame(False)
        return editor


class Outline(QTreeView):
    """Follows the session; what is selected here is selected on the canvas, and the other way round.

    The canvas's shortcuts work here too. Besides, F2 renames in the row, Space adds behind the current layer, Enter
    goes on to its settings, and Alt with an arrow moves it along its chain.
    """

    addAsked = Signal()
    enterAsked = Signal()
    menuAsked = Signal(QPoint)  # global

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._following = False
        self.setObjectName("canvas_outline")
        self.setAccessibleName("Outline of the network")
        self.setAccessibleDescription(
            "The layers in the order of computation. Selecting one selects it on the canvas. Space adds a layer behind "
            "it, F2 renames it, Alt with an arrow moves it along its chain, Enter goes to its settings."
        )
        self.table = OutlineModel(bridge, self)
        self.setModel(self.table)
        self.setItemDelegateForColumn(0, _NameDelegate(self))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(28)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 116), (2, 112), (_PROBLEM, 32)):
            header.resizeSection(column, width)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(240)
        self.selectionModel().selectionChanged.connect(self._chosen)
        bridge.selectionChanged.connect(self.follow_selection)
        for signal in (bridge.sessionChanged, bridge.projectChanged, bridge.inferredChanged, bridge.problemsChanged):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self, _what: object = None) -> None:
        if not self.isHidden():
            self._following = True
            self.table.refresh()
            self._following = False
            self.follow_selection()

    def follow_selection(self, _ids: object = None) -> None:
        """Select the rows of the selected nodes."""
        self._following = True
        chosen = QItemSelection()
        last = QModelIndex()
        for node in self._bridge.selection:
            row = self.table.row_of(node)
            if row is not None:
                last = self.table.index(row, 0)
                chosen.select(last, self.table.index(row, len(COLUMNS) - 1))
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(chosen, flags.ClearAndSelect)
        if last.isValid():
            self.selectionModel().setCurrentIndex(last, flags.NoUpdate)
            self.scrollTo(last)
        self._following = False

    def _chosen(self, _selected: QItemSelection, _deselected: QItemSelection) -> None:
        if not self._following:
            rows = sorted(index.row() for index in self.selectionModel().selectedRows())
            self._bridge.select(self.table.node_at(row) for row in rows)

    # --- keys --------------------------------------------------------------------------------------------------------

    def rename_current(self) -> None:
        """Edit the name of the current layer, in its row."""
        if self.currentIndex().isValid():
            self.edit(self.table.index(self.currentIndex().row(), 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = event.key()
        if held == Qt.KeyboardModifier.AltModifier and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._move("up" if key == Qt.Key.Key_Up else "down")
        elif held == Qt.KeyboardModifier.NoModifier and key == Qt.Key.Key_Space:
            self.addAsked.emit()
        elif held == Qt.KeyboardModifier.NoModifier and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.enterAsked.emit()
        else:
            super().keyPressEvent(event)
            if held == Qt.KeyboardModifier.NoModifier and key in _STEPS and not self._bridge.selection:
                self._chosen_by_step()
            return
        event.accept()

    def _chosen_by_step(self) -> None:
        """The row the keyboard is in already, such as the first one when the list was just entered."""
        if self.currentIndex().isValid():
            self._bridge.select((self.table.node_at(self.currentIndex().row()),))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.currentIndex()
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            index = self.indexAt(event.pos())
        if index.isValid() and self.leads(self.table.node_at(index.row())):
            self.menuAsked.emit(self.viewport().mapToGlobal(self.visualRect(index).bottomLeft()))
        event.accept()

    def leads(self, node: str) -> bool:
        """Select a layer unless it is among the selected ones; gives whether there is such a layer."""
        if node not in self._bridge.selection:
            self._bridge.select((node,))
        return node in self._bridge.selection

    def _move(self, way: Literal["up", "down"]) -> None:
        session, index = self._bridge.session, self.currentIndex()
        if session is not None and not session.read_only and index.isValid():
            node = self.table.node_at(index.row())
            session.apply("Move layer in its chain", lambda graph: moved(graph, node, way))
