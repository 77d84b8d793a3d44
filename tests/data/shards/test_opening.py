"""From shards to an index of all samples, and to an index of some beside a stream."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.data.shards.conftest import jpeg, plain_tar, samples
from workbench.core.diagnostic import Problem
from workbench.data.index import Index
from workbench.data.shards import scanning
from workbench.data.shards.opening import open_shards
from workbench.document.project import DataSettings


def opened(source: Path, **settings: object) -> Index:
    return open_shards(source, DataSettings(**settings))  # type: ignore[arg-type]


def code(problem: pytest.ExceptionInfo[Problem]) -> str:
    return problem.value.diagnostics[0].code


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MOST_INDEXED", 0)


def test_every_sample_is_in_the_index_and_can_be_read(shards: Path) -> None:
    index = opened(shards)
    assert (len(index), index.classes, index.kind, index.stream) == (24, ("0", "1"), "pictures", None)
    assert index.path(0) == "some-000000.tar#00000.jpg"
    assert index.file(23) == shards / "some-000003.tar"
    assert [index.read(i) for i in range(24)] == [jpeg(i) for i in range(24)]
    assert index.labels.tolist() == [i % 2 for i in range(24)]
    assert (set(index.widths.tolist()), set(index.heights.tolist())) == ({24}, {20})
    assert index.find("some-000001.tar#00009.jpg") == 9
    assert not len(index.bad)


def test_a_manifest_names_the_classes(shards: Path) -> None:
    says = {"format": "workbench-shards", "version": 1, "classes": ["zebra", "ant"]}
    (shards / "shards.json").write_text(json.dumps(says))
    assert opened(shards).classes == ("zebra", "ant")
    (shards / "shards.json").write_text(json.dumps({"format": "another"}))
    assert opened(shards).classes == ("0", "1")
    for damaged in ('{"format": "workbench-shards"', json.dumps({"format": "workbench-shards", "classes": "abc"})):
        (shards / "shards.json").write_text(damaged)
        with pytest.raises(Problem) as refused:
            opened(shards)
        assert code(refused) == "shards.manifest"


def test_bad_pictures_are_told_and_left_out(shards: Path) -> None:
    plain_tar(shards / "x.tar", [("1.cls", b"0"), ("1.jpg", jpeg(1)[:300]), ("2.cls", b"0"), ("2.jpg", b"words")])
    for _once_from_the_shard_and_once_as_kept in range(2):
        index = opened(shards)
        assert len(index) == 24
        assert [bad.path for bad in index.bad] == ["x.tar#1.jpg", "x.tar#2.jpg"]
        assert "damaged" in index.bad[0].reason or "cut off" in index.bad[0].reason


def test_splits_come_from_the_names_of_shards(tmp_path: Path) -> None:
    plain_tar(tmp_path / "a-train-000000.tar", samples(0, 6))
    plain_tar(tmp_path / "a-val-000000.tar", samples(6, 4))
    plain_tar(tmp_path / "a-000001.tar", samples(10, 2))
    index = opened(tmp_path)
    assert np.bincount(index.split_codes).tolist() == [8, 4]


def test_what_cannot_be_used_at_all_is_refused(tmp_path: Path) -> None:
    plain_tar(tmp_path / "one" / "a.tar", [("c/1.jpg", jpeg(1)), ("c/2.jpg", jpeg(2))])
    with pytest.raises(Problem, match="one class only") as refused:
        opened(tmp_path / "one")
    assert code(refused) == "data.one_class"
    plain_tar(tmp_path / "none" / "a.tar", [("1.jpg", jpeg(1))])
    with pytest.raises(Problem, match="Its class is unknown") as refused:
        opened(tmp_path / "none")
    assert code(refused) == "shards.empty"
    with pytest.raises(Problem, match="table"):
        opened(tmp_path / "one", kind="table")


def test_a_shard_that_changed_is_not_read(shards: Path) -> None:
    index = opened(shards)
    plain_tar(shards / "some-000000.tar", samples(50, 7))
    with pytest.raises(Problem, match="has changed since"):
        index.read(0)
    assert index.read(7) == jpeg(7)


def test_reading_can_be_cancelled_and_tells_how_far_it_is(shards: Path) -> None:
    told: list[tuple[int, int | None]] = []
    open_shards(shards, DataSettings(), progress=lambda done, total: told.append((done, total)))
    assert told[:4] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with pytest.raises(Problem) as refused:
        open_shards(shards, DataSettings(), cancelled=lambda: True)
    assert code(refused) == "data.cancelled"


# --- streamed -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("streamed")
def test_too_many_are_streamed_and_some_kept_aside(shards: Path) -> None:
    index = opened(shards, validation=0.25)
    assert index.stream is not None
    kept = int((index.split_codes == 1).sum())
    assert 1 <= kept <= 12
    assert len(index.stream) == 24 - kept
    assert len(index) == 24  # so few that all are shown
    again = opened(shards, validation=0.25)
    assert again.split_codes.tolist() == index.split_codes.tolist()
    assert opened(shards, validation=0.25, seed=5).split_codes.tolist() != index.split_codes.tolist()
    labels = index.labels[index.split_codes == 0]
    assert index.stream.class_counts == tuple(np.bincount(labels).tolist())


@pytest.mark.usefixtures("streamed")
def test_a_sample_stays_on_its_side_when_shards_are_added(shards: Path) -> None:
    before = opened(shards, validation=0.3)
    sides = {before.path(i): int(before.split_codes[i]) for i in range(len(before))}
    plain_tar(shards / "a-first.tar", samples(200, 9))
    after = opened(shards, validation=0.3)
    assert {path: int(after.split_codes[after.find(path)]) for path in sides} == sides


@pytest.mark.usefixtures("streamed")
def test_only_so_many_of_a_stream_are_shown(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.data.shards.opening.SHOWN", 8)
    index = opened(shards, validation=0.0)
    assert (len(index), len(index.stream or ())) == (8, 24)


@pytest.mark.usefixtures("streamed")
def test_a_split_of_the_names_stands_for_itself(tmp_path: Path) -> None:
    plain_tar(tmp_path / "train" / "a.tar", samples(0, 10))
    plain_tar(tmp_path / "val" / "a.tar", samples(10, 4))
    index = opened(tmp_path, validation=0.5)
    assert index.stream is not None
    assert (len(index.stream), int((index.split_codes == 1).sum())) == (10, 4)


@pytest.mark.usefixtures("streamed")
def test_folds_need_all_samples_in_one_place(shards: Path) -> None:
    with pytest.raises(Problem, match="folds need all"):
        opened(shards, folds=5)
