"""What a panel shows before there is anything to show: what goes here, and the one next step."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon, pixmap
from workbench.ui.theme import GAP, MARGIN, mark

_ICON = 32
_WIDEST = 440
_ROOM_FOR_ICON = 170


class EmptyState(QWidget):
    """An icon, a short line, a sentence, and buttons (`add_button`; the first one is the next step)."""

    def __init__(self, bridge: Bridge, icon_name: str, title: str, sentence: str) -> None:
        super().__init__()
        self._bridge, self._icon_name = bridge, icon_name
        self._buttons: list[tuple[QPushButton, str, bool]] = []
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = QLabel(title)
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        mark(self._title, role="title")
        self._sentence = QLabel(sentence)
        self._sentence.setWordWrap(True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        mark(self._sentence, role="dim")
        self._row = QHBoxLayout()
        self._row.setSpacing(GAP)
        self._row.addStretch(1)
        self._row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addStretch(2)
        column.addWidget(self._picture)
        column.addWidget(self._title)
        column.addWidget(self._sentence, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(GAP // 2)
        column.addLayout(self._row)
        column.addStretch(3)
        bridge.themeChanged.connect(self._tint)
        self._tint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # a wrapped label in a centred column gets its height from its width only if that is fixed
        width = max(min(_WIDEST, self.width() - 2 * MARGIN), 120)
        self._sentence.setFixedSize(width, max(self._sentence.heightForWidth(width), 0))
        roomy = self.height() >= _ROOM_FOR_ICON
        self._picture.setVisible(roomy)

    def set_words(self, title: str, sentence: str) -> None:
        self._title.setText(title)
        self._sentence.setText(sentence)
        width = self._sentence.minimumWidth() or self._sentence.width()  # fixed already, though not laid out yet
        self._sentence.setFixedHeight(max(self._sentence.heightForWidth(width), 0))

    @property
    def words(self) -> tuple[str, str]:
        return self._title.text(), self._sentence.text()

    def add_button(self, text: str, icon_name: str, tip: str, *, primary: bool = False) -> QPushButton:
        """A button under the sentence; connect its `clicked` yourself."""
        button = QPushButton(text)
        button.setIconSize(QSize(16, 16))
        button.setToolTip(tip)
        if primary:
            mark(button, role="primary")
        self._row.insertWidget(self._row.count() - 1, button)
        self._buttons.append((button, icon_name, primary))
        self._tint()
        return button

    def _tint(self, _theme: object = None) -> None:
        theme = self._bridge.theme
        self._picture.setPixmap(pixmap(self._icon_name, theme.color("faint"), _ICON, self.devicePixelRatioF()))
        for button, name, primary in self._buttons:
            button.setIcon(icon(name, theme, "on_accent" if primary else "text"))
