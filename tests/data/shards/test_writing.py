"""Shards the program writes: read again by itself and by the webdataset library."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from webdataset.tariterators import group_by_keys, tar_file_expander

from workbench.core.diagnostic import Problem
from workbench.data.dataset import Dataset
from workbench.data.shards.opening import open_shards
from workbench.data.shards.writing import write_shards
from workbench.document.project import DataSettings


@pytest.fixture
def dataset(folder: Path):  # type: ignore[no-untyped-def]
    with Dataset.open(DataSettings(str(folder), validation=0.25, normalise="unit")) as dataset:
        yield dataset


def test_every_sample_comes_back_with_its_bytes_class_and_split(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = write_shards(dataset, out, name="my: photos.test", shard_size=8_000)
    assert manifest.samples == 18
    assert len(manifest.shards) > 3
    index = open_shards(out, DataSettings())
    assert index.classes == dataset.classes == ("9", "10", "cats")

    def all_of(index: object, codes: object) -> set[tuple[str, str, str]]:
        return {
            (hashlib.sha256(index.read(i)).hexdigest(), index.classes[int(index.labels[i])], str(code))  # type: ignore
            for i, code in codes  # type: ignore[attr-defined]
        }

    before = [(int(i), split) for split in ("train", "val") for i in dataset.splits[split]]
    after = [(i, ("train", "val")[int(code)]) for i, code in enumerate(index.split_codes)]
    assert all_of(index, after) == all_of(dataset.index, before)
    assert len(after) == 18
    first = sorted((out / "train").iterdir())[0]
    assert first.name == "my__photos_test-000000.tar"
    with first.open("rb") as stream:
        for sample in group_by_keys(tar_file_expander([{"url": first.name, "stream": stream}])):
            about = json.loads(sample["json"])
            assert sample["jpg"] == (dataset.index.root / about["path"]).read_bytes()
            assert dataset.classes[int(sample["cls"])] == about["class"]
            assert (about["width"], about["height"]) == (64, 48)


def test_the_manifest_tells_counts_and_checksums(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_shards(dataset, out, shard_size=8_000)
    said = json.loads((out / "shards.json").read_text())
    assert (said["samples"], said["kind"], said["classes"]) == (18, "pictures", ["9", "10", "cats"])
    assert said["splits"] == {split: n for split, n in dataset.splits.counts.items() if n}
    for shard in said["shards"]:
        data = (out / shard["file"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (shard["sha256"], shard["bytes"])
        assert sum(shard["classes"].values()) == shard["samples"]


def test_the_same_data_give_the_same_shards(dataset: Dataset, tmp_path: Path) -> None:
    one, other = (write_shards(dataset, tmp_path / name) for name in ("a", "b"))
    assert one == other


def test_classes_are_mixed_in_a_shard(dataset: Dataset, tmp_path: Path) -> None:
    write_shards(dataset, tmp_path / "out")
    index = open_shards(tmp_path / "out", DataSettings())
    labels = index.labels[index.split_codes == 0].tolist()
    assert labels != sorted(labels)


def test_a_folder_that_is_not_empty_is_left_alone(dataset: Dataset, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(Problem, match="not empty"):
        write_shards(dataset, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine"]
    with pytest.raises(Problem, match="inside of the data"):
        write_shards(dataset, folder / "shards")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(Problem):
        write_shards(dataset, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("after", [0, 1, 9, 17])
def test_cancelled_writing_leaves_nothing(dataset: Dataset, tmp_path: Path, after: int) -> None:
    told: list[int] = []
    with pytest.raises(Problem) as refused:
        write_shards(
            dataset,
            tmp_path / "out",
            shard_size=5_000,
            progress=lambda done, _total: told.append(done),
            cancelled=lambda: len(told) >= after,
        )
    assert refused.value.diagnostics[0].code == "data.cancelled"
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_gone_is_told_and_left_out(dataset: Dataset, tmp_path: Path) -> None:
    told: list[str] = []
    dataset.on_bad = lambda bad: told.append(bad.path)
    dataset.index.file(3).unlink()
    assert write_shards(dataset, tmp_path / "out").samples == 17
    assert told == [dataset.index.path(3)]
