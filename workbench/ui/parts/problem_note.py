"""A problem where it matters: the sentence, its remedies as buttons, its details on request."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.ui.bridge import Bridge
from workbench.ui.icons import pixmap
from workbench.ui.parts.link_row import LinkRow
from workbench.ui.theme import GAP, mark

_ICONS = {Severity.ERROR: ("error", "bad"), Severity.WARNING: ("warning", "warning"), Severity.INFO: ("info", "accent")}


class ProblemNote(QFrame):
    """Shows one `Diagnostic`; hidden while there is none."""

    fixChosen = Signal(object)  # Fix

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._diagnostic: Diagnostic | None = None
        mark(self, role="card")
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._links: LinkRow | None = None
        self._details_button = QPushButton("Details")
        self._details_button.setCheckable(True)
        mark(self._details_button, role="link")
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setMaximumHeight(160)
        self._details.setAccessibleName("Details of the problem")
        mark(self._details, role="mono")
        self._details.hide()
        self._details_button.toggled.connect(self._details.setVisible)
        self._words = words = QVBoxLayout()
        words.setSpacing(GAP // 2)
        words.addWidget(self._sentence)
        words.addWidget(self._details_button, 0, Qt.AlignmentFlag.AlignLeft)
        words.addWidget(self._details)
        self._line = line = QHBoxLayout(self)
        line.setContentsMargins(12, 10, 12, 10)
        line.setSpacing(GAP)
        line.addWidget(self._icon)
        line.addLayout(words, 1)
        bridge.themeChanged.connect(self._tint)
        self.hide()

    def add_corner(self, *widgets: QWidget) -> None:
        """Put small buttons beside the sentence, at the right."""
        for widget in widgets:
            self._line.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)

    @property
    def diagnostic(self) -> Diagnostic | None:
        return self._diagnostic

    def show_diagnostic(self, diagnostic: Diagnostic | None) -> None:
        if diagnostic == self._diagnostic:
            return
        self._diagnostic = diagnostic
        if self._links is not None:
            self._words.removeWidget(self._links)
            self._links.hide()
            self._links.deleteLater()
            self._links = None
        self.setVisible(diagnostic is not None)
        if diagnostic is None:
            return
        self._sentence.setText(diagnostic.message)
        self.setAccessibleName(diagnostic.message)
        if diagnostic.fixes:
            self._links = LinkRow([(fix.label, fix.label) for fix in diagnostic.fixes])
            self._links.chosen.connect(self._choose)
            self._words.insertWidget(1, self._links)
        self._details_button.setVisible(bool(diagnostic.details))
        self._details_button.setChecked(False)
        self._details.setPlainText(diagnostic.details)
        self._tint()

    def _choose(self, number: int) -> None:
        if self._diagnostic is not None:
            self.fixChosen.emit(self._diagnostic.fixes[number])

    def _tint(self, _theme: object = None) -> None:
        if self._diagnostic is not None:
            name, token = _ICONS[self._diagnostic.severity]
            self._icon.setPixmap(pixmap(name, self._bridge.theme.color(token), 16, self.devicePixelRatioF()))
