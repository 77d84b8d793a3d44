"""The canvas's colours, fonts and text measures, taken from the theme once and again whenever it changes."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF

from workbench.document.graph import COLOURS
from workbench.ui.theme import Theme

TINT = 0.16
"""How much of a colour a card's ground takes on."""

TITLE_PIXELS = 13
BODY_PIXELS = 12
COUNT_PIXELS = 11


class Look:
    """Resolved colours and fonts. Items hold the scene's one `Look` and read it when they paint."""

    def __init__(self, theme: Theme) -> None:
        self.is_dark = theme.is_dark
        self.canvas = theme.color("canvas")
        self.dots = theme.color("dots")
        self.card = theme.color("raised" if theme.is_dark else "panel")
        self.card_edge = theme.color("line")
        self.text = theme.color("text")
        self.dim = theme.color("dim")
        self.faint = theme.color("faint")
        self.accent = theme.color("accent")
        self.warning = theme.color("warning")
        self.bad = theme.color("bad")
        self.wire = theme.color("wire")
        self.port = theme.color("port")
        self.panel = theme.color("panel")
        self.shadow = theme.color("shadow", 0.35 if theme.is_dark else 0.07)
        self._theme = theme
        body = theme.font("body")
        self.title_font = _font(body, TITLE_PIXELS, QFont.Weight.DemiBold)
        self.body_font = _font(body, BODY_PIXELS)
        self.count_font = _font(body, COUNT_PIXELS)
        self.link_font = _font(body, BODY_PIXELS, QFont.Weight.DemiBold)
        self.title_metrics = QFontMetricsF(self.title_font)
        self.body_metrics = QFontMetricsF(self.body_font)
        self.count_metrics = QFontMetricsF(self.count_font)
        self.link_metrics = QFontMetricsF(self.link_font)
        self.title_width = lru_cache(4096)(self.title_metrics.horizontalAdvance)
        self.body_width = lru_cache(4096)(self.body_metrics.horizontalAdvance)
        self.count_width = lru_cache(4096)(self.count_metrics.horizontalAdvance)

    def swatch(self, name: str) -> QColor | None:
        """One of the colours a person may give to a card or a frame; None for none (and for one not known)."""
        return self._theme.swatch(name) if name in COLOURS else None

    def ground(self, colour: str) -> QColor:
        """The ground of a card a person gave a colour to: so faint that every word on it stays readable."""
        swatch = self.swatch(colour)
        return self.card if swatch is None else blended(self.card, swatch, TINT)

    def dim_on(self, colour: str) -> QColor:
        """What is said in passing on a card in a colour: a little stronger than on a plain one, to be read as well."""
        return blended(self.dim, self.text, 0.35) if colour in COLOURS else self.dim

    def category(self, name: str) -> QColor:
        """The colour of a layer's category."""
        return self._theme.category(name)


def _font(base: QFont, pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """A font in scene pixels whose widths scale evenly with the zoom (hinting would make them jump)."""
    chosen = QFont(base)
    chosen.setPixelSize(pixels)
    chosen.setWeight(weight)
    chosen.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return chosen


def elided(text: str, metrics: QFontMetricsF, width: float) -> str:
    """The text, cut with "…" where it is wider than `width`."""
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


def blended(ground: QColor, colour: QColor, share: float) -> QColor:
    """A colour laid over a ground with an opacity of `share`, as one opaque colour."""
    parts = ((ground.redF(), colour.redF()), (ground.greenF(), colour.greenF()), (ground.blueF(), colour.blueF()))
    return QColor.fromRgbF(*(a + (b - a) * share for a, b in parts))
