"""Tables as data sets: what columns are taken for, how they are scaled, and that rows stay with their class."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.data.dataset import Dataset
from workbench.data.feed import Asked
from workbench.data.inputs import Input
from workbench.data.kinds.columns import MOST_CATEGORIES, number_in
from workbench.data.kinds.kind import misfit
from workbench.data.kinds.row_scan import scan_rows
from workbench.data.kinds.table import TABLE, TablePreparation
from workbench.document.project import DataSettings

Open = Callable[..., Dataset]

HEADER = "id,age,colour,town,fixed,class\n"
COLOURS = ("red", "green", "blue")


def person(i: int) -> str:
    age = "" if i % 10 == 9 else str(20 + i % 30)
    return f"{i},{age},{COLOURS[i % 3]},town {i},7,{'yes' if i % 2 else 'no'}\n"


PEOPLE = HEADER + "".join(person(i) for i in range(150))


@pytest.fixture
def open_table(tmp_path: Path) -> Iterator[Open]:
    opened: list[Dataset] = []

    def open_one(text: str | bytes, *, features: int = 3, **changes: Any) -> Dataset:
        path = tmp_path / "t.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        chosen = DataSettings(source=str(path), **changes)
        opened.append(Dataset.open(chosen, None, input=Input("numbers", {"features": features})))
        return opened[-1]

    yield open_one
    for dataset in opened:
        dataset.close()


def preparation_of(dataset: Dataset) -> TablePreparation:
    return TABLE.restored(dataset.input, dataset.settings, dataset.preparation)


def features(dataset: Dataset) -> np.ndarray:
    with dataset.eval_batches("all", 10_000) as batches:
        (batch,) = list(batches)
    return batch.inputs[np.argsort(batch.indices)]


def test_what_columns_are_taken_for(open_table: Open) -> None:
    dataset = open_table(PEOPLE)
    assert dataset.kind.id == "table"
    assert dataset.classes == ("no", "yes")
    values = dataset.preparation
    assert [(c["name"], c["use"]) for c in values["columns"]] == [("age", "number"), ("colour", "category")]
    assert values["columns"][0]["missing"] is True
    assert values["columns"][1]["categories"] == ["blue", "green", "red"]
    assert {left["name"]: left["why"] for left in values["left_out"]} == {
        "id": "It numbers the rows, which says nothing about new ones.",
        "town": "It holds words with more than 100 different values.",
        "fixed": "It is 7 in every row.",
    }
    assert preparation_of(dataset).names == ["age", "age is missing", "colour = blue", "colour = green", "colour = red"]


def test_numbers_are_scaled_by_what_training_rows_hold(open_table: Open) -> None:
    dataset = open_table(PEOPLE)
    ages = np.array([np.nan if i % 10 == 9 else 20 + i % 30 for i in range(150)])
    known = ages[dataset.splits.train]
    known = known[~np.isnan(known)]
    expected = np.nan_to_num((ages - known.mean()) / known.std(), nan=0.0)
    found = features(dataset)
    assert found.dtype == np.float32
    assert np.allclose(found[:, 0], expected, atol=1e-6)
    assert np.array_equal(found[:, 1], np.isnan(ages))
    assert np.array_equal(found[:, 2:], np.eye(3)[[(2 - i % 3) % 3 if i % 3 != 1 else 1 for i in range(150)]])


@pytest.mark.parametrize(("how", "low", "high"), [("unit", 0, 1), ("symmetric", -1, 1)])
def test_other_scalings_span_what_training_rows_hold(how: str, low: float, high: float, open_table: Open) -> None:
    dataset = open_table(PEOPLE, normalise=how)
    train = features(dataset)[dataset.splits.train]
    there = train[:, 1] == 0
    assert train[there, 0].min() == pytest.approx(low)
    assert train[there, 0].max() == pytest.approx(high)


def test_a_person_decides_what_a_column_is(open_table: Open) -> None:
    dataset = open_table(PEOPLE, columns={"id": "number", "age": "category", "colour": "leave_out"})
    assert [(c["name"], c["use"]) for c in dataset.preparation["columns"]] == [("id", "number"), ("age", "category")]
    assert preparation_of(dataset).features == 1 + 30 - 3
    with pytest.raises(Problem, match="more than 100 different values, too many for categories"):
        open_table(PEOPLE, columns={"town": "category"})
    empty = open_table(
        "x,none,class\n" + "".join(f"{i * 0.5},,{'ab'[i % 2]}\n" for i in range(9)), columns={"none": "category"}
    )
    assert [left["why"] for left in empty.preparation["left_out"]] == ["It is empty."]
    with pytest.raises(Problem, match="No column of the table can be used"):
        open_table("x,y\n1,a\n1,b\n")


def test_words_in_a_column_of_numbers_count_as_missing_and_are_told(open_table: Open) -> None:
    rows = "".join(f"{'many' if i == 5 else 'inf' if i == 6 else i * 0.5},{'ab'[i % 2]}\n" for i in range(150))
    dataset = open_table(f"x,class\n{rows}", columns={"x": "number"}, features=2)
    assert [d.message for d in dataset.diagnostics] == [
        "2 cells of the column “x” are infinite or no number, and count as missing."
    ]
    found = features(dataset)
    assert np.flatnonzero(found[:, 1]).tolist() == [5, 6]
    assert np.isfinite(found).all()
    left_out = open_table(f"x,z,class\n{rows.replace(',', ',1.5,', 150)}".replace("1.5,a", "2.5,a"))
    assert "numbers and words, such as “many”" in left_out.preparation["left_out"][0]["why"]


def test_a_choice_for_a_column_that_is_gone_is_told(open_table: Open) -> None:
    dataset = open_table(PEOPLE, columns={"weight": "number"})
    assert "no column “weight” any more" in dataset.diagnostics[0].message


@pytest.mark.parametrize(
    ("header", "changes", "target"),
    [
        ("a,b,c", {}, "c"),
        ("a,Label,c", {}, "Label"),
        ("y,b,class", {}, "class"),
        ("target,label,c", {}, "target"),
        ("a,b,c", {"label_column": "a"}, "a"),
        ("a,b,c", {"label_column": "B"}, "b"),
    ],
)
def test_the_class_is_recognised_or_said(header: str, changes: dict[str, str], target: str, open_table: Open) -> None:
    rows = "".join(f"{i % 2},{i % 3},{i % 4}\n" for i in range(24))
    dataset = open_table(f"{header}\n{rows}", **changes)
    names = header.split(",")
    assert dataset.classes == tuple(str(k) for k in range(2 + names.index(target)))
    assert target not in [c["name"] for c in dataset.preparation["columns"]]


def test_a_column_that_is_not_there_is_refused(open_table: Open) -> None:
    with pytest.raises(Problem, match=r"no column “kind” for the class\. Its columns are: id, age"):
        open_table(PEOPLE, label_column="kind")


def test_real_numbers_are_no_classes(open_table: Open) -> None:
    rows = "".join(f"{i},{i * 0.37}\n" for i in range(60))
    with pytest.raises(Problem, match="60 different values in 60 rows, so they are no classes"):
        open_table(f"x,price\n{rows}")
    measured = "".join(f"{i},{i % 30 * 0.37}\n" for i in range(120))
    with pytest.raises(Problem, match="30 different values in 120 rows, so they are no classes"):
        open_table(f"x,price\n{measured}")
    years = "".join(f"{i * 0.1},{1990 + i % 30}\n" for i in range(120))
    assert len(open_table(f"x,year\n{years}").classes) == 30
    with pytest.raises(Problem, match=r"Every row of “t\.csv” has the class “a”"):
        open_table("x,class\n1,a\n2,a\n")


def test_bad_rows_are_listed_and_all_rows_accounted_for(open_table: Open) -> None:
    dataset = open_table("x,class\n1,a\n2,b\n3\n4,\n5,b\n6,a,7\n\n8,?\n")
    assert [(b.path, b.reason) for b in dataset.bad] == [
        ("t.csv#4", "The row has 1 cell, the header 2."),
        ("t.csv#5", "The row has no class: its cell in “class” is empty."),
        ("t.csv#7", "The row has 3 cells, the header 2."),
        ("t.csv#9", "The row has no class: its cell in “class” is empty."),
    ]
    assert [dataset.index.path(i) for i in range(len(dataset.index))] == ["t.csv#2", "t.csv#3", "t.csv#6"]
    assert dataset.index.labels.tolist() == [0, 1, 1]
    assert dataset.index.file(2).name == "t.csv"
    assert dataset.index.read(2) == b"5,b\n"


def test_decimal_commas_quotes_and_other_letters(open_table: Open) -> None:
    rows = "".join(f'"{i},5";"wert ""{i % 2}""";{"äö"[i % 2]}\n' for i in range(12))
    dataset = open_table(f"größe;wert;class\n{rows}".encode("cp1252"))
    assert dataset.classes == ("ä", "ö")
    number, category = dataset.preparation["columns"]
    assert number["name"] == "größe"
    assert number["mean"] == pytest.approx(np.mean(dataset.splits.train + 0.5))
    assert category["categories"] == ['wert "0"', 'wert "1"']
    assert dataset.words(3) == 'größe 3,5, wert wert "1", class ö'


def test_the_same_preparation_from_its_json(open_table: Open) -> None:
    dataset = open_table(PEOPLE)
    kept = json.loads(json.dumps(dict(dataset.preparation)))
    other = open_table(
        HEADER.replace("age,colour", "colour,age") + "5,red,40,x,7,no\n6,violet,,x,7,yes\n7,blue,20,x,7,no\n"
    )
    other.take_preparation(kept)
    assert preparation_of(other) == TABLE.restored(dataset.input, dataset.settings, kept)
    mean, std = kept["columns"][0]["mean"], kept["columns"][0]["std"]
    found = features(other)
    assert np.allclose(found[0], [(40 - mean) / std, 0, 0, 0, 1])
    assert np.allclose(found[1], [0, 1, 0, 0, 0]), "a missing age, and a colour that training never saw"


def test_a_preparation_needs_its_columns(open_table: Open) -> None:
    kept = open_table(PEOPLE).preparation
    with pytest.raises(Problem, match="no column “colour”, which the network was made for"):
        open_table("age,size,class\n1,2,a\n3,4,b\n").take_preparation(kept)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"columns": []},
        {"columns": "age"},
        {"columns": [{"name": "x", "use": "leave_out"}]},
        {"columns": [{"name": 3, "use": "number", "mean": 0.0, "std": 1.0, "missing": False}]},
        {"columns": [{"name": "x", "use": "number", "mean": float("nan"), "std": 1.0, "missing": False}]},
        {"columns": [{"name": "x", "use": "number", "mean": 0.0, "std": 0.0, "missing": False}]},
        {"columns": [{"name": "x", "use": "category", "categories": []}]},
        {"columns": [{"name": "x", "use": "category", "categories": ["a"] * (MOST_CATEGORIES + 1)}]},
        {"columns": [{"name": "x", "use": "category", "categories": [1]}]},
    ],
)
def test_a_damaged_preparation_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="damaged"):
        TABLE.restored(Input("numbers", {"features": 3}), DataSettings(), values)


def test_a_new_row_is_prepared_as_the_table_was(open_table: Open) -> None:
    dataset = open_table(PEOPLE)
    made = preparation_of(dataset)
    everything = features(dataset)
    for i in (0, 9, 31):
        row = made.sample({"AGE": None if i % 10 == 9 else str(20 + i % 30), "colour": COLOURS[i % 3], "extra": 3})
        assert np.allclose(made.apply(row[None])[0], everything[i], atol=1e-6)
    assert made.apply(made.sample({"age": 30, "colour": "pink"})[None])[0, 2:].tolist() == [0, 0, 0]
    with pytest.raises(Problem, match="“old” is no number, and the column “age” holds numbers"):
        made.sample({"age": "old"})
    with pytest.raises(Problem, match=r"None of the columns is given\. They are: age, colour"):
        made.sample({"size": 3})


def test_the_input_must_take_as_many_numbers_as_there_are(open_table: Open) -> None:
    dataset = open_table(PEOPLE, features=3)
    assert dict(dataset.asks_of_input) == {"features": 5}
    told = misfit(dataset.asks_of_input, dataset.input, "numbers_1")
    assert told is not None
    assert told.message == "The data have 5 features, and Numbers takes 3. Set Numbers to 5 features."
    assert dict(told.fixes[0].arguments) == {"node": "numbers_1", "param": "features", "value": 5}
    assert misfit(dataset.asks_of_input, Input("numbers", {"features": 5}), "numbers_1") is None


def test_another_split_leaves_the_number_of_features(open_table: Open) -> None:
    """Categories and missing values are taken from all rows, so that another seed asks for no other network."""
    rows = "".join(f"{'' if i == 3 else i},{'rare' if i == 7 else 'usual'},{'ab'[i % 2]}\n" for i in range(40))
    asked = {
        dict(open_table(f"x,how,class\n{rows}", seed=seed, validation=0.5).asks_of_input)["features"]
        for seed in range(6)
    }
    assert asked == {4}


def test_a_file_that_changed_since_it_was_scanned_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(PEOPLE)
    index = scan_rows(path, "table", DataSettings())
    path.write_text(PEOPLE.replace("red", "pink"))
    with pytest.raises(Problem, match="has changed since it was read"):
        TABLE.open(Asked(index, np.arange(9), DataSettings(), Input("numbers", {"features": 5})))


def test_an_open_feed_is_used_again_for_other_training_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(PEOPLE)
    index = scan_rows(path, "table", DataSettings())
    told: list[Diagnostic] = []
    asked = [Asked(index, rows, DataSettings(), Input("numbers", {"features": 5}), notice=told.append)
             for rows in (np.arange(50), np.arange(50, 150))]  # fmt: skip
    feed, first = TABLE.open(asked[0])
    path.unlink()  # nothing is read again
    again, second = TABLE.open(asked[1], feed=feed)
    assert first.values != second.values
    assert np.array_equal(feed.one(3), again.one(3))
    assert told == []


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (b"1", 1.0), (b" -2.5e3 ", -2500.0), (b".5", 0.5), (b"3.", 3.0), (b"+7", 7.0), (b"1e400", float("inf")),
        (b"-inf", float("-inf")), (b"1_000", None), (b"1,5", None), (b"abc", None), (b"0x10", None), (b"1 2", None),
        ("٣".encode(), None), (b"1e", None), (b"--1", None),
    ],
)  # fmt: skip
def test_what_is_a_number(cell: bytes, value: float | None) -> None:
    assert number_in(cell) == value


@pytest.mark.parametrize("cell", [b"", b" ", b"NA", b"n/a", b"NaN", b"null", b"None", b"?"])
def test_what_is_missing(cell: bytes) -> None:
    assert np.isnan(number_in(cell))  # type: ignore[arg-type]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(-1e12, 1e12, allow_nan=False)),
            st.sampled_from(("red", "green", "", "a, b", 'say "x"')),
            st.sampled_from(("yes", "no")),
        ),
        min_size=6,
        max_size=60,
    ).filter(
        lambda rows: (
            {"yes", "no"} == {row[2] for row in rows}
            and len({row[0] for row in rows} - {None}) > 1
            and any(row[1] for row in rows)
        )
    )
)
def test_every_cell_comes_back(rows: list[tuple[float | None, str, str]], tmp_path: Path) -> None:
    """From the features and the preparation every number and category can be worked out again."""
    import csv

    path = tmp_path / "t.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [("x", "how", "class"), *(("" if x is None else repr(x), how, y) for x, how, y in rows)]
        )
    chosen = DataSettings(columns={"x": "number", "how": "category"})
    index = scan_rows(path, "table", chosen)
    feed, prepared = TABLE.open(Asked(index, np.arange(len(rows)), chosen, Input("numbers", {"features": 9})))
    found = feed.finish(feed.begin(np.arange(len(rows))))
    assert found is not None
    features = prepared.apply(found[0]).astype(np.float64)
    assert np.isfinite(features).all()
    number = prepared.values["columns"][0]
    categories = prepared.values["columns"][1]["categories"]
    scale = max(abs(x) for x, _how, _y in rows if x is not None)
    for i, (x, how, y) in enumerate(rows):
        assert index.classes[index.labels[i]] == y
        if x is None:
            assert features[i, :2].tolist() == [0, 1]
        else:
            assert features[i, 0] * number["std"] + number["mean"] == pytest.approx(x, rel=1e-4, abs=1e-5 * scale)
        chosen_categories = [c for c, on in zip(categories, features[i, 1 + number["missing"] :], strict=True) if on]
        assert chosen_categories == ([how] if how else [])


def test_a_data_set_prepares_new_samples(open_table: Open) -> None:
    dataset = open_table(PEOPLE)
    raw = dataset.sample({"age": 20, "colour": "red"})
    assert np.allclose(dataset.network_input(raw[None])[0], features(dataset)[0], atol=1e-6)
