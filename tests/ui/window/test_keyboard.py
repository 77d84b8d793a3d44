"""The keyboard: names for everything that takes it, one meaning for every key, and quiet while a person types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget

from workbench.ui.bridge import PLACES

OpenWindow = Callable[..., Any]


def takes_focus(widgets: Iterable[QWidget]) -> list[QWidget]:
    return [
        w
        for w in widgets
        if w.isVisible()
        and w.focusPolicy() != Qt.FocusPolicy.NoFocus
        and w.focusProxy() is None
        and not w.objectName().startswith("qt_")  # parts of Qt's own widgets, which speak for them
    ]


def spoken(widget: QWidget) -> str:
    """What a screen reader calls it."""
    found = QAccessible.queryAccessibleInterface(widget)
    return str(found.text(QAccessible.Text.Name)) if found is not None else ""


def nameless(window: QWidget) -> list[str]:
    found = takes_focus([window, *window.findChildren(QWidget)])
    return sorted(
        {f"{type(w).__name__} {w.objectName()!r} in {type(w.parent()).__name__}" for w in found if not spoken(w)}
    )


@pytest.fixture
def trained(open_window: OpenWindow, small: Path) -> Any:
    """A window on the small project after a run, so that every panel shows what it has."""
    person = open_window(small)
    person.key("Ctrl+Return")
    person.wait(lambda: person.session.run is not None and not person.run.is_live, 60)
    person.click_node("conv2d_1")
    person.settle()
    return person


def test_whatever_takes_the_keyboard_has_a_name_in_every_place(trained: Any) -> None:
    missing: dict[str, list[str]] = {}
    for place in PLACES:
        trained.go_to(place)
        for tab in ("settings", "pictures", "code"):
            trained.panels.inspector.show_tab(tab)
            trained.settle()
            missing[f"{place}, {tab}"] = nameless(trained.window)
    trained.panels.inspector.show_tab("settings")
    trained.go_to("build")
    for selection in ((), ("output_1",), ("conv2d_1", "relu_1"), ("pictures_1",)):
        trained.bridge.select(selection)
        trained.settle()
        missing[f"selected: {selection}"] = nameless(trained.window)
    trained.window.show_help("shortcuts")
    trained.panels.canvas.show_outline(True)
    trained.settle()
    missing["help and outline"] = nameless(trained.window)
    assert {where: what for where, what in missing.items() if what} == {}


def test_whatever_takes_the_keyboard_has_a_name_on_the_start_page(open_window: OpenWindow) -> None:
    person = open_window()
    person.wait(lambda: len(person.window.start.cards) >= 5, 30)
    assert nameless(person.window) == []


def test_tab_goes_through_the_whole_window_and_comes_back(trained: Any) -> None:
    for place in PLACES:
        trained.go_to(place)
        trained.window.top_bar.primary.setFocus(Qt.FocusReason.TabFocusReason)
        seen: list[QWidget] = []
        for _ in range(200):
            trained.key("Tab")
            now = QApplication.focusWidget()
            assert now is not None, f"the keyboard is lost in {place}"
            if now is trained.window.top_bar.primary:
                break
            seen.append(now)
        else:
            pytest.fail(f"Tab never comes back in {place}: {[spoken(w) for w in seen[-6:]]}")
        docks = {
            name
            for name, dock in trained.panels.docks.items()
            if dock.isVisible() and any(map(dock.isAncestorOf, seen))
        }
        visible = {name for name, dock in trained.panels.docks.items() if dock.isVisible()}
        assert docks == visible, f"not reached by Tab in {place}: {visible - docks}"


def test_no_two_actions_share_a_key_and_each_says_what_it_does(trained: Any) -> None:
    actions = [a for a in trained.window.findChildren(QAction) if not a.isSeparator() and a.menu() is None]
    actions = [a for a in actions if not isinstance(a.parent(), QLineEdit)]  # a field's own have no words
    actions = [a for a in actions if not type(a.parent()).__module__.startswith("pyqtgraph")]  # in no menu of ours
    assert len(actions) > 45
    near = Qt.ShortcutContext.WidgetWithChildrenShortcut  # in the canvas, or among the samples, and nowhere else
    heard: dict[object, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for action in actions:
        for place in action.associatedObjects() if action.shortcutContext() == near else [None]:
            if isinstance(place, QMenu):
                continue
            for key in action.shortcuts():
                heard[place][key.toString()].add(f"{action.text()} ({action.objectName()})")
    everywhere = heard.pop(None)
    assert len(heard) >= 2
    for place in ({}, *heard.values()):
        keys = {key: everywhere.get(key, set()) | place.get(key, set()) for key in (*everywhere, *place)}
        assert {key: names for key, names in keys.items() if len(names) > 1} == {}
    assert sorted(a.text() or a.objectName() for a in actions if not a.statusTip().strip()) == []


def test_every_menu_entry_does_something_that_is_written_down(trained: Any) -> None:
    menus = [m for m in trained.window.findChildren(QMenu) if m.parent() is not None]
    assert menus
    for menu in (a.menu() for a in trained.window.top_bar.menus.actions()):
        assert menu is not None
        entries = [a for a in menu.actions() if not a.isSeparator()]
        assert entries
        letters = [a.text() for a in entries]
        assert len(letters) == len(set(letters)), f"twice in one menu: {letters}"


HABITS = (
    *("Ctrl+Z", "Ctrl+Y", "Ctrl+Shift+Z", "Ctrl+X", "Ctrl+C", "Ctrl+V", "Ctrl+A", "Ctrl+D", "Ctrl+Shift+D"),
    *("Del", "Backspace", "F2", "Ctrl+0", ".", "Ctrl+Return", "Ctrl+Enter", "Ctrl+N", "Ctrl+O", "Ctrl+S"),
    *("Ctrl+Shift+S", "Ctrl+Shift+F", "Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+4", "Ctrl+5"),
)


@pytest.mark.parametrize("keys", HABITS)
def test_keys_people_bring_with_them_mean_something(trained_keys: set[str], keys: str) -> None:
    assert QKeySequence(keys).toString() in trained_keys


@pytest.fixture(scope="module")
def trained_keys() -> set[str]:
    from workbench.ui import actions
    from workbench.ui.canvas import actions as canvas_actions

    specs = (*actions.SPECS, *canvas_actions.SPECS)
    return {QKeySequence(key).toString() for spec in specs for key in spec.keys}


# --- typing -----------------------------------------------------------------------------------------------------------


def fields(person: Any) -> dict[str, QWidget]:
    form = person.panels.inspector.layer.form.fields
    return {
        "search": person.panels.palette.search,
        "name": person.panels.inspector.header.name,
        "number": form["filters"].editor,
        "numbers": form["kernel"].editor,
    }


@pytest.mark.parametrize("field", ["search", "name", "number", "numbers"])
def test_keys_of_the_canvas_are_quiet_while_a_person_types(open_window: OpenWindow, small: Path, field: str) -> None:
    person = open_window(small)
    person.wire("conv2d_1", "flatten_1")  # something that undo would take back
    person.click_node("conv2d_1")
    person.settle()
    before = person.session.graph
    widget = fields(person)[field]
    person.click(widget)
    assert widget.hasFocus()
    zoom = person.panels.canvas.view.zoom

    for keys in ("Ctrl+A", "7", ".", "/", "w", "Space", "Backspace", "Delete", "Ctrl+D", "Ctrl+Z", "Ctrl+X", "Ctrl+V"):
        person.key(keys)
        assert widget.hasFocus(), f"{keys} took the keyboard away from the field"
        assert person.session is not None
        assert person.bridge.selection == ("conv2d_1",), f"{keys} went to the canvas"
        assert person.session.graph.edges == before.edges, f"{keys} changed the wires"
        assert set(person.session.graph.nodes) == set(before.nodes), f"{keys} changed the layers"
        assert person.panels.canvas.view.zoom == zoom, f"{keys} moved the canvas"
    person.key("Ctrl+W")
    assert person.bridge.session is not None, "Ctrl+W belongs to the field"
    assert person.window.projects.question is None


def test_undo_belongs_to_the_field_while_typing_and_to_the_project_after(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.wire("conv2d_1", "flatten_1")
    after = person.session.graph
    search = person.panels.palette.search
    person.click(search)
    person.type("conv")
    person.key("Ctrl+Z")
    assert search.text() != "conv"
    assert person.session.graph == after
    person.click(person.panels.canvas.view.viewport(), person.middle("conv2d_1"))
    person.key("Ctrl+Z")
    assert person.session.graph != after


def test_shortcuts_that_are_no_text_work_from_a_field(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.session.change("Rename project", name="Other")
    person.click(person.panels.palette.search)
    person.key("Ctrl+S")
    assert person.session.is_saved
    person.key("Ctrl+3")
    assert person.bridge.place == "train"


def test_slash_goes_to_the_search_and_escape_gives_it_back(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.click_node("relu_1")
    person.key("/")
    assert person.panels.palette.search.hasFocus()
    person.type("drop")
    person.key("Return")
    assert any(n.layer == "dropout" for n in person.session.graph.nodes.values())


def test_a_field_may_go_while_it_has_the_keyboard(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    field = QLineEdit(person.window)
    field.show()
    field.setFocus()
    assert field.hasFocus()
    shiboken6.delete(field)  # the focus moves on from within its destruction; what that raises fails the test
    person.settle()
    person.wire("conv2d_1", "flatten_1")
    before = person.session.graph
    person.key("Ctrl+Z")
    assert person.session.graph != before
