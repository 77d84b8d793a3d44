"""The data panel on real folders: counts that agree, thumbnails from threads, the picked picture, bad files, cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from workbench.core.diagnostic import Problem
from workbench.session.session import Session
from workbench.session.state import DataState
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.pages import PAGES
from workbench.ui.datasets.panel import DataPanel
from workbench.ui.datasets.progress import progress_words
from workbench.ui.datasets.thumbnails import Thumbnails

from .conftest import CLASSES, EACH

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(seen: Session, show: Callable[..., DataPanel]) -> DataPanel:
    return show(DataPanel, (1000, 600))


def test_without_pictures_there_is_one_next_step(
    empty_session: Session,
    bridge: Bridge,
    show: Callable[..., DataPanel],
    pictures: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bridge.set_session(empty_session)
    panel = show(DataPanel)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(pictures))
    button = next(b for b in panel.findChildren(QPushButton) if b.text().startswith("Open a folder of pictures"))
    assert button.isVisible()
    QTest.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: empty_session.data.phase == "ready", timeout=20_000)
    assert not button.isVisible()
    assert len(panel.browser.classes.rows) == 3


def test_the_samples_are_offered(empty_session: Session, bridge: Bridge, show: Callable[..., DataPanel]) -> None:
    bridge.set_session(empty_session)
    panel = show(DataPanel)
    actions = {a.text(): a for a in panel.sources.samples.actions()}
    assert set(actions) == {"Handwritten digits", "Scenes"}
    panel.sources.samples.triggered.emit(actions["Scenes"])
    assert empty_session.project.data.source == "sample:scenes"
    empty_session.undo()


def test_pages_are_shown_by_their_tabs_and_by_other_panels(panel: DataPanel, bridge: Bridge, qtbot: QtBot) -> None:
    assert panel.page_id == "pictures"
    assert panel.browser.isVisible()
    assert [panel.tabs.tabText(i) for i in range(panel.tabs.count())] == [page.title for page in PAGES]
    bridge.show_samples([3, 1, 30], "Taken for dark")
    assert bridge.place == "data"
    assert panel.browser.words == "Taken for dark · 3 pictures"
    bridge.show_data_page("of another version")
    assert panel.page_id == "pictures"


def test_a_source_is_added_and_left_out_again(
    panel: DataPanel, seen: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "others"))
    menu = panel.sources.add_menu
    menu.aboutToShow.emit()
    assert [a.text() for a in menu.actions()] == ["Another folder…", "A list (CSV, TSV)…"]
    menu.actions()[0].trigger()
    assert seen.project.data.more == (str(tmp_path / "others"),)
    assert panel.header.details.startswith("pictures and 1 more source")
    menu.aboutToShow.emit()
    assert menu.actions()[-1].text() == "Leave out others"
    menu.actions()[-1].trigger()
    assert seen.project.data.more == ()
    seen.undo()
    seen.undo()
    assert seen.project.data.more == ()


def test_counts_agree_everywhere(panel: DataPanel, seen: Session) -> None:
    dataset = seen.data.dataset
    assert dataset is not None
    rows = panel.browser.classes.rows
    assert {row.name: row.total for row in rows} == dict.fromkeys(CLASSES, EACH)
    assert sum(row.train for row in rows) == len(dataset.splits.train)
    assert sum(row.val for row in rows) == len(dataset.splits.val)
    assert panel.browser.split.words == f"{len(dataset.splits.train)} training, {len(dataset.splits.val)} validation"
    assert "36 pictures · 3 classes · 2 bad files" in panel.header.details


def test_bad_files_are_listed_with_their_reasons(panel: DataPanel) -> None:
    assert panel.browser.bad.isVisible()
    assert not panel.browser.bad.table.isVisible()
    QTest.mouseClick(panel.browser.bad.toggle, LEFT)
    assert panel.browser.bad.table.isVisible()
    listed = {bad.path: bad.reason for bad in panel.browser.bad.model.bad}
    assert set(listed) == {"dark/broken.jpg", "middle/words.png"}
    assert all(len(reason) > 10 for reason in listed.values())
    panel.browser.bad.copy()
    assert "dark/broken.jpg\t" in QApplication.clipboard().text()


def test_choosing_a_class_shows_its_pictures_with_thumbnails(panel: DataPanel, seen: Session, qtbot: QtBot) -> None:
    row = next(i for i, r in enumerate(panel.browser.classes.rows) if r.name == "dark")
    model = panel.browser.classes.model()
    QTest.mouseClick(
        panel.browser.classes.viewport(), LEFT, pos=panel.browser.classes.visualRect(model.index(row, 0)).center()
    )
    grid = panel.browser.grid.model()
    assert grid.rowCount() == EACH
    first = panel.browser.grid.visualRect(grid.index(0, 0)).center()

    def dark() -> bool:
        colour = panel.browser.grid.viewport().grab().toImage().pixelColor(first)
        return colour.lightness() < 110 and abs(colour.red() - colour.blue()) < 90

    qtbot.waitUntil(lambda: panel.browser.thumbnails.kept >= EACH, timeout=10_000)
    assert dark()


def test_a_click_picks_the_picture_for_the_viewers(panel: DataPanel, seen: Session, qtbot: QtBot) -> None:
    place = panel.browser.grid.model().index(2, 0)
    QTest.mouseClick(panel.browser.grid.viewport(), LEFT, pos=panel.browser.grid.visualRect(place).center())
    name = place.data(Qt.ItemDataRole.DisplayRole)
    qtbot.waitUntil(lambda: seen.views is not None and seen.views.picture_name == name, timeout=20_000)


def test_fit_and_split_are_undoable_settings(panel: DataPanel, seen: Session, qtbot: QtBot) -> None:
    panel.browser.fit.setCurrentIndex(panel.browser.fit.findData("pad"))
    panel.browser.fit.activated.emit(panel.browser.fit.currentIndex())
    assert seen.project.data.fit == "pad"
    panel.browser.validation.setFocus()
    panel.browser.validation.selectAll()
    QTest.keyClicks(panel.browser.validation, "50")
    QTest.keyClick(panel.browser.validation, Qt.Key.Key_Return)
    assert seen.project.data.validation == 0.5
    qtbot.waitUntil(
        lambda: seen.data.phase == "ready" and panel.browser.split.words == "18 training, 18 validation", timeout=20_000
    )
    panel.browser.grid.setFocus()
    seen.undo()
    seen.undo()
    assert seen.project.data.fit == "crop"
    assert panel.browser.fit.currentData() == "crop"
    assert panel.browser.validation.value() == 20


def test_while_reading_progress_is_shown_and_can_be_cancelled(panel: DataPanel, seen: Session, qtbot: QtBot) -> None:
    state = DataState("working", seen.data.dataset, None, 1240, 2062, 820.0, 1.0)
    panel.show_state(state)
    assert panel.progress.isVisible()
    assert panel.progress.words == "Reading the pictures · 1,240 of 2,062 · 820 pictures/s · 0:01 left"
    assert panel.browser.grid.isVisible()  # what was there stays to look at
    seen.rescan()
    cancel = next(b for b in panel.progress.findChildren(QPushButton) if b.text() == "Cancel")
    qtbot.waitUntil(lambda: bool(seen.jobs.running), timeout=5000)
    QTest.mouseClick(cancel, LEFT)
    qtbot.waitUntil(lambda: seen.data.phase in ("failed", "ready"), timeout=20_000)


def test_words_of_progress_know_only_what_is_known() -> None:
    assert progress_words(DataState("working")) == "Reading the pictures"
    assert progress_words(DataState("working", done=12)) == "Reading the pictures · 12 files"


def test_a_folder_that_will_not_do_says_so(panel: DataPanel, seen: Session, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "nothing").mkdir()
    seen.use_folder(tmp_path / "nothing")
    qtbot.waitUntil(lambda: seen.data.phase == "failed", timeout=20_000)
    assert panel.note.isVisible()
    assert panel.note.diagnostic == seen.data.diagnostic
    seen.undo()
    qtbot.waitUntil(lambda: seen.data.phase == "ready", timeout=20_000)
    assert not panel.note.isVisible()
    assert panel.browser.grid.isVisible()


# --- thumbnails ------------------------------------------------------------------------------------------------


class SlowPictures:
    """A data set whose thumbnails wait until they are let go."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.asked: list[int] = []
        self.threads: set[int] = set()

    def thumbnail(self, number: int, edge: int) -> np.ndarray:
        self.asked.append(number)
        self.threads.add(threading.get_ident())
        self.gate.wait(5)
        if number == 13:
            raise Problem.of("data.gone", "The picture is gone.")
        return np.full((edge, edge, 3), number % 256, np.uint8)


@pytest.fixture
def thumbnails(theme: object) -> Thumbnails:
    made = Thumbnails(16)
    yield made  # type: ignore[misc]
    made.close()
    made.deleteLater()


def test_thumbnails_never_come_from_the_windows_thread(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    pictures = SlowPictures()
    thumbnails.use(pictures)  # type: ignore[arg-type]
    assert [thumbnails.get(n) for n in range(20)] == [None] * 20
    pictures.gate.set()
    qtbot.waitUntil(lambda: thumbnails.kept == 20, timeout=5000)
    assert threading.get_ident() not in pictures.threads
    assert thumbnails.get(5) is not None
    assert thumbnails.get(13) is None  # it cannot be read: a plain tile, asked for once
    assert pictures.asked.count(13) == 1


def test_the_newest_wish_is_served_first_and_what_scrolled_away_is_not_decoded(
    thumbnails: Thumbnails, qtbot: QtBot
) -> None:
    pictures = SlowPictures()
    thumbnails.use(pictures)  # type: ignore[arg-type]
    for number in range(5000):
        thumbnails.get(number)
    pictures.gate.set()
    qtbot.waitUntil(lambda: thumbnails.get(4999) is not None, timeout=5000)
    qtbot.waitUntil(lambda: len(pictures.asked) >= 300, timeout=5000)
    assert 4999 in pictures.asked[:4]
    assert len(pictures.asked) < 500


def test_answers_for_another_data_set_are_dropped(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    old, new = SlowPictures(), SlowPictures()
    thumbnails.use(old)  # type: ignore[arg-type]
    thumbnails.get(7)
    qtbot.waitUntil(lambda: old.asked == [7], timeout=5000)
    thumbnails.use(new)  # type: ignore[arg-type]
    arrived: list[int] = []
    thumbnails.arrived.connect(arrived.append)
    old.gate.set()
    qtbot.wait(100)
    assert arrived == []
    assert thumbnails.kept == 0


def test_closing_waits_for_the_workers(thumbnails: Thumbnails) -> None:
    pictures = SlowPictures()
    thumbnails.use(pictures)  # type: ignore[arg-type]
    thumbnails.get(1)
    threading.Timer(0.1, pictures.gate.set).start()
    thumbnails.close()
    assert not [t for t in threading.enumerate() if t.name == "thumbnails"]
