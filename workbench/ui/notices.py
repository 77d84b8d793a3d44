"""One bar for what went wrong or is worth knowing, under the top bar. It never stops a person from working."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.ui.bridge import Bridge
from workbench.ui.icons import pixmap
from workbench.ui.motion import Unfolding
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.parts.link_row import LinkRow
from workbench.ui.theme import GAP, mark

MOST = 20
INFO_STAYS = 6000  # milliseconds; problems stay until they are closed
_LOOK = {Severity.ERROR: ("error", "bad"), Severity.WARNING: ("warning", "warning"), Severity.INFO: ("info", "accent")}


class NoticeBar(QFrame):
    """Shows the newest notice; closing it shows the one before. `fixChosen(Fix)` when a remedy is taken."""

    fixChosen = Signal(object)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._waiting: list[Diagnostic] = []
        self._links: LinkRow | None = None
        self.setAccessibleName("Notice")
        mark(self, role="notice")
        self._icon = QLabel()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._more = QLabel()
        mark(self._more, role="dim")
        self.details_button = QPushButton("Details")
        self.details_button.setCheckable(True)
        self.details_button.setToolTip("What stands in the log.")
        mark(self.details_button, role="link")
        self.close_button = IconButton(bridge, "close", "Close this notice", quiet=True)
        self.close_button.setFixedSize(24, 24)
        self.close_button.clicked.connect(self.dismiss)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Details of the notice")
        self.details.setFixedHeight(150)
        mark(self.details, role="mono")
        self.details.hide()
        self.details_button.toggled.connect(self.details.setVisible)
        self._row = QHBoxLayout()
        self._row.setSpacing(GAP)
        for widget in (self._icon, self.sentence, self._more, self.details_button, self.close_button):
            self._row.addWidget(widget, 1 if widget is self.sentence else 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 5, 8, 5)
        column.addLayout(self._row)
        column.addWidget(self.details)
        self._unfolding = Unfolding(self)
        self._leave = QTimer(self)
        self._leave.setSingleShot(True)
        self._leave.setInterval(INFO_STAYS)
        self._leave.timeout.connect(self.dismiss)
        bridge.noticed.connect(self.add)
        bridge.themeChanged.connect(self._tint)
        self.hide()

    @property
    def shown(self) -> Diagnostic | None:
        return self._waiting[-1] if self._waiting else None

    def add(self, notice: Diagnostic) -> None:
        """Show a notice; the same one twice is shown once."""
        same = [d for d in self._waiting if (d.code, d.message) == (notice.code, notice.message)]
        for old in same:
            self._waiting.remove(old)
        self._waiting = [*self._waiting, notice][-MOST:]
        self._show()

    def dismiss(self) -> None:
        """Close the notice that is shown."""
        if self._waiting:
            self._waiting.pop()
        self._show()

    def clear(self) -> None:
        self._waiting.clear()
        self._show()

    def _show(self) -> None:
        notice = self.shown
        self._leave.stop()
        if self._links is not None:
            self._row.removeWidget(self._links)
            self._links.hide()
            self._links.deleteLater()
            self._links = None
        arriving = notice is not None and self.isHidden()
        self.setVisible(notice is not None)
        if notice is None:
            return
        self.sentence.setText(notice.message)
        self.setAccessibleDescription(notice.message)
        others = len(self._waiting) - 1
        self._more.setText(f"and {others:,} more" if others else "")
        self._more.setVisible(bool(others))
        self.details_button.setVisible(bool(notice.details))
        self.details_button.setChecked(False)
        self.details.setPlainText(notice.details)
        if notice.fixes:
            self._links = LinkRow([(fix.label, fix.label) for fix in notice.fixes])
            self._links.chosen.connect(self._fix)
            self._row.insertWidget(2, self._links)
        if notice.severity is Severity.INFO and not notice.fixes:
            self._leave.start()
        self._tint()
        if arriving:
            self._unfolding.unfold()

    def _fix(self, place: int) -> None:
        if (notice := self.shown) is not None:
            self.dismiss()
            self.fixChosen.emit(notice.fixes[place])

    def _tint(self, _theme: object = None) -> None:
        if (notice := self.shown) is not None:
            name, token = _LOOK[notice.severity]
            self._icon.setPixmap(pixmap(name, self._bridge.theme.color(token), 16, self.devicePixelRatioF()))
