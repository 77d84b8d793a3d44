"""The page with the pictures: the classes beside the pictures of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QSplitter, QVBoxLayout, QWidget

from workbench.core.words import count
from workbench.session.state import DataState
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.bad_files import BadFiles
from workbench.ui.datasets.class_list import ClassList
from workbench.ui.datasets.classes import class_rows
from workbench.ui.datasets.picture_grid import TILE, PictureGrid
from workbench.ui.datasets.split_bar import SplitBar
from workbench.ui.datasets.thumbnails import Thumbnails
from workbench.ui.theme import GAP, MARGIN, ROW, Theme, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

FITS = (
    ("crop", "Crop to fill", "The middle of the picture fills the network's size; edges may be cut off."),
    ("pad", "Fit whole", "The whole picture is shown, with plain borders where its shape differs."),
    ("stretch", "Stretch", "The picture is stretched to the network's size; shapes may be distorted."),
)


class BrowserPage(QWidget):
    """Follows the session's `data`; everything it changes goes through the session."""

    def __init__(self, bridge: Bridge, _theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._dataset: Dataset | None = None
        self.thumbnails = Thumbnails(round(TILE * max(self.devicePixelRatioF(), 1.5)), self)
        self.destroyed.connect(self.thumbnails.close)
        self.split = SplitBar(bridge)
        self.fit = QComboBox()
        self.fit.setFixedHeight(ROW)
        for key, title, tip in FITS:
            self.fit.addItem(title, key)
            self.fit.setItemData(self.fit.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.validation, self._test = _share_field("Validation"), _share_field("Test")
        self.classes = ClassList(bridge, self.thumbnails)
        self.grid = PictureGrid(bridge, self.thumbnails)
        self._class_words = QLabel()
        mark(self._class_words, role="group")
        self.bad = BadFiles(bridge)
        self._build()
        self._connect()
        self._session_changed(bridge.session)

    def _build(self) -> None:
        settings = QHBoxLayout()
        settings.setSpacing(GAP)
        settings.addWidget(self.split, 1)
        settings.addSpacing(MARGIN)
        for title, field in (("Fit", self.fit), ("Validation", self.validation), ("Test", self._test)):
            label = QLabel(title)
            mark(label, role="label")
            label.setBuddy(field)
            field.setAccessibleName(title)
            settings.addWidget(label)
            settings.addWidget(field)
        right = QWidget()
        right_column = QVBoxLayout(right)
        right_column.setContentsMargins(MARGIN, 0, 0, 0)
        right_column.setSpacing(GAP)
        right_column.addWidget(self._class_words)
        right_column.addWidget(self.grid, 1)
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._body.setChildrenCollapsible(False)
        self._body.addWidget(self.classes)
        self._body.addWidget(right)
        self._body.setStretchFactor(0, 2)
        self._body.setStretchFactor(1, 5)
        self.classes.setMinimumWidth(200)
        self._settings = QWidget()
        settings.setContentsMargins(0, 0, 0, 0)
        self._settings.setLayout(settings)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._settings)
        column.addWidget(self._body, 1)
        column.addWidget(self.bad)
        column.addStretch(0)

    def _connect(self) -> None:
        self._bridge.sessionChanged.connect(self._session_changed)
        self._bridge.dataChanged.connect(self.show_state)
        self._bridge.projectChanged.connect(self._project_changed)
        self.fit.activated.connect(self._choose_fit)
        self.validation.editingFinished.connect(self._choose_split)
        self._test.editingFinished.connect(self._choose_split)
        self.classes.chosen.connect(self._show_class)
        self.grid.picked.connect(self._pick)

    # --- following the session ---------------------------------------------------------------------------------------

    def _session_changed(self, session: object) -> None:
        if self._bridge.session is None:
            self.thumbnails.close()
            self.show_state(DataState())
        else:
            self._show_settings()
            self.show_state(self._bridge.session.data)

    def _project_changed(self, _change: object) -> None:
        self._show_settings()

    def _show_settings(self) -> None:
        session = self._bridge.session
        if session is None:
            return
        data = session.project.data
        self.fit.setCurrentIndex(max(self.fit.findData(data.fit), 0))
        self.fit.setToolTip(self.fit.currentData(Qt.ItemDataRole.ToolTipRole) or "")
        for field, share in ((self.validation, data.validation), (self._test, data.test)):
            if not field.hasFocus():
                field.setValue(round(share * 100))
        for widget in (self.fit, self.validation, self._test):
            widget.setEnabled(not session.read_only)

    def show_state(self, state: DataState) -> None:
        """Show a state of the data; while pictures are read anew, those that were there stay to look at."""
        for widget in (self._settings, self._body):
            widget.setVisible(state.dataset is not None)
        if state.dataset is not self._dataset:
            self._dataset = state.dataset
            self.thumbnails.use(state.dataset)
            self._show_dataset()
        self.bad.show_bad(() if state.dataset is None else state.dataset.bad)

    @property
    def words(self) -> str:
        """What is shown, and how many."""
        return self._class_words.text()

    def show_samples(self, indices: Sequence[int], words: str) -> None:
        """Show exactly these pictures, in this order."""
        if self._dataset is not None:
            self._class_words.setText(f"{words} · {count(len(indices), 'picture')}")
            self.grid.show_pictures(self._dataset.index, indices)

    def _show_dataset(self) -> None:
        dataset = self._dataset
        if dataset is None:
            self.classes.show_classes(())
            self.grid.show_pictures(None, ())
            return
        splits = dataset.splits
        self.split.show_sizes(len(splits.train), len(splits.val), len(splits.test))
        self.classes.show_classes(class_rows(dataset))

    def _show_class(self, label: int) -> None:
        dataset = self._dataset
        if dataset is None:
            return
        numbers = np.flatnonzero(dataset.index.labels == label)
        row = self.classes.rows[label]
        self._class_words.setText(f"{row.name} · {count(row.total, 'picture')}")
        self.grid.show_pictures(dataset.index, numbers)

    # --- what a person does ------------------------------------------------------------------------------------------

    def _choose_fit(self, _row: int) -> None:
        session = self._bridge.session
        if session is not None:
            session.change("Change fit", data=replace(session.project.data, fit=self.fit.currentData()))

    def _choose_split(self) -> None:
        session = self._bridge.session
        if session is None:
            return
        validation, test = self.validation.value() / 100, self._test.value() / 100
        now = session.project.data
        if (round(now.validation, 4), round(now.test, 4)) != (validation, test):
            session.change("Change split", data=replace(now, validation=validation, test=test))

    def _pick(self, number: int) -> None:
        if self._bridge.session is not None:
            self._bridge.session.choose_picture(number)


def _share_field(title: str) -> QSpinBox:
    field = QSpinBox()
    field.setRange(0, 90)
    field.setSuffix(" %")
    field.setKeyboardTracking(False)
    field.lineEdit().setTextMargins(6, 0, 0, 0)  # a styled spin box forgets its own left padding
    field.setToolTip(f"{title} share: this part of the pictures is kept away from training to measure the network on.")
    field.setFixedSize(88, ROW)
    return field
