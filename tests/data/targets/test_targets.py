"""What outputs are held against, read from real tables, lists and folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from workbench.core.diagnostic import Problem
from workbench.data.dataset import Dataset
from workbench.data.inputs import Input, Target
from workbench.data.splitting import frozen
from workbench.data.targets.several import NONE, label_names, label_table, labels_in, together
from workbench.document.project import Chosen, DataSettings

ROWS = [
    ("a,b,price,area,tags,sunny", ""),
    ("1.0,10,100,1.5,beach;sea,1", ""),
    ("2.0,20,300,2.5,sea|beach,0", ""),
    ("3.0,30,200,3.5,,1", ""),
    ("4.0,40,400,4.5,forest,0", ""),
    ("5.0,50,250,5.5,forest; sea,1", ""),
    ("6.0,60,150,6.5,sea,0", ""),
]

NUMBERS = Input.usual("numbers")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "houses.csv"
    path.write_text("\n".join(line for line, _ in ROWS))
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Six pictures and a list of them with further columns."""
    rng = np.random.default_rng(0)
    lines = ["file,label,age,tags"]
    for k in range(6):
        Image.fromarray(rng.integers(0, 255, (12, 12, 3), np.uint8)).save(tmp_path / f"{k}.png")
        lines.append(f"{k}.png,{'cat' if k % 2 else 'dog'},{10 + k},{'round;red' if k < 3 else 'red'}")
    (tmp_path / "list.csv").write_text("\n".join(lines))
    return tmp_path / "list.csv"


def held(input: Input = NUMBERS, *targets: Target) -> Input:
    return Input(input.layer, input.params, targets=targets)


def first_batch(dataset: Dataset):  # type: ignore[no-untyped-def]
    with dataset.eval_batches("all", 100) as batches:
        return next(batches)


def opened(settings: DataSettings, input: Input) -> Dataset:
    return Dataset.open(settings, input=input, threads=1)


# --- several labels in a cell -----------------------------------------------------------------------------------------


names = st.text("abcxyz é", min_size=1, max_size=5).map(lambda s: " ".join(s.split())).filter(bool)


@given(st.lists(st.lists(names, max_size=4), min_size=1, max_size=6))
def test_labels_come_back_from_the_class_they_make_together(rows: list[list[str]]) -> None:
    classes = [together(" | ".join(row)) for row in rows]
    known = label_names(classes)
    table = label_table(classes, known)
    for row, made, cells in zip(rows, table, classes, strict=True):
        assert {known[k] for k in np.flatnonzero(made)} == set(row)
        assert together(cells) == cells
        assert (cells == NONE) == (not row)
    assert set(np.unique(table)) <= {0.0, 1.0}


def test_order_and_repetition_say_nothing() -> None:
    assert labels_in("sea; beach | sea ;") == ("beach", "sea")
    assert together("sea|beach") == together("beach ; sea;sea") == "beach; sea"


def test_cells_of_a_table_are_labels_at_once(table: Path) -> None:
    settings = DataSettings(
        str(table), label_column="tags", target="labels", validation=0.3, columns={"sunny": "number"}
    )
    with opened(settings, held(NUMBERS, Target("labels"))) as dataset:
        assert dataset.classes == (NONE, "beach; sea", "forest", "forest; sea", "sea")
        (against,) = dataset.held_against
        assert against.names == ("beach", "forest", "sea")
        batch = first_batch(dataset)
        expected = {
            "beach; sea": [1, 0, 1],
            "forest": [0, 1, 0],
            "forest; sea": [0, 1, 1],
            "sea": [0, 0, 1],
            NONE: [0] * 3,
        }
        assert batch.targets[0].dtype == np.float32
        for label, row in zip(batch.labels, batch.targets[0], strict=True):
            assert row.tolist() == expected[dataset.classes[label]]


def test_plain_classes_need_no_table(table: Path) -> None:
    """One label of each sample goes as it is; the objective makes a row of it."""
    settings = DataSettings(str(table), label_column="sunny")
    with opened(settings, held(NUMBERS, Target("labels"))) as dataset:
        batch = first_batch(dataset)
        assert batch.targets == (None,)
        assert dataset.held_against[0].names == ("0", "1")


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_a_column_of_numbers_is_scaled_on_the_training_samples(table: Path) -> None:
    settings = DataSettings(str(table), label_column="price", target="numbers", validation=0.34)
    with opened(settings, held(NUMBERS, Target("values"))) as dataset:
        assert dataset.classes == ("price",)
        assert "price" not in str(dataset.preparation["columns"])
        (against,) = dataset.held_against
        prices = np.array([100, 300, 200, 400, 250, 150], float)
        train = prices[dataset.splits.train]
        assert against.mean == pytest.approx((train.mean(),))
        assert against.std == pytest.approx((train.std(),))
        batch = first_batch(dataset)
        given = batch.targets[0] * against.std[0] + against.mean[0]
        assert given[:, 0] == pytest.approx(prices[batch.indices], rel=1e-5)
        assert dataset.preparation["targets"][0]["names"] == ["price"]


def test_rows_without_a_number_are_told_and_left_out(table: Path) -> None:
    table.write_text(table.read_text().replace("400", "much").replace("250", ""))
    settings = DataSettings(str(table), label_column="price", target="numbers")
    with opened(settings, held(NUMBERS, Target("values"))) as dataset:
        assert len(dataset.index) == 4
        reasons = [bad.reason for bad in dataset.bad]
        assert any("is no number: “much”" in reason for reason in reasons)
        assert any("is empty" in reason for reason in reasons)


def test_several_outputs_have_a_column_each(table: Path) -> None:
    settings = DataSettings(str(table), label_column="sunny")
    wanted = held(
        NUMBERS,
        Target(),
        Target("values", "columns", ("price", "area")),
        Target("classes", "columns", ("b",)),
        Target("labels", "columns", ("tags",)),
        Target("values", "input"),
    )
    with opened(settings, wanted) as dataset:
        assert not dataset.problems_of_ends
        assert [one.names for one in dataset.held_against] == [
            ("0", "1"),
            ("price", "area"),
            ("10", "20", "30", "40", "50", "60"),
            ("beach", "forest", "sea"),
            (),
        ]
        assert [column["name"] for column in dataset.preparation["columns"]] == ["a"]  # an answer is no feature
        batch = first_batch(dataset)
        assert batch.targets[0] is None
        assert batch.targets[1].shape == (6, 2)
        assert batch.targets[2].tolist() == batch.indices.tolist()
        assert batch.targets[3][batch.indices.tolist().index(2)].tolist() == [0, 0, 0]
        assert batch.targets[4] is batch.inputs


def test_a_column_of_flags_for_each_label(table: Path) -> None:
    settings = DataSettings(str(table), label_column="a")
    with opened(settings, held(NUMBERS, Target("labels", "columns", ("sunny",)))) as dataset:
        assert dataset.held_against[0].names == ("sunny",)
        assert first_batch(dataset).targets[0][:, 0].tolist() == [1, 0, 1, 0, 1, 0]


# --- lists of pictures ------------------------------------------------------------------------------------------------


def test_columns_of_a_list_follow_their_pictures(pictures: Path) -> None:
    wanted = held(Input.pictures((8, 8)), Target(), Target("values", "columns", ("age",)))
    with opened(DataSettings(str(pictures)), wanted) as dataset:
        batch = first_batch(dataset)
        against = dataset.held_against[1]
        ages = batch.targets[1][:, 0] * against.std[0] + against.mean[0]
        expected = [10 + int(dataset.index.path(int(i))[0]) for i in batch.indices]
        assert ages == pytest.approx(expected, rel=1e-5)


def test_pictures_with_several_labels(pictures: Path) -> None:
    settings = DataSettings(str(pictures), label_column="tags", target="labels")
    with opened(settings, held(Input.pictures((8, 8)), Target("labels"))) as dataset:
        assert dataset.classes == ("red", "red; round")
        batch = first_batch(dataset)
        for label, row in zip(batch.labels, batch.targets[0], strict=True):
            assert row.tolist() == [1, label]


def test_mixed_pictures_bring_the_targets_of_those_mixed_in(pictures: Path) -> None:
    mixup = Chosen("mixup", {"chance": 1.0})
    settings = DataSettings(str(pictures), label_column="tags", target="labels", augmentations=(mixup,), validation=0.0)
    with (
        opened(settings, held(Input.pictures((8, 8)), Target("labels"), Target("values", "input"))) as dataset,
        dataset.train_batches(6, 0, 0) as batches,
    ):
        batch = next(batches)
        assert batch.share is not None
        assert batch.others[1] is None  # it was mixed itself
        table = np.array([[1, 0], [1, 1]], np.float32)
        assert np.array_equal(batch.others[0], table[batch.other])


def test_several_inputs_are_the_same_samples(pictures: Path) -> None:
    grey = Input.pictures((4, 4), 1)
    numbers = Input("numbers", {"features": 1})
    flip = Chosen("flip_horizontal", {"chance": 1.0})
    wanted = Input(*astuple(Input.pictures((8, 8))), more=(Input.pictures((8, 8)), grey, numbers))
    settings = DataSettings(str(pictures), augmentations=(flip,), validation=0.0, columns={"tags": "leave_out"})
    with opened(settings, wanted) as dataset, dataset.train_batches(6, 3, 0) as batches:
        assert not dataset.problems_of_ends
        assert [dict(asks) for asks in dataset.asks_of_inputs[2:]] == [{}, {"features": 1}]
        batch = next(batches)
        same, small, ages = batch.more
        assert np.array_equal(same, batch.inputs), "pictures are changed by the same draws"
        assert small.shape == (6, 1, 4, 4)
        raw = [10 + int(dataset.index.path(int(i))[0]) for i in batch.indices]
        assert np.argsort(ages[:, 0]).tolist() == np.argsort(raw).tolist()
        assert [one.shape for one in dataset.network_inputs([0, 1])] == [
            (2, 3, 8, 8),
            (2, 3, 8, 8),
            (2, 1, 4, 4),
            (2, 1),
        ]


def test_a_sample_that_cannot_be_read_is_missing_from_every_input(pictures: Path) -> None:
    wanted = Input(*astuple(Input.pictures((8, 8))), more=(Input.pictures((4, 4)),))
    with opened(DataSettings(str(pictures), validation=0.0, normalise="unit"), wanted) as dataset:
        gone = dataset.index.file(2)
        gone.unlink()
        batch = first_batch(dataset)
        assert 2 not in batch.indices
        assert len(batch.inputs) == len(batch.more[0]) == len(batch.labels) == 5


def astuple(input: Input) -> tuple[str, object]:
    return input.layer, input.params


# --- what is wrong ----------------------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, object], Target, str]] = [
    ({}, Target("values"), "labelled with classes"),
    ({"target": "numbers", "label_column": "price"}, Target("classes"), "labelled with numbers"),
    ({"target": "numbers", "label_column": "price"}, Target("labels"), "asks for labels"),
    ({}, Target("values", "columns"), "none is named"),
    ({}, Target("values", "columns", ("cost",)), "no column “cost”"),
    ({}, Target("values", "columns", ("tags",)), "no number in the column “tags”"),
    ({}, Target("classes", "columns", ("price", "area")), "2 are named"),
    ({}, Target("labels", "columns", ("price", "area")), "where a label is 1"),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_what_cannot_be_held_against_is_said_of_its_output(table: Path, case: int) -> None:
    settings, target, words = WRONG[case]
    given = DataSettings(str(table), **{"label_column": "sunny", **settings})  # type: ignore[arg-type]
    with opened(given, held(NUMBERS, target)) as dataset:
        problem = dataset.problems_of_ends["target", 0]
        assert words in problem.message
        assert problem in dataset.diagnostics
        assert len(dataset.splits.train) > 0  # the samples are there to be looked at


def test_class_folders_have_no_columns(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "f" / name).mkdir(parents=True)
        for k in range(3):
            Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "f" / name / f"{k}.png")
    wanted = held(Input.pictures((8, 8)), Target("values", "columns", ("age",)))
    with opened(DataSettings(str(tmp_path / "f")), wanted) as dataset:
        assert "come from no table or list" in dataset.problems_of_ends["target", 0].message


# --- a run keeps them -------------------------------------------------------------------------------------------------


def test_a_run_keeps_its_targets(table: Path, tmp_path: Path) -> None:
    """Other splits later change neither the scale nor the names; other numbers give another fingerprint."""
    settings = DataSettings(str(table), label_column="price", target="numbers", validation=0.34)
    wanted = held(NUMBERS, Target("values"), Target("labels", "columns", ("tags",)))
    with opened(settings, wanted) as dataset:
        frozen.write(tmp_path / "run", dataset, tmp_path)
        kept, before, fingerprint = dict(dataset.preparation), first_batch(dataset), dataset.fingerprint
        other = dataset.resettled(DataSettings(str(table), label_column="price", target="numbers", validation=0.0))
        assert other is not None
        assert other.held_against[0].mean != dataset.held_against[0].mean
        other.close()
    found = frozen.read(tmp_path / "run")
    assert found is not None
    with found.dataset(settings, tmp_path, wanted, kept) as again:
        after = first_batch(again)
        assert again.fingerprint == fingerprint
        assert all(np.array_equal(a, b) for a, b in zip(before.targets, after.targets, strict=True))
        assert again.preparation == kept


def test_other_numbers_in_a_list_are_another_fingerprint(pictures: Path, tmp_path: Path) -> None:
    """The files are the same, and the run would go on with other targets: it is told that it differs."""
    settings = DataSettings(str(pictures))
    wanted = held(Input.pictures((8, 8)), Target(), Target("values", "columns", ("age",)))
    with opened(settings, wanted) as dataset:
        frozen.write(tmp_path / "run", dataset, tmp_path)
        kept, fingerprint = dict(dataset.preparation), dataset.fingerprint
    pictures.write_text(pictures.read_text().replace(",13,", ",31,"))
    found = frozen.read(tmp_path / "run")
    assert found is not None
    with found.dataset(settings, tmp_path, wanted, kept) as again:
        assert again.fingerprint != fingerprint


def test_damaged_targets_of_a_run_are_told(table: Path) -> None:
    settings = DataSettings(str(table), label_column="price", target="numbers")
    wanted = held(NUMBERS, Target("values"))
    with opened(settings, wanted) as dataset:
        kept = dict(dataset.preparation)
    for damage in ([{"names": ["price"], "mean": [1.0], "std": [0.0]}], "x", [3], [{"names": 4}]):
        with pytest.raises(Problem, match="damaged"):
            Dataset.open(settings, input=wanted, preparation={**kept, "targets": damage}, threads=1)
