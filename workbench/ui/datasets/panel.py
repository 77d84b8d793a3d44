"""The data place: where the pictures come from, what the classes hold, how they are split, which files are bad."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSpinBox,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.core.words import count
from workbench.session.state import DataState
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.bad_files import BadFiles
from workbench.ui.datasets.class_list import ClassList
from workbench.ui.datasets.classes import class_rows
from workbench.ui.datasets.picture_grid import TILE, PictureGrid
from workbench.ui.datasets.progress import ReadingProgress
from workbench.ui.datasets.split_bar import SplitBar
from workbench.ui.datasets.thumbnails import Thumbnails
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import PanelHeader
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import GAP, MARGIN, ROW, Theme, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

FITS = (
    ("crop", "Crop to fill", "The middle of the picture fills the network's size; edges may be cut off."),
    ("pad", "Fit whole", "The whole picture is shown, with plain borders where its shape differs."),
    ("stretch", "Stretch", "The picture is stretched to the network's size; shapes may be distorted."),
)
SAMPLES = (
    ("sample:digits", "Handwritten digits", "1,797 small scans of digits, ten classes"),
    ("sample:scenes", "Scenes", "Drawn houses, cars, people and pets in great variety"),
)


class DataPanel(QWidget):
    """Follows the session's `data`; everything it changes goes through the session."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._dataset: Dataset | None = None
        mark(self, surface="panel")
        self.thumbnails = Thumbnails(round(TILE * max(self.devicePixelRatioF(), 1.5)), self)
        self.destroyed.connect(self.thumbnails.close)

        self._empty = EmptyState(
            bridge,
            "folder-pictures",
            "No pictures yet",
            "Choose a folder with one sub-folder for each class, named after it. "
            "Or begin with a built-in sample; nothing is downloaded.",
        )
        self._empty_open = self._empty.add_button(
            "Open a folder of pictures…", "folder", "One sub-folder a class", primary=True
        )
        self._empty_sample = self._empty.add_button("Use a sample", "star", "Pictures that come with the program")
        self.samples = QMenu(self)
        for source, title, tip in SAMPLES:
            action = QAction(title, self.samples)
            action.setData(source)
            action.setToolTip(tip)
            action.setStatusTip(f"{tip}.")
            self.samples.addAction(action)
        self.samples.setToolTipsVisible(True)
        self._empty_sample.setMenu(self.samples)

        self.header = PanelHeader("Data")
        self._again = IconButton(bridge, "refresh", "Read again", "Looks at the folder anew.", quiet=True)
        self._open = QPushButton("Open a folder…")
        self._open.setToolTip("Take the pictures from another folder, one sub-folder a class")
        self.header.add(self._again, self._open)
        self.progress = ReadingProgress()
        self.note = ProblemNote(bridge)
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
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._build())
        self._connect()
        self._session_changed(bridge.session)

    def _build(self) -> QWidget:
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
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, GAP, MARGIN, 12)
        column.setSpacing(12)
        for widget in (self.header, self.progress, self.note, self._settings):
            column.addWidget(widget)
        column.addWidget(self._body, 1)
        column.addWidget(self.bad)
        column.addStretch(0)
        return content

    def _connect(self) -> None:
        self._bridge.sessionChanged.connect(self._session_changed)
        self._bridge.dataChanged.connect(self.show_state)
        self._bridge.projectChanged.connect(self._project_changed)
        self._empty_open.clicked.connect(self.ask_for_folder)
        self._open.clicked.connect(self.ask_for_folder)
        self.samples.triggered.connect(self._use_sample)
        self._again.clicked.connect(self._read_again)
        self.progress.cancelAsked.connect(self._cancel)
        self.note.fixChosen.connect(self._fix)
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
        for widget in (self.fit, self.validation, self._test, self._open, self._again):
            widget.setEnabled(not session.read_only)

    def show_state(self, state: DataState) -> None:
        """Show a state of the data; while pictures are read anew, those that were there stay to look at."""
        empty = state.phase == "none" or self._bridge.session is None
        self._pages.setCurrentIndex(0 if empty else 1)
        self.progress.setVisible(state.phase == "working")
        if state.phase == "working":
            self.progress.show_state(state)
        self.note.show_diagnostic(state.diagnostic if state.phase == "failed" else None)
        for widget in (self._settings, self._body):
            widget.setVisible(state.dataset is not None)
        if state.dataset is not self._dataset:
            self._dataset = state.dataset
            self.thumbnails.use(state.dataset)
            self._show_dataset()
        elif state.dataset is not None and state.dataset.bad != self.bad.model.bad:
            self._show_words()  # a file has become unreadable since the scan
        if state.dataset is None:
            self.header.set_details("" if self._bridge.session is None else self._source_words())
            self.bad.show_bad(())

    def _source_words(self) -> str:
        session = self._bridge.session
        source = "" if session is None else session.project.data.source
        if source.startswith("sample:"):
            return f"{source.removeprefix('sample:')} (built in)"
        return Path(source).name or source

    def _show_dataset(self) -> None:
        dataset = self._dataset
        if dataset is None:
            self.classes.show_classes(())
            self.grid.show_pictures(None, ())
            return
        splits = dataset.splits
        self._show_words()
        self.split.show_sizes(len(splits.train), len(splits.val), len(splits.test))
        self.classes.show_classes(class_rows(dataset))

    def _show_words(self) -> None:
        """The counts in the header and the list of bad files."""
        dataset = self._dataset
        if dataset is None:
            return
        self.header.set_details(
            self._source_words(),
            count(len(dataset.index), "picture"),
            count(len(dataset.index.classes), "class"),
            count(len(dataset.bad), "bad file") if dataset.bad else "",
        )
        self.bad.show_bad(dataset.bad)

    def _show_class(self, label: int) -> None:
        dataset = self._dataset
        if dataset is None:
            return
        numbers = np.flatnonzero(dataset.index.labels == label)
        row = self.classes.rows[label]
        self._class_words.setText(f"{row.name}  ·  {count(row.total, 'picture')}")
        self.grid.show_pictures(dataset.index, numbers)

    # --- what a person does ------------------------------------------------------------------------------------------

    def ask_for_folder(self) -> None:
        """Ask for the folder of pictures and use it."""
        if self._bridge.session is None:
            return
        folder = QFileDialog.getExistingDirectory(self.window(), "Open a folder of pictures")
        if folder:
            self._bridge.session.use_folder(folder)

    def _use_sample(self, action: QAction) -> None:
        if self._bridge.session is not None:
            self._bridge.session.use_folder(action.data())

    def _read_again(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.rescan()

    def _cancel(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.pictures.cancel()

    def _fix(self, fix: object) -> None:
        if self._bridge.session is not None:
            self._bridge.session.apply_fix(fix)  # type: ignore[arg-type]

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
