"""`workbench data` on samples that are there twice."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.cli import main
from workbench.session import duplicates as search


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Training's cat/0 is validation's cat/copy; its cat/1 is dog/smaller, at another size."""
    root, seed = tmp_path / "pictures", 0
    for split in ("train", "val"):
        for name in ("cat", "dog"):
            (root / split / name).mkdir(parents=True)
            for k in range(4):
                coarse = np.random.default_rng(seed := seed + 1).integers(0, 256, (5, 6, 3), dtype=np.uint8)
                image = Image.fromarray(coarse).resize((60, 48), Image.Resampling.BICUBIC)
                image.save(root / split / name / f"{k}.png")
    (root / "val" / "cat" / "copy.png").write_bytes((root / "train" / "cat" / "0.png").read_bytes())
    with Image.open(root / "train" / "cat" / "1.png") as image:
        image.resize((50, 40)).save(root / "train" / "dog" / "smaller.png")
    return root


SAME, NEARLY = ["train/cat/0.png", "val/cat/copy.png"], ["train/cat/1.png", "train/dog/smaller.png"]


def test_duplicates_are_facts(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(pictures), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out.splitlines()[0])
    assert facts["duplicates"] == [SAME]
    assert facts["near_duplicates"] == [NEARLY]
    assert facts["across_splits"] == [SAME]
    assert facts["across_classes"] == [NEARLY]


def test_duplicates_are_said(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(pictures)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"the same file: {', '.join(SAME)}" in said
    assert f"nearly the same: {', '.join(NEARLY)}" in said
    assert f"in more than one split: {', '.join(SAME)}" in said
    assert f"under more than one label: {', '.join(NEARLY)}" in said


def test_looks_of_many_are_compared_when_asked(
    pictures: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BY_ITSELF", 5)
    assert main(["data", str(pictures), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out.splitlines()[0])
    assert facts["duplicates"] == [SAME]
    assert facts["near_duplicates"] is None
    assert main(["data", str(pictures)]) == 0
    assert "--near-duplicates" in capsys.readouterr().out
    assert main(["data", str(pictures), "--json", "--near-duplicates"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["near_duplicates"] == [NEARLY]
