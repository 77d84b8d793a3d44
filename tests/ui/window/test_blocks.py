"""Blocks in the window: made, opened and given parameters by keys alone; palette, library, finding and problems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QSpinBox

from tests.ui.window.test_building import drags, drop_on_canvas, row_of
from workbench.catalogue.ready import READY
from workbench.document.block_edits import group
from workbench.document.edits import set_param
from workbench.document.graph import Graph
from workbench.document.project import Project
from workbench.ui.palette.model import MIME
from workbench.ui.palette.offers import KEPT, LIBRARY, OWN_BLOCKS
from workbench.ui.palette.offers import READY as READY_KEY

OpenWindow = Callable[..., Any]

__all__ = ["drags"]


def headings(person: Any) -> list[str]:
    """The headings of the palette, from the top."""
    model = person.panels.palette.model
    rows = [model.index(row) for row in range(model.rowCount())]
    return [str(index.data()) for index in rows if model.layer(index) is None]


def offered(person: Any) -> list[str]:
    """The keys of all that the palette offers."""
    model = person.panels.palette.model
    layers = (model.layer(model.index(row)) for row in range(model.rowCount()))
    return [layer.id for layer in layers if layer is not None]


def crumbs(person: Any) -> list[str]:
    bar = person.panels.canvas.blocks.bar
    return [part.text() for part in bar.parts] if bar.isVisible() else []


def make_block(person: Any, *nodes: str, title: str) -> str:
    """Select layers, Ctrl+G, a name, Enter; gives the new node's id."""
    person.panels.canvas.view.setFocus()
    person.bridge.select(nodes)
    person.key("Ctrl+G")
    person.type(title)
    person.key("Return")
    person.settle()
    (made,) = person.bridge.selection
    return str(made)


@pytest.fixture
def grouped(write_project: Callable[..., Path], project: Project) -> Path:
    """The small project with its convolution and its ReLU in a block of their own, “Features”."""
    made = group(project.graph, ["conv2d_1", "relu_1"], "Features")
    assert isinstance(made, tuple)
    return write_project("grouped", graph=made[0])


# --- by keys alone


def test_a_block_with_a_parameter_is_made_and_used_twice_without_a_mouse(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    session = person.session
    made = make_block(person, "conv2d_1", "relu_1", title="Features")
    assert session.graph.nodes[made].block == "features"
    person.key("Return")
    assert session.scope == (made,)
    assert crumbs(person) == ["Network", "Features 1"]
    person.settle()

    page = person.panels.inspector.block
    assert page.isVisible()
    page.params.menu.actions()[0].trigger()
    person.settle()
    assert page.params.rows[0].name.hasFocus()
    person.type("width")
    person.key("Return")
    person.settle()

    person.panels.canvas.view.setFocus()
    person.bridge.select(["conv2d_1"])
    person.settle()
    form = person.panels.inspector.layer.form
    form.fields["filters"].setFocus()
    person.key("=")
    person.type("wid")
    assert form.bindings["filters"].line.suggestions.isVisible()
    QTest.keyClick(form.bindings["filters"].line.suggestions, Qt.Key.Key_Return)
    person.window.activateWindow()  # without a window system the list's own window would keep the keyboard
    person.qtbot.waitActive(person.window)
    person.key("Return")
    person.settle()
    assert session.graph.nodes["conv2d_1"].params["filters"] == "=width"
    assert form.bindings["filters"].shown.text() == "64"

    person.panels.canvas.view.setFocus()
    person.key("Escape")
    person.key("Escape")
    assert session.scope == ()
    assert person.bridge.selection == (made,)
    person.settle()
    box = person.panels.inspector.layer.form.fields["width"].editor
    assert isinstance(box, QSpinBox)
    box.setFocus()
    box.selectAll()
    person.type("6")
    person.key("Return")
    assert session.inferred.outputs[made].words == "12 × 12 × 6"

    person.panels.canvas.view.setFocus()
    person.key("Ctrl+D")
    (second,) = person.bridge.selection
    assert session.graph.nodes[second].block == "features"
    assert not any(d.is_error for d in session.problems if d.node != second)
    while session.history.can_undo:
        person.key("Ctrl+Z")
    assert session.is_saved
    assert not session.graph.blocks


def test_page_up_goes_up_and_typing_keeps_its_keys(open_window: OpenWindow, grouped: Path) -> None:
    person = open_window(grouped)
    person.panels.canvas.view.setFocus()
    person.key("Ctrl+A")
    person.bridge.select(["features_1"])
    person.key("Return")
    assert person.session.scope == ("features_1",)
    person.bridge.select(["conv2d_1"])
    person.settle()
    line = person.panels.inspector.header.name
    line.setFocus()
    person.key("PgUp")
    assert person.session.scope == ("features_1",), "keys belong to the field while a person types in it"
    person.panels.canvas.view.setFocus()
    person.key("PgUp")
    assert person.session.scope == ()


def test_a_double_click_opens_and_a_click_on_the_path_goes_back(open_window: OpenWindow, grouped: Path) -> None:
    person = open_window(grouped)
    person.double_click(person.middle("features_1"))
    person.settle()
    assert crumbs(person) == ["Network", "Features 1"]
    person.click(person.panels.canvas.blocks.bar.parts[0])
    assert person.session.scope == ()


# --- the palette


def test_the_palette_shows_what_belongs_where_one_is(open_window: OpenWindow, grouped: Path) -> None:
    person = open_window(grouped)
    assert headings(person)[:2] == [OWN_BLOCKS, "Input and output"]
    assert headings(person)[-1] == "Blocks"
    assert [key for key in offered(person) if key.startswith(READY_KEY)] == [f"{READY_KEY}{i}" for i in READY]
    person.session.enter("features_1")
    assert headings(person)[0] == "Ports of this block"
    assert "Input and output" not in headings(person)
    assert OWN_BLOCKS not in headings(person), "a block cannot stand within itself"
    person.session.leave()
    assert "block:features" in offered(person)
    person.panels.palette.search.setText("residual")
    assert "block:ready/residual" in offered(person) or any("residual" in key for key in offered(person))


def test_a_ready_made_block_is_dragged_from_the_palette(
    open_window: OpenWindow, small: Path, drags: list[QMimeData]
) -> None:
    person = open_window(small)
    palette = person.panels.palette.list
    key = f"{READY_KEY}{next(iter(READY))}"
    start = palette.visualRect(row_of(person, key)).center()
    person.drag(palette.viewport(), start, start + QPoint(40, 6))
    assert [bytes(d.data(MIME).data()).decode() for d in drags] == [key]
    assert drop_on_canvas(person, drags[0], person.on_canvas(QPointF(232, 96)))
    (made,) = person.bridge.selection
    assert person.session.graph.nodes[made].block == next(iter(READY))
    assert headings(person)[0] == OWN_BLOCKS


def test_a_click_in_the_palette_puts_a_block_behind_the_selected_layer(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.click_node("relu_1")
    palette = person.panels.palette
    palette.focus_search()
    title = READY[next(iter(READY))].title
    person.type(title.split()[0])
    person.key("Return")
    (made,) = person.bridge.selection
    assert person.session.graph.nodes[made].block in READY
    assert person.session.graph.into("flatten_1", "in").source == made
    person.key("Escape")
    person.panels.canvas.view.setFocus()
    person.key("Ctrl+Z")
    assert not person.session.graph.blocks


# --- the library


def test_a_kept_block_is_there_in_every_window(
    open_window: OpenWindow, grouped: Path, write_project: Callable[..., Path]
) -> None:
    first = open_window(grouped)
    assert LIBRARY not in headings(first)
    first.click_node("features_1")
    first.settle()
    first.click(first.panels.inspector.layer.of_block.buttons["keep"])
    first.settle()
    assert LIBRARY in headings(first)
    assert first.panels.inspector.layer.of_block.buttons["keep"].text() == "In my library"

    second = open_window(write_project("other"))
    (key,) = [k for k in offered(second) if k.startswith(KEPT)]
    second.click_node("relu_1")
    palette = second.panels.palette.list
    second.click(palette.viewport(), palette.visualRect(row_of(second, key)).center())
    (made,) = second.bridge.selection
    block = second.session.graph.nodes[made].block
    assert second.session.graph.blocks[block].title == "Features"
    assert second.session.graph.blocks[block].graph == first.session.graph.blocks["features"].graph


def test_a_kept_block_is_renamed_and_removed_in_the_palette(open_window: OpenWindow, grouped: Path) -> None:
    person = open_window(grouped)
    person.session.keep_block("features")
    person.bridge.libraryChanged.emit()
    (key,) = [k for k in offered(person) if k.startswith(KEPT)]
    palette = person.panels.palette.list
    index = row_of(person, key)
    palette.setCurrentIndex(index)
    palette.setFocus()
    person.key("F2")
    field = person.panels.palette.kept.field
    assert field.hasFocus()
    person.type("Eyes")
    person.key("Return")
    assert [kept.block.title for _, kept in person.session.library.items()] == ["Eyes"]
    assert palette.hasFocus()

    person.panels.palette.kept.open_menu(row_of(person, key), palette.viewport().mapToGlobal(QPoint(10, 10)))
    menu = next(m for m in palette.findChildren(QMenu) if m.isVisible())
    assert [a.text().split("\t")[0] for a in menu.actions()] == ["Rename…", "Remove from my library"]
    menu.actions()[1].trigger()
    menu.close()
    assert not person.session.library.items()
    assert LIBRARY not in headings(person)
    assert person.session.graph.nodes["features_1"].block == "features", "the project has its own"


def test_what_is_not_of_the_library_cannot_be_removed_there(open_window: OpenWindow, grouped: Path) -> None:
    person = open_window(grouped)
    palette = person.panels.palette.list
    before = offered(person)
    for key in ("relu", "block:features"):
        palette.setCurrentIndex(row_of(person, key))
        palette.setFocus()
        person.key("Del")
        person.panels.palette.kept.open_menu(palette.currentIndex(), QPoint(0, 0))
        assert not [m for m in palette.findChildren(QMenu) if m.isVisible()]
    assert offered(person) == before
    assert person.session.is_saved


# --- finding, problems


def test_the_finder_goes_into_blocks(open_window: OpenWindow, grouped: Path) -> None:
    person = open_window(grouped)
    person.key("Ctrl+F")
    assert person.offered()["features_1/conv2d_1"] == "Features 1"
    person.choose("edges")
    assert person.session.scope == ("features_1",)
    assert person.bridge.selection == ("conv2d_1",)
    person.key("Ctrl+F")
    person.choose("output features")
    assert person.bridge.selection == ("out",), "the block's own output, by the place it stands in"
    person.key("Ctrl+F")
    person.choose("flatten")
    assert person.session.scope == ()
    assert person.bridge.selection == ("flatten_1",)


def test_a_problem_inside_is_gone_to_from_the_list_and_from_the_status_bar(
    open_window: OpenWindow, write_project: Callable[..., Path], project: Project
) -> None:
    made = group(project.graph, ["conv2d_1", "relu_1"], "Features")
    assert isinstance(made, tuple)
    graph: Graph = made[0]
    inside = set_param(graph.inside("features"), "conv2d_1", "filters", "=widht")
    assert isinstance(inside, Graph)
    bad = replace(graph.blocks["features"], graph=replace(inside, blocks={}))
    person = open_window(write_project("wrong", graph=replace(graph, blocks={"features": bad})))
    person.window.show_problems()
    person.settle()
    rows = person.panels.problems.rows
    row = next(r for r in rows if r.problem.path == ("features_1",) and r.problem.param == "filters")
    assert "widht" in row.problem.message
    row.setFocus()
    person.key("Return")
    assert person.session.scope == ("features_1",)
    assert person.bridge.selection == ("conv2d_1",)
    person.settle()
    assert person.panels.inspector.layer.form.note("filters").isVisible()
    person.session.leave()
    assert person.window.status.count.text() == f"{len(rows)} problem{'s' if len(rows) > 1 else ''}"
    person.click(person.window.status.sentence)
    assert person.session.scope == ("features_1",)
    assert person.bridge.selection == ("conv2d_1",)


# --- what is made of it


def test_a_network_of_blocks_trains_and_is_read_again(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    make_block(person, "conv2d_1", "relu_1", title="Features")
    person.key("Ctrl+S")
    person.key("Ctrl+Return")
    person.wait(lambda: person.session.run is not None and not person.run.is_live)
    assert person.run.phase == "done", person.run.diagnostics
    again = open_window(small.parent / "small", wait=False)
    again.settle()
    assert again.bridge.session is None or again.session.graph == person.session.graph


def test_the_viewer_names_a_layer_inside_and_shows_its_maps(open_window: OpenWindow, grouped: Path) -> None:
    person = open_window(grouped)
    person.go_to("look")
    viewers = person.panels.viewers
    person.session.enter("features_1")
    person.bridge.select(["relu_1"])
    assert viewers.node == "features_1/relu_1"
    person.settle()
    assert viewers.header.title == "Features 1 › ReLU"
    person.wait(lambda: person.session.views is not None and "features_1/relu_1" in person.session.views.maps)
    person.settle()
    assert viewers.note_words == ""
    person.session.leave()
    person.settle()
    assert viewers.node == "features_1/relu_1", "it stays while nothing else is chosen"
    person.go_to("build")
    person.bridge.select(["features_1"])
    assert viewers.node == "features_1"


def test_a_project_without_blocks_has_no_path_and_no_section(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    assert crumbs(person) == []
    assert OWN_BLOCKS not in headings(person)
    person.window.close_project()
    person.wait(lambda: person.bridge.session is None)
    assert not person.panels.palette.isEnabled()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_both_themes_and_a_change_of_theme_inside_a_block(open_window: OpenWindow, grouped: Path, theme: str) -> None:
    person = open_window(grouped, theme=theme)
    person.session.enter("features_1")
    person.settle()
    other = "light" if theme == "dark" else "dark"
    person.bridge.set_theme(other)
    person.settle()
    bar = person.panels.canvas.blocks.bar
    ground = bar.grab().toImage().pixelColor(bar.width() // 2, 3)
    assert (ground.lightness() > 128) is (other == "light")
