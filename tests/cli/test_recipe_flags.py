from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.cli.recipe_flags import configure, overrides
from workbench.core.diagnostic import Problem
from workbench.document.project import Project
from workbench.document.storage import save
from workbench.session.overrides import overridden
from workbench.session.templates import project_of
from workbench.training import checkpoint


def asked(*words: str) -> dict[str, object]:
    parser = argparse.ArgumentParser()
    configure(parser)
    return overrides(parser.parse_args(words))


def test_nothing_asked_is_nothing_changed() -> None:
    assert asked() == {}


def test_flags_and_settings_by_name_become_overrides() -> None:
    found = asked(
        "--epochs", "3", "--lr", "0.5", "--optimizer", "sgd", "--clip", "1", "--set", "momentum=0.8", "--set",
        "schedule = one_cycle", "--set", "schedule.rise=0.2",
    )  # fmt: skip
    recipe = overridden(Project(), found).recipe
    assert (recipe.epochs, recipe.clip, recipe.optimizer.id, recipe.schedule.id) == (3, 1.0, "sgd", "one_cycle")
    assert dict(recipe.optimizer.params) == {"lr": 0.5, "momentum": 0.8}
    assert dict(recipe.schedule.params) == {"rise": 0.2}


def test_a_run_trains_by_what_was_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "digits"
    save(project_of("digits-linear"), folder)
    words = ("--epochs", "1", "--batch-size", "256", "--threads", "1", "--set", "linear_1.rate=0.5", "--clip", "2")
    assert main(["train", str(folder), *words, "--optimizer", "muon", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["state"] == "done"
    made = checkpoint.read(folder / "runs" / "run-1", weights_only=True)
    assert (made.recipe.clip, made.recipe.optimizer.id) == (2.0, "muon")
    assert main(["train", str(folder), "--set", "mojo=1"]) == 1
    assert "has no setting “mojo”" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["clip", "=1", " =2"])
def test_what_sets_nothing_is_refused(given: str) -> None:
    with pytest.raises(Problem, match="Write it as name=value"):
        asked("--set", given)
