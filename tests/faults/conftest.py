"""A small trained project, and the command line as a person meets it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.cli import main


@dataclass(frozen=True)
class Answer:
    """What a command left: its status, both streams, and standard output as JSON where it was asked for."""

    status: int
    out: str
    err: str
    rows: list[dict[str, Any]] = field(default_factory=list)


Call = Callable[..., Answer]


def make_pictures(root: Path, classes: Sequence[str] = ("bottom", "top"), count: int = 12) -> Path:
    """`count` pictures of 16 × 16 pixels a class, bright in one half."""
    rng = np.random.default_rng(0)
    for k, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        for i in range(count):
            pixels = rng.integers(0, 60, (16, 16, 3), dtype=np.uint8)
            pixels[slice(0, 8) if k % 2 else slice(8, 16)] += 150
            Image.fromarray(pixels).save(root / name / f"{i}.png")
    return root


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return make_pictures(tmp_path / "pictures")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command in this process and holds it to what every command owes: sentences, and nothing but JSON."""

    def run(*words: object) -> Answer:
        status = main([str(word) for word in words])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert "not foreseen" not in captured.err
        assert "unexpected" not in captured.err
        assert status in (0, 1, 2, 130)
        rows = [json.loads(line) for line in captured.out.splitlines()] if "--json" in words else []
        return Answer(status, captured.out, captured.err, rows)

    return run


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `project` (digits-mlp on two classes, two epochs) and its `pictures`; never changed."""
    root = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(root / "home"))
        pictures = make_pictures(root / "pictures")
        assert main(["new", str(root / "project"), "--template", "digits-mlp", "--data", str(pictures)]) == 0
        words = ["train", str(root / "project"), "--epochs", "2", "--batch-size", "8", "--threads", "1", "--json"]
        assert main(words) == 0
    return root


@pytest.fixture
def trained(trained_once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A copy of the trained project, on the same pictures."""
    shutil.copytree(trained_once / "project", tmp_path / "project")
    capsys.readouterr()
    return tmp_path / "project"


@pytest.fixture
def trained_pictures(trained_once: Path) -> Path:
    """The pictures `trained` was trained on; not to be changed."""
    return trained_once / "pictures"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a disk of a given size ("2m") and gives its folder; needs root."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting needs Linux and root")
    mounted: list[Path] = []

    def mount(size: str) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
        if done.returncode:
            pytest.skip("mounting is not allowed here")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)
