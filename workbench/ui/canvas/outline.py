"""The outline: the same network as a list in the order of computation, for reading, for keys and for screen readers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTreeView

from workbench.catalogue.registry import LAYERS
from workbench.core.words import number
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.card import display_title, shape_words
from workbench.ui.icons import icon

COLUMNS = ("Name", "Layer", "Gives", "")
_PROBLEM = 3
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
        layer = LAYERS.get(node.layer)
        shape = shape_words(layer, session.inferred, identity) if layer is not None else "?"
        problem = next((d.message for d in session.problems if d.node == identity), "")
        return display_title(node), layer.title if layer is not None else f"unknown ({node.layer})", shape, problem

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
        return self._ids[index.row()] if role == self.NODE else None

    def _spoken(self, row: int) -> str:
        """The whole row as one sentence: what the painted card shows."""
        name, layer, shape, problem = self._rows[row]
        session = self._bridge.session
        fed = ""
        if session is not None:
            sources = [display_title(session.graph.nodes[e.source]) for e in session.graph.incoming(self._ids[row])]
            fed = f", fed by {' and '.join(sources)}" if sources else ", nothing feeds it"
            weights = session.inferred.weights.get(self._ids[row], 0)
            fed += f", {number(weights)} parameters" if weights else ""
        return f"{name}, {layer}, gives {shape}{fed}{f'. {problem}' if problem else ''}"

    def _sign(self, row: int) -> QIcon:
        """An error's or a warning's sign; the sentence stands in the tooltip and is spoken with the row."""
        session = self._bridge.session
        worst = [d for d in session.problems if d.node == self._ids[row]] if session is not None else []
        is_error = any(d.is_error for d in worst)
        return icon("error" if is_error else "warning", self._bridge.theme, "bad" if is_error else "warning")


class Outline(QTreeView):
    """Follows the session; what is selected here is selected on the canvas, and the other way round."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._following = False
        self.setObjectName("canvas_outline")
        self.setAccessibleName("Outline of the network")
        self.setAccessibleDescription("The layers in the order of computation. Selecting one selects it on the canvas.")
        self.table = OutlineModel(bridge, self)
        self.setModel(self.table)
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
