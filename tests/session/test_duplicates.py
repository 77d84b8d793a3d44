"""Duplicates in an open project: looked for by themselves, told as problems, resolved by edits that can be undone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.document.project import DataSettings, Project
from workbench.session import duplicates as module
from workbench.session.duplicates import DuplicatesState
from workbench.session.session import Session

MakeSession = Callable[[Project], Session]


def photograph(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (5, 6, 3), dtype=np.uint8))
    return coarse.resize((60, 48), Image.Resampling.BICUBIC)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.0)


@pytest.fixture
def folder_of_pictures(tmp_path: Path) -> Path:
    """Two splits of the folder's own, "bottom" and "top" in each, five different pictures in every class. Then

    * training's bottom/0 is validation's bottom/copy, byte for byte, and validation's bottom/smaller, resized;
    * training's bottom/1 is training's top/wrong, byte for byte;
    * training's top/2 is training's top/again, saved anew.
    """
    root, seed = tmp_path / "pictures", 0
    for split in ("train", "val"):
        for name in ("bottom", "top"):
            (root / split / name).mkdir(parents=True)
            for k in range(5):
                photograph(seed := seed + 1).save(root / split / name / f"{k}.png")
    train, val = root / "train", root / "val"
    first = (train / "bottom" / "0.png").read_bytes()
    (val / "bottom" / "copy.png").write_bytes(first)
    with Image.open(train / "bottom" / "0.png") as image:
        image.resize((50, 40)).save(val / "bottom" / "smaller.png")
    (train / "top" / "wrong.png").write_bytes((train / "bottom" / "1.png").read_bytes())
    with Image.open(train / "top" / "2.png") as image:
        image.save(train / "top" / "again.jpg", quality=80)
    return root


def until(session: Session, wanted: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < deadline, session.duplicates
        session.pump()
        time.sleep(0.005)


@pytest.fixture
def looked(session: Session) -> Session:
    """Nobody asked: it was looked for by itself."""
    until(session, lambda: session.duplicates.phase == "ready")
    return session


def paths(session: Session) -> list[set[str]]:
    dataset = session.data.dataset
    assert dataset is not None
    return [{dataset.index.path(i) for i in group} for group in session.duplicates.groups]


def notes(session: Session) -> dict[str, Diagnostic]:
    return {d.code.removeprefix("data.duplicates_"): d for d in session.problems if "duplicates" in d.code}


LEAK = {"train/bottom/0.png", "val/bottom/copy.png", "val/bottom/smaller.png"}
CONTRADICTION = {"train/bottom/1.png", "train/top/wrong.png"}
TWICE = {"train/top/2.png", "train/top/again.jpg"}


def test_they_are_found_and_what_matters_stands_first(looked: Session) -> None:
    state = looked.duplicates
    assert paths(looked) == [LEAK, CONTRADICTION, TWICE]
    assert state.in_splits.tolist() == [True, False, False]
    assert state.in_classes.tolist() == [False, True, False]
    assert state.exact.tolist() == [False, True, False]
    assert list(state.across_splits) == [state.groups[0]]
    assert list(state.across_classes) == [state.groups[1]]
    assert state.looked


def test_they_are_told(looked: Session) -> None:
    told = notes(looked)
    assert {d.severity for d in told.values()} == {Severity.WARNING}
    splits, classes = told["across_splits"], told["across_classes"]
    assert splits.message.startswith("1 picture stands in training and validation, the same or nearly the same.")
    assert [fix.label for fix in splits.fixes] == ["Move them all into training", "Exclude the copies"]
    assert "train/bottom/1.png as “bottom” and train/top/wrong.png as “top”" in classes.message


@pytest.mark.parametrize(("remedy", "left"), [(0, [CONTRADICTION, LEAK, TWICE]), (1, [CONTRADICTION, TWICE])])
def test_remedies_are_one_step_each(looked: Session, remedy: int, left: list[set[str]]) -> None:
    before = looked.project
    assert looked.apply_fix(notes(looked)["across_splits"].fixes[remedy]) is None
    assert paths(looked) == left
    assert "across_splits" not in notes(looked)
    looked.undo()
    assert looked.project.data == before.data
    assert "across_splits" in notes(looked)
    assert paths(looked)[0] == LEAK


def test_contradictions_can_be_excluded(looked: Session) -> None:
    assert looked.apply_fix(notes(looked)["across_classes"].fixes[0]) is None
    assert paths(looked) == [LEAK, TWICE]
    assert "across_classes" not in notes(looked)


def test_keeping_one_keeps_the_largest_of_training(looked: Session) -> None:
    looked.duplicate_search.keep_one([0, 2])
    assert paths(looked) == [CONTRADICTION]
    excluded = {path for path, change in looked.project.data.changes.items() if change.excluded}
    assert "train/bottom/0.png" not in excluded
    assert len(excluded) == 3
    looked.undo()
    assert not looked.project.data.changes


def test_a_new_label_ends_a_contradiction(looked: Session) -> None:
    looked.relabel(["train/top/wrong.png"], "bottom")
    assert "across_classes" not in notes(looked)
    assert CONTRADICTION in paths(looked)


def test_groups_can_be_set_aside(looked: Session) -> None:
    looked.duplicate_search.keep_all([0])
    assert paths(looked) == [CONTRADICTION, TWICE]
    assert looked.duplicates.set_aside == 1
    assert "across_splits" not in notes(looked)
    looked.duplicate_search.show_all()
    assert looked.duplicates.set_aside == 0
    assert paths(looked)[0] == LEAK


def test_what_is_set_aside_stays_so_until_another_joins(
    looked: Session, folder_of_pictures: Path, make_session: MakeSession
) -> None:
    looked.duplicate_search.keep_all([0, 2])
    again = make_session(looked.project)
    until(again, lambda: again.duplicates.phase == "ready")
    assert paths(again) == [CONTRADICTION]
    assert again.duplicates.set_aside == 2
    train = folder_of_pictures / "train" / "top"
    (train / "third.png").write_bytes((train / "2.png").read_bytes())
    again.rescan()
    again.wait_for_data(30)
    until(again, lambda: again.duplicates.phase == "ready")
    assert paths(again) == [CONTRADICTION, {*TWICE, "train/top/third.png"}]


def test_a_large_data_set_waits_to_be_asked(
    project: Project, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BY_ITSELF", 10)
    session = make_session(project)
    session.wait_for_data(30)
    until(session, lambda: not session.jobs.running)
    assert session.duplicates.phase == "none"
    session.wait(session.look_for_duplicates(), 30)
    assert session.duplicates.phase == "ready"


def test_progress_and_cancel(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    def slow(*_: object, progress: Callable[[int, int | None], None], **__: object) -> None:
        progress(3, 24)
        while True:  # until the job is cancelled
            held.append(progress(3, 24))
            time.sleep(0.005)

    monkeypatch.setattr(module, "duplicates", slow)
    session.look_for_duplicates()
    seen: list[DuplicatesState] = []
    session.duplicates_changed.connect(seen.append)
    until(session, lambda: session.duplicates.done == 3)
    assert (session.duplicates.phase, session.duplicates.doing, session.duplicates.total) == ("working", "Reading", 24)
    session.duplicate_search.cancel()
    assert session.duplicates.phase == "cancelled"
    until(session, lambda: not session.jobs.running)
    assert seen[-1].phase == "cancelled"


def test_it_waits_while_a_run_is_live(
    project: Project, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.2)
    session = make_session(project)
    session.wait_for_data(30)
    session.start_training(epochs=10_000)
    until(session, lambda: session.duplicates.phase == "waiting")
    assert session.run is not None
    assert session.run.is_live
    session.stop()
    until(session, lambda: session.duplicates.phase == "ready")
    assert not session.run.is_live
    assert len(session.duplicates.groups) == 3


def test_asked_for_it_goes_on_beside_a_run(looked: Session) -> None:
    looked.start_training(epochs=40)
    until(looked, lambda: looked.run is not None and looked.run.phase == "running")
    looked.wait(looked.look_for_duplicates(), 30)
    assert looked.duplicates.phase == "ready"
    looked.stop()
    looked.wait_for_run(30)


def test_another_folder_forgets_what_was_found(looked: Session, folder_of_pictures: Path) -> None:
    other = folder_of_pictures / "train"
    looked.use_folder(other)
    looked.wait_for_data(30)
    assert looked.duplicates.phase != "ready"
    until(looked, lambda: looked.duplicates.phase == "ready")
    assert {"bottom/1.png", "top/wrong.png"} in paths(looked)


def test_reading_again_finds_what_is_new(looked: Session, folder_of_pictures: Path) -> None:
    train = folder_of_pictures / "train" / "top"
    (train / "new.png").write_bytes((train / "3.png").read_bytes())
    looked.rescan()
    looked.wait_for_data(30)
    until(looked, lambda: looked.duplicates.phase == "ready")
    assert {"train/top/3.png", "train/top/new.png"} in paths(looked)


def test_without_data_nothing_is_looked_for(project: Project, make_session: MakeSession) -> None:
    session = make_session(replace(project, data=DataSettings()))
    with pytest.raises(Problem) as refused:
        session.look_for_duplicates()
    assert refused.value.diagnostics[0].code == "data.none"
    assert session.duplicates.phase == "none"


def test_a_vanished_remedy_is_refused(looked: Session) -> None:
    fix = notes(looked)["across_splits"].fixes[0]
    stale = type(fix)(fix.label, fix.action, {"how": "something else"})
    refused = looked.apply_fix(stale)
    assert refused is not None
    assert refused.code == "fix.stale"
