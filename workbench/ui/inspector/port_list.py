"""The ports of a block on one side: name them, put them in order, add and remove."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from workbench.document.graph import BLOCK_INPUT, Node
from workbench.document.rules import LONGEST_NAME
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.inspector.field import FIELD_HEIGHT
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import SPACE, mark

BUTTON = 24


class PortRow(QWidget):
    """One port: its name and three buttons."""

    named = Signal(str)
    moved = Signal(int)  # -1 earlier, 1 later
    removed = Signal()

    def __init__(self, bridge: Bridge, node: Node, place: int, count: int, what: str) -> None:
        super().__init__()
        self.node = node.id
        self._shown = node.name
        words = f"{what} {place + 1}"
        self.name = QLineEdit()
        self.name.setFixedHeight(FIELD_HEIGHT)
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setPlaceholderText(node.id)
        self.name.setAccessibleName(f"Name of {words.lower()}")
        self.name.setToolTip(f"What the port is called outside; in wires it is “{node.id}”.")
        self.name.editingFinished.connect(self._finished)
        self.name.installEventFilter(self)
        self.earlier = IconButton(bridge, "chevron-up", f"Move {words.lower()} up", quiet=True)
        self.later = IconButton(bridge, "chevron-down", f"Move {words.lower()} down", quiet=True)
        self.remove = IconButton(bridge, "close", f"Remove {words.lower()}", "Its wires go with it.", quiet=True)
        self.earlier.setEnabled(place > 0)
        self.later.setEnabled(place < count - 1)
        self.earlier.clicked.connect(self._earlier)
        self.later.clicked.connect(self._later)
        self.remove.clicked.connect(self.removed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.name, 1)
        row.addSpacing(SPACE)
        for button in (self.earlier, self.later, self.remove):
            button.setFixedSize(BUTTON, BUTTON)
            row.addWidget(button)
        self.show_name(node.name)

    def show_name(self, name: str) -> None:
        self._shown = name
        if self.name.text() != name and not (self.name.hasFocus() and self.name.isModified()):
            self.name.setText(name)
            self.name.setModified(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.name.setText(self._shown)
            self.name.setModified(False)
            return True
        return super().eventFilter(watched, event)

    def _finished(self) -> None:
        if self.name.isModified():
            self.name.setModified(False)
            if self.name.text().strip() != self._shown:
                self.named.emit(self.name.text().strip())

    def _earlier(self) -> None:
        self.moved.emit(-1)

    def _later(self) -> None:
        self.moved.emit(1)


class PortList(QWidget):
    """`named(node, text)`, `moved(node, step)`, `removed(node)` and `added()` ask for edits."""

    named = Signal(str, str)
    moved = Signal(str, int)
    removed = Signal(str)
    added = Signal()

    def __init__(self, bridge: Bridge, layer: str) -> None:
        super().__init__()
        self._bridge = bridge
        self._what = "Input" if layer == BLOCK_INPUT else "Output"
        self._ids: tuple[str, ...] = ()
        self._rows: list[PortRow] = []
        title = QLabel(f"{self._what}s")
        mark(title, role="strong")
        self.add_button = QPushButton(f"Add {self._what.lower()}")
        self.add_button.setToolTip(
            f"One more port for wires {'into' if self._what == 'Input' else 'out of'} this block."
        )
        mark(self.add_button, role="small")
        self.add_button.clicked.connect(self.added)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.add_button)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self._column.addLayout(head)
        self.restyle()

    @property
    def rows(self) -> tuple[PortRow, ...]:
        return tuple(self._rows)

    def show_ports(self, nodes: Sequence[Node]) -> None:
        """Show these; rows are rebuilt only when there are others, not when one is renamed."""
        ids = tuple(node.id for node in nodes)
        if ids != self._ids:
            self._ids = ids
            for row in self._rows:
                self._column.removeWidget(row)
                row.hide()
                row.deleteLater()
            self._rows = [PortRow(self._bridge, n, i, len(nodes), self._what) for i, n in enumerate(nodes)]
            for row in self._rows:
                row.named.connect(self._name)
                row.moved.connect(self._move)
                row.removed.connect(self._remove)
                self._column.addWidget(row)
        for row, node in zip(self._rows, nodes, strict=True):
            row.show_name(node.name)

    def restyle(self) -> None:
        self.add_button.setIcon(icon("plus", self._bridge.theme))

    def _name(self, text: str) -> None:
        row = self.sender()
        if isinstance(row, PortRow):
            self.named.emit(row.node, text)

    def _move(self, step: int) -> None:
        row = self.sender()
        if isinstance(row, PortRow):
            self.moved.emit(row.node, step)

    def _remove(self) -> None:
        row = self.sender()
        if isinstance(row, PortRow):
            self.removed.emit(row.node)
