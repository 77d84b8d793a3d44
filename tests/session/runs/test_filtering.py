from __future__ import annotations

import contextlib
import math
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.session.runs.columns import FIXED, columns_of, sorted_by
from workbench.session.runs.filtering import read
from workbench.training.recipes import recipe_to_json
from workbench.training.storing.run_rows import RunRow


def row(number: int, **changes: Any) -> RunRow:
    recipe = Recipe(optimizer=Chosen("adam", frozen({"lr": 10.0**-number})), batch_size=16 * number)
    plain = RunRow(
        f"run-{number}", "", 0.0, "done", recipe_to_json(recipe), {}, {"torch": "2.13"}, "abc", "cpu", 1000, 100, 20,
        0.5 + number / 10, 5, 50, 2.5, "",
    )  # fmt: skip
    return replace(plain, **{"created": time.time() - 3600 * number, **changes})


ROWS = (
    row(1, name="wide net", tags=("baseline", "two words"), metrics={"val_loss": 0.5, "val_f1": 0.25}),
    row(2, state="failed", note="exploded at once", best_val_accuracy=None),
    row(3, starred=True, series="widths", fold=1, metrics={"val_loss": 0.125}),
    row(4, state="interrupted", tags=("baseline-2",), device="cuda"),
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [1, 2, 3, 4]),
        ("wide", [1]),
        ("exploded", [2]),
        ("tag:baseline", [1, 4]),
        ("tag=baseline", [1]),
        ('tag:"two words"', [1]),
        ('-tag:"two words"', [2, 3, 4]),
        ("state:fail", [2]),
        ("failed", [2]),
        ("-failed -interrupted", [1, 3]),
        ("starred", [3]),
        ("-starred", [1, 2, 4]),
        ("accuracy>0.65", [3, 4]),
        ("acc>=80%", [3, 4]),
        ("accuracy<1", [1, 3, 4]),
        ("lr<=1e-3", [3, 4]),
        ("lr:0.01", [2]),
        ("lr!=0.01", [1, 3, 4]),
        ("batch_size>16 batch<64", [2, 3]),
        ("optimizer:adam", [1, 2, 3, 4]),
        ("optimizer=sgd", []),
        ("val_loss<0.2", [3]),
        ("f1=0.25", [1]),
        ("series:widths", [3]),
        ("fold=1", [3]),
        ("device:cuda", [4]),
        ("age<90m", [1]),
        ("age>=1.5h age<1w", [2, 3, 4]),
        ("run-2", [2]),
        ("WIDE NET", [1]),
        ("wide starred", []),
    ],
)
def test_what_a_person_types_finds_what_they_mean(text: str, numbers: list[int]) -> None:
    chosen = read(text, columns_of(ROWS)).of(ROWS)
    assert [int(found.id[4:]) for found in chosen] == numbers


@pytest.mark.parametrize(
    ("text", "said"), [("nonsense:1", "No column"), ("accuracy>high", "compares with a number"), ("age:old", "no age")]
)
def test_what_makes_no_sense_is_said(text: str, said: str) -> None:
    with pytest.raises(Problem, match=said):
        read(text, columns_of(ROWS))


@given(st.text())
def test_any_text_is_a_filter_or_refused_in_words(text: str) -> None:
    columns = columns_of(ROWS)
    with contextlib.suppress(Problem):
        assert all(run in ROWS for run in read(text, columns).of(ROWS))


def test_columns_sort_what_is_known_and_put_the_rest_last() -> None:
    columns = columns_of(ROWS)
    accuracy, loss = columns["accuracy"], columns["metric.val_loss"]
    assert [r.id for r in sorted_by(accuracy, ROWS, falling=True)] == ["run-4", "run-3", "run-1", "run-2"]
    assert [r.id for r in sorted_by(accuracy, ROWS, falling=False)] == ["run-1", "run-3", "run-4", "run-2"]
    assert [r.id for r in sorted_by(loss, ROWS, falling=False)] == ["run-3", "run-1", "run-2", "run-4"]
    assert [r.id for r in sorted_by(columns["name"], ROWS, falling=False)][-1] == "run-1"


@given(st.lists(st.one_of(st.none(), st.floats(0, 1), st.just(math.nan)), max_size=8), st.booleans())
def test_sorting_any_column_loses_no_run(values: list[float | None], falling: bool) -> None:
    rows = [row(number + 1, best_val_accuracy=value, name=str(value)) for number, value in enumerate(values)]
    for column in columns_of(rows).values():
        assert sorted(r.id for r in sorted_by(column, rows, falling=falling)) == sorted(r.id for r in rows)


def test_every_column_says_something_of_every_run() -> None:
    columns = columns_of(ROWS)
    assert {"metric.val_loss", "metric.val_f1", "recipe.optimizer.lr", "recipe.batch_size"} <= set(columns)
    assert [c.id for c in FIXED] == list(columns)[: len(FIXED)]
    for column in columns.values():
        assert column.title
        for found in ROWS:
            assert isinstance(column.words(found), str)
    assert columns["recipe.optimizer.lr"].words(ROWS[1]) == "0.01"
    assert columns["metric.val_f1"].words(ROWS[0]) in ("25.0 %", "0.25")
    assert columns["epochs"].words(ROWS[0]) == "5 of 10"
