"""The likeliest classes of the chosen picture as bars; the right answer stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.ui.bridge import Bridge

ROW_HEIGHT, BAR_HEIGHT, TOP = 19, 7, 5


@dataclass(frozen=True, slots=True)
class Score:
    """One row: a class, its probability, and whether it is the right answer."""

    name: str
    share: float
    right: bool


def leading(scores: Sequence[float], classes: Sequence[str], label: str | None, count: int = TOP) -> tuple[Score, ...]:
    """The `count` likeliest classes, likeliest first; the right answer takes the last place if it is not among them."""
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    shown = order[:count]
    right = classes.index(label) if label is not None and label in classes else None
    if right is not None and right not in shown and len(order) >= count:
        shown = [*shown[:-1], right]
    return tuple(Score(classes[i], float(scores[i]), i == right) for i in shown)


class ScoreBars(QWidget):
    """Bars for `Score`s."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._scores: tuple[Score, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Likeliest classes")
        bridge.themeChanged.connect(self._restyle)

    def show_scores(self, scores: tuple[Score, ...]) -> None:
        if scores == self._scores:
            return
        if len(scores) != len(self._scores):
            self.updateGeometry()
        self._scores = scores
        words = ", ".join(f"{s.name} {s.share:.0%}{' (right)' if s.right else ''}" for s in scores)
        self.setAccessibleDescription(words)
        self.setToolTip("\n".join(f"{s.name}: {s.share:.2%}" for s in scores))
        self.update()

    @property
    def scores(self) -> tuple[Score, ...]:
        return self._scores

    def sizeHint(self) -> QSize:
        return QSize(120, ROW_HEIGHT * max(len(self._scores), 1))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._scores:
            return
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetrics(theme.font("body", bold=True))
        names = [f"“{s.name}”" for s in self._scores]
        name_width = min(max(metrics.horizontalAdvance(n) for n in names) + 2, int(self.width() * 0.5))
        share_width = QFontMetrics(theme.font("label")).horizontalAdvance("100 %")
        start = name_width + 10
        width = max(self.width() - start - share_width - 8, 8)
        for i, (score, name) in enumerate(zip(self._scores, names, strict=True)):
            top = i * ROW_HEIGHT
            row = QRectF(0, top, name_width, ROW_HEIGHT)
            painter.setFont(theme.font("body", bold=i == 0))
            painter.setPen(theme.color("text" if i == 0 or score.right else "dim"))
            shown = QFontMetrics(painter.font()).elidedText(name, Qt.TextElideMode.ElideRight, name_width)
            painter.drawText(row, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
            groove = QRectF(start, top + (ROW_HEIGHT - BAR_HEIGHT) / 2, width, BAR_HEIGHT)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(groove, 3, 3)
            share = min(max(score.share, 0.0), 1.0)
            groove.setWidth(max(width * share, 2.0))
            painter.setBrush(theme.color("good" if score.right else "accent" if i == 0 else "outline"))
            painter.drawRoundedRect(groove, min(3, groove.width() / 2), 3)
            painter.setFont(theme.font("label"))
            painter.setPen(theme.color("text" if i == 0 else "dim"))
            right = QRectF(start + width, top, share_width + 8, ROW_HEIGHT)
            painter.drawText(right, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), percent(share))

    def _restyle(self, _theme: object = None) -> None:
        self.update()


def percent(share: float) -> str:
    """ "98 %", "0.4 %", "<0.1 %": enough to tell near-certain from certain."""
    value = share * 100
    if 99.5 <= value < 100:
        return ">99 %"
    if value >= 1 or value == 0:
        return f"{value:.0f} %"
    return f"{value:.1f} %" if value >= 0.1 else "<0.1 %"
