"""The search for a learning rate: the loss over growing rates as it is measured, the suggestion, and taking it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.core.diagnostic import Problem
from workbench.ui.bridge import Bridge
from workbench.ui.parts.header import PanelHeader
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.plots.plot import CurvePlot
from workbench.ui.plots.ticks import plain
from workbench.ui.theme import GAP, mark
from workbench.ui.training.curves import token_color

if TYPE_CHECKING:
    from workbench.session.rate_finding import RateFinding
    from workbench.training.rate_finder import RateSweep

ABOVE, BELOW = 0.8, 0.1
"""How far the plot reaches above the first loss and below the least, as shares of the fall between them."""


class FinderView(QWidget):
    """Begins and follows `session.find_learning_rate()`. `closed()` when a person is done with it."""

    closed = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._finding: RateFinding | None = None
        self._points_read = 0
        self._shown: RateSweep | None = None
        self._ended_early = False
        self.header = PanelHeader("Learning-rate finder")
        self.again = IconButton(bridge, "refresh", "Search again", quiet=True)
        self.cancel = QPushButton("Cancel")
        self.close_button = IconButton(bridge, "close", "Close the finder", quiet=True)
        self.header.add(self.again, self.cancel, self.close_button)
        self.plot = CurvePlot(bridge, "Loss over learning rate", "rate", y_words=plain, x_log=True)
        self.plot.add_series("loss", "measured", partial(token_color, bridge.theme, "dim"), width=1.0)
        self.plot.add_series("smoothed", "smoothed", partial(token_color, bridge.theme, "accent"))
        self.plot.setMinimumSize(180, 40)
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        mark(self.reason, role="dim")
        self.use = QPushButton("Use it")
        mark(self.use, role="primary")
        self.use.setToolTip("Puts this rate into the recipe, as one step that can be undone.")
        foot = QHBoxLayout()
        foot.setSpacing(GAP)
        foot.addWidget(self.reason, 1)
        foot.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.header)
        column.addWidget(self.plot, 1)
        column.addLayout(foot)
        self.again.clicked.connect(self.start)
        self.cancel.clicked.connect(self._cancel)
        self.close_button.clicked.connect(self._close)
        self.use.clicked.connect(self._use)

    @property
    def is_searching(self) -> bool:
        return self._finding is not None and self._finding.job is not None

    @property
    def is_told(self) -> bool:
        """Whether what the last search found is shown already."""
        return self._finding is None or self._shown is not None or self._ended_early

    def start(self) -> None:
        """Begin a search; what stands in its way is told in its place."""
        session = self._bridge.session
        if session is None:
            return
        self._clear()
        try:
            session.find_learning_rate()
        except Problem as problem:
            self._finding = None
            self._show_words(problem.diagnostics[0].message)
            return
        self._finding = session.rate_finding
        self.follow()

    def _clear(self) -> None:
        self._points_read, self._shown, self._ended_early = 0, None, False
        for key in ("loss", "smoothed"):
            self.plot.clear(key)
        if self.plot.surface is not None:
            self.plot.surface.mark("suggested", None, self._bridge.theme.color("good"))

    def follow(self) -> None:
        """Take in what was measured since the last call."""
        finding = self._finding
        if finding is None:
            return
        job = finding.job
        points = finding.points[self._points_read :]
        self._points_read += len(points)
        if points and self._shown is None:
            rates, losses = np.asarray(points, np.float64).T
            self.plot.append("loss", rates, losses)
            self._cut_off()
        if job is not None:
            share = job.done / job.total if job.total else 0.0
            self._show_words("The loss is measured while the rate grows.", f"{share:.0%}".replace("%", " %"))
        elif finding.sweep is not None and finding.sweep is not self._shown:
            self._show_sweep(finding.sweep)
        elif finding.sweep is None:
            self._ended_early = True
            self._show_words("The search was ended before there was anything to say.")
        self.plot.refresh()

    def _show_words(self, words: str, details: str = "") -> None:
        self.header.set_details(details)
        self.reason.setText(words)
        self.cancel.setVisible(self.is_searching)
        self.again.setVisible(not self.is_searching)
        self.use.hide()

    def _show_sweep(self, sweep: RateSweep) -> None:
        self._shown = sweep
        self.plot.clear("smoothed")
        self.plot.append("smoothed", sweep.rates, sweep.smoothed)
        self._show_words(sweep.reason)
        self.plot.refresh()
        if sweep.fix is not None and sweep.suggested is not None:
            self.use.setText(sweep.fix.label)
            self.use.show()
            if self.plot.surface is not None:
                self.plot.surface.mark("suggested", sweep.suggested, self._bridge.theme.color("good"))

    def _cut_off(self) -> None:
        """Fit the axis to what matters: the end of the search, where the loss grows without limit, is cut off."""
        losses = self.plot.series["loss"].raw.y
        finite = losses[np.isfinite(losses)]
        if finite.size:
            first, lowest = float(finite[: max(len(finite) // 8, 1)].mean()), float(finite.min())
            fall = max(first - lowest, 0.1 * abs(first))
            self.plot.y_limits = (lowest - BELOW * fall, first + ABOVE * fall)

    def _use(self) -> None:
        session = self._bridge.session
        if session is None or self._shown is None or self._shown.fix is None:
            return
        refused = session.apply_fix(self._shown.fix)
        if refused is not None:
            self._bridge.notify(refused)
        else:
            self._close()

    def _cancel(self) -> None:
        if self._finding is not None:
            self._finding.cancel()

    def _close(self) -> None:
        self._cancel()
        self.closed.emit()

    def forget(self) -> None:
        """Another project is open."""
        self._finding = None
        self._clear()
        self._show_words("")
