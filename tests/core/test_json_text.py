from __future__ import annotations

import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.core.json_text import DEEPEST, OneLine, parse, render

texts = st.text(max_size=20).filter(lambda s: "\0" not in s)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(texts, inner, max_size=4)
)


def plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    return tuple(plain(v) for v in value) if isinstance(value, tuple) else value


@given(values)
@example({"é": "\u2028\U0001f600\ufeff", "": ()})
@example(-0.0)
def test_what_is_written_is_read_back_and_is_json(value: Any) -> None:
    data = render(value)
    back = parse(data)
    assert plain(back) == value
    assert render(back) == data
    assert data.endswith(b"\n")
    json.loads(data)


@given(values)
def test_other_layouts_of_the_same_value_give_the_same_bytes(value: Any) -> None:
    for layout in ({}, {"indent": 7}, {"ensure_ascii": False, "separators": (",", ":")}):
        assert render(parse(json.dumps(value, **layout).encode())) == render(value)  # type: ignore[arg-type]


def test_the_layout() -> None:
    value = {"b": [1, 2.5], "a": {"y": None, "x": True}, "c": [[], {}, "é"], "d": [], "e": {}, "f": [True, 1]}
    assert render(value).decode() == (
        '{\n  "a": {\n    "x": true,\n    "y": null\n  },\n  "b": [1, 2.5],\n'
        '  "c": [\n    [],\n    {},\n    "é"\n  ],\n  "d": [],\n  "e": {},\n  "f": [\n    true,\n    1\n  ]\n}\n'
    )


def test_what_json_has_no_form_for_is_refused() -> None:
    for value in (math.nan, math.inf, [-math.inf]):
        with pytest.raises(ValueError):
            render(value)
    for value in (b"bytes", {1, 2}, object(), {"a": 1j}):
        with pytest.raises(TypeError):
            render(value)


def test_read_values_cannot_be_changed() -> None:
    value = parse(b'{"a": [1, {"b": 2}]}')
    assert isinstance(value, MappingProxyType)
    assert isinstance(value["a"], tuple)
    assert isinstance(value["a"][1], MappingProxyType)


HOSTILE = {
    "nothing": (b"", "is empty"),
    "blank": (b" \n\t ", "is empty"),
    "not UTF-8": (b'{"a": "\xff"}', "byte 8 is not UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
    "NUL bytes": (b"\0" * 100, "cut off or damaged"),
    "cut off": (b'{"a": [1, 2', "cut off or damaged at line 1, column"),
    "cut in a text": (b'{"a": "bcd', "cut off or damaged"),
    "cut after a backslash": (b'{"a": "bcd\\', "cut off or damaged"),
    "two values": (b"{} {}", "cut off or damaged"),
    "a comma too many": (b'{"a": 1,}', "cut off or damaged"),
    "a comment": (b"// hello\n{}", "cut off or damaged"),
    "a raw line break in a text": (b'{"a": "b\nc"}', "cut off or damaged"),
    "NaN": (b'{"a": NaN}', "holds NaN"),
    "Infinity": (b'{"a": [Infinity]}', "holds Infinity"),
    "-Infinity": (b'{"a": -Infinity}', "holds -Infinity"),
    "1e999": (b'{"a": 1e999}', "1e999, which is too large"),
    "-1e999": (b'{"a": -1e999}', "-1e999, which is too large"),
    "a fraction of a million digits": (b"1" * 1_000_000 + b".5", "too large"),
    "5,000 digits": (b'{"a": ' + b"7" * 5_000 + b"}", "beyond 64 bits"),
    "2**63": (b"9223372036854775808", "beyond 64 bits"),
    "a leading zero": (b'{"a": 007}', "cut off or damaged"),
    "a duplicate key": (b'{"a": 1, "b": {"c": 1, "c": 2}}', "names “c” twice"),
    "a duplicate key, escaped": (b'{"a": 1, "\\u0061": 2}', "names “a” twice"),
    "duplicate surrogate keys": (b'{"\\ud800": 1, "\\ud800": 2}', "twice"),
    "a lone surrogate": (b'{"a": "\\ud800"}', "surrogate"),
    "a lone low surrogate": (b'["x\\udfffy"]', "surrogate"),
    "a surrogate in a key": (b'[{"\\udc00": 1}]', "surrogate"),
    "a raw surrogate": (b'["\xed\xa0\x80"]', "not UTF-8"),
    "a NUL": (b'{"a": "b\\u0000"}', "NUL"),
    "100,000 lists": (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    "100,000 objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
    "100,000 lists, never closed": (b"[" * 100_000, "nested too deeply"),
    "a pickle": (b"\x80\x04\x95\x05\x00\x00\x00", "not UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "not UTF-8"),
}


@pytest.mark.parametrize(("data", "words"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(data, "project file")
    message = str(caught.value)
    assert words in message
    assert message.startswith("The project file ")
    assert message.endswith(".")
    assert len(message) < 300
    message.encode()  # can be shown and logged


def test_too_many_bytes() -> None:
    with pytest.raises(Problem, match="1 kB large; at most 100 B"):
        parse(b" " * 1_000, most_bytes=100)


def test_the_deepest_that_is_read() -> None:
    parse(b"[" * DEEPEST + b"]" * DEEPEST)
    with pytest.raises(Problem, match="deeply"):
        parse(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1))
    parse(json.dumps("[" * 1_000 + '"{' * 1_000 + "\\").encode())  # brackets in a text are no levels


def test_many_escaped_quotes_take_linear_time() -> None:
    """An unterminated text of escaped quotes is where a careless pattern takes minutes."""
    with pytest.raises(Problem, match="cut off"):
        parse(b'"' + b'\\"' * 1_000_000)


def test_a_byte_order_mark_is_forgiven_and_pairs_of_surrogates_are_characters() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    assert parse(b'"\\ud83d\\ude00"') == "\U0001f600"


@given(
    st.binary(max_size=60)
    | st.text(alphabet='{}[]",:0123456789eE+-.\\utrfalsn \ud800', max_size=60).map(
        lambda t: t.encode("utf-8", "surrogatepass")
    )
)
def test_any_bytes_give_a_value_or_a_problem(data: bytes) -> None:
    try:
        value = parse(data)
    except Problem:
        return
    assert plain(parse(render(value))) == plain(value)


def test_objects_of_one_line() -> None:
    line = OneLine(b="é\n", a=1, c=True)
    assert render([line, OneLine()]) == '[\n  {"a": 1, "b": "é\\n", "c": true},\n  {}\n]\n'.encode()
    assert parse(render([line]))[0] == dict(line)
    with pytest.raises(ValueError, match="JSON compliant"):
        render(OneLine(a=float("nan")))
    with pytest.raises(TypeError):
        render(OneLine(a=object()))
