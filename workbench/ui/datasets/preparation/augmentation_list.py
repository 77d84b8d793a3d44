"""The list of changes made to training pictures: add, switch off, put in order, set, remove."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.catalogue.augmentations import PRESETS
from workbench.catalogue.registry import AUGMENTATIONS
from workbench.document.project import Chosen
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.chooser import Chooser, Entry
from workbench.ui.datasets.preparation.row import AugmentationRow, Grip
from workbench.ui.icons import icon
from workbench.ui.theme import GAP, SPACE, mark


class AugmentationList(QWidget):
    """All augmentations in the order they are applied. `edited(label, tuple[Chosen, ...], gesture)`."""

    edited = Signal(str, object, str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._rows: list[AugmentationRow] = []
        self._new: Chosen | None = None  # added by a person: it unfolds and comes into view
        self._target: int | None = None
        self.add_button = QPushButton("Add…")
        self.add_button.setToolTip("Change training pictures a little each time they are shown")
        self.add_button.clicked.connect(self.choose)
        self.presets_button = QPushButton("Presets")
        self.presets_button.setToolTip("Lists to begin with, in place of what is here")
        self.presets = QMenu(self.presets_button)
        self.presets.setToolTipsVisible(True)
        for preset in PRESETS:
            action = QAction(preset.title, self.presets)
            action.setData(preset.id)
            action.setToolTip(preset.summary)
            action.setStatusTip(preset.summary)
            self.presets.addAction(action)
        self.presets.triggered.connect(self._use_preset)
        self.presets_button.setMenu(self.presets)
        self._none = QLabel(
            "No augmentations yet. Shifting, turning or colouring training pictures a little each time they are shown "
            "often helps; validation pictures stay as they are."
        )
        self._none.setWordWrap(True)
        mark(self._none, role="dim")
        self._line = QFrame()
        self._line.setFixedHeight(2)
        self._line.hide()
        self._lay_out()
        bridge.themeChanged.connect(self.restyle)
        self.restyle()

    def _lay_out(self) -> None:
        heading = QLabel("Augmentations")
        mark(heading, role="strong")
        top = QHBoxLayout()
        top.setSpacing(GAP)
        top.addWidget(heading, 1)
        top.addWidget(self.presets_button)
        top.addWidget(self.add_button)
        self._inner = QWidget()
        self._column = QVBoxLayout(self._inner)
        self._column.setContentsMargins(0, 0, SPACE, 0)
        self._column.setSpacing(GAP)
        self._column.addWidget(self._none)
        self._column.addStretch(1)
        self._line.setParent(self._inner)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self._inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(self.area, 1)

    @property
    def rows(self) -> tuple[AugmentationRow, ...]:
        return tuple(self._rows)

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        return tuple(row.chosen for row in self._rows)

    def show_list(self, chosen: tuple[Chosen, ...]) -> None:
        """Show these. Rows of entries that are still there are kept, with their folds and the focus."""
        left, rows = list(self._rows), []
        for entry in chosen:
            same = next((row for row in left if row.chosen == entry), None)
            row = same or next((row for row in left if row.chosen.id == entry.id and row.chosen not in chosen), None)
            if row is None:
                row = self._make(entry)
            else:
                left.remove(row)
                row.show_chosen(entry)
            rows.append(row)
        for row in left:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        if rows != self._rows:
            for place, row in enumerate(rows):
                self._column.removeWidget(row)
                self._column.insertWidget(1 + place, row)
                row.show()
        self._rows = rows
        for place, row in enumerate(rows):
            row.show_place(place, len(rows))
        for one, other in pairwise(rows):
            QWidget.setTabOrder(one.remove, other.switch)
        self._none.setVisible(not rows)
        added = next((row for row in rows if row.chosen is self._new), None)
        if added is not None:
            self._new = None
            added.set_unfolded(True)
            added.fold.setFocus(Qt.FocusReason.OtherFocusReason)

    def _make(self, entry: Chosen) -> AugmentationRow:
        row = AugmentationRow(self._bridge, entry)
        row.edited.connect(self._edit)
        row.moved.connect(self._move)
        row.removed.connect(self._remove)
        row.unfolded.connect(self._show_row)
        row.grip.dragged.connect(self._drag)
        row.grip.dropped.connect(self._drop)
        row.grip.cancelled.connect(self._end_drag)
        return row

    def restyle(self, _theme: object = None) -> None:
        theme = self._bridge.theme
        self.add_button.setIcon(icon("plus", theme))
        self._line.setStyleSheet(f"background: {theme.hex('accent')};")

    def _show_row(self) -> None:
        row = self.sender()
        if isinstance(row, AugmentationRow):
            self._inner.adjustSize()
            self.area.ensureWidgetVisible(row, 0, GAP)

    # --- what a person does ------------------------------------------------------------------------------------------

    def choose(self) -> Chooser:
        """Open the searchable menu of all augmentations."""
        entries = [
            Entry(a.id, a.title, group=a.group, tip=a.help, sentence=a.summary, keywords=(a.id, *a.keywords))
            for a in AUGMENTATIONS.values()
        ]
        menu = Chooser("Add an augmentation", entries, self._bridge.theme, self, "No augmentation is called that.")
        menu.chosen.connect(self.add)
        menu.open_at(self.add_button.mapToGlobal(QPoint(0, self.add_button.height() + SPACE)))
        return menu

    def add(self, identity: str) -> None:
        """Put an augmentation at the end of the list."""
        self._new = Chosen(identity)
        self.edited.emit(f"Add {AUGMENTATIONS[identity].title}", (*self.chosen, self._new), "")

    def _use_preset(self, action: QAction) -> None:
        preset = next(p for p in PRESETS if p.id == action.data())
        if preset.chosen != self.chosen:
            label = f"Use the augmentations “{preset.title}”" if preset.chosen else "Remove all augmentations"
            self.edited.emit(label, preset.chosen, "")

    def _edit(self, chosen: Chosen, label: str, gesture: str) -> None:
        row = self.sender()
        if isinstance(row, AugmentationRow):
            after = tuple(chosen if r is row else r.chosen for r in self._rows)
            self.edited.emit(label, after, gesture)

    def _move(self, step: int) -> None:
        row = self.sender()
        if isinstance(row, AugmentationRow):
            self._put(row.place, row.place + step)

    def _put(self, place: int, to: int) -> None:
        if place == to or not 0 <= to < len(self._rows):
            return
        after = list(self.chosen)
        after.insert(to, after.pop(place))
        self._rows.insert(to, self._rows.pop(place))  # two alike stay apart: the row goes with its entry
        for k, row in enumerate(self._rows):
            self._column.removeWidget(row)
            self._column.insertWidget(1 + k, row)
            row.show_place(k, len(self._rows))
        self.edited.emit("Reorder augmentations", tuple(after), "")

    def _remove(self) -> None:
        row = self.sender()
        if not isinstance(row, AugmentationRow):
            return
        neighbour = next((r for r in (*self._rows[row.place + 1 :], *self._rows[: row.place][::-1])), None)
        self._rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        (self.add_button if neighbour is None else neighbour.fold).setFocus(Qt.FocusReason.OtherFocusReason)
        self.edited.emit(f"Remove {row.title}", self.chosen, "")

    # --- dragging ----------------------------------------------------------------------------------------------------

    def _drag(self, at: QPoint) -> None:
        """Show the line where the row would go."""
        y = self._inner.mapFromGlobal(at).y()
        self.area.ensureVisible(0, y, 0, 24)
        gap = sum(row.geometry().center().y() < y for row in self._rows)
        edge = self._rows[gap].geometry().top() if gap < len(self._rows) else self._rows[-1].geometry().bottom() + GAP
        self._line.setGeometry(0, edge - GAP // 2 - 1, self._inner.width() - SPACE, 2)
        self._line.raise_()
        self._line.show()
        self._target = gap

    def _drop(self) -> None:
        grip, target = self.sender(), self._target
        self._end_drag()
        row = next((r for r in self._rows if isinstance(grip, Grip) and r.grip is grip), None)
        if row is not None and target is not None:
            self._put(row.place, target - (target > row.place))

    def _end_drag(self) -> None:
        self._line.hide()
        self._target = None
