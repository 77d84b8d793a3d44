"""`workbench train --fold K --folds N --balance …`: the parts a run validated on are kept with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.cli import main
from workbench.data.splitting import frozen


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]], str]:
    status = main([*words])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, [json.loads(line) for line in captured.out.splitlines()], captured.err


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    rng = np.random.default_rng(0)
    for name, n in (("bottom", 20), ("top", 10)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(n):
            pixels = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.png")
    made = ("new", str(tmp_path / "p"), "--template", "digits-mlp", "--data", str(tmp_path / "pictures"), "--json")
    assert call(capsys, *made)[0] == 0
    return tmp_path / "p"


def test_each_fold_validates_another_part(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    validated: list[int] = []
    for fold in (1, 2, 3):
        words = ("--folds", "3", "--fold", str(fold), "--balance", "sampling", "--epochs", "1", "--json")
        status, rows, _ = call(capsys, "train", str(project), *words)
        assert status == 0
        assert (rows[0]["train"], rows[0]["val"]) == (20, 10)
        kept = frozen.read(project / "runs" / f"run-{fold}")
        assert kept is not None
        validated += kept.splits.val.tolist()
        _status, judged, _ = call(capsys, "evaluate", str(project), "--json")
        assert judged[0]["pictures"] == 10
        assert judged[0]["accuracy"] == pytest.approx(rows[-1]["best_val_accuracy"])
    assert sorted(validated) == list(range(30))
    _status, rows, _ = call(capsys, "runs", str(project), "--json")
    assert [row["overrides"]["fold"] for row in rows] == [2, 1, 0]
    assert all(row["overrides"]["balance"] == "sampling" for row in rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fold", "2"), "nothing says how many folds there are"),
        (("--folds", "3", "--fold", "4"), "Fold 4 is to validate, and there are 3"),
        (("--folds", "3", "--fold", "0"), "Fold 0 is to validate"),
        (("--folds", "1"), "Choose 2 or more"),
    ],
)
def test_folds_that_cannot_be(
    project: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    status = main(["train", str(project), *words])
    captured = capsys.readouterr()
    assert status == 1
    assert said in captured.out + captured.err
