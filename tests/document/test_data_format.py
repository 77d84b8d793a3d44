from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest

from workbench.core.diagnostic import Problem
from workbench.document.data_format import MOST_CHANGES, MOST_COLUMNS, change_fault
from workbench.document.format import decode, encode
from workbench.document.project import Change, DataSettings, Project


def read(**data: Any) -> DataSettings:
    return decode(json.dumps({"version": 3, "data": data}).encode()).data


def test_each_change_is_one_line_and_they_are_sorted() -> None:
    paths = ("b/2.png", "a/10.png", "a/9.png")
    data = DataSettings(changes=MappingProxyType({p: Change("dogs", "val", True) for p in paths}))
    lines = [line.strip().rstrip(",") for line in encode(Project(data=data)).decode().splitlines() if "path" in line]
    changes = [json.loads(line) for line in lines if line.startswith("{")]
    assert changes == [{"path": p, "label": "dogs", "split": "val", "excluded": True} for p in sorted(paths)]


def test_one_more_change_is_one_more_line() -> None:
    two = {f"a/{i}.png": Change(excluded=True) for i in range(2)}
    before, after = (
        encode(Project(data=DataSettings(changes=MappingProxyType(c)))).splitlines()
        for c in (two, {**two, "a/10.png": Change("b")})
    )
    assert len(after) == len(before) + 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"changes": {}}, "is an object where a list is expected"),
        ({"changes": [7]}, "change 1 of the data settings is the number 7"),
        ({"changes": [{"label": "a"}]}, "has no “path”"),
        ({"changes": [{"path": ""}]}, "has a path that is empty"),
        ({"changes": [{"path": "x" * 5000}]}, "at most 4,096"),
        ({"changes": [{"path": "a", "label": " "}]}, "has a class name that is empty"),
        ({"changes": [{"path": "a", "label": "x" * 300}]}, "at most 200"),
        ({"changes": [{"path": "a", "label": 3}]}, "“label” of change 1 of the data settings is no text"),
        ({"changes": [{"path": "a", "split": "both"}]}, "there are train, val, test"),
        ({"changes": [{"path": "a", "excluded": 1}]}, "where true or false is expected"),
        ({"changes": [{"path": "a", "weight": 1}]}, "“weight”, which is not known"),
        ({"changes": [{"path": "a", "excluded": True}] * 2}, "two changes of the data settings are for “a”"),
        ({"columns": []}, "is a list where an object is expected"),
        ({"columns": {"age": "date"}}, "must be one of “number”, “category”, “leave_out”"),
        ({"columns": {"age": None}}, "is null where a text is expected"),
        ({"columns": {f"c{i}": "number" for i in range(MOST_COLUMNS + 1)}}, "at most 10,000 are read"),
        ({"more": "photos"}, "where a list is expected"),
        ({"more": [""]}, "further source 1 of the data settings is no name"),
        ({"more": ["a", None]}, "further source 2 of the data settings is no name"),
        ({"kind": "video"}, "must be one of “auto”"),
        ({"tokeniser": "letters"}, "must be one of “characters”"),
        ({"group_by": "regex"}, "must be one of"),
        ({"group_pattern": "*" * 300}, "at most 200"),
        ({"group_level": 0}, "must lie between 1 and 64"),
        ({"folds": -1}, "must lie between 0 and 1,000"),
        ({"balance": "smote"}, "must be one of “none”"),
    ],
)
def test_what_is_not_sound_is_refused_with_a_sentence(data: dict[str, Any], words: str) -> None:
    with pytest.raises(Problem) as caught:
        read(**data)
    assert words in caught.value.diagnostics[0].message


def test_a_hostile_number_of_changes_is_refused_before_any_is_read() -> None:
    text = '{"version": 3, "data": {"changes": [' + ",".join(["0"] * (MOST_CHANGES + 1)) + "]}}"
    with pytest.raises(Problem, match="at most 500,000 are read"):
        decode(text.encode())


def test_what_an_edit_may_not_make_is_told_by_the_same_rule() -> None:
    assert change_fault("cats/1.jpg", Change("dogs", "val")) is None
    assert "surrogate" in str(change_fault("cats/\udcff.jpg", Change(excluded=True)))
    with pytest.raises(Problem, match="surrogate"):
        encode(Project(data=DataSettings(changes=MappingProxyType({"cats/\udcff.jpg": Change(excluded=True)}))))
