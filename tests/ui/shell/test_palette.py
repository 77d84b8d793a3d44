"""The palette: finding layers, adding them by mouse and by keyboard, dragging them out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from workbench.catalogue.declaration import Category
from workbench.catalogue.registry import LAYERS
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.palette.delegate import HEADING_ROW, LAYER_ROW, TEXT, fitting
from workbench.ui.palette.model import MIME, TITLES, PaletteModel
from workbench.ui.palette.offers import of_catalogue
from workbench.ui.palette.panel import PalettePanel
from workbench.ui.palette.search import find, in_order
from workbench.ui.theme import Theme
from workbench.ui.window import MainWindow

ALL = tuple(LAYERS.values())


@pytest.fixture
def palette(qtbot: QtBot, bridge: Bridge, theme: Theme, session: Session) -> PalettePanel:
    panel = PalettePanel(bridge, theme)
    qtbot.addWidget(panel)
    bridge.set_session(session)
    panel.resize(194, 700)
    panel.show()
    panel.activateWindow()
    QTest.qWaitForWindowActive(panel)
    return panel


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("relu", "relu"),
        ("flat", "flatten"),
        ("dropout", "dropout"),
        ("max pool", "max_pool2d"),
        ("linear", "linear"),
        ("fully", "linear"),
        ("batch", "batch_norm2d"),
        ("LSTM", "lstm"),
    ],
)
def test_a_few_letters_find_the_layer(typed: str, first: str) -> None:
    found = find(typed, ALL)
    assert first in [layer.id for layer in found[:3]], [layer.id for layer in found[:5]]


def test_letters_in_order_find_what_is_not_spelled_out() -> None:
    assert in_order("mp2", "max pool 2d")
    assert not in_order("2pm", "max pool 2d")
    assert find("zzqqx", ALL) == []


@given(st.text(max_size=12))
def test_a_search_only_narrows(typed: str) -> None:
    found = find(typed, ALL)
    assert len({layer.id for layer in found}) == len(found)
    longer = find(f"{typed} conv", ALL)
    assert {layer.id for layer in longer} <= {layer.id for layer in found}


def test_the_model_has_every_layer_under_its_category() -> None:
    model = PaletteModel(of_catalogue(ALL))
    rows = [model.layer(model.index(r)) or str(model.index(r).data()) for r in range(model.rowCount())]
    assert [r for r in rows if not isinstance(r, str)] == [
        layer for category in TITLES for layer in ALL if layer.category is category
    ]
    assert set(TITLES) == set(Category)
    heading = model.index(0)
    assert heading.data() == "Input and output"
    assert model.flags(heading) == Qt.ItemFlag.NoItemFlags
    for row in range(model.rowCount()):
        if (layer := model.layer(model.index(row))) is not None:
            assert model.data(model.index(row), Qt.ItemDataRole.ToolTipRole) == layer.summary
            assert model.data(model.index(row), Qt.ItemDataRole.AccessibleTextRole)


def test_every_title_fits_or_keeps_its_end(theme: Theme) -> None:
    metrics = QFontMetricsF(theme.font())
    for layer in ALL:
        words = fitting(layer.title, metrics, 194 - TEXT - 18)
        assert metrics.horizontalAdvance(words) <= 194 - TEXT - 18 + 1
        assert words.split()[-1] == layer.title.split()[-1]


def test_a_click_asks_for_the_layer(palette: PalettePanel) -> None:
    asked = QSignalSpy(palette.chosen)
    row = next(r for r in range(palette.model.rowCount()) if palette.model.index(r).data() == LAYERS["relu"].title)
    palette.list.scrollTo(palette.model.index(row))
    rect = palette.list.visualRect(palette.model.index(row))
    assert rect.height() == LAYER_ROW
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert [asked.at(i)[0] for i in range(asked.count())] == ["relu"]
    heading = palette.list.visualRect(palette.model.index(0))
    palette.list.scrollToTop()
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=heading.center() + QPoint(2, 0))
    assert asked.count() == 1
    assert heading.height() <= HEADING_ROW


def test_it_works_without_a_mouse(palette: PalettePanel) -> None:
    asked = QSignalSpy(palette.chosen)
    palette.focus_search()
    QTest.keyClicks(palette.search, "dropout")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert asked.at(0)[0] == "dropout"
    QTest.keyClick(palette.search, Qt.Key.Key_Escape)
    assert palette.search.text() == ""
    QTest.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.list.hasFocus()
    assert palette.list.currentIndex().data(PaletteModel.LAYER) is not None
    QTest.keyClick(palette.list, Qt.Key.Key_Down)
    second = palette.list.currentIndex().data(PaletteModel.LAYER)
    QTest.keyClick(palette.list, Qt.Key.Key_Return)
    assert asked.at(1)[0] == second.id
    QTest.keyClick(palette.list, Qt.Key.Key_Up)
    QTest.keyClick(palette.list, Qt.Key.Key_Up)
    assert palette.search.hasFocus()


def test_typing_in_the_list_searches(palette: PalettePanel) -> None:
    palette.list.setFocus()
    QTest.keyClick(palette.list, Qt.Key.Key_S)
    assert palette.search.text() == "s"
    assert palette.search.hasFocus()


def test_no_match_says_what_to_do(palette: PalettePanel) -> None:
    palette.search.setText("qqqzz")
    assert not palette.list.isVisible()
    assert palette._nothing.isVisible()
    palette.search.clear()
    assert palette.list.isVisible()


def test_a_drag_carries_the_layer(palette: PalettePanel) -> None:
    row = next(r for r in range(palette.model.rowCount()) if palette.model.index(r).data() == LAYERS["relu"].title)
    data = palette.model.mimeData([palette.model.index(row)])
    assert bytes(data.data(MIME).data()) == b"relu"
    assert palette.model.mimeTypes() == [MIME]


def test_in_the_window_a_click_appends_and_wires(
    window: MainWindow, session: Session, turn: Callable[..., None]
) -> None:
    window.bridge.select(["conv2d_1"])
    assert window.panels is not None
    window.panels.palette.search.setText("relu")
    QTest.keyClick(window.panels.palette.search, Qt.Key.Key_Return)
    turn()
    added = [n for n in session.graph if n.layer == "relu"]
    assert len(added) == 1
    wires = {(e.source, e.target) for e in session.graph.edges}
    assert ("conv2d_1", added[0].id) in wires
    assert (added[0].id, "flatten_1") in wires
    assert window.bridge.selection == (added[0].id,)
    session.undo()
    assert len(session.graph) == 5


def test_without_a_project_it_rests(qtbot: QtBot, bridge: Bridge, theme: Theme) -> None:
    panel = PalettePanel(bridge, theme)
    qtbot.addWidget(panel)
    assert not panel.isEnabled()
