"""Classes whose names are nearly alike: told of, and put together by the remedy in one undo step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.document.project import Project
from workbench.session.session import Session


@pytest.fixture
def session(folder_of_pictures: Path, project: Project, make_session: Callable[[Project], Session]) -> Session:
    (folder_of_pictures / "top").rename(folder_of_pictures / "Bottom ")
    (folder_of_pictures / "Bottom " / "0.png").unlink()
    (folder_of_pictures / "left").mkdir()
    for k in range(4):
        (folder_of_pictures / "Bottom " / f"{k + 1}.png").rename(folder_of_pictures / "left" / f"{k}.png")
    session = make_session(project)
    session.wait_for_data(30)
    return session


def test_the_remedy_puts_two_classes_together(session: Session) -> None:
    assert session.data.dataset is not None
    assert session.data.dataset.classes == ("bottom", "Bottom ", "left")
    (told,) = [d for d in session.problems if d.code.startswith("data.class_names")]
    assert "“bottom” (12 pictures) and “Bottom ” (7 pictures)" in told.message
    assert session.apply_fix(told.fixes[0]) is None
    assert session.data.dataset.classes == ("bottom", "left")
    assert session.data.dataset.index.class_counts().tolist() == [19, 4]
    assert not [d for d in session.problems if d.code.startswith("data.class_names")]
    session.undo()
    assert session.data.dataset.classes == ("bottom", "Bottom ", "left")
    (told,) = [d for d in session.problems if d.code.startswith("data.class_names")]
    session.apply_fix(told.fixes[0])
    refused = session.apply_fix(told.fixes[0])
    assert refused is not None
    assert refused.code == "fix.stale"
