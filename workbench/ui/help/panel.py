"""The help browser: a list of topics and the text of one, beside the work."""

from __future__ import annotations

import re

from PySide6.QtCore import QSize, QUrl
from PySide6.QtGui import QDesktopServices, QTextDocument
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.help.topics import Topic, topics
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import GAP, MARGIN, Theme, mark


class HelpPanel(QWidget):
    """`show_topic("canvas")` opens a text; links between texts are "canvas.md", as on the disk."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._topics: dict[str, Topic] = {}
        self._past: list[str] = []
        self._shown = ""
        self.setAccessibleName("Help")
        mark(self, surface="panel")
        self.choice = QComboBox()
        self.choice.setAccessibleName("Help topic")
        self.choice.setToolTip("Choose what to read about.")
        self.choice.activated.connect(self._pick)
        self.back = IconButton(bridge, "arrow-left", "Back", "The text read before.", quiet=True)
        self.back.clicked.connect(self._back)
        self.browser = QTextBrowser()
        self.browser.setOpenLinks(False)
        self.browser.setAccessibleName("Help text")
        self.browser.anchorClicked.connect(self._follow)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.back)
        row.addWidget(self.choice, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, GAP, GAP, GAP)
        column.setSpacing(GAP)
        column.addLayout(row)
        column.addWidget(self.browser, 1)
        bridge.themeChanged.connect(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(360, 500)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 160)

    @property
    def shown(self) -> str:
        """The id of the text that is open."""
        return self._shown

    def show_topic(self, name: str = "") -> None:
        """Open a text; the first one, or the one read last, for an empty name."""
        if not self._topics:
            self._topics = {topic.id: topic for topic in topics()}
            for topic in self._topics.values():
                self.choice.addItem(topic.title, topic.id)
        wanted = name or self._shown or next(iter(self._topics))
        if wanted not in self._topics:
            return
        if self._shown and wanted != self._shown:
            self._past.append(self._shown)
        self._open(wanted)

    def _open(self, name: str) -> None:
        self._shown = name
        self.choice.setCurrentIndex(self.choice.findData(name))
        document: QTextDocument = self.browser.document()
        document.setDefaultStyleSheet(_style(self._theme))
        # Markdown goes through HTML, because only that takes the style sheet above.
        reader = QTextDocument()
        reader.setMarkdown(self._topics[name].text)
        self.browser.setHtml(_plain(reader.toHtml()))
        self.browser.verticalScrollBar().setValue(0)
        self.back.setEnabled(bool(self._past))

    def _pick(self, place: int) -> None:
        self.show_topic(str(self.choice.itemData(place)))

    def _back(self) -> None:
        if self._past:
            self._open(self._past.pop())

    def _follow(self, url: QUrl) -> None:
        if url.scheme() in ("http", "https"):
            QDesktopServices.openUrl(url)
        else:
            self.show_topic(url.path().removesuffix(".md"))

    def _restyle(self, _theme: Theme) -> None:
        if self._shown:
            self._open(self._shown)


def _plain(html: str) -> str:
    """The body alone, without the sizes and margins that Qt writes into every tag."""
    body = re.sub(r"(?s).*<body[^>]*>|</body>.*", "", html)
    body = re.sub(r'<span style="[^"]*font-weight:[67]00[^"]*">(.*?)</span>', r"<b>\1</b>", body)
    body = re.sub(r"<span style=\"[^\"]*font-family:'?mono[^\"]*\">(.*?)</span>", r"<code>\1</code>", body)
    body = re.sub(r' style="[^"]*"', "", body)
    body = re.sub(r"<table[^>]*>", '<table border="0" cellspacing="0" cellpadding="0">', body)
    # Qt enlarges <h1> on top of what the style sheet says; a class has just the size it is given.
    body = re.sub(r"<(h[12])[^>]*>", r'<p class="\1">', body)
    return re.sub(r"</h[12]>", "</p>", body)


def _style(theme: Theme) -> str:
    return (
        f"body, p, li, td, pre {{ color: {theme.hex('text')}; }}"
        "p, pre { margin: 0 0 8px 0; } li { margin: 0 0 4px 0; } td { padding: 3px 14px 3px 0; }"
        f".h1 {{ font-size: 18px; font-weight: 600; margin: 0 0 10px 0; }}"
        f".h2 {{ font-size: 14px; font-weight: 600; margin: 16px 0 6px 0; }}"
        f"a {{ color: {theme.hex('accent')}; text-decoration: none; }}"
        f"th {{ color: {theme.hex('dim')}; font-weight: 600; text-align: left; padding: 3px 14px 3px 0; }}"
        f"code {{ color: {theme.hex('text')}; background-color: {theme.hex('raised')}; }}"
    )
