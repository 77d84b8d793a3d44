"""`check`: whatever a project file says, complete values and sentences come out, never an exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalogue.declaration import Declaration, Kind, Param
from workbench.catalogue.registry import AUGMENTATIONS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES
from workbench.catalogue.values import check, expected, shown
from workbench.core.diagnostic import Severity

EVERYTHING = [d for registry in (LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, AUGMENTATIONS) for d in registry.values()]
WITH_TEXT = Declaration(
    id="note",
    title="Note",
    summary="Text.",
    params=(
        Param("text", "Text", "Free text.", Kind.TEXT, ""),
        Param("limit", "Limit", "A number or nothing.", Kind.INT, None, optional=True),
        Param("pick", "Pick", "A choice or nothing.", Kind.CHOICE, None, choices=(("a", "A"),), optional=True),
    ),
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.text(max_size=60),
    st.text(st.characters(categories=["Cs"]), max_size=3),
    st.sampled_from(("same", "valid", "3", "all", 10**30)),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=9), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)


def deep(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


@given(declaration=st.sampled_from([*EVERYTHING, WITH_TEXT]), data=st.data())
def test_any_json_gives_complete_values_and_sentences(declaration: Declaration, data: st.DataObject) -> None:
    names = st.sampled_from([param.id for param in declaration.params] or ["x"])
    asked = data.draw(st.one_of(st.dictionaries(st.one_of(names, st.text(max_size=8)), values, max_size=6), values))
    checked, problems = check(declaration, asked)
    assert list(checked) == [param.id for param in declaration.params]
    for problem in problems:
        assert problem.message.endswith(".")
        assert len(problem.message) < 500
        problem.message.encode("utf-8")  # a lone surrogate would not survive the log or the terminal
    assert check(declaration, checked) == (checked, ()), "what comes out is itself fit to go in"
    if isinstance(asked, dict):
        wrong = {problem.param for problem in problems}
        for param in declaration.params:
            if param.id not in asked or param.id in wrong:
                assert checked[param.id] == param.default


@given(value=values)
def test_any_value_can_be_shown(value: Any) -> None:
    assert 0 < len(shown(value)) < 450


@pytest.mark.parametrize("hostile", ["deep", "table", "digits", "long", "wide"])
def test_hostile_values_are_refused_with_a_short_sentence(hostile: str) -> None:
    value = {
        "deep": deep(100_000),
        "table": {"a": deep(1000)},
        "digits": 10**5000,
        "long": "x" * 1_000_000,
        "wide": [0] * 1_000_000,
    }[hostile]
    for declaration in EVERYTHING:
        for param in declaration.params:
            _, (problem,) = check(declaration, {param.id: value})
            assert len(problem.message) < 500


@pytest.mark.parametrize(
    ("layer", "asked", "words"),
    [
        (
            "conv2d",
            {"filters": 0},
            "Filters takes a whole number from 1 to 65,536, not 0. Until it is changed, 32 is used.",
        ),
        ("conv2d", {"filters": "8"}, "not '8'"),
        ("conv2d", {"filters": True}, "not true"),
        ("conv2d", {"filters": 2.5}, "not 2.5"),
        ("conv2d", {"filters": None}, "not empty"),
        ("conv2d", {"kernel": (3, 3, 3)}, "Kernel takes 2 whole numbers, each from 1 to 255, not (3, 3, 3)."),
        ("conv2d", {"kernel": (3, 256)}, "not (3, 256)"),
        ("conv2d", {"kernel": "same"}, "not 'same'"),
        ("conv2d", {"padding": "full"}, "Padding takes “same”, “valid” or 2 whole numbers, each from 0 to 32,767"),
        ("conv2d", {"bias": 1}, "Bias takes on or off (true or false), not 1."),
        ("dropout", {"rate": 1.5}, "Rate takes a number from 0.0 to 0.99, not 1.5."),
        ("dropout", {"rate": float("nan")}, "not nan"),
        ("dropout", {"rate": 10**400}, "not a number of more than 18 digits"),
        ("pictures", {"channels": "4"}, "one of “Colour” (3), “Grey” (1), not '4'"),
        ("max_pool2d", {"stride": 0}, "or empty, not 0"),
        ("reshape", {"shape": ()}, "1 to 8 whole numbers"),
    ],
)
def test_misfits_are_told_in_full(layer: str, asked: dict[str, Any], words: str) -> None:
    (problem,) = check(LAYERS[layer], asked)[1]
    assert words in problem.message
    assert problem.severity is Severity.ERROR
    assert problem.param == next(iter(asked))
    fix = problem.fixes[0]
    assert check(LAYERS[layer], {fix.arguments["param"]: fix.arguments["value"]})[1] == ()


@pytest.mark.parametrize(
    ("layer", "asked", "became"),
    [
        ("conv2d", {"kernel": 5}, (5, 5)),
        ("conv2d", {"kernel": [1, 3]}, (1, 3)),
        ("conv2d", {"filters": 16.0}, 16),
        ("conv2d", {"padding": 2}, (2, 2)),
        ("conv2d", {"padding": "valid"}, "valid"),
        ("max_pool2d", {"stride": None}, None),
        ("reshape", {"shape": 12}, (12,)),
        ("dropout", {"rate": 0}, 0.0),
    ],
)
def test_values_are_brought_to_one_form(layer: str, asked: dict[str, Any], became: object) -> None:
    checked, problems = check(LAYERS[layer], asked)
    assert problems == ()
    value = checked[next(iter(asked))]
    assert value == became
    assert type(value) is type(became)


def test_unknown_parameters_are_a_warning_and_left_out() -> None:
    checked, (problem,) = check(LAYERS["relu"], {"colour": "red"})
    assert "colour" not in checked
    assert problem.severity is Severity.WARNING
    assert problem.message == "ReLU has no parameter 'colour'; it is kept in the file and otherwise ignored."


def test_all_problems_are_collected() -> None:
    _, problems = check(LAYERS["conv2d"], {"filters": -1, "kernel": "x", "bias": None, "what": 1})
    assert [problem.param for problem in problems] == ["filters", "kernel", "bias", "what"]


@pytest.mark.parametrize("params", [None, 3, "x", [1], [["filters", 3]]])
def test_parameters_that_are_no_table_are_reported(params: object) -> None:
    checked, (problem,) = check(LAYERS["conv2d"], params)
    assert checked.filters == 32
    assert "where a table of names and values belongs" in problem.message


def test_values_read_as_attributes() -> None:
    checked, _ = check(LAYERS["linear"], {"units": 10})
    assert checked.units == checked["units"] == 10
    with pytest.raises(AttributeError):
        _ = checked.nothing


@pytest.mark.parametrize("declaration", EVERYTHING, ids=lambda d: d.id)
def test_values_survive_json(declaration: Declaration) -> None:
    checked, _ = check(declaration, {})
    again, problems = check(declaration, json.loads(json.dumps(dict(checked))))
    assert problems == ()
    assert dict(again) == dict(checked)


@pytest.mark.parametrize("declaration", EVERYTHING, ids=lambda d: d.id)
def test_what_fits_can_be_said(declaration: Declaration) -> None:
    for param in declaration.params:
        assert 3 < len(expected(param)) < 400
