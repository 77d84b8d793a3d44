"""What a person is told of a split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.data.dataset import Dataset
from workbench.document.project import Change

Opener = Callable[..., Dataset]


@pytest.fixture
def told(folder: Path, open_dataset: Opener) -> Callable[..., dict[str, str]]:
    """The diagnostics of a data set, by code."""

    def of(**settings: object) -> dict[str, str]:
        return {d.code: d.message for d in open_dataset(folder, normalise="unit", **settings).diagnostics}

    return of


def test_nothing_is_told_where_all_is_well(told: Callable[..., dict[str, str]]) -> None:
    assert told(validation=0.25) == {}
    assert told(folds=4) == {}


def test_rules_that_find_no_group(told: Callable[..., dict[str, str]]) -> None:
    assert told(group_by="folder")["data.no_groups"] == (
        "No groups were found by folder 1 below the class folders, so every sample may go to any split. Tell the "
        "groups by the files' names."
    )
    assert "Choose a smaller number" in told(group_by="folder", group_level=2)["data.no_groups"]
    assert "by the pattern “{group}_*”" in told(group_by="name", group_pattern="{group}_*")["data.no_groups"]
    assert "no pattern says how" in told(group_by="name")["data.group_pattern"]


def test_groups_divided_by_hand_and_samples_without(folder: Path, told: Callable[..., dict[str, str]]) -> None:
    for k in range(4):
        (folder / "9" / f"{k}.jpg").rename(folder / "9" / f"p{k // 2}_{k}.jpg")
    rule = {"group_by": "name", "group_pattern": "{group}_*"}
    assert told(**rule)["data.ungrouped"] == "14 samples of 18 have no group by this rule and are taken one by one."
    found = told(**rule, changes={"9/p0_0.jpg": Change(split="test")})
    assert found["data.divided_groups"].startswith("1 group stands in more than one split, such as “p0”")


def test_classes_with_fewer_samples_than_folds(told: Callable[..., dict[str, str]]) -> None:
    assert told(folds=5)["data.few_for_folds"].startswith(
        "1 class with fewer samples than the 5 folds: “cats” (4). Some folds cannot be validated on them"
    )


def test_changes_to_files_that_are_not_there(told: Callable[..., dict[str, str]]) -> None:
    gone = {f"9/{k}.gif": Change(excluded=True) for k in (1, 2)}
    assert told(changes=gone)["data.changes_gone"] == (
        "2 changes are for files that are not there any more, such as “9/1.gif”. They are kept in the project, to "
        "count again should the files come back."
    )
    one = told(changes={"9/1.gif": Change(split="val")})["data.changes_gone"]
    assert one.startswith("A change is for “9/1.gif”, which is not there any more. It is kept")
