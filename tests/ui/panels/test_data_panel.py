"""The data panel on real folders: counts that agree, thumbnails from threads, the picked picture, bad files, cancel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from workbench.data.samples import SAMPLES
from workbench.session.session import Session
from workbench.session.state import DataState
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.pages import PAGES
from workbench.ui.datasets.panel import DataPanel
from workbench.ui.datasets.progress import progress_words

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
    assert len(panel.browser.grid.found) == 36


def test_the_samples_are_offered(empty_session: Session, bridge: Bridge, show: Callable[..., DataPanel]) -> None:
    bridge.set_session(empty_session)
    panel = show(DataPanel)
    actions = {a.text(): a for a in panel.sources.samples.actions()}
    assert set(actions) == {sample.title for sample in SAMPLES.values()}
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
    assert seen.project.data.more
    seen.use_folder(tmp_path / "elsewhere")  # another source, not one more
    assert seen.project.data.more == ()


def test_counts_agree_everywhere(panel: DataPanel, seen: Session) -> None:
    model = panel.browser.classes.model()
    rows = [model.index(row, 0) for row in range(model.rowCount())]
    counts = {row.data(): row.data(Qt.ItemDataRole.UserRole) for row in rows}
    assert counts == {"All classes": 3 * EACH, **dict.fromkeys(CLASSES, EACH)}
    assert panel.browser.words == "36 pictures"
    assert len(panel.browser.grid.found) == 36
    assert "36 pictures · 3 classes · 2 bad files" in panel.header.details


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
