"""The preparation page: augmentations, what the network sees of a picture, and the picture sixteen times."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.document.project import Chosen, DataSettings
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.preparation import words
from workbench.ui.datasets.preparation.augmentation_list import AugmentationList
from workbench.ui.datasets.preparation.facts import Channels, OtherKind
from workbench.ui.datasets.preparation.looks import TIMES, Asked, Looker, Looks
from workbench.ui.datasets.preparation.network_view import NetworkView
from workbench.ui.datasets.preparation.newest import Newest
from workbench.ui.datasets.preparation.sixteen import Sixteen
from workbench.ui.icons import icon
from workbench.ui.parts.divider import divider
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import ElidedLabel, dotted
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import GAP, MARGIN, ROW, Theme, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

FITS = (
    ("crop", "Crop to fill", "The middle of the picture fills the network's size; edges may be cut off."),
    ("pad", "Fit whole", "The whole picture is shown, with black borders where its shape differs."),
    ("stretch", "Stretch", "The picture is stretched to the network's size; shapes may be distorted."),
)
NORMALISATIONS = (
    ("measured", "Measured", "To mean 0 and standard deviation 1, as measured on training pictures."),
    ("unit", "0 to 1", "Black is 0, white is 1."),
    ("symmetric", "-1 to 1", "Black is -1, white is 1."),
)
SETTLE = 30  # milliseconds: a slider under way asks no more often
_JUMP = 0x9E3779B1  # a step through the training pictures that meets all of them in no visible order


class PreparationPage(QWidget):
    """Follows the project and its data; what it changes goes through the session, one undo step each."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge, self._theme = bridge, theme
        self._dataset: Dataset | None = None
        self._picture: int | None = None
        self._followed: object = None  # what was last chosen elsewhere
        self._turn = 0
        self._looks: Looks | None = None
        self._stale = True
        self._looker = Looker()
        self.newest = Newest("preparation", self)
        self.newest.done.connect(self._show_looks)
        self.destroyed.connect(self.newest.close)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE)
        self._settle.timeout.connect(self._ask)
        self.augmentations = AugmentationList(bridge)
        self.view = NetworkView(bridge)
        self.sixteen = Sixteen(bridge)
        self.channels = Channels()
        self.other = OtherKind()
        self.note = ProblemNote(bridge)
        self.fit = _choice("Fit", FITS)
        self.normalise = _choice("Normalise", NORMALISATIONS)
        self._measured, self._range = QLabel(), QLabel()
        for label in (self._measured, self._range):
            label.setWordWrap(True)
            mark(label, role="dim")
        self._name, self._epochs = ElidedLabel("dim"), ElidedLabel("dim")
        self.another = QPushButton("Another picture")
        self.another.setToolTip("Look at another training picture (left and right keys walk through them)")
        self.again = QPushButton("Again")
        self.again.setToolTip("Draw anew, as another seed would (Space)")
        self._empty = EmptyState(
            bridge,
            "picture",
            "Nothing to prepare yet",
            "Once pictures are read, this page shows what the network sees of them and how augmentations change them.",
        )
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.other)
        self._pages.addWidget(self._build())
        self._connect()
        self._restyle()
        self._session_changed(bridge.session)

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, GAP, GAP, 0)
        column.addWidget(self.augmentations)
        left.setMinimumWidth(300)
        right = QScrollArea()
        right.setWidgetResizable(True)
        right.setFrameShape(QFrame.Shape.NoFrame)
        right.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        right.setWidget(self._build_right())
        body = QSplitter(Qt.Orientation.Horizontal)
        body.setChildrenCollapsible(False)
        body.addWidget(left)
        body.addWidget(right)
        body.setStretchFactor(0, 0)
        body.setStretchFactor(1, 1)
        body.setSizes([340, 800])
        return body

    def _build_right(self) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(GAP, GAP, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(_heading("What the network sees", self._name, (self.another,)))
        column.addWidget(self.note)
        top = QHBoxLayout()
        top.setSpacing(MARGIN)
        top.addWidget(self.view, 3)
        top.setAlignment(self.view, Qt.AlignmentFlag.AlignTop)
        top.addLayout(self._build_facts(), 2)
        column.addLayout(top)
        column.addWidget(divider())
        column.addLayout(_heading("Sixteen times", self._epochs, (self.again,)))
        column.addWidget(self.sixteen, 1)
        return right

    def _build_facts(self) -> QVBoxLayout:
        facts = QVBoxLayout()
        facts.setSpacing(GAP)
        for title, box in (("Fit", self.fit), ("Normalise", self.normalise)):
            row = QHBoxLayout()
            label = QLabel(title)
            label.setBuddy(box)
            label.setFixedWidth(68)
            mark(label, role="dim")
            row.addWidget(label)
            row.addWidget(box, 1)
            facts.addLayout(row)
        facts.addWidget(self._measured)
        facts.addWidget(self.channels)
        facts.addWidget(self._range)
        facts.addStretch(1)
        return facts

    def _connect(self) -> None:
        self._bridge.sessionChanged.connect(self._session_changed)
        self._bridge.dataChanged.connect(self._data_changed)
        self._bridge.projectChanged.connect(self._project_changed)
        self._bridge.viewsChanged.connect(self._follow_choice)
        self._bridge.themeChanged.connect(self._restyle)
        self.augmentations.edited.connect(self._edit_augmentations)
        self.fit.activated.connect(self._choose_fit)
        self.normalise.activated.connect(self._choose_normalise)
        self.another.clicked.connect(self.show_another)
        self.again.clicked.connect(self.draw_again)
        self.sixteen.stepAsked.connect(self.step)
        self.sixteen.againAsked.connect(self.draw_again)
        self.note.fixChosen.connect(self._fix)

    def _restyle(self, _theme: object = None) -> None:
        self.another.setIcon(icon("shuffle", self._bridge.theme))
        self.again.setIcon(icon("refresh", self._bridge.theme))

    # --- following the session ---------------------------------------------------------------------------------------

    @property
    def picture(self) -> int | None:
        """The index of the picture in view."""
        return self._picture

    @property
    def looks(self) -> Looks | None:
        """What is shown; None until it was worked out."""
        return self._looks

    def _session_changed(self, _session: object) -> None:
        session = self._bridge.session
        views = None if session is None else session.views
        self._followed = None if views is None else views.which
        self._picture, self._turn = self._followed if isinstance(self._followed, int) else None, 0
        if session is None:
            self.newest.close()
            self._use(None)
        else:
            self._show_settings()
            self._use(session.data.dataset)

    def _project_changed(self, _change: object) -> None:
        self._show_settings()
        self._refresh()

    def _data_changed(self, state: object) -> None:
        session = self._bridge.session
        dataset = None if session is None else session.data.dataset
        if dataset is not self._dataset:
            self._use(dataset)

    def _follow_choice(self, _views: object) -> None:
        """A picture that is chosen elsewhere, in the browser or beside the network, is looked at here too."""
        session = self._bridge.session
        views = None if session is None else session.views
        if views is None or views.which == self._followed:
            return
        first, self._followed = self._followed is None, views.which
        if isinstance(views.which, int) and not first and views.which != self._picture:
            self._show_picture(views.which)

    def _use(self, dataset: Dataset | None) -> None:
        self._dataset = dataset
        if dataset is None:
            self._looks = None
            self._pages.setCurrentIndex(0)
        elif dataset.kind.id != "pictures":
            self.other.show_words(*words.other_kind(dataset.kind.id, dataset.preparation, dataset.input.params))
            self._pages.setCurrentIndex(1)
        else:
            if self._picture is None or self._picture >= len(dataset.index):
                self._picture = int(dataset.splits.train[0])
            self._pages.setCurrentIndex(2)
            self._show_facts(dataset)
            self._refresh()

    def _show_settings(self) -> None:
        session = self._bridge.session
        if session is None:
            return
        data = session.project.data
        self.augmentations.show_list(data.augmentations)
        for box, value in ((self.fit, data.fit), (self.normalise, data.normalise)):
            box.setCurrentIndex(max(box.findData(value), 0))
            box.setToolTip(box.currentData(Qt.ItemDataRole.ToolTipRole) or "")
        for widget in (self.augmentations, self.fit, self.normalise):
            widget.setEnabled(not session.read_only)

    def _show_facts(self, dataset: Dataset) -> None:
        from workbench.data.kinds.pictures import MEASURED_ON

        how = dataset.settings.normalise
        self._measured.setText(words.normalising(how, len(dataset.splits.train), MEASURED_ON))
        self.channels.show_rows(words.channels(dataset.mean.tolist(), dataset.std.tolist()))

    # --- working it out ----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Work it out anew, soon; while nobody looks, when somebody does."""
        self._stale = True
        if self.isVisible() and not self._settle.isActive():
            self._settle.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._settle.start()

    def _ask(self) -> None:
        session, dataset = self._bridge.session, self._dataset
        if session is None or dataset is None or self._picture is None or dataset.kind.id != "pictures":
            return
        self._stale = False
        project = session.project
        asked = Asked(dataset, self._picture, project.data.augmentations, project.recipe.seed + self._turn)
        self.newest.ask(partial(self._looker, asked))

    def _show_looks(self, looks: Looks) -> None:
        dataset = self._dataset
        if dataset is None or looks.asked.dataset is not dataset or looks.asked.i != self._picture:
            return
        self._looks = looks
        self.note.show_diagnostic(looks.problem)
        self.view.show_pictures(looks.original, looks.network)
        own = looks.original.label if looks.original is not None else ""
        classes, labels = dataset.index.classes, dataset.index.labels
        others = [classes[int(labels[v.other])] if v.other is not None else own for v in looks.variants]
        self.sixteen.show_variants(looks.variants, others, own)
        self._name.setText("" if looks.original is None else dotted((looks.original.label, looks.original.path)))
        self._epochs.setText(f"epochs 1 to {TIMES} of a run with seed {looks.asked.seed:,}")
        low, high = looks.range
        self._range.setText(f"This picture reaches the network as numbers from {low:.2f} to {high:.2f}.")

    # --- what a person does ------------------------------------------------------------------------------------------

    def step(self, by: int) -> None:
        """The training picture `by` places further on; around the end."""
        if self._dataset is None or self._picture is None:
            return
        train = self._dataset.splits.train
        place = int(np.searchsorted(train, self._picture))
        self._show_picture(int(train[(place + by) % len(train)]))

    def show_another(self) -> None:
        """A training picture from somewhere else."""
        self.step(_JUMP)

    def draw_again(self) -> None:
        """The same picture as a run with another seed shows it."""
        self._turn += 1
        self._refresh()

    def _show_picture(self, i: int) -> None:
        self._picture = i
        self._refresh()

    def _edit_augmentations(self, label: str, chosen: tuple[Chosen, ...], gesture: str) -> None:
        self._change(label, gesture, augmentations=chosen)

    def _choose_fit(self, _row: int) -> None:
        self._change("Change fit", "", fit=self.fit.currentData())

    def _choose_normalise(self, _row: int) -> None:
        self._change("Change normalisation", "", normalise=self.normalise.currentData())

    def _change(self, label: str, gesture: str, **settings: object) -> None:
        session = self._bridge.session
        if session is None:
            return
        data: DataSettings = replace(session.project.data, **settings)  # type: ignore[arg-type]
        if data != session.project.data:
            session.change(label, data=data, gesture=gesture or None)

    def _fix(self, fix: object) -> None:
        if self._bridge.session is not None:
            self._bridge.session.apply_fix(fix)  # type: ignore[arg-type]


def _choice(title: str, choices: tuple[tuple[str, str, str], ...]) -> QComboBox:
    box = QComboBox()
    box.setFixedHeight(ROW)
    box.setMinimumContentsLength(9)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setAccessibleName(title)
    for key, words_, tip in choices:
        box.addItem(words_, key)
        box.setItemData(box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
    return box


def _heading(title: str, details: QWidget, buttons: tuple[QPushButton, ...]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(GAP)
    label = QLabel(title)
    mark(label, role="strong")
    row.addWidget(label)
    row.addWidget(details, 1)
    for button in buttons:
        row.addWidget(button)
    return row
