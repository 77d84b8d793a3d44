"""The list that the picture chip opens: the pictures kept aside for validation, and any file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.core.words import count
from workbench.data.dataset import Dataset
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.picture_grid import PictureGrid
from workbench.ui.datasets.thumbnails import Thumbnails
from workbench.ui.icons import icon
from workbench.ui.theme import GAP, mark

SIZE = QSize(392, 420)
EDGE = 96  # pixels of a thumbnail's longer side
MOST = 5000
"""Pictures offered; more would be scrolled by, not chosen from."""


class PicturePicker(QFrame):
    """A popup. Click or Enter takes a picture; "From a file…" asks for one."""

    picked = Signal(int)  # index into the data set
    fileAsked = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("picture_picker")
        self.setAccessibleName("Choose a picture")
        mark(self, surface="panel", role="card")
        self.resize(SIZE)
        self._thumbnails = Thumbnails(EDGE, self)
        self.grid = PictureGrid(bridge, self._thumbnails)
        self.grid.setAccessibleName("Pictures to look with")
        self._title = QLabel()
        mark(self._title, role="strong")
        self._note = QLabel("No data were chosen yet. Choose them under Data, or take any file.")
        self._note.setWordWrap(True)
        mark(self._note, role="dim")
        self.file = QPushButton("From a file…")
        self.file.setIcon(icon("picture", bridge.theme, gap=4))
        mark(self.file, role="quiet")
        self.file.clicked.connect(self._ask_for_file)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self.file)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, GAP, 12, 12)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(self._note)
        column.addWidget(self.grid, 1)
        self.grid.picked.connect(self._take)

    def open_at(self, where: QPoint, dataset: Dataset | None, numbers: Iterable[int], present: int | None) -> None:
        """Show the pictures `numbers` below a place on the screen; `present` is the one looked at now."""
        self._thumbnails.use(dataset)
        shown = by_turns(dataset, numbers) if dataset is not None else ()
        one = "picture" if dataset is None else dataset.kind.one
        self._title.setText(f"{count(len(shown), one)} to look with" if shown else f"{one.capitalize()} to look with")
        self._note.setVisible(not shown)
        self.grid.setVisible(bool(shown))
        self.resize(SIZE if shown else QSize(SIZE.width(), 96))
        self.grid.show_pictures(dataset.index if dataset is not None else None, shown)
        screen = self.screen().availableGeometry()
        left = min(max(where.x() - self.width(), screen.left()), screen.right() - self.width())
        self.move(left, min(where.y(), screen.bottom() - self.height()))
        self.show()
        if shown:
            self.grid.setFocus(Qt.FocusReason.PopupFocusReason)
            row = shown.index(present) if present in shown else 0
            self.grid.setCurrentIndex(self.grid.model().index(row, 0))
        else:
            self.file.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._thumbnails.use(None)

    def shut(self) -> None:
        """For good: wait for the pictures being decoded."""
        self.close()
        self._thumbnails.close()

    def _take(self, number: int) -> None:
        self.close()
        self.picked.emit(number)

    def _ask_for_file(self) -> None:
        self.close()
        self.fileAsked.emit()


def by_turns(dataset: Dataset, numbers: Iterable[int]) -> tuple[int, ...]:
    """The pictures with the classes taking turns, so that the first ones seen are of all kinds."""
    waiting: dict[int, deque[int]] = {}
    for number in numbers:
        waiting.setdefault(int(dataset.index.labels[number]), deque()).append(number)
    classes = deque(waiting[label] for label in sorted(waiting))
    found: list[int] = []
    while classes and len(found) < MOST:
        own = classes.popleft()
        found.append(own.popleft())
        if own:
            classes.append(own)
    return tuple(found)
