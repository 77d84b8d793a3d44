"""Which class? A searchable list that also makes a new one of what was typed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workbench.ui.canvas.chooser import Chooser, Entry, EntryModel
from workbench.ui.theme import Theme


class _ClassModel(EntryModel):
    """Classes, and last a new one unless what was typed is the name of one that is there."""

    def __init__(self, entries: Sequence[Entry], parent: QObject) -> None:
        self._names = frozenset(entry.key for entry in entries)
        super().__init__(entries, parent)

    def search(self, query: str) -> None:
        super().search(query)
        name = query.strip()
        if name and name not in self._names:
            self.beginInsertRows(self.index(-1), len(self._rows), len(self._rows))
            self._rows.append(Entry(name, f"New class “{name}”", "Enter" if not self._rows else ""))
            self.endInsertRows()


class ClassChooser(Chooser):
    """`chosen` gives the name of a class, which may be new."""

    def __init__(self, classes: Sequence[tuple[str, int]], theme: Theme, parent: QWidget) -> None:
        """`classes`: each with how many samples it has."""
        entries = [Entry(name, name, f"{size:,}") for name, size in classes]
        super().__init__("Class, or the name of a new one", entries, theme, parent, "Type the name of a new class.")
        self.setObjectName("class_chooser")
        self.model = _ClassModel(entries, self)
        self.list.setModel(self.model)
        self._search("")
