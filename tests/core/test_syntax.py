"""Parsing in several threads at once, as the checks and the training do."""

from __future__ import annotations

import ast
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from workbench.core.syntax import parse_expression, parse_module

DEEP = "x = " + "+".join(f"(a{i} * (b - c[{i}]))" for i in range(60))


@pytest.mark.parametrize("parse", [parse_module, lambda text: parse_expression(text.removeprefix("x = "))])
def test_threads_that_parse_together_all_get_their_tree(parse: Callable[[str], ast.AST]) -> None:
    expected = ast.dump(parse(DEEP))

    def many(_thread: int) -> bool:
        return all(ast.dump(parse(DEEP)) == expected for _ in range(25))

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(many, range(4)))


def test_what_is_no_python_is_refused() -> None:
    with pytest.raises(SyntaxError):
        parse_module("x =")
    with pytest.raises(SyntaxError):
        parse_expression("1 +")
