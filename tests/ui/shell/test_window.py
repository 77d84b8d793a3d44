"""The window: places and docks, menus and keys, what it remembers, and how it lets go of a project."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDockWidget, QLineEdit, QMenu, QWidget

from workbench.core.paths import resources_dir
from workbench.document.edits import set_param
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.ui import arrangement
from workbench.ui.actions import MENUS, QUIET_WHILE_TYPING, SPECS, SUBMENUS
from workbench.ui.bridge import PLACES
from workbench.ui.primary import EXPORT, TRAIN, what_comes_next
from workbench.ui.settings import Settings
from workbench.ui.status_bar import device_words
from workbench.ui.window import MainWindow

DOCKS = ("palette", "canvas", "inspector", "problems", "data", "training", "viewers", "export")


def shown(window: MainWindow) -> set[str]:
    assert window.panels is not None
    return {name for name, dock in window.panels.docks.items() if dock.isVisible()}


def test_every_dock_has_its_name_and_an_accessible_one(window: MainWindow) -> None:
    for name in DOCKS:
        dock = window.findChild(QDockWidget, name)
        assert dock is not None, name
        assert dock.windowTitle()
        widget = dock.widget()
        assert widget is not None
        assert widget.accessibleName() or dock.accessibleName()


@pytest.mark.parametrize("place", PLACES)
def test_each_place_shows_its_docks(window: MainWindow, place: str, turn: Callable[..., None]) -> None:
    window.bridge.go_to(place)
    turn()
    wanted = {
        "data": {"data", "inspector"},
        "build": {"palette", "canvas", "inspector", "training", "viewers"},
        "train": {"training", "viewers", "canvas", "inspector"},
        "look": {"canvas", "training", "viewers", "inspector"},
        "export": {"export", "canvas"},
    }[place]
    assert shown(window) == wanted


def test_places_by_key_and_by_click(window: MainWindow, turn: Callable[..., None]) -> None:
    for number, place in enumerate(PLACES):
        QTest.keyClick(window, Qt.Key(Qt.Key.Key_1 + number), Qt.KeyboardModifier.ControlModifier)
        assert window.bridge.place == place
        turn(5)
    button = window.top_bar.findChild(QAbstractButton, "place_build")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.bridge.place == "build"
    assert button.isChecked()


def test_a_place_is_found_as_it_was_left(window: MainWindow, turn: Callable[..., None]) -> None:
    assert window.panels is not None
    docks = window.panels.docks
    docks["viewers"].close()
    window.resizeDocks([docks["palette"]], [260], Qt.Orientation.Horizontal)
    turn()
    before = arrangement.sizes(docks)
    for place in ("data", "train", "look", "build"):
        window.bridge.go_to(place)
        turn(100)
    assert arrangement.sizes(docks) == before
    window.reset_docks()
    turn()
    assert "viewers" in shown(window)
    assert docks["palette"].width() == 194


def test_the_next_window_stands_as_the_last_one(
    make_window: Callable[..., MainWindow], session: Session, turn: Callable[..., None]
) -> None:
    first = make_window(session)
    assert first.panels is not None
    first.panels.docks["training"].close()
    first.use_theme("light")
    turn()
    first.bridge.set_session(None)
    first.close()
    second = make_window(session)
    assert second.settings.theme == "light"
    assert "training" not in shown(second)
    second.use_theme("dark")


def test_side_docks_keep_their_width_when_the_window_grows(window: MainWindow, turn: Callable[..., None]) -> None:
    assert window.panels is not None
    before = {n: window.panels.docks[n].width() for n in ("palette", "inspector")}
    window.resize(1800, 950)
    turn()
    assert {n: window.panels.docks[n].width() for n in ("palette", "inspector")} == before


def test_docks_float_and_come_back(window: MainWindow, turn: Callable[..., None]) -> None:
    assert window.panels is not None
    dock = window.panels.docks["inspector"]
    bar = dock.titleBarWidget()
    assert bar is not None
    buttons = {b.accessibleName(): b for b in bar.findChildren(QAbstractButton)}
    buttons["Float Inspector"].click()
    turn()
    assert dock.isFloating()
    buttons["Float Inspector"].click()
    turn()
    assert not dock.isFloating()
    buttons["Close Inspector"].click()
    assert dock.isHidden()
    dock.toggleViewAction().trigger()
    assert dock.isVisible()


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900), (1920, 1080)])
@pytest.mark.parametrize("place", PLACES)
def test_the_window_fits(window: MainWindow, place: str, size: tuple[int, int], turn: Callable[..., None]) -> None:
    window.resize(*size)
    window.bridge.go_to(place)
    turn(60)
    assert (window.width(), window.height()) == size
    assert window.panels is not None
    for name in shown(window):
        dock = window.panels.docks[name]
        box = dock.geometry()
        assert window.rect().contains(box), (name, box)
        needed = dock.minimumSizeHint()
        assert box.width() >= needed.width(), name
        assert box.height() >= needed.height(), name
    bar = window.top_bar
    middle = bar._middle.mapTo(window, bar._middle.rect().center()).x()
    assert abs(middle - window.width() / 2) <= 8
    left_end = bar.saved.mapTo(window, bar.saved.rect().topRight()).x()
    assert left_end < bar._middle.mapTo(window, QPoint(0, 0)).x()


def test_menus_have_every_action_with_a_tip(window: MainWindow) -> None:
    menus = [a.menu() for a in window.top_bar.menus.actions()]
    assert [m.title() for m in menus if isinstance(m, QMenu)] == [title for title, _ in MENUS]
    found = [a for menu in menus if isinstance(menu, QMenu) for a in menu.actions()]
    names = {a.objectName() for a in found}
    submenu = {f"theme_{name}" for name in ("dark", "light", "system")}
    assert {spec.id for spec in SPECS} - submenu <= names
    assert window.panels is not None
    names |= {inner.objectName() for a in found if isinstance(a.menu(), QMenu) for inner in a.menu().actions()}  # type: ignore[attr-defined]
    assert {a.objectName() for a in window.panels.canvas.actions()} <= names
    for action in found:
        if not action.isSeparator() and action.menu() is None:
            assert action.statusTip(), action.text()
    assert {a.menu().title() for a in found if isinstance(a.menu(), QMenu)} == set(SUBMENUS.values())  # type: ignore[attr-defined]


def test_no_two_actions_share_a_key(window: MainWindow) -> None:
    assert window.panels is not None
    taken: dict[str, str] = {}
    for action in [*window.actions_by_name, *window.panels.canvas.actions()]:
        for keys in action.shortcuts():
            words = keys.toString(QKeySequence.SequenceFormat.PortableText)
            assert words not in taken, (words, taken.get(words), action.objectName())
            taken[words] = action.objectName()


def test_the_list_of_keys_is_complete(window: MainWindow) -> None:
    assert window.panels is not None
    text = (resources_dir() / "help" / "shortcuts.md").read_text(encoding="utf-8")
    written = {part.strip() for row in re.findall(r"^\| (.+?) \|", text, re.M) for part in row.split(", ")}
    for action in [*window.actions_by_name, *window.panels.canvas.actions()]:
        for keys in action.shortcuts():
            words = keys.toString(QKeySequence.SequenceFormat.PortableText).replace("Del", "Delete")
            words = {"Ctrl+Return": "Ctrl+Return", "Backspace": "Backspace"}.get(words, words)
            assert words in written, (action.objectName(), words)


def test_a_layer_is_found_by_its_name(window: MainWindow, turn: Callable[..., None]) -> None:
    from workbench.ui.canvas.chooser import Chooser

    window.bridge.go_to("data")
    turn(60)
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    turn(60)
    assert window.bridge.place == "build"
    opened = [w for w in QApplication.allWidgets() if isinstance(w, Chooser) and w.isVisible()]
    assert len(opened) == 1
    field = opened[0].findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "lin")
    QTest.keyClick(field, Qt.Key.Key_Return)
    turn()
    assert window.bridge.selection == ("linear_1",)


def test_undo_and_redo_by_key_with_words(window: MainWindow, session: Session) -> None:
    session.apply("Change units", lambda g: set_param(g, "linear_1", "units", 9))
    actions = window.actions_by_name
    assert actions["undo"].text() == "Undo change units"
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.graph.nodes["linear_1"].params["units"] == 3
    assert not actions["undo"].isEnabled()
    assert actions["redo"].text() == "Redo change units"
    QTest.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert session.graph.nodes["linear_1"].params["units"] == 9
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_Z, shift)
    assert session.graph.nodes["linear_1"].params["units"] == 9


def test_keys_stay_in_the_field_while_typing(window: MainWindow, session: Session, turn: Callable[..., None]) -> None:
    assert window.panels is not None
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    session.apply("Change units", lambda g: set_param(g, "linear_1", "units", 9))
    field: QLineEdit = window.panels.palette.search
    QTest.keyClick(window, Qt.Key.Key_Slash)
    assert field.hasFocus()
    QTest.keyClicks(field, "a/b")
    assert field.text() == "a/b"
    for key in (Qt.Key.Key_Y, Qt.Key.Key_Z):
        QTest.keyClick(field, key, Qt.KeyboardModifier.ControlModifier)
    turn()
    assert session.graph.nodes["linear_1"].params["units"] == 9
    QTest.keyClick(field, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert window.bridge.place == "train"
    assert set(QUIET_WHILE_TYPING) <= {spec.id for spec in SPECS}


def test_the_title_and_the_bar_say_whether_it_is_saved(window: MainWindow, session: Session) -> None:
    assert window.top_bar.saved.text() == "saved"
    assert not window.isWindowModified()
    session.apply("Change units", lambda g: set_param(g, "linear_1", "units", 9))
    assert window.top_bar.saved.text() == "not saved"
    assert window.isWindowModified()
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert window.top_bar.saved.text() == "saved"
    assert window.windowTitle().startswith("small")


def test_the_theme_changes_everywhere_at_once(window: MainWindow, turn: Callable[..., None]) -> None:
    window.use_theme("light")
    turn()
    light = window.grab().toImage()
    assert window.theme.name == "light"
    assert window.actions_by_name["theme_light"].isChecked()
    window.use_theme("dark")
    turn()
    dark = window.grab().toImage()
    assert window.panels is not None
    view = window.panels.canvas.view
    ground = view.mapTo(
        window, QPoint(view.width() - 40, view.height() // 2)
    )  # beside the cards and what lies over them
    spots = [QPoint(60, 20), QPoint(90, 700), ground, QPoint(1300, 700), QPoint(400, 890)]
    for spot in spots:
        assert light.pixelColor(spot).lightness() > 200, spot
        assert dark.pixelColor(spot).lightness() < 60, spot


def test_the_first_problem_stands_below_in_words(
    window: MainWindow, session: Session, turn: Callable[..., None]
) -> None:
    status = window.status
    fine = status.count.text()
    session.apply("Change groups", lambda g: set_param(g, "conv2d_1", "groups", 5))
    turn()
    assert status.count.text() != fine
    assert "problem" in status.count.text()
    assert "groups" in status.sentence.accessibleName()
    QTest.mouseClick(status.sentence, Qt.MouseButton.LeftButton)
    assert window.bridge.selection == ("conv2d_1",)
    QTest.mouseClick(status.count, Qt.MouseButton.LeftButton)
    turn()
    assert "problems" in shown(window)


def test_the_machine_stands_below(window: MainWindow, session: Session, turn: Callable[..., None]) -> None:
    status = window.status
    status._measure()
    assert re.search(r"\d threads? +· +[\d.]+ [MG]B +· +\d+ %", status.machine.text())
    assert "CPU" not in status.machine.text(), "nobody could say so before torch is there"
    status.torch_loaded()
    turn(100)
    assert re.match(r"(CPU|CUDA|Apple GPU) +· ", status.machine.text())
    session.change("Change device", recipe=replace(session.project.recipe, device="cpu", threads=1))
    turn()
    assert re.match(r"CPU +· +1 thread +· ", status.machine.text())
    assert device_words("cuda:1 (NVIDIA H200)") == "CUDA"
    assert device_words("") == ""


def test_training_with_errors_says_why(window: MainWindow, session: Session, turn: Callable[..., None]) -> None:
    window.top_bar.primary.click()
    turn()
    assert session.run is None or not session.run.is_live
    notice = window.notices.shown
    assert notice is not None
    assert notice.message.startswith("Training cannot start.")
    assert window.notices.isVisible()


def test_what_comes_next(session: Session) -> None:
    assert what_comes_next(session, "build") == TRAIN
    assert what_comes_next(session, "export") == TRAIN  # nothing was trained
    assert EXPORT.id == "export"


# --- dropping, closing, leaving ---------------------------------------------------------------------------------------


def drop(window: MainWindow, path: Path) -> bool:
    """Drag a path over the window and drop it, with the events a desktop sends. Gives whether it was taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(500, 400), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        return False
    done = QDropEvent(QPointF(500, 400), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, done)
    return done.isAccepted()


def test_dropping_a_project_opens_it(
    window: MainWindow, session: Session, tmp_path: Path, project: Project, turn: Callable[..., None]
) -> None:
    Session.create(tmp_path / "second", replace(project, name="second")).close()
    assert drop(window, tmp_path / "second")
    turn()
    opened = window.bridge.session
    assert opened is not None
    assert opened.project.name == "second"
    assert window.settings.recent[0] == tmp_path / "second"


def test_dropping_a_folder_of_pictures_starts_a_project(
    make_window: Callable[..., MainWindow], tmp_path: Path, turn: Callable[..., None]
) -> None:
    from PIL import Image

    for name in ("cat", "dog", "owl"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(3):
            Image.new("RGB", (12, 12), (40 * i, 90, 20)).save(tmp_path / "pets" / name / f"{i}.png")
    window = make_window()
    assert window.start.isVisible()
    assert drop(window, tmp_path / "pets")
    for _ in range(200):
        turn(20)
        if window.bridge.session is not None:
            break
    opened = window.bridge.session
    assert opened is not None
    assert opened.project.name == "pets"
    assert opened.project.data.source.endswith("pets")
    assert window.bridge.place == "data"
    outputs = [n for n in opened.graph if n.layer == "output"]
    feeding = opened.graph.incoming(outputs[0].id)[0].source
    assert opened.graph.nodes[feeding].params["units"] == 3
    opened.wait_for_data(20)


def test_other_things_are_not_taken(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("words")
    assert not drop(window, file)


def test_an_empty_folder_is_refused_in_words(
    make_window: Callable[..., MainWindow], tmp_path: Path, turn: Callable[..., None]
) -> None:
    (tmp_path / "nothing").mkdir()
    window = make_window()
    assert drop(window, tmp_path / "nothing")
    for _ in range(100):
        turn(20)
        if window.notices.shown is not None:
            break
    assert window.notices.shown is not None
    assert window.bridge.session is None


def answer(window: MainWindow, choice: str, turn: Callable[..., None]) -> None:
    question = window.projects.question
    assert question is not None
    button = question.box.findChild(QWidget, choice)
    assert isinstance(button, QAbstractButton)
    button.click()
    turn(60)


def test_closing_with_unsaved_changes_asks(window: MainWindow, session: Session, turn: Callable[..., None]) -> None:
    session.apply("Change units", lambda g: set_param(g, "linear_1", "units", 9))
    window.close()
    turn()
    assert window.isVisible()
    question = window.projects.question
    assert question is not None
    assert "small has unsaved changes" in question.box.text()
    answer(window, "stay", turn)
    assert window.isVisible()
    assert window.bridge.session is session
    window.close()
    turn()
    answer(window, "save", turn)
    assert not window.isVisible()
    assert session.is_saved
    assert window.bridge.session is None


def test_closing_may_throw_changes_away(window: MainWindow, session: Session, turn: Callable[..., None]) -> None:
    session.apply("Change units", lambda g: set_param(g, "linear_1", "units", 9))
    folder = session.folder
    window.close()
    turn()
    answer(window, "discard", turn)
    assert not window.isVisible()
    with Session.open(folder) as again:
        assert again.graph.nodes["linear_1"].params["units"] == 3


def test_nothing_unsaved_closes_at_once(window: MainWindow, turn: Callable[..., None]) -> None:
    window.close()
    turn()
    assert not window.isVisible()
    assert window.projects.question is None


def test_saving_that_fails_keeps_the_window_and_the_work(
    window: MainWindow, session: Session, turn: Callable[..., None]
) -> None:
    session.apply("Change units", lambda g: set_param(g, "linear_1", "units", 9))
    session.read_only = True  # refuses to save as a folder without the right to write does
    assert not window.projects.save()
    assert window.notices.shown is not None
    assert session.graph.nodes["linear_1"].params["units"] == 9
    session.read_only = False


def test_a_project_open_elsewhere_can_be_read(
    make_window: Callable[..., MainWindow], session: Session, turn: Callable[..., None]
) -> None:
    window = make_window()
    window.projects.open(session.folder)
    turn()
    notice = window.notices.shown
    assert notice is not None
    assert [fix.label for fix in notice.fixes] == ["Open to read only", "Take over"]
    assert window.notices._links is not None
    window.notices._links.buttons[0].click()
    turn()
    opened = window.bridge.session
    assert opened is not None
    assert opened.read_only
    assert window.top_bar.saved.text() == "read only"
    assert not window.actions_by_name["save"].isEnabled()


def test_what_was_remembered_survives_nonsense(tmp_path: Path) -> None:
    ini = tmp_path / "broken.ini"
    ini.write_text("[General]\ntheme=purple\nrecent=7\ngeometry=what\n[sizes]\nbuild=[1,2\n[arrangement]\nbuild=@@@\n")
    settings = Settings(ini)
    assert settings.theme == "dark"
    assert settings.geometry is None
    assert settings.sizes("build") == {}
    assert settings.arrangement("build") is None
    settings.remember(tmp_path / "a")
    settings.remember(tmp_path / "b")
    settings.remember(tmp_path / "a")
    settings.flush()
    again = Settings(ini)
    assert again.recent[:2] == (tmp_path / "a", tmp_path / "b")


def test_a_broken_arrangement_is_replaced(
    make_window: Callable[..., MainWindow], session: Session, tmp_path: Path, turn: Callable[..., None]
) -> None:
    from PySide6.QtCore import QByteArray

    settings = Settings(tmp_path / "window.ini")
    settings.set_arrangement("build", QByteArray(b"not an arrangement"), {})
    settings.flush()
    window = make_window(session)
    turn()
    assert {"palette", "canvas", "inspector"} <= shown(window)
