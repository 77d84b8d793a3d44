"""The splits page on real folders: what is set is what comes of it, at once, undoable, by keyboard too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from workbench.document.project import DataSettings, Project
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.splits import settings
from workbench.ui.datasets.splits.outcome import BAR, LAST, NAME, TRAIN, VAL
from workbench.ui.datasets.splits.page import SplitsPage
from workbench.ui.inspector.number_fields import FloatField

Show = Callable[..., SplitsPage]


@pytest.fixture
def page(seen: Session, show: Show) -> SplitsPage:
    return show(SplitsPage, (1000, 900))


@pytest.fixture
def patients(tmp_path: Path, project: Project) -> Project:
    """Two classes of ten and five patients with three pictures each, and a picture of nobody."""
    folder = tmp_path / "patients"
    for name, people in (("ill", 5), ("well", 10)):
        (folder / name).mkdir(parents=True)
        for who in range(people):
            for k in range(3):
                Image.new("RGB", (16, 16), (who * 20, k * 40, people * 10)).save(folder / name / f"{name}{who}_{k}.png")
    Image.new("RGB", (16, 16)).save(folder / "ill" / "nobody.png")
    return replace(project, data=DataSettings(str(folder)))


def cell(page: SplitsPage, row: int, column: int) -> str:
    model = page.table.model()
    return str(model.data(model.index(row, column)))


def shown(page: SplitsPage) -> set[str]:
    """The settings that can be seen."""
    return {name for section in page._sections for name, field in section.fields.items() if field.isVisible()}


def choose(field: QWidget, value: str) -> None:
    box = field.findChild(QComboBox)
    assert box is not None
    box.setFocus()
    place = box.findData(value)
    while box.currentIndex() != place:
        QTest.keyClick(box, Qt.Key.Key_Down if box.currentIndex() < place else Qt.Key.Key_Up)


def test_numbers_agree_with_the_data(page: SplitsPage, seen: Session) -> None:
    dataset = seen.data.dataset
    assert dataset is not None
    assert [cell(page, row, NAME) for row in range(3)] == list(dataset.classes)
    assert [cell(page, row, TRAIN) for row in range(3)] == [str(n) for n in dataset.class_counts("train")]
    assert [cell(page, row, VAL) for row in range(3)] == [str(n) for n in dataset.class_counts("val")]
    assert page.bar.words == "29 training, 7 validation"
    assert page.summary.text() == "36 pictures"
    assert page.table.isColumnHidden(LAST)
    assert cell(page, 0, BAR) == ""


def test_a_share_acts_at_once_and_is_one_undo_step(page: SplitsPage, seen: Session) -> None:
    field = page.shares.fields["validation"]
    assert isinstance(field, FloatField)
    field.editor.setFocus()
    QTest.keyClick(field.editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field.editor, "0.5")
    QTest.keyClick(field.editor, Qt.Key.Key_Return)
    assert seen.project.data.validation == 0.5
    assert page.bar.words == "18 training, 18 validation"
    assert [cell(page, row, VAL) for row in range(3)] == ["6", "6", "6"]
    seen.undo()
    assert page.bar.words == "29 training, 7 validation"


def test_folds_take_the_place_of_the_share(page: SplitsPage, seen: Session) -> None:
    assert "validation" in shown(page)
    assert "fold" not in shown(page)
    box = page.folds.fields["folds"].findChild(QSpinBox)
    assert box is not None
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Up)  # one fold is none: it becomes two
    assert seen.project.data.folds == 2
    assert box.value() == 2
    assert {"fold"} <= shown(page)
    assert "validation" not in shown(page)
    assert page.bar.words == "18 training, 18 validation"
    dataset = seen.data.dataset
    assert dataset is not None
    first = set(dataset.splits.val.tolist())
    fold = page.folds.fields["fold"].findChild(QSpinBox)
    assert fold is not None
    fold.setFocus()
    QTest.keyClick(fold, Qt.Key.Key_Up)
    assert seen.project.data.fold == 1
    now = seen.data.dataset
    assert now is not None
    assert first.isdisjoint(now.splits.val.tolist())
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert (seen.project.data.folds, seen.project.data.fold) == (0, 0)


def test_balance_shows_what_it_does_to_each_class(page: SplitsPage, seen: Session) -> None:
    seen.exclude([f"dark/{i}.png" for i in range(8)])
    choose(page.balance.fields["balance"], "weights")
    assert seen.project.data.balance == "weights"
    model = page.table.model()
    assert model.headerData(LAST, Qt.Orientation.Horizontal) == "Weight"
    weights = seen.data.dataset.class_weights  # type: ignore[union-attr]
    assert [cell(page, row, LAST) for row in range(3)] == [f"{w:.2f}" for w in weights]  # type: ignore[union-attr]
    choose(page.balance.fields["balance"], "sampling")
    assert model.headerData(LAST, Qt.Orientation.Horizontal) == "Shown"
    assert cell(page, 1, LAST).endswith("×")
    assert page.summary.text() == "28 pictures · 8 excluded"


def test_groups_are_counted_while_the_pattern_is_typed(
    patients: Project, tmp_path: Path, bridge: Bridge, show: Show, qtbot: QtBot
) -> None:
    with Session.create(tmp_path / "hospital", patients) as session:
        bridge.set_session(session)
        qtbot.waitUntil(lambda: session.data.phase == "ready", timeout=20_000)
        page = show(SplitsPage, (1000, 900))
        choose(page.groups.fields["group_by"], "name")
        assert "group_pattern" in shown(page)
        assert "no pattern says how" in page.groups._rows["group_pattern"].note.words.text()
        editor = page.groups.fields["group_pattern"].editor
        assert isinstance(editor, QLineEdit)
        editor.setFocus()
        QTest.keyClicks(editor, "{group}_*")
        assert session.project.data.group_pattern == ""  # not yet
        assert page.facts.words.text() == "15 groups, the largest 3 pictures; 1 picture in no group."
        assert page.facts._lines[0].text() == "ill/ill0_0.png  →  ill0"
        QTest.keyClick(editor, Qt.Key.Key_Return)
        assert session.project.data.group_pattern == "{group}_*"
        dataset = session.data.dataset
        assert dataset is not None
        assert session.data.phase == "ready"
        names = [
            {dataset.index.path(int(i)).split("_")[0] for i in part}
            for part in (dataset.splits.train, dataset.splits.val)
        ]
        assert not names[0] & names[1]
        QTest.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(editor, "{group}-*")
        assert page.facts.words.text() == "No picture has a group by this rule."
        QTest.keyClicks(editor, "{group}")
        assert "holds {group} 2 times" in page.facts.words.text()
        QTest.keyClick(editor, Qt.Key.Key_Escape)
        session.move_to_split(["ill/ill0_0.png"], "test")
        assert page.note.isVisible()
        bridge.set_session(None)


def test_only_what_applies_is_shown() -> None:
    plain, facts = DataSettings(), settings.Facts
    assert not any(
        settings.applies(p, plain, facts("pictures")) for p in ("tokeniser", "lowercase", "label_column", "fold")
    )
    assert settings.applies("tokeniser", plain, facts("text"))
    assert settings.applies("label_column", plain, facts("table"))
    assert not settings.applies("group_by", plain, facts("table"))
    assert settings.applies("path_column", plain, facts("pictures", from_list=True))
    assert not settings.applies("path_column", plain, facts("table", from_list=True))
    assert {p for p in settings.ALL if not settings.ALL[p].help.endswith(".")} == set()


def test_the_columns_of_a_table_can_be_decided(
    project: Project, tmp_path: Path, bridge: Bridge, show: Show, qtbot: QtBot
) -> None:
    rows = [f"{5 + k % 3},{k % 2},{'red' if k % 3 else 'blue'},{'a' if k % 2 else 'b'}" for k in range(40)]
    (tmp_path / "table.csv").write_text("\n".join(["length,flag,colour,kind", *rows]) + "\n")
    own = replace(project, data=DataSettings(str(tmp_path / "table.csv"), kind="table", label_column="kind"))
    with Session.create(tmp_path / "table", own) as session:
        bridge.set_session(session)
        qtbot.waitUntil(lambda: session.data.phase == "ready", timeout=20_000)
        page = show(SplitsPage, (1000, 900))
        assert set(page.columns.fields) == {"length", "flag", "colour"}
        choose(page.columns.fields["flag"], "leave_out")
        assert dict(session.project.data.columns) == {"flag": "leave_out"}
        qtbot.waitUntil(lambda: session.data.phase == "ready", timeout=20_000)
        choose(page.columns.fields["flag"], "")
        assert dict(session.project.data.columns) == {}
        qtbot.waitUntil(lambda: session.data.phase == "ready", timeout=20_000)
        bridge.set_session(None)


def test_every_setting_is_reached_by_tab_and_says_what_it_does(page: SplitsPage) -> None:
    reached = set()
    page.shares.fields["validation"].editor.setFocus()
    for _ in range(40):
        focused = page.window().focusWidget()
        reached.add(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    for name in shown(page):
        editor = next(s.fields[name].editor for s in page._sections if name in s.fields)
        assert editor in reached
        assert editor.accessibleName()
        assert editor.accessibleDescription()
    assert page.table in reached


def test_a_project_opened_to_read_only_cannot_be_changed(
    project: Project, session: Session, bridge: Bridge, show: Show
) -> None:
    with Session.open(session.folder, read_only=True) as reader:
        bridge.set_session(reader)
        page = show(SplitsPage, (1000, 900))
        assert not any(field.isEnabled() for section in page._sections for field in section.fields.values())
        bridge.set_session(None)
