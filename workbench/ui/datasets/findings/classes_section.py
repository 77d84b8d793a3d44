"""The classes and their balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.balance import FAIR, ORDERS, Balance, in_short, sentence
from workbench.ui.datasets.findings.class_list import PARTS, ClassList
from workbench.ui.datasets.findings.legend import Legend
from workbench.ui.datasets.findings.section import GOOD, WORTH_A_LOOK, Finding, Section
from workbench.ui.datasets.nouns import noun
from workbench.ui.datasets.thumbnails import Thumbnails
from workbench.ui.theme import GAP, ROW, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.session.session import Session


class ClassesSection(Section):
    def __init__(self, bridge: Bridge, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._bridge = bridge
        self._dataset: Dataset | None = None
        self._noun = "picture"
        self.balance: Balance | None = None
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.order = QComboBox()
        self.order.setFixedHeight(ROW)
        self.order.setAccessibleName("Order of the classes")
        for key, title in ORDERS:
            self.order.addItem(title, key)
        self.see = QPushButton("Show in browser")
        self.see.setToolTip("Browse the samples of the chosen class (Enter)")
        self.even = QPushButton("Balance…")
        self.even.setToolTip("Balance what the network learns from: by drawing rare classes more often, or by weights")
        self.legend = Legend(bridge, PARTS)
        self.list = ClassList(bridge, thumbnails)
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self.order)
        line.addWidget(self.legend, 1)
        line.addWidget(self.even)
        line.addWidget(self.see)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.words)
        column.addLayout(line)
        column.addWidget(self.list, 1)
        mark(self.words, role="dim")
        self.order.activated.connect(self._reorder)
        self.see.clicked.connect(self._see)
        self.even.clicked.connect(self._even)
        self.list.opened.connect(self.open)

    def show_session(self, session: Session, dataset: Dataset) -> Finding:
        if dataset is not self._dataset:
            self._dataset, self._noun = dataset, noun(dataset)
            self.balance = Balance.of(dataset)
            self.words.setText(sentence(self.balance, self._noun))
            self.legend.show_parts(tuple(bool(n) for n in self.balance.counts.sum(0)))
            self.even.setVisible(self.balance.ratio >= FAIR)
            self.list.pictured = dataset.index.kind in ("pictures", "audio")
            self._reorder()
        assert self.balance is not None
        good, words = in_short(self.balance, self._noun)
        return Finding("Classes", GOOD if good else WORTH_A_LOOK, words)

    def open(self, label: int) -> None:
        """Show the samples of a class in the browser."""
        if self.balance is not None:
            self._bridge.show_samples(self.balance.of_class(label), f"Class “{self.balance.names[label]}”")

    def _reorder(self, _row: int = 0) -> None:
        self.list.show_balance(self.balance, str(self.order.currentData()), self._noun)

    def _see(self) -> None:
        if self.list.label is not None:
            self.open(self.list.label)

    def _even(self) -> None:
        self._bridge.show_data_page("splits")
