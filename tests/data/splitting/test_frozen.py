"""The samples of a run come back as they were, whatever was added, relabelled or lost since."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.core.diagnostic import Problem
from workbench.data.dataset import Dataset
from workbench.data.inputs import Input
from workbench.data.splitting import frozen
from workbench.document.project import Change, DataSettings

Opener = Callable[..., Dataset]
SMALL = Input.pictures((16, 16))


def same(one: Dataset, other: Dataset) -> bool:
    return all(
        (
            one.classes == other.classes,
            np.array_equal(one.index.labels, other.index.labels),
            list(one.index.paths) == list(other.index.paths),
            all(np.array_equal(one.splits[n], other.splits[n]) for n in ("train", "val", "test", "excluded")),
        )
    )


@pytest.fixture
def own(folder: Path, open_dataset: Opener) -> Dataset:
    changes = {"9/0.jpg": Change("cats"), "9/1.jpg": Change(split="test"), "10/0.jpg": Change(excluded=True)}
    return open_dataset(folder, validation=0.25, test=0.1, changes=changes)


def thaw(run: Path, settings: DataSettings, **more: object) -> Dataset:
    kept = frozen.read(run)
    assert kept is not None
    return kept.dataset(settings, Path.cwd(), SMALL, **more)  # type: ignore[arg-type]


def test_a_run_gets_the_very_samples_it_began_with(own: Dataset, folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run-1"
    frozen.write(run, own, tmp_path)
    for name in ("9/a_new.jpg", "cats/a_new.jpg"):
        shutil.copy(folder / "9" / "2.jpg", folder / name)
    with thaw(run, own.settings, preparation=own.preparation) as again:
        assert same(own, again)
        assert again.fingerprint == own.fingerprint
        assert again.preparation == own.preparation
        with own.train_batches(4, 0, 2) as before, again.train_batches(4, 0, 2) as after:
            for one, other in zip(before, after, strict=True):
                assert np.array_equal(one.inputs, other.inputs)
                assert np.array_equal(one.labels, other.labels)


def test_what_is_written_is_the_same_each_time_and_plain_to_read(own: Dataset, tmp_path: Path) -> None:
    for name in ("a", "b"):
        frozen.write(tmp_path / name, own, tmp_path)
    first, second = ((tmp_path / name / frozen.NAME).read_bytes() for name in ("a", "b"))
    assert first == second
    head, *rows = [json.loads(line) for line in gzip.decompress(first).splitlines()]
    assert head["classes"] == ["9", "10", "cats"]
    assert head["roots"] == ["."]
    assert len(rows) == len(own.index)
    assert [row[:3] for row in rows if row[0] == "9/0.jpg"] == [["9/0.jpg", 2, rows[0][2]]]
    assert {row[2] for row in rows} == {"train", "val", "test", "excluded"}


def test_files_that_changed_or_went_are_known(own: Dataset, folder: Path, tmp_path: Path) -> None:
    frozen.write(tmp_path / "run", own, tmp_path)
    shutil.copy(folder / "10" / "3.jpg", folder / "10" / "2.jpg")
    (folder / "10" / "4.jpg").unlink()
    with thaw(tmp_path / "run", own.settings) as again:
        assert same(own, again)
        assert again.fingerprint != own.fingerprint
        changed, gone = (again.index.find(f"10/{k}.jpg") for k in (2, 4))
        assert np.array_equal(again.picture(changed), own.picture(own.index.find("10/3.jpg")))  # type: ignore[arg-type]
        with pytest.raises(Problem, match="10/4"):
            again.original(gone)  # type: ignore[arg-type]


def test_a_run_moves_with_its_project(own: Dataset, folder: Path, tmp_path: Path) -> None:
    settings = DataSettings("../pictures")
    (tmp_path / "p").mkdir()
    frozen.write(tmp_path / "p" / "run", own, tmp_path)
    shutil.copytree(tmp_path, moved := tmp_path.parent / f"{tmp_path.name}-moved")
    shutil.rmtree(folder)
    kept = frozen.read(moved / "p" / "run")
    assert kept is not None
    with kept.dataset(settings, moved / "p", SMALL, {"mean": [0.5] * 3, "std": [0.2] * 3}) as again:
        assert again.index.root == (moved / "pictures").resolve()
        assert again.picture(0).shape == (16, 16, 3)


def test_an_older_run_has_none(tmp_path: Path) -> None:
    assert frozen.read(tmp_path) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: b"not a gzip file",
        lambda data: gzip.compress(b"[]\n"),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'"format": 1', b'"format": 9')),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'"kind": "pictures"', b'"kind": "films"')),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'"train"', b'"both"')),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'.jpg", 1', b'.jpg", 7')),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'.jpg", 1', b'.jpg", -1')),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'.jpg", 1', b'.jpg", "x"')),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'.jpg", 1', b'.jpg", 1e400')),
        lambda data: gzip.compress(gzip.decompress(data) + b'["a", 0, "train", -1]\n'),
        lambda data: gzip.compress(gzip.decompress(data).splitlines()[0] + b"\n"),
        lambda data: gzip.compress(gzip.decompress(data) + b"[" * 2_000_000),
    ],
)
def test_damage_is_told(own: Dataset, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    frozen.write(tmp_path, own, tmp_path)
    file = tmp_path / frozen.NAME
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(Problem, match="is damaged"):
        frozen.read(tmp_path)


def test_every_source_comes_back(folder: Path, tmp_path: Path) -> None:
    """Lists, merged folders, tables and rows of texts: the same samples, the same batches."""
    (tmp_path / "more" / "cats").mkdir(parents=True)
    shutil.copy(folder / "cats" / "1.jpg", tmp_path / "more" / "cats" / "1.jpg")
    paths = [f"pictures/{p.parent.name}/{p.name},{p.parent.name}" for p in sorted(folder.rglob("*.jpg"))]
    (tmp_path / "list.csv").write_text("\n".join(["path,label", *paths]) + "\n")
    rows = [f"{k % 7},{k % 3},{'ab'[k % 2]}" for k in range(30)]
    (tmp_path / "table.csv").write_text("\n".join(["x,y,kind", *rows]) + "\n")
    texts = [f"the {'good' if k % 2 else 'bad'} word {k},{'ab'[k % 2]}" for k in range(30)]
    (tmp_path / "texts.csv").write_text("\n".join(["text,label", *texts]) + "\n")
    project = tmp_path / "project"
    project.mkdir()
    for number, (settings, wanted) in enumerate(
        (
            (DataSettings("../pictures", more=("../more",)), SMALL),
            (DataSettings("../list.csv", changes={"pictures/9/0.jpg": Change("cats")}), SMALL),
            (DataSettings("../list.csv", more=("../more",), validation=0.3), SMALL),
            (DataSettings("../table.csv", kind="table", label_column="kind"), Input("numbers", {"features": 2})),
            (DataSettings("../texts.csv", kind="text"), Input("tokens", {"length": 8, "vocabulary": 50})),
        )
    ):
        with Dataset.open(settings, project, input=wanted) as before:
            frozen.write(tmp_path / f"run-{number}", before, project)
            kept = frozen.read(tmp_path / f"run-{number}")
            assert kept is not None
            with kept.dataset(settings, project, wanted, before.preparation) as after:
                assert same(before, after)
                assert after.fingerprint == before.fingerprint
                assert [str(after.index.file(i)) for i in range(4)] == [str(before.index.file(i)) for i in range(4)]
                with before.train_batches(4, 0, 0) as one, after.train_batches(4, 0, 0) as other:
                    for x, y in zip(one, other, strict=True):
                        assert np.array_equal(x.inputs, y.inputs)
                        assert np.array_equal(x.labels, y.labels)
