"""The preparation page with real events: the list, the network's view, and the picture sixteen times."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QSlider, QWidget
from pytestqt.qtbot import QtBot

from workbench.catalogue.augmentations import PRESETS
from workbench.catalogue.registry import AUGMENTATIONS
from workbench.data.augment import Augmenter
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Project
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.preparation.looks import TIMES, kept_window
from workbench.ui.datasets.preparation.newest import Newest
from workbench.ui.datasets.preparation.page import PreparationPage
from workbench.ui.datasets.preparation.words import channels, normalising, other_kind
from workbench.ui.inspector.sliding import SlidingFloat, SlidingInt
from workbench.ui.theme import ThemeName

LEFT = Qt.MouseButton.LeftButton
ALT = Qt.KeyboardModifier.AltModifier
Show = Callable[..., PreparationPage]


@pytest.fixture
def page(seen: Session, show: Show, qtbot: QtBot) -> PreparationPage:
    made = show(PreparationPage, (1000, 640))
    settled(qtbot, made)
    return made


def settled(qtbot: QtBot, page: PreparationPage) -> None:
    """All of it is worked out, for the project as it is now."""

    def there() -> bool:
        session = page._bridge.session
        assert session is not None
        looks = page.looks
        return (
            looks is not None
            and looks.asked.chosen == session.project.data.augmentations
            and looks.asked.dataset is session.data.dataset
            and looks.asked.i == page.picture
            and looks.asked.seed == session.project.recipe.seed + page._turn
            and (len(looks.variants) == TIMES or looks.problem is not None)
        )

    qtbot.waitUntil(there, timeout=20_000)


def use(session: Session, *chosen: Chosen) -> None:
    session.change("Use these", data=replace(session.project.data, augmentations=chosen))


def ids(session: Session) -> list[str]:
    return [c.id for c in session.project.data.augmentations]


def pixels(image: QImage) -> np.ndarray:
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


# --- the list ---------------------------------------------------------------------------------------------------------


def test_one_is_found_by_typing_and_added(page: PreparationPage, seen: Session) -> None:
    QTest.mouseClick(page.augmentations.add_button, LEFT)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    menu.close()
    menu = page.augmentations.choose()
    assert {menu.model.entry(r).sentence for r in range(menu.model.rowCount()) if menu.model.entry(r)} == {
        a.summary for a in AUGMENTATIONS.values()
    }
    QTest.keyClicks(menu.field, "greyscale")
    QTest.keyClick(menu.field, Qt.Key.Key_Return)
    assert ids(seen) == ["grey"]
    (row,) = page.augmentations.rows
    assert row.is_unfolded, "what was just added shows its settings"
    assert page.focusWidget() is row.fold
    seen.undo()
    assert ids(seen) == []
    assert page.augmentations.rows == ()


def test_a_switch_keeps_it_in_the_list(page: PreparationPage, seen: Session, qtbot: QtBot) -> None:
    use(seen, Chosen("flip_horizontal", frozen({"chance": 1.0})))
    settled(qtbot, page)
    (row,) = page.augmentations.rows
    plain = page.view.network
    assert plain is not None
    assert all(np.array_equal(pixels(image), pixels(plain)[:, ::-1]) for image in page.sixteen.images)
    QTest.mouseClick(row.switch, LEFT, pos=QPoint(10, row.switch.height() // 2))
    assert seen.project.data.augmentations == (Chosen("flip_horizontal", frozen({"chance": 1.0, "on": False})),)
    assert row.words.text() == "switched off"
    settled(qtbot, page)
    assert all(np.array_equal(pixels(image), pixels(plain)) for image in page.sixteen.images)
    row.switch.setFocus()
    QTest.keyClick(row.switch, Qt.Key.Key_Space)
    assert seen.project.data.augmentations == (Chosen("flip_horizontal", frozen({"chance": 1.0})),)
    seen.undo()
    assert not page.augmentations.rows[0].switch.isChecked()


def test_the_order_changes_by_keys_and_buttons(page: PreparationPage, seen: Session) -> None:
    use(seen, Chosen("shift"), Chosen("rotate"), Chosen("noise"))
    last = page.augmentations.rows[2]
    last.fold.setFocus()
    QTest.keyClick(last.fold, Qt.Key.Key_Up, ALT)
    assert ids(seen) == ["shift", "noise", "rotate"]
    assert page.augmentations.rows[1] is last
    assert last.fold.hasFocus(), "so that it can be moved on"
    QTest.keyClick(last.fold, Qt.Key.Key_Up, ALT)
    QTest.keyClick(last.fold, Qt.Key.Key_Up, ALT)
    assert ids(seen) == ["noise", "shift", "rotate"]
    assert not last.earlier.isEnabled()
    QTest.mouseClick(last.later, LEFT)
    assert ids(seen) == ["shift", "noise", "rotate"]
    for _ in range(3):
        seen.undo()
    assert ids(seen) == ["shift", "rotate", "noise"]
    assert [row.chosen.id for row in page.augmentations.rows] == ids(seen)


def drag(page: PreparationPage, place: int, before: int, *, drop: bool = True) -> None:
    """Drag the grip of a row above another one."""
    rows = page.augmentations.rows
    grip = rows[place].grip
    start = grip.rect().center()
    target = rows[before].mapTo(page.augmentations, QPoint(20, 2 if before < place else rows[before].height() - 2))
    end = grip.mapFrom(page.augmentations, target)
    QTest.mousePress(grip, LEFT, pos=start)
    for k in range(1, 6):
        QTest.mouseMove(grip, start + (end - start) * k / 5)
    assert page.augmentations._line.isVisible()
    if drop:
        QTest.mouseRelease(grip, LEFT, pos=end)
        assert not page.augmentations._line.isVisible()


def test_the_order_changes_by_dragging(page: PreparationPage, seen: Session, qtbot: QtBot) -> None:
    use(seen, Chosen("shift"), Chosen("rotate"), Chosen("noise"))
    qtbot.waitUntil(lambda: page.augmentations.rows[2].y() > page.augmentations.rows[1].y() > 0)
    drag(page, 2, 0)
    assert ids(seen) == ["noise", "shift", "rotate"]
    qtbot.waitUntil(lambda: page.augmentations.rows[2].y() > page.augmentations.rows[0].y())
    drag(page, 0, 2)
    assert ids(seen) == ["shift", "rotate", "noise"]
    drag(page, 2, 0, drop=False)
    QTest.keyClick(page.augmentations.rows[2].grip, Qt.Key.Key_Escape)
    assert not page.augmentations._line.isVisible()
    QTest.mouseRelease(page.augmentations.rows[2].grip, LEFT)
    assert ids(seen) == ["shift", "rotate", "noise"], "Esc leaves it where it was"
    seen.undo()
    assert ids(seen) == ["noise", "shift", "rotate"], "a drag is one step"


def test_of_two_alike_the_one_that_was_meant_moves_and_goes(page: PreparationPage, seen: Session) -> None:
    use(seen, Chosen("rotate"), Chosen("shift"), Chosen("rotate"))
    second = page.augmentations.rows[2]
    second.set_unfolded(True)
    second.fold.setFocus()
    QTest.keyClick(second.fold, Qt.Key.Key_Up, ALT)
    assert ids(seen) == ["rotate", "rotate", "shift"]
    assert page.augmentations.rows[1] is second
    assert second.is_unfolded
    QTest.keyClick(second.fold, Qt.Key.Key_Delete)
    assert ids(seen) == ["rotate", "shift"]
    assert second not in page.augmentations.rows
    assert page.augmentations.rows[1].fold.hasFocus()
    QTest.mouseClick(page.augmentations.rows[1].remove, LEFT)
    QTest.mouseClick(page.augmentations.rows[0].remove, LEFT)
    assert ids(seen) == []
    assert page.augmentations.add_button.hasFocus()
    for _ in range(4):
        seen.undo()
    assert ids(seen) == ["rotate", "shift", "rotate"]


@pytest.mark.parametrize("place", range(len(PRESETS)))
def test_a_preset_is_one_step(page: PreparationPage, seen: Session, qtbot: QtBot, place: int) -> None:
    use(seen, Chosen("noise"))
    action = page.augmentations.presets.actions()[place]
    assert action.toolTip().endswith(".")
    action.trigger()
    assert seen.project.data.augmentations == PRESETS[place].chosen
    Augmenter.of(PRESETS[place].chosen)  # raises where a parameter does not fit
    settled(qtbot, page)
    assert page.looks is not None
    assert page.looks.problem is None
    seen.undo()
    assert ids(seen) == ["noise"]


def test_a_slider_shows_at_once_what_it_does_and_is_one_step(
    page: PreparationPage, seen: Session, qtbot: QtBot
) -> None:
    use(seen, Chosen("brightness", frozen({"amount": 0.0})))
    settled(qtbot, page)
    before = [pixels(image) for image in page.sixteen.images]
    row = page.augmentations.rows[0]
    row.set_unfolded(True)
    assert row.form is not None
    field = row.form.fields["amount"]
    assert isinstance(field, SlidingFloat)
    slider = field.slider
    middle = slider.height() // 2
    QTest.mousePress(slider, LEFT, pos=QPoint(8, middle))
    for x in range(10, slider.width() - 4, 8):
        QTest.mouseMove(slider, QPoint(x, middle))
    QTest.mouseRelease(slider, LEFT, pos=QPoint(slider.width() - 4, middle))
    amount = seen.project.data.augmentations[0].params["amount"]
    assert isinstance(amount, float)
    assert amount > 0.5
    settled(qtbot, page)
    after = [pixels(image) for image in page.sixteen.images]
    assert sum(not np.array_equal(a, b) for a, b in zip(before, after, strict=True)) > 12
    seen.undo()
    assert seen.project.data.augmentations == (Chosen("brightness", frozen({"amount": 0.0})),)
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert seen.project.data.augmentations[0].params["amount"] != 0.0


def test_numbers_and_sliders_move_each_other(page: PreparationPage, seen: Session) -> None:
    use(seen, Chosen("rand_augment"), Chosen("mixup"))
    first, second = page.augmentations.rows
    assert first.form is not None
    assert second.form is not None
    strength, alpha = first.form.fields["magnitude"], second.form.fields["alpha"]
    assert isinstance(strength, SlidingInt)
    assert isinstance(alpha, SlidingFloat)
    strength.slider.setValue(strength.slider.maximum())
    assert seen.project.data.augmentations[0].params["magnitude"] == 30
    alpha.slider.setValue(0)
    assert seen.project.data.augmentations[1].params["alpha"] == 0.05
    alpha.slider.setValue(alpha.slider.maximum())
    assert seen.project.data.augmentations[1].params["alpha"] == 8.0
    low = alpha.slider.value()
    seen.undo()
    assert alpha.slider.value() < low


def test_one_that_this_version_does_not_know_can_be_removed(page: PreparationPage, seen: Session, qtbot: QtBot) -> None:
    use(seen, Chosen("sparkle"), Chosen("shift"))
    settled(qtbot, page)
    assert page.looks is not None
    assert page.looks.problem is not None
    assert "sparkle" in page.looks.problem.message
    assert page.note.isVisible()
    assert page.view.network is not None, "what can be shown is shown"
    QTest.mouseClick(page.augmentations.rows[0].remove, LEFT)
    settled(qtbot, page)
    assert not page.note.isVisible()


# --- what the network sees --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["measured", "unit", "symmetric"])
def test_the_view_is_made_of_the_numbers_the_network_gets(
    page: PreparationPage, seen: Session, qtbot: QtBot, how: str
) -> None:
    page.normalise.setCurrentIndex(page.normalise.findData(how))
    page.normalise.activated.emit(page.normalise.currentIndex())
    qtbot.waitUntil(lambda: seen.data.phase == "ready" and seen.data.dataset.settings.normalise == how, timeout=20_000)
    settled(qtbot, page)
    dataset, looks = seen.data.dataset, page.looks
    assert dataset is not None
    assert looks is not None
    assert page.picture is not None
    assert looks.network is not None
    assert np.array_equal(looks.network, dataset.picture(page.picture)), "there and back it is the same picture"
    given = dataset.network_input([page.picture])
    assert looks.range == (float(given.min()), float(given.max()))
    assert f"{looks.range[0]:.2f}" in page._range.text()
    assert ("29 training pictures" in page._measured.text()) == (how == "measured")
    if how != "measured":
        seen.undo()
        assert page.normalise.currentData() == "measured"


@pytest.fixture
def oblong(tmp_path: Path, project: Project) -> Iterator[Session]:
    """Pictures of 30 × 90, dark at the sides."""
    for name in ("one", "two"):
        (tmp_path / "wide" / name).mkdir(parents=True)
        for k in range(6):
            wide = np.zeros((30, 90, 3), np.uint8)
            wide[:, 30:60] = 200 + k
            Image.fromarray(wide).save(tmp_path / "wide" / name / f"{k}.png")
    data = replace(project.data, source=str(tmp_path / "wide"))
    with Session.create(tmp_path / "oblong", replace(project, data=data)) as opened:
        yield opened


def test_the_frame_is_what_is_kept(oblong: Session, bridge: Bridge, show: Show, qtbot: QtBot) -> None:
    bridge.set_session(oblong)
    page = show(PreparationPage, (1000, 640))
    settled(qtbot, page)
    whole = page.view._places()[0]
    assert whole.width() == pytest.approx(3 * whole.height())
    frame = page.view.frame()
    assert (frame.width() / whole.width(), frame.height()) == (pytest.approx(1 / 3), pytest.approx(whole.height()))
    assert frame.center().x() == pytest.approx(whole.center().x())
    assert page.view.captions == ("original, 90 × 30", "network, 16 × 16")
    assert page.looks is not None
    assert page.looks.network is not None
    assert page.looks.network.min() >= 190, "the dark sides are cut off"
    page.fit.setCurrentIndex(page.fit.findData("pad"))
    page.fit.activated.emit(page.fit.currentIndex())
    qtbot.waitUntil(lambda: oblong.data.phase == "ready" and oblong.data.dataset.settings.fit == "pad", timeout=20_000)
    settled(qtbot, page)
    assert page.view.frame() == page.view._places()[0]
    assert page.looks.network.min() == 0
    assert kept_window(90, 30, (16, 16), "stretch") == (0, 0, 1, 1)


# --- sixteen times ----------------------------------------------------------------------------------------------------


def test_it_is_what_training_will_show(page: PreparationPage, seen: Session, qtbot: QtBot) -> None:
    use(seen, Chosen("rotate"), Chosen("noise"))
    settled(qtbot, page)
    dataset = seen.data.dataset
    assert dataset is not None
    assert page.picture is not None
    for epoch in (0, 7, 15):
        shown = dataset.augmented(page.picture, seen.project.recipe.seed, epoch)
        assert np.array_equal(pixels(page.sixteen.images[epoch]), shown)
    assert page.sixteen.captions[0] == "epoch 1"
    assert len({image.tobytes() for image in map(pixels, page.sixteen.images)}) == TIMES


def test_another_picture_other_draws_and_arrow_keys(page: PreparationPage, seen: Session, qtbot: QtBot) -> None:
    use(seen, Chosen("noise"))
    settled(qtbot, page)
    first, before = page.picture, [pixels(image) for image in page.sixteen.images]
    QTest.mouseClick(page.again, LEFT)
    settled(qtbot, page)
    assert page.picture == first
    assert not any(np.array_equal(a, pixels(b)) for a, b in zip(before, page.sixteen.images, strict=True))
    assert "seed 1" in page._epochs.text()
    page.sixteen.setFocus()
    dataset = seen.data.dataset
    assert dataset is not None
    met = {first}
    for _ in range(len(dataset.splits.train)):
        QTest.keyClick(page.sixteen, Qt.Key.Key_Right)
        met.add(page.picture)
    assert met == set(dataset.splits.train.tolist())
    assert page.picture == first, "around the end"
    QTest.keyClick(page.sixteen, Qt.Key.Key_Left)
    assert page.picture == int(dataset.splits.train[-1])
    QTest.mouseClick(page.another, LEFT)
    assert page.picture not in (first, int(dataset.splits.train[-1]))
    settled(qtbot, page)
    assert page.looks is not None
    assert page.looks.original is not None
    assert page.looks.original.path in page._name.text()


def test_the_picture_chosen_elsewhere_is_looked_at(page: PreparationPage, seen: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: seen.views is not None, timeout=20_000)
    dataset = seen.data.dataset
    assert dataset is not None
    held_back = int(dataset.splits.val[1])
    seen.choose_picture(held_back)
    qtbot.waitUntil(lambda: page.picture == held_back, timeout=20_000)
    settled(qtbot, page)
    QTest.mouseClick(page.another, LEFT)
    assert page.picture in dataset.splits.train.tolist()


def test_mixtures_tell_their_shares(page: PreparationPage, seen: Session, qtbot: QtBot) -> None:
    use(seen, Chosen("mixup", frozen({"alpha": 8.0})))
    settled(qtbot, page)
    assert page.looks is not None
    captions = page.sixteen.captions
    mixed = [k for k, v in enumerate(page.looks.variants) if v.other is not None]
    assert len(mixed) > 12
    names = seen.data.dataset.index.classes
    for k in mixed:
        variant = page.looks.variants[k]
        assert captions[k].startswith(f"+ {round(100 * (1 - variant.share))} % “")
        assert any(f"“{name}”" in captions[k] for name in names)
        assert f"Epoch {k + 1}: {round(100 * variant.share)} %" in page.sixteen.accessibleDescription()


def test_tiles_stay_within_and_apart(page: PreparationPage, seen: Session, qtbot: QtBot) -> None:
    for width, height in ((1000, 640), (760, 560), (1600, 900)):
        page.resize(width, height)
        QApplication.sendPostedEvents()
        tiles = page.sixteen.tiles()
        assert len(tiles) == TIMES
        assert all(page.sixteen.rect().toRectF().contains(tile) for tile in tiles)
        assert not any(a.intersects(b) for k, a in enumerate(tiles) for b in tiles[k + 1 :])
        assert tiles[0].width() >= 40


def test_every_control_has_a_name_and_can_be_reached(page: PreparationPage, seen: Session) -> None:
    use(seen, Chosen("affine"), Chosen("trivial_augment"))
    for row in page.augmentations.rows:
        row.set_unfolded(True)
    controls = [w for w in page.findChildren(QWidget) if isinstance(w, (QAbstractButton, QComboBox, QSlider))]
    shown = [w for w in controls if w.isVisible() and not w.objectName().startswith("qt_")]
    assert len(shown) > 20
    for control in shown:
        name = control.accessibleName() or getattr(control, "text", lambda: "")()
        assert name, control
        assert control.toolTip() or name, control
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, name


@pytest.mark.parametrize("look", ["dark", "light"])
def test_it_changes_with_the_theme(page: PreparationPage, bridge: Bridge, look: ThemeName) -> None:
    bridge.set_theme("light" if look == "dark" else "dark")
    before = page.grab().toImage()
    bridge.set_theme(look)
    assert page.grab().toImage() != before


# --- when there is nothing, or something else -------------------------------------------------------------------------


def test_without_pictures_it_says_what_will_be_here(
    empty_session: Session, bridge: Bridge, show: Show, pictures: Path, qtbot: QtBot
) -> None:
    page = show(PreparationPage)
    bridge.set_session(empty_session)
    assert page._empty.isVisible()
    empty_session.use_folder(str(pictures))
    qtbot.waitUntil(lambda: empty_session.data.phase == "ready", timeout=20_000)
    settled(qtbot, page)
    assert not page._empty.isVisible()
    bridge.set_session(None)
    assert page._empty.isVisible()
    assert not page.newest.is_busy


def test_a_page_that_is_not_seen_works_nothing_out(seen: Session, bridge: Bridge, qtbot: QtBot) -> None:
    page = PreparationPage(bridge, bridge.theme)
    qtbot.addWidget(page)
    use(seen, Chosen("noise"))
    QTest.qWait(80)
    assert page.looks is None
    page.show()
    settled(qtbot, page)


def test_projects_that_can_only_be_read_cannot_be_changed(seen: Session, page: PreparationPage, bridge: Bridge) -> None:
    seen.read_only = True
    bridge.projectChanged.emit(None)
    assert not page.augmentations.isEnabled()
    assert not page.fit.isEnabled()
    assert not page.normalise.isEnabled()
    assert page.again.isEnabled()


def test_texts_have_a_vocabulary_instead(
    project: Project, tmp_path: Path, bridge: Bridge, show: Show, qtbot: QtBot
) -> None:
    for name, words in (("good", "a fine day"), ("bad", "such a rainy day")):
        (tmp_path / "texts" / name).mkdir(parents=True)
        for k in range(6):
            (tmp_path / "texts" / name / f"{k}.txt").write_text(f"{words} number {k}", encoding="utf-8")
    data = replace(project.data, source=str(tmp_path / "texts"))
    with Session.create(tmp_path / "of_texts", replace(project, data=data)) as session:
        bridge.set_session(session)
        page = show(PreparationPage)
        qtbot.waitUntil(lambda: session.data.phase in ("ready", "failed"), timeout=20_000)
        assert session.data.phase == "ready", session.data.diagnostic
        assert page.other.isVisible()
        assert "training texts" in page.other.sentence
        rows = dict(page.other.rows)
        assert rows["Cut into"] == "words"
        assert "“day”" in rows["Most frequent"]
        bridge.set_session(None)


def test_other_kinds_are_told_in_words() -> None:
    sentence, rows = other_kind(
        "audio", {"mean": [-3.25], "std": [1.5]}, {"form": "log_mel", "mels": 40, "rate": 16000}
    )
    assert sentence.endswith(".")
    assert dict(rows) == {
        "Form": "log-mel spectrogram, 40 bands",
        "Rate": "16,000 Hz",
        "Mean": "-3.25",
        "Std": "1.5",
    }
    columns = [{"name": "age", "mean": 40.0, "std": 12.5}, {"name": "town", "categories": list("abcdef")}]
    left_out = [{"name": "id", "why": "it is different in every row"}]
    _, rows = other_kind("table", {"columns": columns, "left_out": left_out}, {})
    assert dict(rows) == {
        "age": "number, mean 40, std 12.5",
        "town": "6 categories: “a”, “b”, “c”, “d” …",
        "id": "left out: it is different in every row",
    }
    assert other_kind("smells", {}, {})[1] == ()
    assert normalising("measured", 5000, 1000) == "Measured from 1,000 training pictures."
    assert normalising("measured", 1, 1000) == "Measured from 1 training picture."
    assert channels([0.5], [0.25]) == (("grey", "0.500", "0.250"),)


# --- newest wins ------------------------------------------------------------------------------------------------------


def test_only_the_newest_answer_counts(qtbot: QtBot) -> None:
    newest = Newest("test")
    got: list[object] = []
    newest.done.connect(got.append)
    begun, release, told = threading.Event(), threading.Event(), []

    def slow(stale: Callable[[], bool]) -> str:
        begun.set()
        release.wait(10)
        told.append(stale())
        return "old"

    newest.ask(slow)
    assert begun.wait(10)
    newest.ask(lambda _stale: "never begun")
    newest.ask(lambda _stale: "new")
    release.set()
    qtbot.waitUntil(lambda: bool(got), timeout=10_000)
    assert got == ["new"]
    assert told == [True]
    qtbot.waitUntil(lambda: not newest.is_busy)


def test_what_fails_is_logged_and_the_next_is_done(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    newest = Newest("test")
    got: list[object] = []
    newest.done.connect(got.append)

    def broken(_stale: Callable[[], bool]) -> object:
        raise ZeroDivisionError("in the work")

    newest.ask(broken)
    qtbot.waitUntil(lambda: not newest.is_busy)
    assert "in the work" in caplog.text
    newest.ask(lambda _stale: 5)
    qtbot.waitUntil(lambda: got == [5])
    newest.ask(lambda _stale: 6)
    newest.close()
    QTest.qWait(20)
    assert got == [5], "closed, it answers no more"
