from __future__ import annotations

import ast
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.document.expressions import (
    GIVEN,
    LARGEST,
    LONGEST,
    ExpressionError,
    Result,
    evaluate,
    is_expression,
    is_name,
    names_in,
    substitute,
)

NAMES = {"channels": 64, "stride": 2, "rate": 0.5, "act": "relu", "on": True, "index": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=channels", 64),
        ("= channels // 4 * 3", 48),
        ("channels + 1", 65),
        ("=-channels % 7", 6),
        ("=2 ** 10", 1024),
        ("=channels ** 0.5", 8.0),
        ("=1e3 + .5 + 1_000", 2000.5),
        ("=channels if stride == 1 else channels // 2", 32),
        ("=min(channels, 3) + max(1, 2) + abs(-4) + int(2.9) + round(2.6)", 14),
        ("=round(rate / 3, 2)", 0.17),
        ("=not on or stride > 1 and channels != 3", True),
        ("=1 < stride <= 2 < 3", True),
        ('=act == "relu"', True),
        ("=act != '3x3'", True),
        ('="tanh" if on else act', "tanh"),
        ("=0 and 1 / 0", 0),
        ("=index or 7", 1),
        ("=True", True),
    ],
)
def test_what_expressions_give(text: str, value: object) -> None:
    found = evaluate(text, NAMES)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("=", "nothing after"),
        ("=   ", "nothing after"),
        ("=channels +", "cannot be read"),
        ("=3x", "cannot be read"),
        ("=0x10", "cannot be read"),
        ("=1if on else 2", "cannot be read"),
        ("=a := 3", "cannot be read"),
        ("=1 +\n2", "cannot be read"),
        ("='\\n'", "cannot be read"),
        ("=1j", "cannot be read"),
        ("=" + "(" * 300, "cannot be read"),
        ("=" + "-" * 400 + "1", "nested too deeply"),
        ("=" + "x" * 100_000, "at most 500 characters"),
        ("=channels.__class__", "something expressions do not have"),
        ("=__import__('os')", "something expressions do not have"),
        ("=[1]", "something expressions do not have"),
        ("=lambda: 1", "something expressions do not have"),
        ("=f'{channels}'", "something expressions do not have"),
        ("=min(*[1])", "something expressions do not have"),
        ("=min()", "something expressions do not have"),
        ("=round(1, ndigits=2)", "something expressions do not have"),
        ("=None", "something expressions do not have"),
        ("=channels is 3", "something expressions do not have"),
        ("=channels << 3", "something expressions do not have"),
        ("=nobody + 1", "“nobody”, which is not known here"),
        ("=max", "“max”, which is not known here"),
        ("=act + 1", "text can only be compared"),
        ("=max(act, 2)", "text can only be compared"),
        ("=act < 3", "cannot be worked out"),
        ("=min(3)", "cannot be worked out"),
        ("=channels / 0", "division by zero"),
        ("=9 ** 9 ** 9", "exponents lie within"),
        ("=99 ** 60", "goes beyond"),
        ("=0.5 ** -64 ** 1 * 1e300", "cannot be worked out|goes beyond"),
        ("=1e999", "no finite number|goes beyond"),
        ("=(-1) ** 0.5", "root of a negative"),
        ("=round(3, -9999999999)", "cannot be worked out"),
    ],
)
def test_what_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words) as error:
        evaluate(text, NAMES)
    assert error.value.message.endswith(".")
    assert len(error.value.message) < 400


def test_the_name_that_is_not_known_is_told() -> None:
    with pytest.raises(ExpressionError) as error:
        evaluate("=in_channels * 2", {})
    assert error.value.name == "in_channels"


@given(text=st.text(alphabet="abmin x019.,()+-*/%<>=!&'\"ifelsotrd_\\\n[]{}é", max_size=40))
def test_any_text_gives_a_bounded_value_or_a_sentence(text: str) -> None:
    try:
        value = evaluate(text, {"a": 3, "b": 0.5})
    except ExpressionError:
        return
    assert isinstance(value, str) or abs(value) <= LARGEST


_sums = st.recursive(
    st.integers(0, 99).map(str) | st.sampled_from(["a", "b"]),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["+", "-", "*", "<", "=="]), part).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(part, part).map(lambda t: f"max({t[0]}, {t[1]})"),
        st.tuples(part, part, part).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        part.map(lambda p: f"-({p})"),
    ),
    max_leaves=8,
)


def tried(work: Callable[[], Result]) -> Result | None:
    """What it gives; None where a step on the way goes beyond what is allowed."""
    try:
        return work()
    except ExpressionError as error:
        limited = ("beyond" in error.message, "at most" in error.message)
        return None if any(limited) else error.message


@given(text=_sums, a=st.integers(-9, 9), b=st.integers(-9, 9))
def test_agrees_with_python(text: str, a: int, b: int) -> None:
    expected = eval(compile(ast.parse(text, mode="eval"), "", "eval"), {"max": max}, {"a": a, "b": b})
    assert tried(lambda: evaluate(text, {"a": a, "b": b})) in (expected, None)


@given(text=_sums, inner=_sums, b=st.integers(-9, 9))
def test_a_name_replaced_by_an_expression_means_the_same(text: str, inner: str, b: int) -> None:
    value = tried(lambda: evaluate(inner, {"a": 2, "b": b}))
    if value is not None:
        expected = tried(lambda: evaluate(text, {"a": value, "b": b}))
        assert tried(lambda: evaluate(substitute(text, {"a": f"={inner}"}), {"a": 2, "b": b})) in (expected, None)


def test_names_and_their_replacement() -> None:
    assert names_in("=min(a, b) * c if on else 2") == {"a", "b", "c", "on"}
    assert substitute("=channels*2 + min( channels ,a)", {"channels": "=x + 1"}) == "=(x + 1)*2 + min( (x + 1) ,a)"
    assert substitute("='channels é' == channels", {"channels": "k"}) == "='channels é' == k"
    assert substitute("=channels", {"channels": "-3"}) == "=(-3)"
    with pytest.raises(ExpressionError, match=str(LONGEST)):
        substitute("=a + a", {"a": "b" * 300})


def test_what_is_an_expression_and_what_may_be_a_name() -> None:
    assert is_expression("=1")
    assert not any(map(is_expression, ("same", 1, None, ("=1",), "")))
    assert is_name("channels")
    assert not any(is_name(word) for word in (*GIVEN, "min", "if", "lambda", "Channels", "1a", "", "é", "a" * 65))
