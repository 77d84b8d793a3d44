"""Separators between docks while the docks are rearranged.

Qt keeps the way to the separator under the pointer, and follows it at the next move of the mouse even though the docks
stand otherwise by then. Each of these crashed the program.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from workbench.ui.bridge import PLACES

OpenWindow = Callable[..., Any]
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def between(person: Any, first: str, second: str) -> QPoint:
    """A point on the separator of two neighbours, in the window."""
    one, two = (person.panels.docks[name].geometry() for name in (first, second))
    if one.right() < two.left():
        return QPoint((one.right() + two.left()) // 2, one.center().y())
    return QPoint(one.center().x(), (one.bottom() + two.top()) // 2)


@pytest.mark.parametrize("place", ["data", "train", "look", "export"])
@pytest.mark.parametrize("by_key", [True, False])
def test_the_pointer_may_rest_on_a_separator_while_the_place_changes(
    open_window: OpenWindow, small: Path, place: str, by_key: bool
) -> None:
    person = open_window(small)
    mouse = person.window.windowHandle()
    QTest.mouseMove(mouse, between(person, "training", "viewers"))  # one inside another: a way of several steps
    person.settle()
    if by_key:
        person.key(f"Ctrl+{('data', 'build', 'train', 'look', 'export').index(place) + 1}")
    else:
        person.bridge.go_to(place)
    for point in (QPoint(720, 492), QPoint(200, 300), QPoint(1200, 800)):
        QTest.mouseMove(mouse, point)
        QTest.mouseClick(mouse, LEFT, NONE, point)
        person.settle()
    person.go_to("build")
    assert person.panels.canvas.isVisible()


@pytest.mark.parametrize("place", ["data", "train", "look"])
def test_a_separator_may_be_held_while_the_place_changes(open_window: OpenWindow, small: Path, place: str) -> None:
    person = open_window(small)
    mouse = person.window.windowHandle()
    at = between(person, "training", "viewers")
    QTest.mousePress(mouse, LEFT, NONE, at)
    QTest.mouseMove(mouse, at + QPoint(20, 0))
    person.settle()
    person.bridge.go_to(place)
    person.settle()
    for step in range(1, 6):
        QTest.mouseMove(mouse, at + QPoint(20 * step, -10 * step))
        person.settle()
    QTest.mouseRelease(mouse, LEFT, NONE, at + QPoint(100, -50))
    person.settle()
    person.go_to("build")


def test_the_pointer_may_rest_on_a_separator_while_the_help_opens(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    mouse = person.window.windowHandle()
    for first, second in (("training", "viewers"), ("canvas", "training"), ("canvas", "inspector")):
        QTest.mouseMove(mouse, between(person, first, second))
        person.settle()
        person.window.show_help("shortcuts")
        person.settle()
        QTest.mouseMove(mouse, QPoint(720, 300))
        person.panels.docks["help"].close()
        person.settle()
        person.window.reset_docks()
        QTest.mouseMove(mouse, QPoint(400, 300))
        person.settle()


def test_separators_still_move_docks(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    mouse = person.window.windowHandle()
    person.go_to("train")
    person.go_to("build")
    at = between(person, "training", "viewers")
    width = person.panels.docks["training"].width()
    QTest.mousePress(mouse, LEFT, NONE, at)
    for step in range(1, 5):
        QTest.mouseMove(mouse, at - QPoint(15 * step, 0))
        person.settle()
    QTest.mouseRelease(mouse, LEFT, NONE, at - QPoint(60, 0))
    person.settle()
    assert abs(person.panels.docks["training"].width() - (width - 60)) <= 4


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(6))
def test_docks_at_random(open_window: OpenWindow, small: Path, seed: int) -> None:
    """Places change, docks close, float and open while separators are pressed, dragged and let go."""
    person = open_window(small)
    dice, mouse = random.Random(seed), person.window.windowHandle()
    floating = ("inspector", "palette", "training", "viewers", "problems", "help")
    for _ in range(300):
        what = dice.choices(("place", "wait", "toggle", "float", "help", "drag"), (30, 18, 8, 6, 3, 35))[0]
        splitters = person.window.findChildren(QWidget, "qt_qmainwindow_extended_splitter")
        seen = [w for w in splitters if w.isVisible() and not w.size().isEmpty()]
        if what == "place":
            person.bridge.go_to(dice.choice(PLACES))
        elif what == "wait":
            person.qtbot.wait(dice.choice((0, 1, 5, 30)))
        elif what == "toggle":
            person.panels.docks[dice.choice(sorted(person.panels.docks))].toggleViewAction().trigger()
        elif what == "float":
            dock = person.panels.docks[dice.choice(floating)]
            dock.setFloating(not dock.isFloating())
        elif what == "help":
            person.window.show_help("shortcuts")
        elif seen:
            over = dice.choice(seen)
            inside = QPoint(dice.randrange(over.width()), dice.randrange(over.height()))
            start = over.mapTo(person.window, inside)
            end = start + QPoint(dice.randint(-100, 100), dice.randint(-100, 100)) * dice.choice((0, 1))
            QTest.mousePress(mouse, LEFT, NONE, start)
            for step in range(1, 4):
                QTest.mouseMove(mouse, start + (end - start) * step / 3)
                if dice.random() < 0.3:
                    person.qtbot.wait(1)
            QTest.mouseRelease(mouse, LEFT, NONE, end)
    for place in PLACES:
        person.go_to(place)
        person.window.reset_docks()
