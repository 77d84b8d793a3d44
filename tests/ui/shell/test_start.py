"""The start page: what one can begin with, read in the background, and what a crash left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QSignalSpy, QTest

from workbench.document.autosave import Autosave, pending
from workbench.document.edits import set_param
from workbench.document.graph import Graph, Node
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.session.templates import EMPTY, templates
from workbench.ui.folders import fresh_folder, kind, projects_home
from workbench.ui.start.card_button import CardButton
from workbench.ui.start.cards import network_cards, recent_cards, sample_cards
from workbench.ui.start.thumbnail import paint_graph
from workbench.ui.theme import Theme
from workbench.ui.window import MainWindow


def wait_for_cards(window: MainWindow, turn: Callable[..., None]) -> dict[str, CardButton]:
    for _ in range(150):
        turn(20)
        if window.start.cards:
            break
    return {button.card.target: button for button in window.start.cards}


def test_samples_are_offered_and_open_by_click(
    make_window: Callable[..., MainWindow], turn: Callable[..., None]
) -> None:
    window = make_window()
    cards = wait_for_cards(window, turn)
    names = [t.name for t in templates() if t.name != EMPTY]
    assert list(cards) == names
    card = cards["digits-linear"]
    assert card.accessibleName()
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    turn()
    opened = window.bridge.session
    assert opened is not None
    assert opened.folder == projects_home() / "digits-linear"
    assert not window.start.isVisible()
    opened.wait_for_data(60)


def test_a_sample_is_gone_on_with(make_window: Callable[..., MainWindow], turn: Callable[..., None]) -> None:
    folder = projects_home() / "residual-convnet"
    Session.create(folder, Project(name="mine")).close()
    window = make_window()
    window.projects.from_sample("residual-convnet")
    turn()
    assert window.bridge.session is not None
    assert window.bridge.session.project.name == "mine"


def test_keys_work_on_cards(make_window: Callable[..., MainWindow], turn: Callable[..., None]) -> None:
    window = make_window()
    card = next(iter(wait_for_cards(window, turn).values()))
    pressed = QSignalSpy(window.start.sampleWanted)
    window.start.sampleWanted.disconnect(window.projects.from_sample)
    card.setFocus()
    QTest.keyClick(card, Qt.Key.Key_Space)
    assert pressed.count() == 1


def test_recent_projects_say_how_good_they_are(session: Session, tmp_path: Path) -> None:
    from workbench.training.messages import Ended
    from workbench.training.store import RunStore

    data = SimpleNamespace(fingerprint="", splits=SimpleNamespace(train=range(8), val=range(2)))
    network = SimpleNamespace(inferred=session.inferred)
    with closing(RunStore(session.folder)) as store:
        run = store.begin(session.project, network, data).run  # type: ignore[arg-type]
        store.finish(run, Ended("done", best_val_accuracy=0.875, epochs=1, step=2), seconds=1.0)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "project.json").write_text("{")
    cards = recent_cards((tmp_path / "gone", tmp_path / "broken", session.folder))
    assert [card.missing for card in cards] == [False, True, True]
    assert cards[0].words == "87.5 % validation accuracy"
    assert len(cards[0].graph) == 5
    assert all(card.words.endswith(".") for card in cards[1:])


def test_every_card_can_be_painted(theme: Theme) -> None:
    for card in (*sample_cards(), *network_cards()):
        image = QImage(200, 90, QImage.Format.Format_ARGB32)
        image.fill(theme.color("canvas"))
        painter = QPainter(image)
        paint_graph(painter, QRectF(10, 10, 180, 70), card.graph, theme)
        painter.end()
        colours = {image.pixelColor(x, y).name() for x in range(0, 200, 2) for y in range(0, 90, 2)}
        assert theme.category("in/out").name() in colours
        assert len(colours) > 4, card.title


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_thumbnails_of_any_graph(theme: Theme, count: int) -> None:
    graph = Graph({f"relu_{i}": Node(f"relu_{i}", "relu", x=i * 200, y=(i % 7) * 90) for i in range(count)})
    image = QImage(100, 50, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    paint_graph(painter, QRectF(0, 0, 100, 50), graph, theme)
    painter.end()


def test_what_a_crash_left_is_offered_and_restored(
    make_window: Callable[..., MainWindow],
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    turn: Callable[..., None],
) -> None:
    lost = set_param(session.graph, "linear_1", "units", 77)
    assert isinstance(lost, Graph)
    session.close()
    with monkeypatch.context() as patched:  # as a process that is gone would have written it
        patched.setattr("workbench.document.autosave.own", lambda: (2**22 + 1, 1.0))
        Autosave(session.folder).write(replace(session.project, graph=lost, name="renamed"))
    window = make_window()
    window.offer_recoveries()
    turn()
    note = window.start.recovery
    assert note.isVisible()
    assert "renamed" in note.sentence.text()
    QTest.mouseClick(note.restore_button, Qt.MouseButton.LeftButton)
    turn()
    opened = window.bridge.session
    assert opened is not None
    assert opened.graph.nodes["linear_1"].params["units"] == 77
    assert opened.project.name == "renamed"
    assert not opened.is_saved
    opened.undo()
    assert opened.graph.nodes["linear_1"].params["units"] == 3
    assert opened.project.name == "small"
    assert not any(r.project.name == "renamed" for r in pending())


def test_what_a_crash_left_can_be_thrown_away(
    make_window: Callable[..., MainWindow],
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    turn: Callable[..., None],
) -> None:
    session.close()
    with monkeypatch.context() as patched:
        patched.setattr("workbench.document.autosave.own", lambda: (2**22 + 1, 1.0))
        Autosave(session.folder).write(replace(session.project, name="other"))
    window = make_window()
    window.offer_recoveries()
    window.start.recovery.discard_button.click()
    assert window.start.recovery.isHidden()
    assert pending() == ()


def test_new_folders_never_meet_old_ones(tmp_path: Path) -> None:
    first = fresh_folder("pets: dogs/cats?")
    assert first.parent == projects_home()
    assert first.name == "pets- dogs-cats"
    first.mkdir(parents=True)
    assert fresh_folder("pets: dogs/cats?").name == "pets- dogs-cats-2"
    assert fresh_folder("///").name == "project"
    assert kind(tmp_path / "gone") == "nothing"
    assert kind(tmp_path) == "folder"


def test_an_empty_project_by_click(make_window: Callable[..., MainWindow], turn: Callable[..., None]) -> None:
    window = make_window()
    window.start.empty_button.click()
    turn()
    assert window.bridge.session is not None
    assert len(window.bridge.session.graph) == 0
    window.close_project()
    turn()
    assert window.bridge.session is None
    assert window.start.isVisible()
    assert not window.top_bar.primary.isVisible()
    assert not window.actions_by_name["save"].isEnabled()
