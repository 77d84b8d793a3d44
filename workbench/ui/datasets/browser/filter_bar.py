"""The bar above the grid: what to look for, and in which order."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.columns import SPLIT_NAMES, SPLIT_TITLES
from workbench.ui.datasets.browser.grid import FIRST, LARGEST, SMALLEST
from workbench.ui.datasets.browser.query import SORTS, Query
from workbench.ui.icons import icon
from workbench.ui.parts.flow_layout import FlowLayout
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import GAP, ROW, mark

_TYPING = 120  # milliseconds after the last key before the grid follows
_STEP = 16  # pixels between two sizes of a tile


class _Search(QLineEdit):
    """Down and Enter lead to the samples, Esc clears."""

    leaveAsked = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.leaveAsked.emit()
        elif event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.leaveAsked.emit()
        else:
            super().keyPressEvent(event)


class FilterBar(QWidget):
    """Holds the `query`; `changed` tells of every new one, `resized` of another size of the tiles (the `slider` stands
    where the page puts it)."""

    changed = Signal(object)  # Query
    resized = Signal(int)
    leaveAsked = Signal()  # the keyboard wants to go to the samples

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.query = Query()
        self.search = _Search()
        self.search.setPlaceholderText("Find by name or class")
        self.search.setAccessibleName("Find by name or class")
        self.search.setClearButtonEnabled(True)
        for button in self.search.findChildren(QToolButton):  # Qt gives its own no name
            button.setAccessibleName("Clear")
            button.setToolTip("Clear")
        self.search.setFixedSize(200, ROW)
        self.split = _combo("Split", "Which part of the samples is shown")
        self.split.addItem("All splits", "")
        for name, title in zip(SPLIT_NAMES, SPLIT_TITLES, strict=True):
            self.split.addItem(title, name)
        self.wrong = QPushButton("Wrong only")
        self.wrong.setCheckable(True)
        self.wrong.setFixedHeight(ROW)
        self.wrong.setToolTip("Only samples that the network takes for another class")
        self.sizes = SizeButton(bridge)
        self.sort = _combo("Sort by", "In which order the samples stand")
        for name, title, _first in SORTS:
            self.sort.addItem(title, name)
        self.direction = IconButton(bridge, "arrow-up", "Smallest first", quiet=True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(SMALLEST // _STEP, LARGEST // _STEP)
        self.slider.setValue(FIRST // _STEP)
        self.slider.setPageStep(2)
        self.slider.setFixedSize(96, ROW)
        self.slider.setAccessibleName("Size of the tiles")
        self.slider.setToolTip("Size of the tiles")
        row = FlowLayout(GAP, self, between=GAP // 2)
        for widget in (self.search, self.split, self.wrong, self.sizes):
            row.addWidget(widget)
        label = QLabel("Sort by")
        label.setBuddy(self.sort)
        mark(label, role="label")
        self._sorting = QWidget()  # its words and its button stay beside it where the bar breaks
        sorting = QHBoxLayout(self._sorting)
        sorting.setContentsMargins(0, 0, 0, 0)
        sorting.setSpacing(GAP // 2)
        for each in (label, self.sort, self.direction):
            sorting.addWidget(each)
        row.addWidget(self._sorting)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING)
        self._typing.timeout.connect(self._search_changed)
        self.search.textChanged.connect(self._text_changed)
        self.search.leaveAsked.connect(self.leaveAsked)
        self.split.activated.connect(self._split_chosen)
        self.wrong.toggled.connect(self._wrong_toggled)
        self.sizes.changed.connect(self._size_changed)
        self.sort.activated.connect(self._sort_chosen)
        self.direction.clicked.connect(self._turn)
        bridge.themeChanged.connect(self._tint)
        self.slider.valueChanged.connect(self._slide)

    # --- what others set ---------------------------------------------------------------------------------------------

    def use(self, query: Query) -> None:
        """Show a query and follow it, as if a person had set it."""
        self.search.blockSignals(True)
        self.search.setText(query.text)
        self.search.blockSignals(False)
        self.split.setCurrentIndex(max(self.split.findData(query.split), 0))
        self.wrong.blockSignals(True)
        self.wrong.setChecked(query.wrong)
        self.wrong.blockSignals(False)
        self._tint()
        self.sizes.set_range(query.smallest, query.largest)
        self.sort.setCurrentIndex(max(self.sort.findData(query.sort), 0))
        self._ask(query)

    def clear(self) -> None:
        """Show everything, in the order there is."""
        self.use(Query(sort=self.query.sort, descending=self.query.descending))

    def choose_classes(self, names: frozenset[str]) -> None:
        """Only these classes; none: all of them."""
        if names != self.query.classes:
            self._ask(replace(self.query, classes=names))

    def set_scored(self, scored: bool) -> None:
        """Whether the network was asked: only then can its answers be looked for."""
        self.wrong.setEnabled(scored)
        if not scored and self.query.wrong:
            self.use(replace(self.query, wrong=False))

    def set_sortable(self, sortable: bool) -> None:
        """Samples that another panel chose stand in its order."""
        self._sorting.setVisible(sortable)

    def set_sized(self, sized: bool) -> None:
        """Whether the samples have a size in pixels."""
        self.sizes.setVisible(sized)
        model = self.sort.model()
        if isinstance(model, QStandardItemModel):
            model.item(self.sort.findData("pixels")).setEnabled(sized)

    # --- what a person sets ------------------------------------------------------------------------------------------

    def _text_changed(self, _text: str) -> None:
        self._typing.start()

    def _search_changed(self) -> None:
        self._ask(replace(self.query, text=self.search.text().strip()))

    def _split_chosen(self, _row: int) -> None:
        self._ask(replace(self.query, split=self.split.currentData()))

    def _wrong_toggled(self, wrong: bool) -> None:
        self._tint()
        self._ask(replace(self.query, wrong=wrong))

    def _tint(self, _theme: object = None) -> None:
        """A tick tells that it is on; the ground alone would be seen by few."""
        self.wrong.setIcon(icon("check", self._bridge.theme, "accent") if self.wrong.isChecked() else QIcon())

    def _size_changed(self) -> None:
        smallest, largest = self.sizes.range
        self._ask(replace(self.query, smallest=smallest, largest=largest))

    def _sort_chosen(self, row: int) -> None:
        name, _title, descending = SORTS[row]
        self._ask(replace(self.query, sort=name, descending=descending))

    def _turn(self) -> None:
        self._ask(replace(self.query, descending=not self.query.descending))

    def _slide(self, value: int) -> None:
        self.resized.emit(value * _STEP)

    def _ask(self, query: Query) -> None:
        down = query.descending
        self.direction.describe(
            "arrow-down" if down else "arrow-up",
            "Largest first" if down else "Smallest first",
            "Click to turn it round.",
        )
        if query != self.query:
            self.query = query
            self.changed.emit(query)


class SizeButton(QPushButton):
    """Opens two fields that bound the shorter side of a picture."""

    changed = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__("Any size")
        self._bridge = bridge
        self.setFixedHeight(ROW)
        self.setToolTip("Only pictures whose shorter side is within bounds")
        self.smallest, self.largest = _pixels("At least"), _pixels("At most")
        fields = QWidget()
        grid = QGridLayout(fields)
        grid.setContentsMargins(GAP, GAP, GAP, GAP)
        grid.setSpacing(GAP)
        for row, (title, field) in enumerate((("At least", self.smallest), ("At most", self.largest))):
            label = QLabel(title)
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        note = QLabel("Pixels of the shorter side")
        mark(note, role="label")
        grid.addWidget(note, 2, 0, 1, 2)
        menu = QMenu(self)
        action = QWidgetAction(menu)
        action.setText("Bounds of the size")
        action.setStatusTip("Only pictures whose shorter side is within bounds.")
        action.setDefaultWidget(fields)
        menu.addAction(action)
        self.setMenu(menu)
        self.smallest.valueChanged.connect(self._changed)
        self.largest.valueChanged.connect(self._changed)
        bridge.themeChanged.connect(self._tint)
        self._tint()

    @property
    def range(self) -> tuple[int, int]:
        """(least, most) pixels, 0: no bound."""
        return self.smallest.value(), self.largest.value()

    def set_range(self, smallest: int, largest: int) -> None:
        for field, value in ((self.smallest, smallest), (self.largest, largest)):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        self._say()

    def _changed(self, _value: int) -> None:
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        low, high = self.range
        words = {(False, False): "Any size", (True, False): f"From {low:,} px", (False, True): f"To {high:,} px"}
        self.setText(words.get((bool(low), bool(high)), f"{low:,} to {high:,} px"))

    def _tint(self, _theme: object = None) -> None:
        self.setIcon(icon("chevron-down", self._bridge.theme, "dim"))
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow behind the words


def _pixels(title: str) -> QSpinBox:
    field = QSpinBox()
    field.setRange(0, 100_000)
    field.setSpecialValueText("no bound")
    field.setSuffix(" px")
    field.setSingleStep(16)
    field.setKeyboardTracking(False)
    field.setAccessibleName(f"{title}, pixels of the shorter side")
    field.setFixedSize(120, ROW)
    return field


def _combo(title: str, tip: str) -> QComboBox:
    combo = QComboBox()
    combo.setFixedHeight(ROW)
    combo.setAccessibleName(title)
    combo.setToolTip(tip)
    return combo
