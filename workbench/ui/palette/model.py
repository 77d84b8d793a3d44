"""The rows of the palette: a heading for each section, then its layers or blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt

from workbench.catalogue.declaration import Layer
from workbench.ui.palette.offers import TITLES, Section, is_known
from workbench.ui.palette.search import find

MIME = "application/x-workbench-layer"
"""What a drag from the palette carries: the layer's key as UTF-8, see `workbench.ui.palette.offers`."""

Row = str | Layer
"""A heading's words, or a layer."""

_Index = QModelIndex | QPersistentModelIndex


class PaletteModel(QAbstractListModel):
    """All that can be added, or what matches the typed letters (then without headings, best first)."""

    LAYER = Qt.ItemDataRole.UserRole

    def __init__(self, sections: Sequence[Section], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sections = tuple(sections)
        self._query = ""
        self._rows: list[Row] = []
        self.search("")

    def show_sections(self, sections: Sequence[Section]) -> bool:
        """Offer something else under the same query; gives whether anything differs."""
        shown = tuple(sections)
        if shown == self._sections:
            return False
        self._sections = shown
        self.search(self._query)
        return True

    def search(self, query: str) -> None:
        """Show what matches; everything, under headings, for an empty query."""
        self.beginResetModel()
        self._query = query
        if query.strip():
            layers = [layer for section in self._sections for layer in section.layers]
            self._rows = [a for a in find(query, layers) if not is_known(self._sections, a)]
        else:
            self._rows = []
            for section in self._sections:
                self._rows += [section.title, *section.layers]
        self.endResetModel()

    def layer(self, index: _Index) -> Layer | None:
        """The layer in a row; None for a heading."""
        row = self._rows[index.row()] if index.isValid() else None
        return row if isinstance(row, Layer) else None

    def row_of(self, key: str) -> int | None:
        """The row of a layer; None if it is not shown."""
        return next((i for i, row in enumerate(self._rows) if isinstance(row, Layer) and row.id == key), None)

    def next_layer(self, start: int, step: int) -> int | None:
        """The first row that holds a layer from `start` on, going up (-1) or down (1)."""
        row = start
        while 0 <= row < len(self._rows):
            if isinstance(self._rows[row], Layer):
                return row
            row += step
        return None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row if isinstance(row, str) else row.title
        if isinstance(row, str):
            return None
        if role == self.LAYER:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.summary
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.title}, {TITLES[row.category].lower()}"
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return row.summary
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if self.layer(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        layer = self.layer(indexes[0]) if indexes else None
        if layer is not None:
            data.setData(MIME, layer.id.encode())
            data.setText(layer.title)
        return data

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction
