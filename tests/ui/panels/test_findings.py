"""The findings page on a real folder: what it says at a glance, and what a person does about each finding."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from workbench.session import duplicates as search
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.page import FindingsPage
from workbench.ui.datasets.findings.section import GOOD, UNKNOWN, WORTH_A_LOOK
from workbench.ui.datasets.panel import DataPanel

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


def photograph(seed: int, width: int = 60, height: int = 48) -> Image.Image:
    coarse = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SETTLE_SECONDS", 0.0)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Classes "cat" (12), "dog" (4) and "Dog" (2) in training, two of each in validation. Among them

    * training's cat/0 is validation's cat/copy, byte for byte;
    * training's cat/1 is training's dog/wrong, byte for byte;
    * training's cat/2 is training's cat/again, saved anew.

    One file is no picture, and one picture is upright.
    """
    root, seed = tmp_path / "pictures", 0
    for split, sizes in (("train", {"cat": 12, "dog": 4, "Dog_": 2}), ("val", {"cat": 2, "dog": 2, "Dog_": 2})):
        for name, size in sizes.items():
            (root / split / name).mkdir(parents=True)
            for k in range(size):
                photograph(seed := seed + 1).save(root / split / name / f"{k}.png")
    train, val = root / "train", root / "val"
    (val / "cat" / "copy.png").write_bytes((train / "cat" / "0.png").read_bytes())
    (train / "dog" / "wrong.png").write_bytes((train / "cat" / "1.png").read_bytes())
    with Image.open(train / "cat" / "2.png") as image:
        image.save(train / "cat" / "again.jpg", quality=80)
    (train / "cat" / "words.png").write_text("these are words")
    photograph(99, 100, 200).save(train / "cat" / "tall.png")
    return root


@pytest.fixture
def looked(seen: Session, qtbot: QtBot) -> Session:
    qtbot.waitUntil(lambda: seen.duplicates.phase == "ready", timeout=20_000)
    return seen


@pytest.fixture
def page(looked: Session, show: Callable[..., FindingsPage]) -> FindingsPage:
    return show(FindingsPage, (1000, 560))


def words(page: FindingsPage) -> dict[str, tuple[str, str]]:
    return {finding.title: (finding.state, finding.words) for finding in page.overview.findings}


def press(button: QPushButton) -> None:
    assert button.isVisible(), button.text()
    QTest.mouseClick(button, LEFT)


def paths(session: Session, numbers: object) -> set[str]:
    dataset = session.data.dataset
    assert dataset is not None
    return {dataset.index.path(int(i)) for i in numbers}  # type: ignore[attr-defined]


def asked(bridge: Bridge) -> QSignalSpy:
    return QSignalSpy(bridge.samplesAsked)


# --- the overview -----------------------------------------------------------------------------------------------------


def test_the_overview_says_it_in_seconds(page: FindingsPage) -> None:
    assert words(page) == {
        "Classes": (WORTH_A_LOOK, "The largest is 4.2 times the smallest"),
        "Duplicates": (WORTH_A_LOOK, "1 in more than one split"),
        "Sizes": (GOOD, "Sides of 48 to 200 pixels"),
        "Class names": (WORTH_A_LOOK, "1 pair alike, likely one class each"),
        "Files": (WORTH_A_LOOK, "1 file cannot be used"),
    }
    assert page.section is page.classes  # the first that is worth a look


def test_the_keyboard_goes_from_finding_to_finding(page: FindingsPage) -> None:
    page.overview.setFocus()
    for section in (page.duplicates, page.sizes, page.names, page.files):
        QTest.keyClick(page.overview, Key.Key_Down)
        assert page.section is section
        assert section.isVisible()
    model = page.overview.model()
    spoken = model.data(model.index(1), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Duplicates. Worth a look. 1 in more than one split"


def test_it_is_a_page_of_the_data_place(looked: Session, bridge: Bridge, show: Callable[..., DataPanel]) -> None:
    panel = show(DataPanel, (1000, 600))
    bridge.show_data_page("findings")
    found = panel.page("findings")
    assert isinstance(found, FindingsPage)
    assert found.isVisible()
    found.show_section(found.duplicates)
    press(found.duplicates.see)
    assert panel.page_id == "pictures"
    assert panel.browser.words == "Duplicates · 2 pictures"


def test_what_cannot_be_seen_is_worked_out_when_it_is(
    seen: Session, bridge: Bridge, show: Callable[..., FindingsPage], qtbot: QtBot
) -> None:
    page = show(FindingsPage, (1000, 560))
    page.hide()
    seen.exclude(["train/cat/0.png"])
    qtbot.waitUntil(lambda: seen.duplicates.phase == "ready", timeout=20_000)
    before = words(page)["Duplicates"]
    page.show()
    assert words(page)["Duplicates"] == (WORTH_A_LOOK, "1 under more than one label") != before


def test_another_theme_and_size_are_painted(page: FindingsPage, bridge: Bridge) -> None:
    for name in ("light", "dark"):
        bridge.set_theme(name)  # type: ignore[arg-type]
        for section in page.sections:
            page.show_section(section)
            page.resize(520, 300)
            assert not page.grab().isNull()
            page.resize(1000, 560)


def test_everything_has_a_name_and_is_reached_by_tab(page: FindingsPage) -> None:
    for section in page.sections:
        page.show_section(section)
        reached: list[QWidget] = []
        page.overview.setFocus()
        for _ in range(20):
            widget = QApplication.focusWidget()
            if widget is None or widget in reached:
                break
            reached.append(widget)
            page.focusNextChild()
        expected = [b for b in section.findChildren(QPushButton) if b.isVisible() and b.isEnabled()]
        assert set(expected) <= set(reached), (section, reached, [b.text() for b in expected])
        for widget in reached:
            named = widget.accessibleName() or (widget.text() if isinstance(widget, QPushButton) else "")
            assert named, widget


# --- classes ----------------------------------------------------------------------------------------------------------


def names(page: FindingsPage) -> list[str]:
    model = page.classes.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_classes_are_shown_with_their_balance(page: FindingsPage) -> None:
    assert page.classes.words.text() == (
        "28 pictures in 3 classes. “cat” has the most with 17, “Dog_” the fewest with 4: uneven, 4.2 times as many. "
        "Always saying the largest class would be right for 61 %. Balancing the classes helps."
    )
    row = names(page).index("dog")
    spoken = page.classes.list.model().index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "dog: 7 pictures (5 training, 2 validation)"


def test_classes_are_sorted(page: FindingsPage) -> None:
    order = page.classes.order
    order.setFocus()
    orders = [names(page)]
    for _ in range(2):
        QTest.keyClick(order, Key.Key_Down)
        order.activated.emit(order.currentIndex())
        orders.append(names(page))
    assert sorted(orders[0]) == ["Dog_", "cat", "dog"]
    assert orders[1:] == [["cat", "dog", "Dog_"], ["Dog_", "dog", "cat"]]


def test_a_class_is_shown_in_the_browser(page: FindingsPage, bridge: Bridge, looked: Session) -> None:
    spy = asked(bridge)
    listed = page.classes.list
    listed.setFocus()
    listed.setCurrentIndex(listed.model().index(names(page).index("Dog_"), 0))
    QTest.keyClick(listed, Key.Key_Return)
    press(page.classes.see)
    assert spy.count() == 2
    numbers, title = spy.at(1)
    assert title == "Class “Dog_”"
    assert paths(looked, numbers) == {f"{split}/Dog_/{k}.png" for split in ("train", "val") for k in range(2)}


def test_uneven_classes_lead_to_balancing(page: FindingsPage, bridge: Bridge) -> None:
    spy = QSignalSpy(bridge.dataPageAsked)
    press(page.classes.even)
    assert spy.at(0) == ["splits"]


def test_thumbnails_are_decoded_in_threads(
    looked: Session, show: Callable[..., FindingsPage], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    dataset = looked.data.dataset
    assert dataset is not None
    threads: set[int] = set()
    preview = dataset.preview

    def watched(number: int, edge: int) -> object:
        threads.add(threading.get_ident())
        return preview(number, edge)

    monkeypatch.setattr(dataset, "preview", watched)
    page = show(FindingsPage, (1000, 560))
    page.show_section(page.duplicates)
    qtbot.waitUntil(lambda: page.thumbnails.kept >= 4, timeout=20_000)
    assert threading.get_ident() not in threads


# --- sizes ------------------------------------------------------------------------------------------------------------


def test_a_bar_shows_its_pictures(page: FindingsPage, bridge: Bridge, looked: Session) -> None:
    page.show_section(page.sizes)
    ratio = page.sizes.ratio
    assert ratio.bins is not None
    place = ratio.bins.labels.index("1:2")
    spy = asked(bridge)
    point = QPoint(round(ratio.bar(place).center().x()), ratio.height() // 2)
    help_event = QHelpEvent(QEvent.Type.ToolTip, point, ratio.mapToGlobal(point))
    QApplication.sendEvent(ratio, help_event)
    assert QToolTip.text() == "about 1:2: 1 picture, 4 %"
    QToolTip.hideText()
    QTest.mouseClick(ratio, LEFT, pos=point)
    numbers, title = spy.at(0)
    assert title == "Width to height about 1:2"
    assert paths(looked, numbers) == {"train/cat/tall.png"}


def test_bars_are_reached_by_keys(page: FindingsPage, bridge: Bridge, looked: Session) -> None:
    page.show_section(page.sizes)
    longer = page.sizes.longer
    assert longer.bins is not None
    longer.setFocus()
    assert longer.accessibleDescription() == "48 to 63 pixels: 27 pictures, 96 %"
    spy = asked(bridge)
    QTest.keyClick(longer, Key.Key_End)
    assert longer.accessibleDescription() == "192 to 255 pixels: 1 picture, 4 %"
    QTest.keyClick(longer, Key.Key_Return)
    assert paths(looked, spy.at(0)[0]) == {"train/cat/tall.png"}
    QTest.keyClick(longer, Key.Key_Left)  # an empty bin between them
    QTest.keyClick(longer, Key.Key_Return)
    assert spy.count() == 1
    QTest.keyClick(longer, Key.Key_Home)
    QTest.keyClick(longer, Key.Key_Space)
    assert len(spy.at(1)[0]) == 27


def test_sizes_are_said_in_words(page: FindingsPage) -> None:
    assert page.sizes.words.text() == (
        "27 pictures of 28 have 60 × 48 pixels; the smallest has 60 × 48, the largest 100 × 200."
    )


# --- duplicates -------------------------------------------------------------------------------------------------------

LEAK = {"train/cat/0.png", "val/cat/copy.png"}
CONTRADICTION = {"train/cat/1.png", "train/dog/wrong.png"}
TWICE = {"train/cat/2.png", "train/cat/again.jpg"}


@pytest.fixture
def duplicates(page: FindingsPage) -> FindingsPage:
    page.show_section(page.duplicates)
    return page


def groups(page: FindingsPage, session: Session) -> list[set[str]]:
    model = page.duplicates.list.groups
    return [paths(session, model.members(row)) for row in range(model.rowCount())]


def test_groups_stand_side_by_side(duplicates: FindingsPage, looked: Session) -> None:
    assert groups(duplicates, looked) == [LEAK, CONTRADICTION, TWICE]
    model = duplicates.duplicates.list.groups
    assert [model.title(row) for row in range(3)] == [
        ("The same file, twice", "in training and validation"),
        ("The same file, twice", "under more than one label"),
        ("Nearly the same, twice", ""),
    ]
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == (
        "The same file, twice. in training and validation. "
        "train/cat/0.png, training, “cat”; val/cat/copy.png, validation, “cat”"
    )
    listed = duplicates.duplicates.list
    tile = listed.tile(listed.visualRect(model.index(0)), 1)
    number = listed.member_at(tile.center())
    assert number is not None
    assert "val/cat/copy.png, validation, “cat”" in model.tip(number)
    assert listed.member_at(tile.bottomRight() + QPoint(200, 0)) is None


def test_a_large_group_shows_one_of_each_first(
    looked: Session, pictures: Path, show: Callable[..., FindingsPage], qtbot: QtBot
) -> None:
    data = (pictures / "train" / "cat" / "0.png").read_bytes()
    for k in range(30):
        (pictures / "train" / "cat" / f"copy_{k}.png").write_bytes(data)
    looked.rescan()
    qtbot.waitUntil(lambda: looked.data.phase == "ready" and looked.duplicates.phase == "ready", timeout=20_000)
    qtbot.waitUntil(lambda: int(looked.duplicates.groups.sizes.max()) == 32, timeout=20_000)
    page = show(FindingsPage, (900, 560))
    page.show_section(page.duplicates)
    listed = page.duplicates.list
    assert listed.fitting(32) < 10
    assert {listed.groups.split(i) for i in listed.groups.members(0)[:2]} == {0, 1}
    assert not page.grab().isNull()


def test_keeping_one_can_be_undone(duplicates: FindingsPage, looked: Session) -> None:
    press(duplicates.duplicates.keep_one)
    assert groups(duplicates, looked) == [CONTRADICTION, TWICE]
    assert duplicates.duplicates.list.chosen == [0]  # the next one
    changes = looked.project.data.changes
    assert [(path, change.excluded) for path, change in changes.items()] == [("val/cat/copy.png", True)]
    looked.undo()
    assert groups(duplicates, looked) == [LEAK, CONTRADICTION, TWICE]


def test_moving_to_training(duplicates: FindingsPage, looked: Session) -> None:
    section = duplicates.duplicates
    assert section.to_training.isEnabled()
    press(section.to_training)
    assert groups(duplicates, looked) == [CONTRADICTION, LEAK, TWICE]
    assert not section.to_training.isEnabled()
    assert looked.project.data.changes["val/cat/copy.png"].split == "train"


def test_several_groups_are_kept_and_shown_again(duplicates: FindingsPage, looked: Session) -> None:
    section = duplicates.duplicates
    listed = section.list
    assert not section.set_aside.isVisible()
    second = listed.visualRect(listed.groups.index(1)).center()
    QTest.mouseClick(listed.viewport(), LEFT, CONTROL, second)
    assert listed.chosen == [0, 1]
    assert section.chosen_words.text() == "2 of 3 groups chosen"
    press(section.keep_all)
    assert groups(duplicates, looked) == [TWICE]
    assert section.set_aside.text() == "2 groups kept as they are"
    assert not looked.project.data.changes
    press(section.set_aside)
    assert len(groups(duplicates, looked)) == 3


def test_the_remedy_for_all_stands_above(duplicates: FindingsPage, looked: Session) -> None:
    note = duplicates.duplicates.note
    assert note.diagnostic is not None
    assert note.diagnostic.message.startswith("1 picture stands in training and validation. ")
    link = next(b for b in note.findChildren(QPushButton) if b.text() == "Exclude the copies")
    press(link)
    assert groups(duplicates, looked) == [CONTRADICTION, TWICE]
    assert note.diagnostic.code == "data.duplicates_across_classes"


def test_a_group_is_shown_in_the_browser(duplicates: FindingsPage, bridge: Bridge, looked: Session) -> None:
    spy = asked(bridge)
    listed = duplicates.duplicates.list
    listed.setFocus()
    QTest.keyClick(listed, Key.Key_Down)
    QTest.keyClick(listed, Key.Key_Return)
    assert paths(looked, spy.at(0)[0]) == CONTRADICTION
    assert spy.at(0)[1] == "The same file, twice"


def test_without_duplicates_there_is_a_calm_word(duplicates: FindingsPage, looked: Session) -> None:
    section = duplicates.duplicates
    assert not section.is_empty
    section.list.choose([0, 1, 2])
    press(section.keep_one)
    assert section.is_empty
    assert section.none.words[0] == "No duplicates found"
    assert words(duplicates)["Duplicates"] == (GOOD, "None found")
    assert not section.note.isVisible()


def test_many_samples_are_looked_at_when_asked(
    session: Session, bridge: Bridge, show: Callable[..., FindingsPage], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BY_ITSELF", 3)
    bridge.set_session(session)
    qtbot.waitUntil(lambda: session.data.phase == "ready", timeout=20_000)
    page = show(FindingsPage, (1000, 560))
    page.show_section(page.duplicates)
    section = page.duplicates
    assert words(page)["Duplicates"] == (UNKNOWN, "Not looked for yet")
    assert section.none.words[0] == "Not looked for yet"
    press(section.look)
    qtbot.waitUntil(lambda: session.duplicates.phase == "ready", timeout=20_000)
    assert len(groups(page, session)) == 3
    assert section.look.text() == "Look again"


def test_looking_shows_its_progress_and_is_cancelled(
    page: FindingsPage, looked: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = threading.Event()

    def slow(*_: object, progress: Callable[[int, int | None], None], **__: object) -> None:
        while not hold.wait(0.005):
            progress(7, 28)

    monkeypatch.setattr(search, "duplicates", slow)
    page.show_section(page.duplicates)
    section = page.duplicates
    press(section.look)
    qtbot.waitUntil(lambda: "7 of 28" in section.words.text(), timeout=20_000)
    assert section.words.text().startswith("Reading the files · 7 of 28 · ")
    assert words(page)["Duplicates"][1] == "Reading… 25 %"
    assert section.bar.isVisible()
    press(section.cancel)
    assert looked.duplicates.phase == "cancelled"
    assert section.words.text() == "The search was cancelled"
    assert not section.bar.isVisible()
    hold.set()
    qtbot.waitUntil(lambda: not looked.jobs.running, timeout=20_000)


# --- names and files --------------------------------------------------------------------------------------------------


def test_class_names_that_look_alike_can_be_put_together(page: FindingsPage, looked: Session) -> None:
    page.show_section(page.names)
    (note,) = (note for note in page.names.notes if note.isVisible())
    link = next(b for b in note.findChildren(QPushButton) if b.text().startswith("Put"))
    press(link)
    dataset = looked.data.dataset
    assert dataset is not None
    assert len(dataset.classes) == 2
    assert words(page)["Class names"] == (GOOD, "No two alike")
    looked.undo()
    assert words(page)["Class names"][0] == WORTH_A_LOOK


def test_files_are_listed_with_their_reasons(page: FindingsPage) -> None:
    page.show_section(page.files)
    model = page.files.table.model()
    assert [[model.index(0, c).data() for c in range(2)]] == [
        ["train/cat/words.png", "It is not a picture: the file holds text."]
    ]
    press(page.files.copy_button)
    assert QApplication.clipboard().text() == "train/cat/words.png\tIt is not a picture: the file holds text.\n"


def test_other_kinds_have_no_sizes(
    tmp_path: Path, empty_session: Session, bridge: Bridge, show: Callable[..., FindingsPage], qtbot: QtBot
) -> None:
    for name, said in (("good", "well done"), ("bad", "not so well")):
        (tmp_path / "texts" / name).mkdir(parents=True)
        for k in range(5):
            (tmp_path / "texts" / name / f"{k}.txt").write_text(f"{said}, {k} times")
    (tmp_path / "texts" / "bad" / "copy.txt").write_text("well done, 2 times")
    bridge.set_session(empty_session)
    empty_session.use_folder(tmp_path / "texts")
    page = show(FindingsPage, (1000, 560))
    qtbot.waitUntil(lambda: empty_session.duplicates.phase == "ready", timeout=20_000)
    assert list(words(page)) == ["Classes", "Duplicates", "Class names", "Files"]
    assert words(page)["Duplicates"] == (WORTH_A_LOOK, "1 under more than one label")
    page.show_section(page.duplicates)
    qtbot.waitUntil(lambda: page.thumbnails.kept >= 2, timeout=20_000)
    assert not page.grab().isNull()


def test_a_closed_project_leaves_an_empty_page(page: FindingsPage, bridge: Bridge) -> None:
    bridge.set_session(None)
    assert not page.overview.isVisible()
