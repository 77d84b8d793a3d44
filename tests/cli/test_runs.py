"""`workbench runs`: finding, marking, comparing and exporting, as scripts rely on it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.many_runs import record_runs
from workbench.cli import main
from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import set_param
from workbench.document.storage import save
from workbench.session.templates import project_of
from workbench.training.store import RunStore


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with ten runs, of which run-10 failed, and run-11 of a wider network."""
    value = project_of("digits-mlp")
    save(value, tmp_path / "p")
    record_runs(tmp_path / "p", value, 10).close()
    linear = next(node.id for node in value.graph if node.layer == "linear")
    wider = set_param(value.graph, linear, "units", 99)
    assert not isinstance(wider, Diagnostic)
    record_runs(tmp_path / "p", replace(value, graph=wider), 1).close()
    return tmp_path / "p"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))


def call(capsys: pytest.CaptureFixture[str], project: Path, *words: str) -> list[dict[str, Any]]:
    assert main(["runs", str(project), "--json", *words]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_runs_are_found_and_sorted(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    assert [row["run"] for row in call(capsys, project)] == [f"run-{n}" for n in range(11, 0, -1)]
    assert [row["run"] for row in call(capsys, project, "--filter", "failed")] == ["run-10"]
    best = call(capsys, project, "--filter", "-failed accuracy>0.6", "--sort", "accuracy")
    values = [row["best_val_accuracy"] for row in best]
    assert values == sorted(values, reverse=True)
    assert all(value > 0.6 for value in values)
    assert main(["runs", str(project), "--filter", "accuracy>high"]) == 1
    assert "compares with a number" in capsys.readouterr().err
    assert main(["runs", str(project), "--sort", "beauty"]) == 1
    assert "No column is called “beauty”" in capsys.readouterr().err


def test_runs_are_marked(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    assert call(capsys, project, "--name", "3", "wide net", "--tag", "3", "base", "line", "--star", "3", "run-4") == [
        {"named": ["run-3"]}, {"tagged": ["run-3"]}, {"starred": ["run-3", "run-4"]},
    ]  # fmt: skip
    call(capsys, project, "--note", "3", "look again")
    call(capsys, project, "--unstar", "4")
    (row,) = call(capsys, project, "--filter", "starred")
    assert (row["run"], row["name"], row["tags"], row["note"]) == ("run-3", "wide net", ["base", "line"], "look again")
    assert main(["runs", str(project), "--star", "99"]) == 1
    assert "no run “run-99”" in capsys.readouterr().err


def test_runs_are_deleted_brought_back_and_removed(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    call(capsys, project, "--delete", "1", "2")
    assert [row["run"] for row in call(capsys, project, "--deleted")] == ["run-2", "run-1"]
    assert "run-1" not in [row["run"] for row in call(capsys, project)]
    call(capsys, project, "--restore", "1")
    assert main(["runs", str(project), "--remove", "1"]) == 1
    assert "in use" in capsys.readouterr().err
    assert call(capsys, project, "--remove", "2")[0]["removed"] == ["run-2"]
    assert call(capsys, project, "--deleted") == []
    assert len(call(capsys, project)) == 10
    with RunStore(project) as store:
        store._update("run-5", state="running", host="another-machine")
    assert main(["runs", str(project), "--delete", "4", "5"]) == 1
    assert "still running" in capsys.readouterr().err
    assert len(call(capsys, project)) == 10


def test_runs_are_compared(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    rows = call(capsys, project, "--compare", "2", "11")
    lines = {row["title"]: row for row in rows if "title" in row}
    assert lines["Learning rate"]["differs"]
    assert lines["Optimizer"]["values"] == ["Adam", "Adam"]
    first, other = (row["network"] for row in rows if "network" in row)
    assert first == []
    assert "units 64 → 99" in other[0]
    assert main(["runs", str(project), "--compare", "2", "11"]) == 0
    assert "Network of run 11, told from run 2:" in capsys.readouterr().out
    assert main(["runs", str(project), "--compare", "1"]) == 1


def test_runs_are_exported(capsys: pytest.CaptureFixture[str], project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert call(capsys, project, "--csv", str(out))[0]["rows"] == 11
    with open(out, newline="", encoding="utf-8") as file:
        assert [row["run"] for row in csv.DictReader(file)][:2] == ["run-11", "run-10"]
    assert call(capsys, project, "--filter", "failed", "--csv", str(out), "--of", "epochs")[0]["rows"] == 3
    found = call(capsys, project, "--filter", "failed", "--tensorboard", str(tmp_path / "board"))
    assert found[0]["runs"] == ["run-10"]
    assert list((tmp_path / "board" / "run-10").iterdir())
    assert main(["runs", str(project), "--csv", str(tmp_path / "no" / "where.csv")]) == 1
    assert "where.csv" in capsys.readouterr().err


def test_people_get_a_table(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    assert main(["runs", str(project)]) == 0
    shown = capsys.readouterr().out
    assert "run-11" in shown
    assert "accuracy" in shown
    assert main(["runs", str(project), "--filter", "nobody"]) == 0
    assert "No such runs." in capsys.readouterr().out
