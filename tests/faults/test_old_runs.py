"""Projects of every format version with the runs they left: opened, their weights used, same answers (fault row 22).

A folder of the corpus is never changed; a new format version adds one. The figures are those of the day it was made.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workbench.session.session import Session

from .conftest import Call

CORPUS = Path(__file__).parent / "corpus"

ANSWERS = {
    "version_1": {"bottom": 0.991192638874054, "top": 0.009215806610882282, "loss": 0.009305952116847038, "epochs": 4},
}
"""The probability of "bottom" for the first picture of each class, the loss over all pictures, and the epochs done."""


def test_every_folder_has_its_answers() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} == set(ANSWERS)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_an_old_run_answers_as_it_did(call: Call, tmp_path: Path, name: str) -> None:
    project = tmp_path / name
    shutil.copytree(CORPUS / name, project)
    known = ANSWERS[name]
    (row,) = call("runs", project, "--json").rows
    assert (row["run"], row["state"], row["epochs"]) == ("run-1", "done", known["epochs"])
    for label in ("bottom", "top"):
        (answer,) = call("predict", project, project / "pictures" / label / "0.png", "--json").rows
        assert answer["label"] == label
        assert answer["scores"]["bottom"] == pytest.approx(known[label], abs=1e-4)
    (judged,) = call("evaluate", project, "--split", "all", "--json").rows
    assert judged["loss"] == pytest.approx(known["loss"], abs=1e-4)
    more = known["epochs"] + 1
    with Session.open(project) as session:
        assert len(session.training.epochs_of("run-1")) == known["epochs"]
        session.start_training(resume=True, epochs=more)
        end = session.wait_for_run(60)
    assert (end.phase, len(end.epochs_log)) == ("done", more)
