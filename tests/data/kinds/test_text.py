"""Labelled texts as data sets: from class folders and from a column of a CSV, as rows of token numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.diagnostic import Problem
from workbench.data.dataset import Dataset
from workbench.data.feed import Asked
from workbench.data.index import Index
from workbench.data.inputs import Input
from workbench.data.kinds.row_scan import kind_of_rows, scan_rows
from workbench.data.kinds.text import TEXT, text_of
from workbench.document.project import DataSettings

Open = Callable[..., Dataset]
WORDS = ("bread", "soup", "rain", "snow", "train", "bus")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Two classes of twelve texts; the words of a text are told by its number."""
    root = tmp_path / "notes"
    for k, name in enumerate(("calm", "loud")):
        (root / name).mkdir(parents=True)
        for i in range(12):
            text = f"{WORDS[i % 6]} and {WORDS[(i + 1 + k) % 6]}{'!' * k}"
            (root / name / f"{i}.txt").write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def open_texts() -> Iterator[Open]:
    opened: list[Dataset] = []

    def open_one(source: Path, *, length: int = 6, vocabulary: int = 100, **changes: Any) -> Dataset:
        asked = Input("tokens", {"length": length, "vocabulary": vocabulary})
        opened.append(Dataset.open(DataSettings(source=str(source), **changes), None, input=asked))
        return opened[-1]

    yield open_one
    for dataset in opened:
        dataset.close()


def rows(dataset: Dataset) -> np.ndarray:
    with dataset.eval_batches("all", 5) as batches:
        found = list(batches)
    order = np.argsort(np.concatenate([batch.indices for batch in found]))
    return np.concatenate([batch.inputs for batch in found])[order]


def test_a_folder_of_texts_is_recognised_and_read(notes: Path, open_texts: Open) -> None:
    dataset = open_texts(notes)
    assert dataset.kind.id == "text"
    assert dataset.classes == ("calm", "loud")
    assert len(dataset.index) == 24
    found = rows(dataset)
    assert found.dtype == np.int64
    assert found.shape == (24, 6)
    pieces = dataset.preparation["vocabulary"]
    assert pieces[:3] == ["<pad>", "<unknown>", "and"]
    first = dataset.index.find("loud/1.txt")
    assert first is not None
    assert [pieces[k] for k in found[first]] == ["<pad>", "<pad>", "soup", "and", "snow", "!"]
    assert dataset.words(first) == "soup and snow!"
    assert dataset.preview(first, 64) is None


def test_the_vocabulary_is_that_of_the_training_texts(notes: Path, open_texts: Open) -> None:
    plain = open_texts(notes)
    hidden = plain.index.path(int(plain.splits.val[0]))
    (notes / hidden).write_text("unheard words and more", encoding="utf-8")
    dataset = open_texts(notes)
    assert "unheard" not in dataset.preparation["vocabulary"]
    found = dataset.index.find(hidden)
    assert found is not None
    assert found in dataset.splits.val
    row = rows(dataset)[found]
    assert (row == 1).sum() == 3, "three words that training never saw"


def test_what_cannot_be_read_is_listed(notes: Path, open_texts: Open) -> None:
    (notes / "calm" / "empty.txt").write_bytes(b"")
    (notes / "calm" / "noise.txt").write_bytes(b"\0\1\2\3")
    (notes / "loud" / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (notes / "loud" / "table.xlsx").write_bytes(b"PK\3\4")
    (notes / "loose.txt").write_text("no class")
    dataset = open_texts(notes)
    assert len(dataset.index) == 24
    told = {bad.path: bad.reason for bad in dataset.bad}
    assert set(told) == {"calm/empty.txt", "calm/noise.txt", "loud/photo.jpg", "loud/table.xlsx", "loose.txt"}
    assert all(reason.endswith(".") for reason in told.values())


def test_a_text_that_vanishes_is_left_out_and_told_once(notes: Path, open_texts: Open) -> None:
    dataset = open_texts(notes)
    told: list[str] = []
    dataset.on_bad = lambda bad: told.append(bad.path)
    (notes / "calm" / "3.txt").unlink()
    (notes / "loud" / "4.txt").write_text("another text than before")
    other = open_texts(notes, length=5)  # nothing of this length is in the cache
    del other
    gone = [dataset.index.find(path) for path in ("calm/3.txt", "loud/4.txt")]
    fresh = Dataset.of_index(
        dataset.index, dataset.splits, dataset.settings, Input("tokens", {"length": 7, "vocabulary": 100}), "x"
    )
    heard: list[str] = []
    fresh.on_bad = lambda bad: heard.append(bad.path)
    with fresh.eval_batches("all", 5) as batches:
        there = np.concatenate([batch.indices for batch in batches])
    fresh.close()
    assert set(range(24)) - set(there.tolist()) == set(gone)
    assert sorted(bad.path for bad in fresh.bad if "/" in bad.path) == ["calm/3.txt", "loud/4.txt"]
    assert len(heard) == len(set(heard))


def test_the_same_rows_with_one_thread_and_with_several(notes: Path) -> None:
    index = Dataset.open(
        DataSettings(source=str(notes)), None, input=Input("tokens", {"length": 6, "vocabulary": 50})
    ).index
    found = []
    for threads in (1, 4):
        asked = Asked(index, np.arange(24), DataSettings(), Input("tokens", {"length": 6, "vocabulary": 50}), threads)
        feed, made = TEXT.open(asked)
        finished = feed.finish(feed.begin(np.arange(24)[::-1].copy()))
        assert finished is not None
        found.append(made.apply(finished[0]))
        feed.close()
    assert np.array_equal(found[0], found[1])


@pytest.mark.parametrize("tokeniser", ["characters", "words", "byte_pair"])
def test_a_new_text_is_prepared_as_its_file_was(tokeniser: str, notes: Path, open_texts: Open) -> None:
    dataset = open_texts(notes, length=12, vocabulary=300, tokeniser=tokeniser)
    kept = json.loads(json.dumps(dict(dataset.preparation)))
    made = TEXT.restored(dataset.input, dataset.settings, kept)
    everything = rows(dataset)
    for i in (0, 13):
        text = text_of(dataset.index, i)
        assert np.array_equal(made.apply(made.sample(text)[None])[0], everything[i])
        assert np.array_equal(made.sample(dataset.index.file(i)), made.sample(text))
    if tokeniser == "words":
        assert made.pieces(made.sample("Soup, RAIN")) == ["<pad>"] * 9 + ["soup", "<unknown>", "rain"]


def test_kept_preparations_need_room_in_the_network(notes: Path, open_texts: Open) -> None:
    kept = open_texts(notes).preparation
    with pytest.raises(Problem, match="the Tokens layer has room for 4"):
        open_texts(notes, vocabulary=4).take_preparation(kept)


REVIEWS = "review,stars,label\n" + "".join(
    f'"A {WORDS[i % 6]}, and ""{WORDS[(i + 1) % 6]}""\nin the evening",{i % 5},{("good", "bad")[i % 2]}\n'
    for i in range(20)
)


def test_a_column_of_texts_is_recognised_and_read(tmp_path: Path, open_texts: Open) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(REVIEWS, encoding="utf-8")
    dataset = open_texts(path, length=10)
    assert dataset.kind.id == "text"
    assert dataset.classes == ("bad", "good")
    row = dataset.index.find("reviews.csv#5")
    assert row is not None
    assert dataset.index.file(row) == path
    assert text_of(dataset.index, row) == 'A snow, and "train"\nin the evening'
    assert dataset.words(row) == 'A snow, and "train" in the evening'
    pieces = dataset.preparation["vocabulary"]
    assert " ".join(pieces[k] for k in rows(dataset)[row]) == 'a snow , and " train " in the evening'


def test_which_csv_is_a_table_and_which_holds_texts(tmp_path: Path) -> None:
    def kind(text: str, **changes: Any) -> str:
        path = tmp_path / "t.csv"
        path.write_text(text, encoding="utf-8")
        return kind_of_rows(path, DataSettings(**changes))

    assert kind("text,label\nyes,1\nno,0\n") == "text", "by its name"
    assert kind("what,label\nthis is a long text,1\nand so is this one,0\n") == "text", "by its words"
    assert kind("id,what,label\n1,this is a long text,1\n2,and so is this one,0\n") == "text"
    assert kind("name,age,fare,class\nMr Owen Harris Braund,22,7.25,3\nMiss Laina Heikkinen,26,7.9,3\n") == "table"
    assert kind("colour,size,label\nred,big,1\ngreen,small,0\n") == "table"
    assert kind("text,age,label\n3,4,a\n5,6,b\n") == "table", "numbers are no texts, whatever their column is called"
    assert kind("a,b,label\nred,big,1\n", kind="text") == "text"
    assert kind("text,label\nyes or no,1\n", kind="table") == "table"


def test_the_column_of_texts_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("title,text,label\nred fox,long words here,a\nblue bird,more words here,b\n,no title,a\n")
    index = scan_rows(path, "text", DataSettings(kind="text", path_column="title"))
    assert [text_of(index, i) for i in range(len(index))] == ["red fox", "blue bird"]
    assert [(bad.path, bad.reason) for bad in index.bad] == [("t.csv#4", "The row has no text.")]


def test_an_index_of_nothing_but_vanished_texts_still_opens(tmp_path: Path, notes: Path, open_texts: Open) -> None:
    index: Index = open_texts(notes).index
    for file in notes.rglob("*.txt"):
        file.unlink()
    asked = Asked(index, np.arange(24), DataSettings(), Input("tokens", {"length": 3, "vocabulary": 50}))
    feed, made = TEXT.open(asked)
    assert list(made.values["vocabulary"]) == ["<pad>", "<unknown>"]
    finished = feed.finish(feed.begin(np.arange(24)))
    assert finished is not None
    assert len(finished[1]) == 0
    with pytest.raises(Problem, match=r"“calm/0\.txt” cannot be used\. The file is no longer there"):
        feed.one(0)
    feed.close()
