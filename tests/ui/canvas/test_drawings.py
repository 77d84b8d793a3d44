"""Cards as they were drawn: what changes at once is drawn at once, the thumbnails of a live run a few in a frame."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from workbench.ui.canvas import drawings as module
from workbench.ui.canvas.drawings import Drawings

RECT = QRectF(0, 0, 20, 10)


@pytest.fixture
def store(qapp):
    made = Drawings(None)
    yield made
    made.deleteLater()


def frame(store: Drawings, cards: tuple[str, ...]) -> list[str]:
    """Paint some cards; gives those that were drawn anew."""
    drawn: list[str] = []
    image = QImage(100, 100, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    store.begin_frame()
    for card in cards:
        store.show(painter, card, RECT, lambda _painter, _zoom, card=card: drawn.append(card))
    store.end_frame()
    painter.end()
    return drawn


def test_what_is_kept_is_copied(store):
    assert frame(store, ("a", "b")) == ["a", "b"]
    assert frame(store, ("a", "b")) == []
    store.forget("a")
    assert frame(store, ("a", "b")) == ["a"]


def test_outdated_cards_are_drawn_in_the_frames_to_come(store, qtbot, monkeypatch):
    monkeypatch.setattr(module, "SPACE", 1)
    frame(store, ("a", "b", "c"))
    for card in "abc":
        store.outdate(card)
    monkeypatch.setattr(module, "SHARE", -1.0)  # no time in this frame
    with qtbot.waitSignal(store.renew, timeout=2000) as renewed:
        assert frame(store, ("a", "b", "c")) == []
    assert renewed.args == [{"a", "b", "c"}]
    monkeypatch.setattr(module, "SHARE", 60.0)
    assert frame(store, ("a", "b", "c")) == ["a", "b", "c"]
    assert frame(store, ("a", "b", "c")) == []


def test_a_change_of_the_card_itself_does_not_wait(store, monkeypatch):
    frame(store, ("a",))
    store.outdate("a")
    store.forget("a")
    monkeypatch.setattr(module, "SHARE", -1.0)
    assert frame(store, ("a",)) == ["a"]
