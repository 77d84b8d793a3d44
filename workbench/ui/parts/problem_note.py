"""A problem where it matters: the sentence, its remedies as buttons, its details on request."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.ui.bridge import Bridge
from workbench.ui.icons import pixmap
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.parts.link_row import LinkRow
from workbench.ui.theme import GAP, mark

_ICONS = {Severity.ERROR: ("error", "bad"), Severity.WARNING: ("warning", "warning"), Severity.INFO: ("info", "accent")}


class ProblemNote(QFrame):
    """Shows one `Diagnostic`; hidden while there is none."""

    fixChosen = Signal(object)  # Fix
    folded = Signal()  # more or less of it is to be read

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
        self._short = ElidedLabel("body")
        self._short.hide()
        self._low, self._links_stay = False, True
        self.whole = IconButton(
            bridge, "chevron-down", "The whole note", "Shows all that is said.", quiet=True, small=True, checkable=True
        )
        self.whole.hide()
        self.whole.toggled.connect(self._fold)
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
        words.addWidget(self._short)
        words.addWidget(self._details_button, 0, Qt.AlignmentFlag.AlignLeft)
        words.addWidget(self._details)
        self._line = line = QHBoxLayout(self)
        line.setContentsMargins(12, 10, 12, 10)
        line.setSpacing(GAP)
        line.addWidget(self._icon)
        line.addLayout(words, 1)
        line.addWidget(self.whole, 0, Qt.AlignmentFlag.AlignTop)
        bridge.themeChanged.connect(self._tint)
        self.hide()

    def add_corner(self, *widgets: QWidget) -> None:
        """Put small buttons beside the sentence, at the right."""
        for widget in widgets:
            self._line.insertWidget(self._line.count() - 1, widget, 0, Qt.AlignmentFlag.AlignTop)

    def set_low(self, low: bool, *, links: bool = True) -> None:
        """Where there is little height, one line of the sentence (with the `links` or without) until a person asks for
        the whole of it."""
        if (low, links) != (self._low, self._links_stay):
            self._low, self._links_stay = low, links
            self._fold()

    @property
    def is_whole(self) -> bool:
        """Whether all of it can be read."""
        return not self._low or self.whole.isChecked()

    def _fold(self, _whole: bool = False) -> None:
        whole, has_details = self.is_whole, self._diagnostic is not None and bool(self._diagnostic.details)
        self._line.setContentsMargins(*((12, 10, 12, 10) if whole else (12, 3, 6, 3)))
        self._sentence.setVisible(whole)
        self._short.setVisible(not whole)
        self.whole.setVisible(self._low)
        if self._links is not None:
            self._links.setVisible(whole or self._links_stay)
        self._details_button.setVisible(has_details and whole)
        if not whole:
            self._details_button.setChecked(False)
        self.folded.emit()

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
        self.whole.setChecked(False)
        if diagnostic is None:
            self.folded.emit()
            return
        self._sentence.setText(diagnostic.message)
        self._short.setText(diagnostic.message)
        self.setAccessibleName(diagnostic.message)
        if diagnostic.fixes:
            self._links = LinkRow([(fix.label, fix.label) for fix in diagnostic.fixes])
            self._links.chosen.connect(self._choose)
            self._words.insertWidget(2, self._links)
        self._details_button.setVisible(bool(diagnostic.details))
        self._details_button.setChecked(False)
        self._details.setPlainText(diagnostic.details)
        self._fold()
        self._tint()

    def _choose(self, number: int) -> None:
        if self._diagnostic is not None:
            self.fixChosen.emit(self._diagnostic.fixes[number])

    def _tint(self, _theme: object = None) -> None:
        if self._diagnostic is not None:
            name, token = _ICONS[self._diagnostic.severity]
            self._icon.setPixmap(pixmap(name, self._bridge.theme.color(token), 16, self.devicePixelRatioF()))
