"""`workbench search` and `workbench train --all-folds`: as lines of JSON, gone on with, taken over, refused."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.cli import main
from workbench.document import storage


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]], str]:
    status = main([*words])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, [json.loads(line) for line in captured.out.splitlines()], captured.err


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    rng = np.random.default_rng(0)
    for name, rows in (("bottom", slice(4, 8)), ("top", slice(0, 4))):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(15):
            pixels = rng.integers(0, 80, (8, 8, 3), dtype=np.uint8)
            pixels[rows] += 120
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.png")
    made = ("new", str(tmp_path / "p"), "--template", "digits-mlp", "--data", str(tmp_path / "pictures"), "--json")
    assert call(capsys, *made)[0] == 0
    return tmp_path / "p"


def test_a_search_is_told_trial_by_trial_gone_on_with_and_taken_over(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    over = ("--over", "lr=0.003..0.03:log", "--over", "linear_1.units=4,8")
    words = ("search", str(project), *over, "--trials", "3", "--epochs", "2", "--sampler", "random", "--json")
    status, rows, _ = call(capsys, *words)
    assert status == 0
    assert [row["event"] for row in rows] == ["search", "trial", "trial", "trial", "end"]
    assert rows[0]["parameters"] == {"recipe.optimizer.lr": "0.003..0.03:log", "linear_1.units": "4, 8"}
    assert [row["trial"] for row in rows[1:4]] == [1, 2, 3]
    assert rows[-1]["best"]["score"] == max(row["score"] for row in rows[1:4])
    status, rows, _ = call(capsys, "search", str(project), "--resume", "--trials", "5", "--take-over", "--json")
    assert status == 0
    assert (rows[0]["done"], rows[0]["trials"]) == (3, 5)
    assert [row["trial"] for row in rows[1:-1]] == [4, 5]
    best = rows[-1]["best"]["parameters"]
    saved = storage.load(project)
    assert saved.recipe.optimizer.params["lr"] == best["recipe.optimizer.lr"]
    assert saved.graph.nodes["linear_1"].params["units"] == best["linear_1.units"]
    status, rows, _ = call(capsys, "search", str(project), "--list", "--json")
    assert [(row["search"], row["done"]) for row in rows] == [("search-1", 5)]


def test_a_search_is_told_to_people(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--over", "linear_2.units=2,3", "--sampler", "grid", "--epochs", "1")
    assert main(["search", str(project), *words]) == 0
    said = capsys.readouterr().out
    assert "search-1: 2 trials by validation accuracy" in said
    assert "failed: Output gives 3 numbers" in said
    assert "Best: trial" in said
    assert main(["search", str(project), "--settings"]) == 0
    assert "recipe.optimizer.lr" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Nothing is to be varied"),
        (("--over", "speed=1,2"), "no setting “speed”"),
        (("--over", "lr=1..0"), "0 is not above 1"),
        (("--over", "lr", "--measure", "luck"), "Runs do not measure “luck”"),
        (("--over", "lr", "--resume"), "Leave --over out"),
        (("--resume",), "no search to go on with"),
        (("--resume", "mine"), "no search “mine”"),
    ],
)
def test_what_cannot_be_searched_is_told(
    project: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    status, _rows, complaint = call(capsys, "search", str(project), *words, "--json")
    assert status == 1
    assert said in complaint


def test_a_search_in_which_nothing_comes_to_a_result_fails(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, rows, complaint = call(
        capsys, "search", str(project), "--over", "linear_2.units=3,4", "--sampler", "grid", "--json"
    )
    assert status == 1
    assert [row["state"] for row in rows[1:3]] == ["failed", "failed"]
    assert "no trial came to a result" in complaint


def test_all_folds_have_a_mean_and_a_deviation(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("train", str(project), "--folds", "3", "--all-folds", "--epochs", "2", "--json")
    status, rows, _ = call(capsys, *words)
    assert status == 0
    ended = [row for row in rows if row["event"] == "fold"]
    assert [row["fold"] for row in ended] == [1, 2, 3]
    assert len([row for row in rows if row["event"] == "epoch"]) == 6
    summary = rows[-1]
    assert (summary["event"], summary["series"], summary["count"]) == ("folds", "folds-1", 3)
    reached = [row["figures"]["val_accuracy"] for row in ended]
    assert summary["mean"]["val_accuracy"] == pytest.approx(statistics.fmean(reached))
    assert summary["deviation"]["val_accuracy"] == pytest.approx(statistics.stdev(reached))
    _status, kept, _ = call(capsys, "runs", str(project), "--json")
    assert {row["best_val_accuracy"] for row in kept} == set(reached)
    status, _rows, complaint = call(capsys, "train", str(project), "--all-folds", "--resume", "--json")
    assert status == 1
    assert "All folds of folds-1 have been trained" in complaint
    assert main(["train", str(project), "--folds", "2", "--all-folds", "--epochs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith((" mean", " deviation"))] == ["mean", "deviation"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--all-folds",), "Give --folds N"),
        (("--all-folds", "--folds", "3", "--fold", "2"), "Leave --fold out"),
        (("--all-folds", "--folds", "1"), "fold"),
        (("--all-folds", "--resume"), "no series of folds"),
    ],
)
def test_folds_that_cannot_be_are_told(
    project: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    status, _rows, complaint = call(capsys, "train", str(project), *words, "--json")
    assert status == 1
    assert said in complaint
