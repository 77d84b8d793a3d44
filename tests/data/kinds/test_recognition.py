"""Which kind a folder or file is taken for, that it can be said, and that every file is accounted for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from workbench.core.diagnostic import Problem
from workbench.data.index import Index
from workbench.data.kinds import KINDS
from workbench.data.scanning.reading import read_index
from workbench.document.project import KINDS as NAMES
from workbench.document.project import DataSettings


def mixed(folder: Path, sounds: int, texts: int, pictures: int) -> Path:
    """Two classes with so many files of each kind."""
    for k, name in enumerate(("a", "b")):
        (folder / name).mkdir()
        for i in range(sounds):
            soundfile.write(folder / name / f"{i}.wav", np.sin(np.arange(400) * (0.1 + k)), 8000)
        for i in range(texts):
            (folder / name / f"{i}.txt").write_text(f"words {i}")
        for i in range(pictures):
            Image.new("L", (8, 8), 20 * i).save(folder / name / f"{i}.png")
    return folder


def read(source: Path, **changes: str) -> Index:
    return read_index(DataSettings(source=str(source), **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ((4, 2, 1), "audio"),
        ((1, 5, 2), "text"),
        ((1, 3, 2), "pictures"),
        ((0, 1, 2), "pictures"),
        ((0, 2, 2), "pictures"),
    ],
)
def test_the_kind_clearly_most_files_are_of_is_taken(counts: tuple[int, int, int], kind: str, tmp_path: Path) -> None:
    """Pictures with a text beside each, such as labels of another program, stay pictures."""
    index = read(mixed(tmp_path, *counts))
    assert index.kind == kind
    assert len(index) + len(index.bad) == 2 * sum(counts), "every file is a sample or listed"
    assert all(bad.reason.endswith(".") for bad in index.bad)


@pytest.mark.parametrize("kind", ["pictures", "text", "audio"])
def test_the_kind_can_be_said(kind: str, tmp_path: Path) -> None:
    index = read(mixed(tmp_path, 3, 2, 1), kind=kind)
    assert index.kind == kind
    assert len(index) == {"audio": 6, "text": 4, "pictures": 2}[kind]
    assert len(index.bad) == 12 - len(index)


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="is not a table"):
        read(mixed(tmp_path, 0, 2, 0), kind="table")


def test_every_kind_a_project_can_name_is_there() -> None:
    assert set(NAMES) - {"auto"} == set(KINDS)
    for kind in KINDS.values():
        assert kind.layers
        assert kind.title[0].isupper()
        assert kind.one.islower()
        assert all(extension.startswith(".") and extension.islower() for extension in kind.extensions)
