"""`workbench train --find-rate` says what rate to take, and `workbench evaluate` everything that was counted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.cli import main


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    rng = np.random.default_rng(0)
    for name, rows in (("bottom", slice(8, 16)), ("top", slice(0, 8))):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(16):
            pixels = rng.integers(0, 60, (16, 16, 3), dtype=np.uint8)
            pixels[rows] += 150
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.png")
    made = str(tmp_path / "p")
    assert main(["new", made, "--template", "digits-mlp", "--data", str(tmp_path / "pictures")]) == 0
    capsys.readouterr()
    return made


def test_the_rate_is_told_with_its_reason(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", project, "--find-rate", "--batch-size", "8", "--json"]) == 0
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert row["event"] == "rate"
    assert 1e-6 < row["suggested"] < 1
    assert len(row["rates"]) == len(row["losses"]) > 10
    assert main(["train", project, "--find-rate", "--batch-size", "8"]) == 0
    said = capsys.readouterr().out
    assert row["reason"] in said
    assert f"--set lr={row['suggested']:g}" in said
    assert not (Path(project) / "runs" / "run-1").exists(), "nothing is trained"


def test_an_evaluation_says_everything(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", project, "--epochs", "3", "--batch-size", "8", "--set", "metrics=f1", "--json"]) == 0
    epochs = [json.loads(line) for line in capsys.readouterr().out.splitlines()][1:-1]
    assert [set(row["metrics"]) for row in epochs] == [{"val_f1"}] * 3
    assert main(["evaluate", project, "--split", "all", "--json"]) == 0
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert row["metrics"]["accuracy"] == row["accuracy"]
    assert {"balanced_accuracy", "f1", "roc_area", "calibration_error", "log_loss"} < set(row["metrics"])
    assert len(row["f1"]) == len(row["roc_area"]) == 2
    assert sum(row["reliability"]["count"]) == row["pictures"] == 32
    assert main(["evaluate", project, "--split", "all"]) == 0
    said = capsys.readouterr().out
    assert "Balanced accuracy" in said
    assert "ROC area" in said
    assert "Top-3" not in said, "of two classes it says nothing"
