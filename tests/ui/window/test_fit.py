"""Nothing is cut off: in every place, at two sizes of the window and in both themes, words have the room they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import Qt, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QCheckBox,
    QComboBox,
    QLabel,
    QMainWindow,
    QMenuBar,
    QPushButton,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionSpinBox,
    QToolButton,
    QWidget,
)

from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Project
from workbench.ui.bridge import PLACES
from workbench.ui.parts.header import ElidedLabel

OpenWindow = Callable[..., Any]
SIZES = (QSize(1280, 720), QSize(1440, 900))


def width_of(widget: QWidget, text: str) -> int:
    plain = text.replace("&&", "\0").replace("&", "").replace("\0", "&")
    return max((widget.fontMetrics().horizontalAdvance(line) for line in plain.splitlines()), default=0)


def label_fault(label: QLabel) -> str:
    text, room = label.text(), label.contentsRect()
    if not text or isinstance(label, ElidedLabel):
        return ""
    if Qt.mightBeRichText(text):
        document = QTextDocument()
        document.setDefaultFont(label.font())
        document.setHtml(text)
        text = document.toPlainText()
    if label.wordWrap():
        longest = max((width_of(label, word) for word in text.split()), default=0)
        if longest > room.width():
            return f"its longest word needs {longest} of {room.width()} pixels"
        needed = label.heightForWidth(label.width())
        return f"needs a height of {needed}, has {label.height()}" if needed > label.height() + 1 else ""
    needed = width_of(label, text)
    if needed > room.width():
        return f"needs {needed} of {room.width()} pixels"
    lines = len(text.splitlines()) * label.fontMetrics().height()
    return f"needs a height of {lines}, has {room.height()}" if lines > room.height() + 2 else ""


def button_fault(button: QAbstractButton) -> str:
    text = button.text()
    if not text or not isinstance(button, QPushButton | QToolButton | QCheckBox):
        return ""  # cards and the like paint and elide their own words
    if isinstance(button, QToolButton) and button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly:
        return ""
    needed = width_of(button, text)
    if not button.icon().isNull():
        needed += button.iconSize().width() + 4
    if needed > button.width():
        return f"needs {needed} of {button.width()} pixels"
    return (
        f"needs a height of {button.fontMetrics().height()}" if button.fontMetrics().height() > button.height() else ""
    )


def field_fault(field: QComboBox | QSpinBox) -> str:
    if isinstance(field, QComboBox):
        option = QStyleOptionComboBox()
        field.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = field.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, field)
        needed = width_of(field, field.currentText())
    else:
        spin = QStyleOptionSpinBox()
        field.initStyleOption(spin)
        part = QStyle.SubControl.SC_SpinBoxEditField
        room = field.style().subControlRect(QStyle.ComplexControl.CC_SpinBox, spin, part, field)
        needed = width_of(field, field.text())
    return f"needs {needed} of {room.width()} pixels" if needed > room.width() else ""


def clipped(widget: QWidget) -> str:
    """What of it lies outside the widgets it lies in; below the edge of a scrolling area is fine."""
    area = QRect(QPoint(0, 0), widget.size())
    inner, outer = widget, widget.parentWidget()
    while outer is not None and not inner.isWindow():
        area.translate(inner.pos())
        scrolls = isinstance(outer.parentWidget(), QAbstractScrollArea)
        room = outer.rect()
        if area.left() < room.left() or area.right() > room.right():
            return f"sticks out of {type(outer).__name__} {outer.objectName()!r} sideways: {area} of {room}"
        if not scrolls and (area.top() < room.top() or area.bottom() > room.bottom()):
            return f"sticks out of {type(outer).__name__} {outer.objectName()!r}: {area} of {room}"
        if scrolls:
            area = QRect(area.left(), room.top(), area.width(), 1)
        inner, outer = outer, outer.parentWidget()
    return ""


def faults(window: QMainWindow) -> Iterator[str]:
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.size().isEmpty():
            continue
        said, fault = "", ""
        if isinstance(widget, QLabel):
            said, fault = widget.text(), label_fault(widget)
        elif isinstance(widget, QAbstractButton):
            said, fault = widget.text() or widget.accessibleName(), button_fault(widget)
        elif isinstance(widget, QComboBox | QSpinBox):
            said, fault = f"{widget.accessibleName()}: {widget.property('currentText') or ''}", field_fault(widget)
        elif isinstance(widget, QMenuBar):
            ends = [widget.actionGeometry(a).right() for a in widget.actions()]
            said, fault = "menus", "" if max(ends) <= widget.width() else f"need {max(ends)} of {widget.width()}"
        else:
            continue
        fault = fault or (clipped(widget) if said else "")
        if fault:
            yield f"{type(widget).__name__} “{said[:60]}” in {type(widget.parent()).__name__}: {fault}"


def collect(person: Any) -> dict[str, list[str]]:
    """All faults, in every place."""
    found: dict[str, list[str]] = {}
    for place in PLACES:
        person.go_to(place)
        person.settle()
        found[place] = sorted(set(faults(person.window)))
    person.go_to("build")
    return {where: what for where, what in found.items() if what}


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s.width()}x{s.height()}")
def test_the_start_page_fits(open_window: OpenWindow, small: Path, size: QSize) -> None:
    first = open_window(small)
    first.window.close()
    first.wait(lambda: not first.window.isVisible(), 5)
    person = open_window(size=size)
    person.wait(lambda: len(person.window.start.cards) >= 6, 30)
    person.settle()
    assert person.window.size() == size
    assert sorted(set(faults(person.window))) == []


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s.width()}x{s.height()}")
def test_a_project_that_was_never_trained_fits(open_window: OpenWindow, small: Path, size: QSize) -> None:
    person = open_window(small, size=size)
    assert person.window.size() == size
    assert collect(person) == {}


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s.width()}x{s.height()}")
def test_a_live_run_and_a_layer_of_every_kind_fit(open_window: OpenWindow, endless: Path, size: QSize) -> None:
    person = open_window(endless, size=size, theme="light")
    person.session.start_training()
    person.wait(lambda: person.run.phase == "running" and person.run.epoch >= 1, 60)
    person.click_node("conv2d_1")
    person.settle()
    assert collect(person) == {}
    for node in person.session.graph.nodes:
        person.bridge.select([node])
        person.settle()
        for tab in ("code", "pictures", "settings"):
            person.panels.inspector.show_tab(tab)
            person.settle()
            assert sorted(set(faults(person.window))) == [], f"{node}, {tab}"
    person.session.stop()
    person.wait(lambda: not person.run.is_live, 10)
    person.settle()
    assert collect(person) == {}


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s.width()}x{s.height()}")
def test_problems_notices_and_long_names_fit(
    open_window: OpenWindow, write_project: Callable[..., Path], project: Project, size: QSize
) -> None:
    long = "A name that somebody has written with much love and without an end in sight, Donaudampfschifffahrt"
    nodes = {
        **project.graph.nodes,
        "conv2d_1": Node("conv2d_1", "conv2d", long, frozen({"filters": 1_000_000, "kernel": (99, 99)}), 232, 0),
    }
    wires = frozenset(e for e in project.graph.edges if e.target not in ("linear_1", "flatten_1"))
    graph = Graph(nodes, wires | {Edge("relu_1", "out", "linear_1", "in")})
    person = open_window(write_project("wrong", graph=graph), size=size)
    person.session.change("Rename project", name=long)
    person.key("Ctrl+Return")  # says why it cannot
    person.click_node("conv2d_1")
    person.window.show_problems()
    person.settle()
    assert person.notice
    assert sorted(set(faults(person.window))) == []
    person.bridge.select(["linear_1"])  # its note has two remedies
    person.settle()
    assert sorted(set(faults(person.window))) == []
    assert collect(person) == {}


def test_every_layer_s_form_fits(open_window: OpenWindow, small: Path) -> None:
    """Titles, values and units of every parameter, in the narrowest inspector."""
    from workbench.catalogue.registry import LAYERS

    person = open_window(small, size=SIZES[0])
    found: dict[str, list[str]] = {}
    for layer in LAYERS:
        node = person.session.add_layer(layer, 0, 400)
        person.bridge.select([node])
        person.settle()
        form = person.panels.inspector.layer.form
        if form is not None and form._fold.isVisible():
            form._fold.setChecked(True)
            person.settle()
        if wrong := sorted(set(faults(person.window))):
            found[layer] = wrong
        person.session.undo()
    assert found == {}
