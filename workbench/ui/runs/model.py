"""The table of runs as Qt sees it: chosen columns over sorted, filtered rows; changed rows are told one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QIcon
from PySide6.QtWidgets import QWidget

from workbench.core.words import count
from workbench.session.runs.columns import FIXED, USUAL, Column, columns_of, in_short, sorted_by
from workbench.session.runs.filtering import Filter
from workbench.training.storing.run_rows import RunRow
from workbench.ui.icons import icon
from workbench.ui.theme import Theme

AnyIndex = QModelIndex | QPersistentModelIndex

STATE_TOKENS = {"failed": "bad", "running": "accent", "interrupted": "warning"}
NEWEST = ("created", True)
"""What the table is sorted by until a person chooses otherwise: a column, and whether it falls."""


class RunsModel(QAbstractTableModel):
    """`show` takes all runs; what passes the filter is in `lines`, in order."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.rows: tuple[RunRow, ...] = ()
        self.lines: tuple[RunRow, ...] = ()
        self.filter = Filter("", ())
        self.sorting: tuple[str, bool] = NEWEST
        self.known: Mapping[str, Column] = {column.id: column for column in FIXED}
        self._chosen: tuple[str, ...] = USUAL
        self._stars: dict[tuple[str, bool], QIcon] = {}
        self.columns: tuple[Column, ...] = self._shown()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show(self, rows: Sequence[RunRow]) -> None:
        """Take the runs as they are now; where they are the same ones, only those that changed are drawn anew."""
        if len(rows) == len(self.rows) and all(a is b for a, b in zip(rows, self.rows, strict=True)):
            return
        self.rows = tuple(rows)
        known = columns_of(rows)
        if list(known) != list(self.known):
            self.known = known
            self._reset()
            return
        lines = self._arranged()
        if [row.id for row in lines] != [row.id for row in self.lines]:
            self._reset()
            return
        before, self.lines = self.lines, lines
        for place, (was, now) in enumerate(zip(before, lines, strict=True)):
            if was is not now:
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(self.columns) - 1))

    def set_filter(self, wanted: Filter) -> None:
        """Show only the runs that pass."""
        self.filter = wanted
        self._reset()

    def choose_columns(self, columns: Sequence[str]) -> None:
        """Show these columns in this order; the run's name always, those that no run fills when one does."""
        self._chosen = tuple(columns) if "name" in columns else ("name", *columns)
        self._reset()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The ids of the columns that were chosen, there or not."""
        return self._chosen

    def sort_by(self, column: str, falling: bool) -> None:
        """Sort by a column's id."""
        self.sorting = (column, falling)
        self._reset()

    def _reset(self) -> None:
        self.beginResetModel()
        self.columns = self._shown()
        self.lines = self._arranged()
        self.endResetModel()

    def _shown(self) -> tuple[Column, ...]:
        return tuple(self.known[name] for name in self._chosen if name in self.known)

    def _arranged(self) -> tuple[RunRow, ...]:
        name, falling = self.sorting
        column = self.known.get(name) or self.known[NEWEST[0]]
        return tuple(sorted_by(column, self.filter.of(self.rows), falling=falling))

    def place_of(self, run: str) -> int | None:
        """The line of a run by its id; None where it is filtered out."""
        return next((place for place, row in enumerate(self.lines) if row.id == run), None)

    # --- Qt ----------------------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            title = "" if column.id == "starred" else column.title
            return f"{title} {self._arrow}".strip() if column.id == self.sorting[0] else title
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{column.title}. Click to sort; right-click to choose columns."
        if role == Qt.ItemDataRole.AccessibleTextRole:
            order = "largest first" if self.sorting[1] else "smallest first"
            return f"{column.title}, sorted, {order}" if column.id == self.sorting[0] else column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(column)
        return None

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid():
            return None
        row, column = self.lines[place.row()], self.columns[place.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if column.id == "starred" else column.words(row)
        if role == Qt.ItemDataRole.EditRole and column.id == "name":
            return row.name
        if role == Qt.ItemDataRole.DecorationRole and column.id == "starred":
            return self._star(row.starred)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(column)
        if role == Qt.ItemDataRole.ForegroundRole:
            if column.id == "state":
                return self._theme.color(STATE_TOKENS.get(row.state, "dim"))
            return self._theme.color("dim") if column.group in ("Recipe", "Data") else None
        if role == Qt.ItemDataRole.FontRole and column.id == "name" and row.name:
            return self._named
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return in_short(row) if column.id == "name" else f"{column.title}: {column.words(row)}"
        return None

    def flags(self, place: AnyIndex) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self.columns[place.column()].id == "name" else flags

    @property
    def _arrow(self) -> str:
        """Written into the heading: the style's own arrow lies over the words of a heading on the right."""
        return "↓" if self.sorting[1] else "↑"

    def _star(self, starred: bool) -> QIcon:
        """Kept, because a table that scrolls asks for it hundreds of times a second."""
        key = (self._theme.name, starred)
        if key not in self._stars:
            name, token = ("star-filled", "warning") if starred else ("star", "faint")
            self._stars[key] = icon(name, self._theme, token)
        return self._stars[key]

    @property
    def _named(self) -> QFont:
        return self._theme.font(bold=True)

    def _side(self, column: Column) -> Qt.AlignmentFlag:
        if column.id == "starred":
            return Qt.AlignmentFlag.AlignCenter
        side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def _tip(self, row: RunRow, column: Column) -> str:
        if column.id == "starred":
            return "Starred. Click to take the star away." if row.starred else "Click to give it a star."
        if column.id == "name":
            return "\n".join(part for part in (in_short(row), row.note, row.message) if part)
        if column.id == "state" and row.message:
            return row.message
        return column.words(row)

    def as_text(self, lines: Sequence[RunRow] | None = None) -> str:
        """Lines (or all) as tab-separated text with the titles of the shown columns."""
        rows = ["\t".join(column.title for column in self.columns)]
        for row in self.lines if lines is None else lines:
            rows.append("\t".join(" ".join(column.words(row).split()) for column in self.columns))
        return "\n".join(rows) + "\n"

    @property
    def words(self) -> str:
        """How many there are, and how many are shown: "1,000 runs, 12 shown"."""
        total = count(len(self.rows), "run")
        return total if len(self.lines) == len(self.rows) else f"{len(self.lines):,} of {total}"
