"""A tap of the space bar, and holding it, as window systems tell of them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from workbench.ui.canvas.space_key import TAP, SpaceKey


def events(*kinds: str) -> list[QKeyEvent]:
    """ "press@5", "release@90", and "…@90 again" for one that says it is a repetition."""
    made = []
    for kind in kinds:
        name, _, when = kind.partition("@")
        time, _, again = when.partition(" ")
        which = QEvent.Type.KeyPress if name == "press" else QEvent.Type.KeyRelease
        event = QKeyEvent(which, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", bool(again))
        event.setTimestamp(int(time))
        made.append(event)
    return made


def taps(*kinds: str, used_after: int | None = None) -> int:
    key, count = SpaceKey(), 0
    for place, event in enumerate(events(*kinds)):
        if event.type() == QEvent.Type.KeyPress:
            key.press(event)
        else:
            count += key.release(event)
        if place == used_after:
            key.use()
    return count


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (("press@100", "release@180"), 1),
        (("press@100", "release@180", "press@400", "release@460"), 2),
        (("press@0", "release@0"), 1),  # nobody told the time
        (("press@100", f"release@{101 + TAP}"), 0),
        (("press@100", "press@760 again", "release@800"), 0),  # repetitions that say so
        (("press@100", "release@760", "press@760", "release@800", "press@800", "release@830"), 0),  # and that do not
        (("press@100", "release@760", "press@760", "release@800", "press@2000", "release@2080"), 1),
        (("release@80",), 0),  # it was pressed in another window
    ],
)
def test_taps_are_told_from_holding(kinds, expected):
    assert taps(*kinds) == expected


def test_a_drag_made_with_it_is_no_tap_however_short():
    assert taps("press@100", "release@180", used_after=0) == 0


def test_a_held_key_stays_held_through_its_repetitions():
    key = SpaceKey()
    first, *rest = events("press@100", "release@760", "press@760", "release@800", "press@800")
    key.press(first)
    for release, press in zip(rest[::2], rest[1::2], strict=True):
        assert not key.release(release)
        key.press(press)
        assert key.is_held
