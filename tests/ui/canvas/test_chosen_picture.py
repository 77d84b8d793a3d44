"""Choosing the picture on the canvas, and switching layers off to see what that changes: with real events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from tests.ui.canvas.conftest import LEFT, NONE, Hands, chain
from workbench.document.edits import set_param
from workbench.document.graph import Graph
from workbench.session.comparing import Answers, Effect
from workbench.session.state import Views
from workbench.ui.canvas.effect_note import sentences, switched_words
from workbench.ui.canvas.picture_chip import NARROW, WIDTH, words_for
from workbench.ui.canvas.picture_picker import by_turns


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twelve pictures in two classes."""
    rng = np.random.default_rng(0)
    for name in ("left", "right"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(6):
            pixels = rng.integers(0, 255, (10, 10, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.png")
    return tmp_path / "pictures"


@pytest.fixture
def hands(qtbot, open_canvas: Callable[[Graph], Hands], pictures: Path) -> Hands:
    """The chain with pictures, looked at once."""
    graph = set_param(chain(), "pictures_1", "size", (10, 10))
    assert isinstance(graph, Graph)
    hands = open_canvas(graph)
    data = replace(hands.session.project.data, source=str(pictures), validation=0.5)
    hands.session.change("Pictures", data=data)
    hands.session.wait_for_data(30)
    shown(qtbot, hands, lambda views: isinstance(views.which, int))
    return hands


def shown(qtbot, hands: Hands, true: Callable[[Views], bool]) -> Views:
    def done() -> bool:
        hands.session.pump()
        return hands.session.views is not None and true(hands.session.views)

    qtbot.waitUntil(done, timeout=60_000)
    assert hands.session.views is not None
    return hands.session.views


def click(widget, at: QPointF | None = None) -> None:
    at = QPointF(widget.rect().center()) if at is None else at
    for kind, held in ((QEvent.Type.MouseButtonPress, LEFT), (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton)):
        QApplication.sendEvent(
            widget, QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at.toPoint())), LEFT, held, NONE)
        )


def drag(hands: Hands, path: Path) -> tuple[bool, bool]:
    """Drop a file on the canvas; gives whether the drag and the drop were taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    viewport, at = hands.view.viewport(), QPointF(300, 300)
    enter = QDragEnterEvent(at.toPoint(), Qt.DropAction.CopyAction, data, LEFT, NONE)
    enter.ignore()
    QApplication.sendEvent(viewport, enter)
    drop = QDropEvent(at, Qt.DropAction.CopyAction, data, LEFT, NONE)
    drop.ignore()
    if enter.isAccepted():
        QApplication.sendEvent(viewport, drop)
    return enter.isAccepted(), drop.isAccepted()


def test_the_chip_shows_the_picture_its_label_and_what_it_is_taken_for(hands: Hands) -> None:
    chip = hands.panel.overlays.chip
    assert chip.isVisible()
    assert chip.name.text().startswith(("“left”", "“right”"))
    assert chip.words.text() == "nothing learned yet"
    assert chip.geometry().right() < hands.view.width()
    assert "Picture that runs through the network" in chip.accessibleName()


def test_next_and_before_by_button_and_by_key(qtbot, hands: Hands) -> None:
    numbers = hands.session.looking.choices()
    assert len(numbers) == 6
    first = hands.session.views.which
    assert first == numbers[0]
    click(hands.panel.overlays.chip.next)
    shown(qtbot, hands, lambda views: views.which == numbers[1])
    hands.do("next_picture")
    shown(qtbot, hands, lambda views: views.which == numbers[2])
    hands.do("picture_before")
    hands.do("picture_before")
    hands.do("picture_before")
    shown(qtbot, hands, lambda views: views.which == numbers[-1])
    assert hands.panel.action("next_picture").shortcut().toString() == "N"
    assert hands.panel.action("picture_before").shortcut().toString() == "Shift+N"


def test_a_click_opens_the_validation_pictures_and_one_is_taken(qtbot, hands: Hands) -> None:
    chip = hands.panel.overlays.chip
    click(chip)
    picker = chip._picker
    assert picker is not None
    assert picker.isVisible()
    model = picker.grid.model()
    offered = [model.data(model.index(row, 0), model.NUMBER) for row in range(model.rowCount())]
    assert sorted(offered) == sorted(hands.session.looking.choices())
    items = hands.session.data.dataset.index.items
    assert {items[offered[0]].label, items[offered[1]].label} == {0, 1}, "the classes take turns"
    assert picker.grid.currentIndex().data(model.NUMBER) == hands.session.views.which
    QApplication.sendEvent(picker.grid, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Right, NONE))
    QApplication.sendEvent(picker.grid, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, NONE))
    chosen = offered[1]
    shown(qtbot, hands, lambda views: views.which == chosen)
    assert not picker.isVisible()
    chip.shut()


def test_without_pictures_the_chip_says_so_and_offers_a_file(qtbot, open_canvas) -> None:
    hands = open_canvas(chain())
    shown(qtbot, hands, lambda views: True)
    chip = hands.panel.overlays.chip
    assert chip.name.text() == "A drawn picture"
    assert not chip.next.isVisible()
    chip.setFocus()
    QApplication.sendEvent(chip, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, NONE))
    assert chip._picker is not None
    assert chip._picker.isVisible()
    assert not chip._picker.grid.isVisible()
    asked: list[bool] = []
    chip._picker.fileAsked.disconnect()
    chip._picker.fileAsked.connect(lambda: asked.append(True))
    click(chip._picker.file)
    assert asked == [True]
    assert not chip._picker.isVisible()
    chip.shut()


def test_a_picture_file_dropped_on_the_canvas_is_looked_at(qtbot, hands: Hands, tmp_path: Path) -> None:
    file = tmp_path / "mine.png"
    Image.fromarray(np.full((20, 30, 3), 77, np.uint8)).save(file)
    assert drag(hands, file) == (True, True)
    views = shown(qtbot, hands, lambda views: views.picture_name == "mine.png")
    assert (views.picture == 77).all()
    assert hands.panel.overlays.chip.name.text() == "mine.png"
    layers = set(hands.graph.nodes)
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    assert drag(hands, tmp_path / "notes.txt") == (False, False)
    assert drag(hands, tmp_path / "pictures") == (False, False), "a folder is the window's to take"
    assert set(hands.graph.nodes) == layers


def test_on_a_narrow_canvas_the_chip_is_small(hands: Hands) -> None:
    chip = hands.panel.overlays.chip
    assert chip.width() == WIDTH
    hands.panel.resize(500, 500)
    QApplication.sendPostedEvents()
    assert chip.width() == NARROW
    assert not chip.name.isVisible()
    assert chip.geometry().right() < hands.view.width()


def test_an_empty_canvas_has_no_chip(empty_hands: Hands) -> None:
    assert not empty_hands.panel.overlays.chip.isVisible()


def test_pressing_the_chip_begins_no_rubber_band(hands: Hands) -> None:
    chip = hands.panel.overlays.chip
    at = QPointF(chip.rect().center())
    glob = QPointF(chip.mapToGlobal(at.toPoint()))
    QApplication.sendEvent(chip, QMouseEvent(QEvent.Type.MouseButtonPress, at, glob, LEFT, LEFT, NONE))
    assert hands.view.gesture is None


# --- bypass and mute


@pytest.mark.parametrize(("action", "state", "keys"), [("bypass", "bypassed", "Ctrl+B"), ("mute", "muted", "Ctrl+M")])
def test_layers_are_switched_off_and_on_by_key(hands: Hands, action: str, state: str, keys: str) -> None:
    assert hands.panel.action(action).shortcut().toString() == keys
    hands.bridge.select(("conv2d_1", "relu_1"))
    before = hands.steps()
    hands.do(action)
    assert {hands.graph.nodes[n].state for n in ("conv2d_1", "relu_1")} == {state}
    assert hands.steps() == before + 1, "one undo step for both"
    hands.do(action)
    assert {hands.graph.nodes[n].state for n in ("conv2d_1", "relu_1")} == {""}
    hands.session.set_state(["conv2d_1"], state)
    hands.do(action)
    assert {hands.graph.nodes[n].state for n in ("conv2d_1", "relu_1")} == {state}, "one of them off: all go off"


def test_switching_the_input_off_is_refused(hands: Hands) -> None:
    told: list[object] = []
    hands.bridge.noticed.connect(told.append)
    hands.bridge.select(("pictures_1",))
    hands.do("mute")
    assert hands.graph.nodes["pictures_1"].state == ""
    assert told


EFFECT = Effect(
    (("Conv 2", "muted"),),
    Answers(407, 412, (0.01, 0.99)),
    Answers(376, 412, (0.54, 0.46)),
    classes=("1", "7"),
)


def test_the_note_says_what_changed_in_numbers(hands: Hands) -> None:
    note = hands.panel.overlays.effect
    assert not note.isVisible()
    hands.session.looking.comparing.effect = replace(EFFECT, before=None, after=None)
    hands.bridge.viewsChanged.emit(hands.session.views)
    assert note.isVisible()
    assert note.title.text() == "Measuring what changes…"
    hands.session.looking.comparing.effect = EFFECT
    hands.bridge.viewsChanged.emit(hands.session.views)
    assert note.title.text() == "Accuracy 98.8 % → 91.3 %"
    assert note.words.text() == "on 412 pictures with Conv 2 muted"
    assert note.picture.text() == "This picture: “7”, 99 % → “1”, 54 %"
    assert note.geometry().top() > hands.panel.overlays.chip.geometry().bottom()
    assert note.geometry().right() < hands.view.width()
    hands.session.looking.comparing.effect = None
    hands.bridge.viewsChanged.emit(hands.session.views)
    assert not note.isVisible()


def test_many_switched_layers_are_counted() -> None:
    names = tuple((f"Conv {i}", "muted") for i in range(1, 6))
    assert switched_words(names) == "Conv 1, Conv 2 and 3 more muted"
    assert switched_words((("A", "muted"), ("B", "muted"), ("C", "bypassed"))) == "A and B muted, C bypassed"
    _title, words, _picture = sentences(replace(EFFECT, anew=("Linear",)))
    assert words.endswith("; Linear no longer fits and would have to learn anew")


# --- words


def test_what_the_chip_says() -> None:
    views = Views(np.zeros((2, 2, 3), np.uint8), "cats/a.png", "cat", scores=(0.02, 0.98), classes=("dog", "cat"))
    assert words_for(replace(views, which=1, trained=True)) == ("“cat”, a.png", "recognised, 98 %")
    wrong = replace(views, which=1, trained=True, scores=(0.6, 0.4))
    assert words_for(wrong) == ("“cat”, a.png", "taken for “dog”, 60 %")
    assert words_for(replace(views, which=1)) == ("“cat”, a.png", "nothing learned yet")
    file = replace(views, which=Path("a.png"), label=None, trained=True)
    assert words_for(file) == ("a.png", "taken for “cat”, 98 %")
    assert words_for(replace(views, which=None, label=None))[0] == "A drawn picture"


def test_pictures_of_all_classes_come_first(hands: Hands) -> None:
    dataset = hands.session.data.dataset
    order = by_turns(dataset, range(12))
    labels = [dataset.index.items[i].label for i in order]
    assert labels == [0, 1] * 6
    assert sorted(order) == list(range(12))


def test_a_text_is_said_by_its_words_and_a_made_up_sample_as_such() -> None:
    text = Views(None, "order/7.txt", "order", which=7, words="bring the soup\nnow", short="bring the soup now")
    assert words_for(text) == ("“order”, bring the soup now", "nothing learned yet")
    assert words_for(replace(text, label=None))[0] == "bring the soup now"
    assert words_for(Views(None, "made-up tokens"))[0] == "Made-up tokens"
