"""The note below the picture chip: how often the network is right with all its layers, and with some switched off."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from workbench.core.words import count
from workbench.session.comparing import Answers, Effect
from workbench.ui.bridge import Bridge
from workbench.ui.theme import mark

WIDTH = 248


class EffectNote(QWidget):
    """Shows itself while layers of a trained network are muted or bypassed."""

    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.effect: Effect | None = None
        self.setObjectName("canvas_effect_note")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.title = QLabel()
        mark(self.title, role="strong")
        self.words = QLabel()
        self.picture = QLabel()
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(2)
        for label in (self.title, self.words, self.picture):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)  # names of layers and classes are a person's own words
            column.addWidget(label)
        for label in (self.words, self.picture):
            mark(label, role="dim")
        self.setFixedWidth(WIDTH)
        bridge.viewsChanged.connect(self.refresh)
        bridge.sessionChanged.connect(self.refresh)
        bridge.themeChanged.connect(self._restyle)
        self.hide()

    def refresh(self, _views: object = None) -> None:
        session = self._bridge.session
        effect = session.looking.comparing.effect if session is not None else None
        if effect == self.effect:
            return
        self.effect = effect
        self.setVisible(effect is not None)
        if effect is None:
            return
        title, words, picture = sentences(effect)
        self.title.setText(title)
        self.words.setText(words)
        self.picture.setText(picture)
        self.picture.setVisible(bool(picture))
        self.setAccessibleName("What switching layers off changes")
        self.setAccessibleDescription(f"{title} {words}. {picture}")
        self.setFixedHeight(self._column.heightForWidth(WIDTH))

    def _restyle(self, _theme: object = None) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme.color("panel"))
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


def sentences(effect: Effect) -> tuple[str, str, str]:
    """("Accuracy 98.8 % → 91.2 %", "on 412 pictures with Conv 2 muted", "This picture: “7”, 99 % → “1”, 54 %")."""
    which = switched_words(effect.switched)
    if effect.before is None or effect.after is None:
        return "Measuring what changes…", f"with {which}", ""
    title = f"Accuracy {_percent(effect.before)} → {_percent(effect.after)}"
    words = f"on {count(effect.after.pictures, 'picture')} with {which}"
    if effect.anew:
        words += f"; {_listed(effect.anew)} no longer fits and would have to learn anew"
    before, after = _answer(effect.before, effect.classes), _answer(effect.after, effect.classes)
    return title, words, f"This picture: {before} → {after}" if before and after else ""


def switched_words(switched: Sequence[tuple[str, str]]) -> str:
    """ "Conv 2 and Dense 1 muted, ReLU bypassed"."""
    by_state: dict[str, list[str]] = {}
    for name, state in switched:
        by_state.setdefault(state, []).append(name)
    return ", ".join(f"{_listed(names)} {state}" for state, names in by_state.items())


def _listed(names: Sequence[str]) -> str:
    if len(names) > 3:
        return f"{names[0]}, {names[1]} and {len(names) - 2:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _percent(answers: Answers) -> str:
    return f"{100 * answers.accuracy:.1f} %"


def _answer(answers: Answers, classes: Sequence[str]) -> str:
    if not answers.scores or len(answers.scores) != len(classes):
        return ""
    best = max(range(len(classes)), key=answers.scores.__getitem__)
    return f"“{classes[best]}”, {round(100 * answers.scores[best])} %"
