"""The sizes and shapes of the pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout

from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.histogram import Histogram
from workbench.ui.datasets.findings.section import GOOD, Finding, Section
from workbench.ui.datasets.findings.sizes import Sizes
from workbench.ui.theme import GAP, MARGIN, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.session.session import Session


class SizesSection(Section):
    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._dataset: Dataset | None = None
        self._sizes: Sizes | None = None
        self.words = QLabel()
        self.words.setWordWrap(True)
        mark(self.words, role="dim")
        self.longer = Histogram(bridge, "Longer side in pixels")
        self.ratio = Histogram(bridge, "Width to height")
        both = QHBoxLayout()
        both.setSpacing(MARGIN * 2)
        for histogram in (self.longer, self.ratio):
            title = QLabel(histogram.accessibleName())
            mark(title, role="group")
            part = QVBoxLayout()
            part.setSpacing(GAP // 2)
            part.addWidget(title)
            part.addWidget(histogram, 100)
            part.addStretch(1)
            both.addLayout(part, 1)
        hint = QLabel("A click on a bar shows its pictures in the browser.")
        mark(hint, role="label")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.words)
        column.addWidget(hint)
        column.addSpacing(GAP)
        column.addLayout(both, 1)
        self.longer.chosen.connect(self._open_longer)
        self.ratio.chosen.connect(self._open_ratio)

    def show_session(self, session: Session, dataset: Dataset) -> Finding | None:
        if dataset.index.kind != "pictures":
            return None
        if dataset is not self._dataset:
            self._dataset, self._sizes = dataset, Sizes.of(dataset)
            self.longer.show_bins(self._sizes.longer_sides())
            self.ratio.show_bins(self._sizes.ratios())
            size = dataset.input.params.get("size") if dataset.input.layer == "pictures" else None
            wanted = (int(size[0]), int(size[-1])) if isinstance(size, tuple | list) else None
            self.words.setText(self._sizes.sentence(wanted))
        assert self._sizes is not None
        return Finding("Sizes", GOOD, self._sizes.in_short())

    def _open_longer(self, place: int) -> None:
        self._open(self.longer, place, "Longer side of")

    def _open_ratio(self, place: int) -> None:
        self._open(self.ratio, place, "Width to height")

    def _open(self, histogram: Histogram, place: int, what: str) -> None:
        if histogram.bins is not None:
            self._bridge.show_samples(histogram.bins.samples(place), f"{what} {histogram.bins.words[place]}")
