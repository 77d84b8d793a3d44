"""How much of the difference between trials is due to each setting, as bars."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from workbench.session.searching.study import FEWEST
from workbench.session.searching.trial import SearchState
from workbench.ui.bridge import Bridge
from workbench.ui.parts.save_view import ask_and_save
from workbench.ui.theme import GAP

LINE, BAR, FIGURES, TOP = 24, 10, 44, 22


class ImportanceBars(QWidget):
    """The largest first; settings of which nothing is known yet are left out."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.rows: tuple[tuple[str, float], ...] = ()
        self._trials = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(180, 110)
        self.setToolTip(
            "What the differences between trials come from (functional ANOVA). A setting near 0 % may be left as it is."
        )
        bridge.themeChanged.connect(self._restyle)
        self._tell()

    def sizeHint(self) -> QSize:
        return QSize(260, TOP + LINE * max(len(self.rows), 3))

    def show_state(self, state: SearchState) -> None:
        names = {axis.id: axis.setting.name for axis in state.plan.axes} if state.plan is not None else {}
        found = tuple((names[i], share) for i, share in state.importance.items() if i in names)
        self._trials = sum(t.state == "done" for t in state.trials)
        self.rows = tuple(sorted(found, key=lambda row: -row[1]))
        self._tell()
        self.update()

    def _tell(self) -> None:
        told = ", ".join(f"{name} {share * 100:.0f} %" for name, share in self.rows)
        self.setAccessibleName(f"What matters: {told or 'not known yet'}")

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("label"))
        metrics = QFontMetrics(painter.font())
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(0, 0, self.width(), TOP), int(Qt.AlignmentFlag.AlignVCenter), "What matters")
        if not self.rows:
            painter.setPen(theme.color("dim"))
            words = (
                f"Told after {FEWEST} trials that differ."
                if self._trials < FEWEST
                else "The trials differ too little to tell."
            )
            below = QRectF(0, TOP, self.width(), self.height() - TOP)
            painter.drawText(below, int(Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap), words)
            return
        widest = max(metrics.horizontalAdvance(name) for name, _share in self.rows)
        names = min(widest, int(self.width() * 0.45))
        line = min(LINE, max((self.height() - TOP) / len(self.rows), metrics.height()))
        for k, (name, share) in enumerate(self.rows):
            top = TOP + k * line
            if top + metrics.height() > self.height():
                break
            painter.setPen(theme.color("dim"))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, names)
            painter.drawText(QRectF(0, top, names, line), int(Qt.AlignmentFlag.AlignVCenter), shown)
            left = names + GAP
            room = max(self.width() - left - FIGURES, 10)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(QRectF(left, top + (line - BAR) / 2, room, BAR), 3, 3)
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(left, top + (line - BAR) / 2, max(room * min(share, 1.0), 2), BAR), 3, 3)
            painter.setPen(theme.color("text"))
            figure = QRectF(self.width() - FIGURES, top, FIGURES, line)
            right = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
            painter.drawText(figure, right, f"{share * 100:.0f} %")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.addAction("Save as picture…").triggered.connect(self._save)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def _save(self) -> None:
        ask_and_save(self, self._bridge, "what matters")

    def _restyle(self, _theme: object = None) -> None:
        self.update()
