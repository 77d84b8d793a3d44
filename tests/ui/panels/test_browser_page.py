"""What the browse page does: sifting by its bar, edits through the session, one sample large, answers, other pages."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from workbench.core.diagnostic import Diagnostic
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.page import BrowserPage
from workbench.ui.datasets.browser.query import Query
from workbench.ui.datasets.browser.spoken import tip
from workbench.ui.datasets.panel import DataPanel

from .conftest import EACH

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


@pytest.fixture
def panel(seen: Session, show: Callable[..., DataPanel]) -> DataPanel:
    return show(DataPanel, (1000, 600))


@pytest.fixture
def page(panel: DataPanel) -> BrowserPage:
    panel.browser.grid.setFocus()
    return panel.browser


def labels(session: Session) -> dict[str, int]:
    dataset = session.data.dataset
    assert dataset is not None
    return dict(zip(dataset.classes, dataset.class_counts("all").tolist(), strict=True))


def choose(page: BrowserPage, *places: int) -> None:
    page.grid.choose(page.grid.found.numbers[list(places)], int(page.grid.found.numbers[places[0]]))


def splits(session: Session) -> dict[str, int]:
    dataset = session.data.dataset
    assert dataset is not None
    return {name: len(dataset.splits[name]) for name in ("train", "val", "test", "excluded")}


# --- sifting ---------------------------------------------------------------------------------------------------------


def test_classes_beside_the_grid_sift_it(page: BrowserPage) -> None:
    model = page.classes.model()
    row = next(r for r in range(model.rowCount()) if model.index(r, 0).data() == "dark")
    QTest.mouseClick(page.classes.viewport(), LEFT, pos=page.classes.visualRect(model.index(row, 0)).center())
    assert page.words == "12 of 36 pictures"
    assert page.grid.found.titles == ("dark",)
    other = page.classes.visualRect(model.index(row + 1, 0)).center()
    QTest.mouseClick(page.classes.viewport(), LEFT, CONTROL, other)
    assert page.grid.found.titles == ("dark", "middle")
    page.classes.selectionModel().setCurrentIndex(model.index(0, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    assert page.words == "36 pictures"


def test_the_bar_sifts_by_split_and_size_and_sorts(page: BrowserPage, seen: Session) -> None:
    bar = page.bar
    bar.split.setCurrentIndex(bar.split.findData("val"))
    bar.split.activated.emit(bar.split.currentIndex())
    assert len(page.grid.found) == splits(seen)["val"]
    bar.split.setCurrentIndex(0)
    bar.split.activated.emit(0)
    bar.sizes.smallest.setValue(17)
    assert len(page.grid.found) == 0
    assert bar.sizes.text() == "From 17 px"
    bar.sizes.smallest.setValue(16)
    bar.sizes.largest.setValue(16)
    assert len(page.grid.found) == 36
    bar.sort.setCurrentIndex(bar.sort.findData("bytes"))
    bar.sort.activated.emit(bar.sort.currentIndex())
    columns = page.grid.columns
    assert columns is not None
    sizes = columns.bytes[page.grid.found.numbers]
    assert np.all(np.diff(sizes) >= 0)
    QTest.mouseClick(bar.direction, LEFT)
    assert np.all(np.diff(columns.bytes[page.grid.found.numbers]) <= 0)
    assert bar.direction.accessibleName() == "Largest first"


def test_other_panels_show_their_samples_and_everything_comes_back(
    page: BrowserPage, panel: DataPanel, bridge: Bridge
) -> None:
    page.bar.use(Query(split="val"))
    bridge.show_samples(np.array([30, 2, 7]), "Taken for dark")
    assert page.grid.found.numbers.tolist() == [30, 2, 7]
    assert page.words == "Taken for dark · 3 pictures"
    assert page.show_all.isVisible()
    QTest.mouseClick(page.show_all, LEFT)
    assert page.words == "36 pictures"
    assert not page.show_all.isVisible()


# --- edits -----------------------------------------------------------------------------------------------------------


def test_relabelling_by_keys_is_one_step_and_can_be_undone(page: BrowserPage, seen: Session) -> None:
    choose(page, 0, 1, 2)
    QTest.keyClick(page.grid, Key.Key_L)
    chooser = page.deeds.chooser
    assert chooser is not None
    QTest.keyClicks(chooser.field, "dar")
    QTest.keyClick(chooser.field, Key.Key_Return)
    assert labels(seen) == {"bright": EACH - 3, "dark": EACH + 3, "middle": EACH}
    assert seen.history.undo_label == "Relabel 3 pictures"
    assert len(page.grid.chosen) == 3  # still chosen, where they are now
    assert page.grid.found.titles == ("bright", "dark", "middle")
    choose(page, 0)
    QTest.keyClick(page.grid, Key.Key_L, CONTROL)
    assert labels(seen)["dark"] == EACH + 4
    seen.undo()
    seen.undo()
    assert labels(seen) == dict.fromkeys(("bright", "dark", "middle"), EACH)
    assert not seen.project.data.changes


def test_a_new_class_is_made_of_its_name(page: BrowserPage, seen: Session) -> None:
    choose(page, 0, 1)
    page.deeds.ask_for_class()
    chooser = page.deeds.chooser
    assert chooser is not None
    QTest.keyClicks(chooser.field, "brigh")  # begins like one that is there
    titles = [chooser.model.index(row).data() for row in range(chooser.model.rowCount())]
    assert titles == ["bright", "New class “brigh”"]
    QTest.keyClick(chooser.field, Key.Key_Down)
    QTest.keyClick(chooser.field, Key.Key_Return)
    assert labels(seen)["brigh"] == 2
    assert page.classes.model().index(1, 0).data() == "brigh"


@pytest.mark.parametrize(("key", "split"), [(Key.Key_T, "train"), (Key.Key_V, "val"), (Key.Key_E, "test")])
def test_a_key_moves_to_a_split(page: BrowserPage, seen: Session, key: Qt.Key, split: str) -> None:
    choose(page, 0, 1, 2, 13)
    numbers = page.grid.chosen.tolist()
    QTest.keyClick(page.grid, key)
    dataset = seen.data.dataset
    assert dataset is not None
    assert set(numbers) <= set(dataset.splits[split].tolist())
    page.deeds.do("drawn")
    assert not seen.project.data.changes
    seen.undo()
    seen.undo()


def test_excluding_and_including(page: BrowserPage, seen: Session) -> None:
    choose(page, 4, 5)
    QTest.keyClick(page.grid, Key.Key_Delete)
    assert splits(seen)["excluded"] == 2
    assert page.deeds.actions["toggle"].text() == "Include again"
    QTest.keyClick(page.grid, Key.Key_X)
    assert splits(seen)["excluded"] == 0
    QTest.keyClick(page.grid, Key.Key_X)
    assert splits(seen)["excluded"] == 2
    page.bar.use(Query(split="excluded"))
    assert len(page.grid.found) == 2


def test_what_leaves_the_view_hands_the_keyboard_to_its_successor(page: BrowserPage, seen: Session) -> None:
    page.bar.use(Query(split="train"))
    choose(page, 5)
    after = int(page.grid.found.numbers[6])
    QTest.keyClick(page.grid, Key.Key_X)
    assert page.grid.selection.current == after
    assert page.grid.chosen.tolist() == [after]


def test_the_menu_says_that_files_stay_and_shows_its_keys(page: BrowserPage) -> None:
    choose(page, 0, 1, 2)
    menu = page.deeds.menu()
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts[0] == "3 pictures chosen"
    assert texts[-1] == "Kept in the project; your files stay as they are"
    relabel = next(action.menu() for action in menu.actions() if action.text() == "Relabel")
    assert relabel is not None
    assert [a.text() for a in relabel.actions() if a.text()][:3] == ["bright", "dark", "middle"]  # type: ignore[attr-defined]
    assert page.deeds.actions["train"].shortcut().toString() == "T"
    keys = [key.toString() for action in page.deeds.actions.values() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    menu.close()


def test_a_class_of_the_menu_relabels(page: BrowserPage, seen: Session) -> None:
    choose(page, 0)
    menu = page.deeds.menu()
    relabel = next(action.menu() for action in menu.actions() if action.text() == "Relabel")
    next(a for a in relabel.actions() if a.text() == "middle").trigger()  # type: ignore[union-attr]
    assert labels(seen)["middle"] == EACH + 1
    menu.close()


def test_a_project_opened_to_read_only_cannot_be_edited(page: BrowserPage, seen: Session) -> None:
    seen.read_only = True
    choose(page, 0)
    assert not page.deeds.actions["relabel"].isEnabled()
    assert not page.deeds.actions["exclude"].isEnabled()
    assert page.deeds.actions["copy"].isEnabled()
    seen.read_only = False


def test_paths_are_copied_and_a_picture_is_used(page: BrowserPage, seen: Session, qtbot: QtBot) -> None:
    choose(page, 1, 3)
    QTest.keyClick(page.grid, Key.Key_C, CONTROL)
    lines = QApplication.clipboard().text().splitlines()
    assert len(lines) == 2
    assert all(Path(line).is_file() for line in lines)
    QTest.keyClick(page.grid, Key.Key_P)
    name = page.grid.columns.names[int(page.grid.found.numbers[1])]  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: seen.views is not None and seen.views.picture_name == name, timeout=20_000)


# --- one sample large ------------------------------------------------------------------------------------------------


def test_a_sample_is_looked_at_large_and_walked_through(page: BrowserPage, qtbot: QtBot) -> None:
    choose(page, 2)
    QTest.keyClick(page.grid, Key.Key_Space)
    preview = page.preview
    assert preview.isVisible()
    assert preview.hasFocus()
    assert "16 × 16 pixels" in preview.facts
    assert preview.name == page.grid.columns.names[int(page.grid.found.numbers[2])]  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: preview.has_picture, timeout=10_000)
    QTest.keyClick(preview, Key.Key_Right)
    assert preview.number == int(page.grid.found.numbers[3])
    QTest.keyClick(preview, Key.Key_End)
    assert preview.number == int(page.grid.found.numbers[-1])
    QTest.mouseClick(preview.before, LEFT)
    assert preview.number == int(page.grid.found.numbers[-2])
    QTest.keyClick(preview, Key.Key_Escape)
    assert page.grid.isVisible()
    assert page.grid.hasFocus()
    assert page.grid.chosen.tolist() == [int(page.grid.found.numbers[-2])]


def test_a_double_click_opens_and_keys_work_on_what_is_large(page: BrowserPage, seen: Session) -> None:
    page.bar.use(Query(split="train"))
    rect = page.grid.rect_of(int(page.grid.found.numbers[0]))
    assert rect is not None
    QTest.mouseDClick(page.grid.viewport(), LEFT, pos=rect.center())
    assert page.is_previewing
    after = int(page.grid.found.numbers[1])
    QTest.keyClick(page.preview, Key.Key_X)
    assert splits(seen)["excluded"] == 1
    assert page.is_previewing
    assert page.preview.number == after
    seen.undo()
    assert splits(seen)["excluded"] == 0


# --- the network's answers -------------------------------------------------------------------------------------------


def test_before_a_run_the_network_cannot_be_asked(page: BrowserPage, seen: Session, bridge: Bridge) -> None:
    assert not page.ask.isEnabled()
    assert not page.bar.wrong.isEnabled()
    told: list[Diagnostic] = []
    bridge.noticed.connect(told.append)
    page.bar.use(Query(sort="loss", descending=True))
    assert [d.code for d in told] == ["run.none"]
    assert page.bar.query.sort == "class"


def test_asking_the_network_makes_its_answers_sortable(
    trained: Session, show: Callable[..., DataPanel], qtbot: QtBot
) -> None:
    panel = show(DataPanel, (1000, 600))
    page = panel.browser
    assert page.ask.isVisible()
    QTest.mouseClick(page.ask, LEFT)
    qtbot.waitUntil(lambda: trained.scores is not None, timeout=30_000)
    assert not page.ask.isVisible()
    columns = page.grid.columns
    assert columns is not None
    assert columns.is_scored
    page.bar.use(Query(sort="loss", descending=True))
    loss = columns.loss[page.grid.found.numbers]
    assert np.all(np.diff(loss) <= 0)
    QTest.mouseClick(page.bar.wrong, LEFT)
    assert len(page.grid.found) == int(columns.wrong.sum())
    page.bar.use(Query())
    trained.start_training(epochs=1)
    qtbot.waitUntil(lambda: trained.run is not None and not trained.run.is_live, timeout=60_000)
    qtbot.waitUntil(lambda: page.ask.text() == "Ask again", timeout=5000)
    assert page.ask.isVisible()
    assert page.grid.columns is not None
    assert page.grid.columns.is_scored  # outdated, but there


def test_sorting_by_loss_asks_the_network_by_itself(
    trained: Session, show: Callable[..., DataPanel], qtbot: QtBot
) -> None:
    panel = show(DataPanel, (1000, 600))
    page = panel.browser
    page.bar.use(Query(sort="loss", descending=True))
    qtbot.waitUntil(lambda: trained.scores is not None and trained.scoring.job is None, timeout=30_000)
    assert page.grid.columns is not None
    assert np.all(np.diff(page.grid.columns.loss[page.grid.found.numbers]) <= 0)
    assert page.bar.query.sort == "loss"


# --- writing ---------------------------------------------------------------------------------------------------------


def test_writing_to_folders_copies_and_leaves_the_files(
    page: BrowserPage,
    seen: Session,
    bridge: Bridge,
    tmp_path: Path,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(out))
    told: list[Diagnostic] = []
    bridge.noticed.connect(told.append)
    before = sorted(p.relative_to(pictures).as_posix() for p in pictures.rglob("*") if p.is_file())
    choose(page, 0)
    page.deeds.do("exclude")
    page.deeds.do("write")
    qtbot.waitUntil(lambda: not page.writing.isVisible() and bool(told), timeout=30_000)
    copied = [p for p in out.rglob("*.png") if p.is_file()]
    assert len(copied) == 35
    assert sorted(p.relative_to(pictures).as_posix() for p in pictures.rglob("*") if p.is_file()) == before


# --- hostile names ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no names that are no text")
def test_names_that_are_no_text_are_shown_and_relabelled_or_refused(
    seen: Session, pictures: Path, show: Callable[..., DataPanel], qtbot: QtBot
) -> None:
    source = (pictures / "dark" / "0.png").read_bytes()
    Path(os.fsdecode(os.fsencode(pictures / "dark") + b"/caf\xe9.png")).write_bytes(source)
    (pictures / "dark" / "two\nlines & <b>bold.png").write_bytes(source)
    seen.rescan()
    qtbot.waitUntil(lambda: seen.data.phase == "ready" and len(seen.data.dataset.index) == 38, timeout=20_000)
    panel = show(DataPanel, (1000, 600))
    page = panel.browser
    assert page.words == "38 pictures"
    page.bar.use(Query(text="caf"))
    assert len(page.grid.found) == 1
    page.grid.choose_all()
    page.grid.move_to(0)
    page.grid.viewport().repaint()
    assert "caf\\udce9" in page.grid.accessibleDescription()
    columns = page.grid.columns
    assert columns is not None
    marked = next(n for n in range(38) if "<b>" in columns.names[n])
    assert "&lt;b&gt;" in tip(columns, marked)  # a tooltip would take it for markup
    page.deeds.do("copy")
    page.open(int(page.grid.found.numbers[0]))
    assert "caf\\udce9" in page.preview.name
    told: list[Diagnostic] = []
    seen.notice.connect(told.append)
    page.deeds.relabel("middle")
    assert [d.code for d in told] == ["data.unfit_name"]
