"""The viewers on a real network: they follow the selection, the picture and the run, and draw only while seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.session.session import Session
from workbench.session.state import Views
from workbench.ui.bridge import Bridge
from workbench.ui.viewers.panel import ViewersPanel
from workbench.ui.viewers.score_bars import leading, percent
from workbench.ui.viewers.words import verdict

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(seen: Session, show: Callable[..., ViewersPanel], qtbot: QtBot) -> ViewersPanel:
    made = show(ViewersPanel, (620, 340))
    qtbot.waitUntil(lambda: seen.views is not None and "conv2d_1" in seen.views.maps, timeout=30_000)
    return made


def test_without_pictures_the_next_step_is_data(
    empty_session: Session, bridge: Bridge, show: Callable[..., ViewersPanel]
) -> None:
    bridge.set_session(empty_session)
    panel = show(ViewersPanel)
    assert panel.empty.isVisible()
    QTest.mouseClick(panel.to_data, LEFT)
    assert bridge.place == "data"


def test_it_begins_with_the_first_layer_that_learns(panel: ViewersPanel) -> None:
    assert panel.node == "conv2d_1"
    assert panel.layer.mosaic.maps is not None
    assert panel.layer.mosaic.maps.shape == (6, 16, 16)
    assert panel.header.title == "First look"
    assert panel.header.details == "feature maps, before training"
    assert "nothing learned yet" in panel.column.verdict.text()


def test_it_follows_the_selection(panel: ViewersPanel, seen: Session, bridge: Bridge, qtbot: QtBot) -> None:
    bridge.select(["linear_1"])
    qtbot.waitUntil(lambda: not panel.layer.is_mosaic and panel.layer.vector.values.size == 3, timeout=20_000)
    assert panel.header.details.startswith("values")
    bridge.select(["relu_1"])
    qtbot.waitUntil(lambda: panel.layer.is_mosaic and panel.header.title == "ReLU", timeout=20_000)
    assert panel.layer.scale is not None
    assert not panel.layer.scale.signed
    bridge.select([])
    assert panel.node == "relu_1"  # nothing selected: what was looked at stays


def test_a_removed_layer_gives_way_to_another(panel: ViewersPanel, seen: Session, bridge: Bridge, qtbot: QtBot) -> None:
    bridge.select(["relu_1"])
    seen.remove(["relu_1"])
    assert panel.node == "conv2d_1"
    seen.undo()


def test_live_maps_change_with_the_run(panel: ViewersPanel, seen: Session, qtbot: QtBot) -> None:
    seen.start_training(epochs=5000)
    qtbot.waitUntil(lambda: "live" in panel.header.details, timeout=60_000)
    scale = panel.layer.scale
    first = np.array(panel.layer.mosaic.maps)
    qtbot.waitUntil(lambda: not np.array_equal(first, panel.layer.mosaic.maps), timeout=20_000)
    assert panel.layer.scale is not None
    assert scale is not None
    assert panel.layer.scale.high >= scale.high
    assert panel.epoch_words.startswith("epoch ")
    panel.hide()
    drawn = panel.layer.mosaic.frames_drawn
    qtbot.wait(300)
    assert panel.layer.mosaic.frames_drawn == drawn
    panel.show()
    qtbot.waitUntil(lambda: panel.layer.mosaic.frames_drawn > drawn, timeout=5000)
    seen.stop()
    qtbot.waitUntil(lambda: seen.run is not None and not seen.run.is_live, timeout=20_000)
    qtbot.waitUntil(lambda: panel.header.details == "feature maps", timeout=20_000)


def test_the_scores_of_the_trained_network_are_shown(panel: ViewersPanel, trained: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: trained.views is not None and trained.views.trained, timeout=20_000)
    shown = panel.column.bars.scores
    assert len(shown) == 3
    assert sum(s.share for s in shown) == pytest.approx(1.0)
    assert [s.share for s in shown] == sorted((s.share for s in shown), reverse=True)
    assert sum(s.right for s in shown) == 1
    assert "labelled" in panel.column.verdict.text()


def test_walking_through_the_data(panel: ViewersPanel, seen: Session, qtbot: QtBot) -> None:
    assert seen.views is not None
    before = seen.views.picture_name
    QTest.mouseClick(panel.column.next, LEFT)
    qtbot.waitUntil(lambda: panel.column.name.text() != before, timeout=20_000)
    QTest.keyClick(panel.column.picture, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: panel.column.name.text() == before, timeout=20_000)


def test_a_dropped_file_is_tested(panel: ViewersPanel, seen: Session, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "mine.png"
    Image.fromarray(np.full((40, 30, 3), 210, np.uint8)).save(path)
    drop_on(panel, path)
    qtbot.waitUntil(lambda: panel.column.name.text() == "mine.png", timeout=20_000)
    assert "labelled" not in panel.column.verdict.text()


def drop_on(panel: ViewersPanel, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    target = panel.column.picture
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(20, 20), copy, data, LEFT, none)
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted() == path.is_file()
    QApplication.sendEvent(target, QDropEvent(QPointF(20, 20), copy, data, LEFT, none))


def test_a_dropped_folder_is_left_to_the_window(panel: ViewersPanel, pictures: Path) -> None:
    before = panel.column.name.text()
    drop_on(panel, pictures)
    assert panel.column.name.text() == before


def test_a_file_that_is_no_picture_is_refused_in_words(
    panel: ViewersPanel, seen: Session, bridge: Bridge, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "letter.png").write_text("dear reader")
    heard: list[object] = []
    bridge.noticed.connect(heard.append)
    panel.test_picture(str(tmp_path / "letter.png"))
    qtbot.waitUntil(lambda: bool(heard), timeout=20_000)
    assert "letter.png" in heard[0].message  # type: ignore[attr-defined]


def test_filters_are_pictures_too(panel: ViewersPanel, seen: Session, qtbot: QtBot) -> None:
    assert panel.filters_button.isEnabled()
    QTest.mouseClick(panel.filters_button, LEFT)
    assert panel.filters.isVisible()
    assert panel.header.details.startswith("filters")
    QTest.mouseClick(panel.filters_button, LEFT)
    assert panel.layer.isVisible()


def test_the_view_is_saved_as_a_picture(panel: ViewersPanel, bridge: Bridge, tmp_path: Path, qtbot: QtBot) -> None:
    assert panel.save_view(tmp_path / "maps.png")
    with Image.open(tmp_path / "maps.png") as saved:
        assert saved.size[0] > 100
    heard: list[object] = []
    bridge.noticed.connect(heard.append)
    assert not panel.save_view(tmp_path / "no such folder" / "maps.png")
    assert heard


def test_problems_on_the_canvas_are_named_where_the_maps_would_be(
    bridge: Bridge, seen: Session, show: Callable[..., ViewersPanel], qtbot: QtBot
) -> None:
    seen.remove(["flatten_1"], heal=True)
    panel = show(ViewersPanel)
    bridge.select(["linear_1"])
    assert "problems" in panel.note_words
    seen.undo()


def test_the_right_answer_is_always_among_the_bars() -> None:
    classes = [f"c{i}" for i in range(10)]
    scores = [0.3, 0.25, 0.2, 0.1, 0.05, 0.04, 0.03, 0.02, 0.008, 0.002]
    shown = leading(scores, classes, "c9")
    assert [s.name for s in shown] == ["c0", "c1", "c2", "c3", "c9"]
    assert [s.right for s in shown] == [False] * 4 + [True]
    assert [s.name for s in leading(scores, classes, None)] == ["c0", "c1", "c2", "c3", "c4"]
    assert len(leading(scores[:2], classes[:2], "c1")) == 2


def test_the_verdict_in_words() -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    base = {"picture": picture, "picture_name": "x", "classes": ("a", "b"), "trained": True}
    assert verdict(Views(**base, label="a", scores=(0.9, 0.1))) == "labelled “a”, recognised"  # type: ignore[arg-type]
    assert verdict(Views(**base, label="b", scores=(0.9, 0.1))) == "labelled “b”, taken for “a”"  # type: ignore[arg-type]
    assert verdict(Views(**base, scores=(0.2, 0.8))) == "taken for “b”"  # type: ignore[arg-type]
    assert verdict(Views(picture, "x", "a")) == "labelled “a”"


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "100 %"), (0.998, ">99 %"), (0.5, "50 %"), (0.004, "0.4 %"), (1e-6, "<0.1 %"), (0, "0 %")],
)
def test_shares_in_words(share: float, words: str) -> None:
    assert percent(share) == words
