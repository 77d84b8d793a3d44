from __future__ import annotations

from pathlib import Path

import braceexpand
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.shards.conftest import plain_tar, samples
from workbench.core.diagnostic import Problem
from workbench.data.shards.names import find_shards, means_shards, refuse_remote


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0" * 1024)


def names(source: Path) -> list[tuple[str, str | None]]:
    return [(shard.name, shard.split) for shard in find_shards(source)]


def test_a_folder_gives_its_shards_in_natural_order(tmp_path: Path) -> None:
    touch(tmp_path / "a-10.tar", tmp_path / "a-9.tar", tmp_path / "notes.txt", tmp_path / ".hidden.tar")
    assert names(tmp_path) == [("a-9.tar", None), ("a-10.tar", None)]


def test_folders_and_words_in_names_are_splits(tmp_path: Path) -> None:
    touch(tmp_path / "train" / "x-0.tar", tmp_path / "Validation" / "x-0.tar")
    assert names(tmp_path) == [("train/x-0.tar", "train"), ("Validation/x-0.tar", "val")]
    other = tmp_path / "other"
    touch(other / "birds-train-000000.tar", other / "birds-val-000000.tar", other / "latest-000000.tar")
    assert [split for _name, split in names(other)] == ["train", "val", None]


def test_shards_that_are_all_of_one_split_have_none(tmp_path: Path) -> None:
    touch(tmp_path / "test-0.tar", tmp_path / "test-1.tar")
    assert names(tmp_path) == [("test-0.tar", None), ("test-1.tar", None)]


def test_a_pattern_names_its_shards_and_misses_none(tmp_path: Path) -> None:
    for split in ("train", "val"):
        touch(*(tmp_path / f"x-{split}-{k:03d}.tar" for k in range(3)))
    pattern = tmp_path / "x-{train,val}-{000..002}.tar"
    assert [name for name, _split in names(pattern)] == [
        f"x-{s}-{k:03d}.tar" for s in ("train", "val") for k in (0, 1, 2)
    ]
    with pytest.raises(Problem, match=r"x-train-003\.tar” and 1 other is not there"):
        find_shards(tmp_path / "x-{train,val}-{000..003}.tar")


@given(
    st.lists(
        st.one_of(
            st.text("abc-_.", max_size=4),
            st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 3)).map(
                lambda t: f"{{{t[0]:0{t[2]}d}..{t[1]:0{t[2]}d}}}"
            ),
            st.lists(st.text("xy", min_size=1, max_size=3), min_size=2, max_size=3).map(lambda w: f"{{{','.join(w)}}}"),
        ),
        max_size=3,
    ).map("".join)
)
def test_braces_expand_as_the_webdataset_library_expands_them(pattern: str) -> None:
    from workbench.data.shards.names import _expanded

    assert _expanded(pattern) == list(braceexpand.braceexpand(pattern))


@pytest.mark.parametrize("pattern", ["a-{0..999999999999}.tar", "a-{0..9999}{0..9999}{0..9999}.tar"])
def test_a_pattern_of_too_many_is_refused_before_it_is_expanded(pattern: str) -> None:
    with pytest.raises(Problem, match="more than 1,000,000 shards"):
        find_shards(Path(pattern))


@pytest.mark.parametrize("pattern", ["a-{0..3.tar}", "a-{0..3}}.tar", "a-{x}.tar", "{{0..3}}.tar"])
def test_a_pattern_that_is_none_is_refused(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"braces of|neither a range"):
        find_shards(tmp_path / (pattern if pattern.endswith(".tar") else f"{pattern}.tar"))


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("pipe:cat a.tar", "command"),
        ("https://example.org/a-{0..3}.tar", "address"),
        ("s3://bucket/a.tar", "address"),
        ("gs://bucket/a.tar", "address"),
        ("file:/tmp/a.tar", "address"),
    ],
)
def test_addresses_and_commands_are_refused(source: str, word: str) -> None:
    with pytest.raises(Problem, match=f"is an? {word}") as refused:
        refuse_remote(source)
    assert refused.value.diagnostics[0].code == "shards.remote"


@pytest.mark.parametrize("source", ["C:/data", "data/a.tar", "/data: of mine", "sample", "./pipe:x"])
def test_files_are_no_addresses(source: str) -> None:
    refuse_remote(source)


def test_what_means_shards(tmp_path: Path, folder: Path) -> None:
    assert not means_shards(folder)  # class folders
    assert not means_shards(tmp_path / "nothing")
    plain_tar(tmp_path / "s" / "a-0.tar", samples(0, 2))
    assert means_shards(tmp_path / "s")
    assert means_shards(tmp_path / "s" / "a-0.tar")
    assert means_shards(tmp_path / "s" / "a-{0..1}.tar")
    touch(tmp_path / "t" / "train" / "a.tar", tmp_path / "t" / "val" / "a.tar", tmp_path / "t" / "README")
    assert means_shards(tmp_path / "t")
    touch(folder / "9" / "stray.tar")
    assert not means_shards(folder)


def test_compressed_shards_are_told_of(tmp_path: Path) -> None:
    touch(tmp_path / "a-0.tar.gz")
    with pytest.raises(Problem, match="unpack them"):
        find_shards(tmp_path)
