"""The Python beside the canvas: it follows the selection and leads it, keeps up with edits, and says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.canvas.conftest import Hands
from tests.ui.canvas.test_blocks import STAGE
from workbench.document.edits import add, set_param
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.ui.code.panel import CodePanel
from workbench.ui.code.view import CHUNK, CodeView
from workbench.ui.theme import Theme


def shown(hands: Hands, qtbot: QtBot) -> CodePanel:
    """The source panel, opened by its keys, with the source of the network as it is now."""
    if not hands.panel.action("code").isChecked():
        hands.keys("Ctrl+U")
    code = hands.panel.code
    assert code.isVisible()
    qtbot.waitUntil(lambda: bool(code.view.toPlainText()) and code.view.is_settled)
    return code


def lines_of(code: CodePanel) -> list[str]:
    return [code.view.toPlainText().splitlines()[i] for i in sorted(code.view.marked)]


def click(code: CodePanel, words: str) -> None:
    """A real click on the first line that holds these words."""
    text = code.view.toPlainText().splitlines()
    line = next(i for i, row in enumerate(text) if words in row)
    block = code.view.document().findBlockByNumber(line)
    code.view.verticalScrollBar().setValue(max(0, line - 3))
    box = code.view.blockBoundingGeometry(block).translated(code.view.contentOffset())
    QTest.mouseClick(code.view.viewport(), Qt.MouseButton.LeftButton, pos=box.center().toPoint())


def staged() -> Graph:
    """Two uses of one block, the second repeated."""
    nodes = (
        Node("pictures_1", "pictures", x=0, y=0),
        Node("stage_1", "block:stage", params=frozen({"channels": 4}), x=240, y=0),
        Node("stage_2", "block:stage", params=frozen({"channels": 8, "repeat": 2}), x=480, y=0),
        Node("global_avg_pool2d_1", "global_avg_pool2d", x=720, y=0),
        Node("output_1", "output", x=960, y=0),
    )
    wires = [Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes)]
    made = add(Graph(blocks={"stage": STAGE}), *nodes, edges=wires)
    assert isinstance(made, Graph)
    return made


def test_what_is_selected_is_marked_and_in_view(hands: Hands, qtbot: QtBot) -> None:
    code = shown(hands, qtbot)
    compile(code.view.toPlainText(), "source", "exec")
    hands.click(hands.middle("linear_1"))
    marked = lines_of(code)
    assert marked
    assert all("linear_1" in line for line in marked)
    hands.bridge.select(["conv2d_1", "relu_1"])
    assert any("conv2d_1" in line for line in lines_of(code))
    assert any("relu_1" in line for line in lines_of(code))
    hands.bridge.select([])
    assert not code.view.marked


def test_a_click_on_a_line_selects_its_layer(hands: Hands, qtbot: QtBot) -> None:
    code = shown(hands, qtbot)
    click(code, "self.linear_1 = ")
    assert hands.bridge.selection == ("linear_1",)
    click(code, "import torch")
    assert hands.bridge.selection == ("linear_1",)  # that line belongs to no layer


def test_enter_selects_the_layer_of_the_line_too(hands: Hands, qtbot: QtBot) -> None:
    code = shown(hands, qtbot)
    click(code, "import torch")
    text = code.view.toPlainText().splitlines()
    wanted = next(i for i, row in enumerate(text) if "self.conv2d_1 = " in row)
    start = code.view.textCursor().blockNumber()
    for _ in range(wanted - start):
        QTest.keyClick(code.view, Qt.Key.Key_Down)
    QTest.keyClick(code.view, Qt.Key.Key_Return)
    assert hands.bridge.selection == ("conv2d_1",)


def test_every_edit_is_written_without_the_window_waiting(hands: Hands, qtbot: QtBot) -> None:
    code = shown(hands, qtbot)
    hands.session.apply("Filters", lambda g: set_param(g, "conv2d_1", "filters", 77))
    qtbot.waitUntil(lambda: "77" in code.view.toPlainText())
    hands.session.undo()
    qtbot.waitUntil(lambda: "77" not in code.view.toPlainText())
    compile(code.view.toPlainText(), "source", "exec")


def test_with_errors_the_last_source_stays_greyed_beside_the_first_problem(hands: Hands, qtbot: QtBot) -> None:
    code = shown(hands, qtbot)
    before = code.view.toPlainText()
    hands.session.apply("Groups", lambda g: set_param(g, "conv2d_1", "groups", 5))
    qtbot.waitUntil(lambda: code.view.is_faded)
    assert code.view.toPlainText() == before
    assert code.note.isVisible()
    assert code.note.diagnostic is not None
    assert "groups" in code.note.diagnostic.message
    code.note.fixChosen.emit(code.note.diagnostic.fixes[0])
    qtbot.waitUntil(lambda: not code.view.is_faded)
    assert not code.note.isVisible()


def test_a_network_that_never_had_a_source_says_why(empty_hands: Hands, qtbot: QtBot) -> None:
    empty_hands.keys("Ctrl+U")
    code = empty_hands.panel.code
    qtbot.waitUntil(code.note.isVisible)
    assert not code.view.isVisible()
    assert not code.copy_button.isEnabled()


def test_a_line_of_a_block_leads_into_it(open_canvas: Callable[[Graph], Hands], qtbot: QtBot) -> None:
    hands = open_canvas(staged())
    code = shown(hands, qtbot)
    click(code, "self.conv2d_1 = ")
    assert hands.session.scope == ("stage_1",)
    assert hands.bridge.selection == ("conv2d_1",)
    hands.session.go_to_scope(("stage_2:1",))
    click(code, "self.conv2d_1 = ")
    assert hands.session.scope == ("stage_2:1",)  # its class is that of the use in view, so nobody is led away
    assert hands.bridge.selection == ("conv2d_1",)


def test_layers_of_every_use_of_a_block_have_its_lines(open_canvas: Callable[[Graph], Hands], qtbot: QtBot) -> None:
    hands = open_canvas(staged())
    code = shown(hands, qtbot)
    hands.bridge.select(["stage_2"])
    assert any("stage_2" in line for line in lines_of(code))
    for scope in (("stage_1",), ("stage_2",), ("stage_2:1",)):
        hands.session.go_to_scope(scope)
        hands.bridge.select(["conv2d_1"])
        assert any("self.conv2d_1 = " in line for line in lines_of(code)), scope


def test_the_whole_file_is_copied(hands: Hands, qtbot: QtBot) -> None:
    code = shown(hands, qtbot)
    code.copy_button.click()
    assert QGuiApplication.clipboard().text().rstrip() == code.view.toPlainText().rstrip()


def test_it_opens_and_closes_by_keys_and_button(hands: Hands, qtbot: QtBot) -> None:
    code = shown(hands, qtbot)
    code.close_button.click()
    assert not code.isVisible()
    assert not hands.panel.action("code").isChecked()
    hands.keys("Ctrl+U")
    assert code.isVisible()
    hands.keys("Ctrl+U")
    assert not code.isVisible()


@pytest.fixture(scope="module")
def code_view(qapp: QApplication) -> CodeView:
    return CodeView(Theme("dark"))


TEXTS = st.lists(st.sampled_from(["", "a", "b", '"""', "def f():", "    return 1"]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_whatever_was_shown_before_the_new_text_stands_there(code_view: CodeView, texts: list[list[str]]) -> None:
    for lines in texts:
        code_view.show_lines(lines)
        assert code_view.toPlainText() == "\n".join(lines)


def test_a_long_source_comes_in_pieces(qtbot: QtBot) -> None:
    """The window's thread never puts in more than some lines at a time, and an edit touches only what differs."""
    view = CodeView(Theme("dark"))
    qtbot.addWidget(view)
    lines = [f"x_{i} = {i}" for i in range(2000)]
    with qtbot.waitSignal(view.settled):
        view.show_lines(lines)
        assert view.blockCount() <= CHUNK + 1
    assert view.toPlainText() == "\n".join(lines)
    touched: list[tuple[int, int, int]] = []
    view.document().contentsChange.connect(lambda *change: touched.append(change))
    lines[1000] = "x_1000 = 'other'"
    view.show_lines(lines)
    assert view.toPlainText() == "\n".join(lines)
    assert sum(gone + come for _at, gone, come in touched) < 100
    view.show_lines(lines[:500])  # while nothing comes any more, and again while something does
    view.show_lines([f"y_{i}" for i in range(900)])
    view.show_lines(lines)
    qtbot.waitUntil(lambda: view.is_settled)
    assert view.toPlainText() == "\n".join(lines)
