"""Expressions of a node: all of them, with names replaced, and bound to values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from workbench.document.expressions import (
    ExpressionError,
    evaluate,
    is_expression,
    names_in,
    substitute,
)
from workbench.document.graph import Node, Value, frozen


def expressions_of(node: Node) -> tuple[str, ...]:
    """Every expression in a node's parameters, entries of tuples included, and its state."""
    found = [node.state] if is_expression(node.state) else []
    for value in node.params.values():
        found += [
            v for v in (value if isinstance(value, tuple) else (value,)) if isinstance(v, str) and is_expression(v)
        ]
    return tuple(found)


def rewritten(node: Node, names: Mapping[str, str]) -> Node:
    """The node with names in its expressions replaced by other names or expressions.

    An expression that cannot be read stays as it is: it was wrong before, and the compiler says so.
    """
    if not names:
        return node

    def change(text: str) -> Value:
        try:
            return substitute(text, names) if names.keys() & names_in(text) else text
        except ExpressionError:
            return text

    return _mapped(node, change)


def bound(node: Node, values: Mapping[str, Value]) -> Node:
    """The node with names standing for values, which may themselves be expressions of the block around.

    What depends on nothing unknown is worked out; the rest stays an expression. Raises `ExpressionError` where an
    expression cannot be read or worked out, and for a name that is neither in `values` nor in theirs.
    """
    return _mapped(node, lambda text: bound_value(text, values))


def bound_value(text: str, values: Mapping[str, Value]) -> Value:
    """What one expression becomes where names stand for values; see `bound`."""
    names = names_in(text)
    if missing := sorted(names - values.keys()):
        raise ExpressionError(f"“{text[:80]}” uses “{missing[0]}”, which is not known here.", missing[0])
    if text.removeprefix("=").strip() in names:
        return values[text.removeprefix("=").strip()]
    result = substitute(text, {name: _literal(values[name]) for name in names})
    return result if names_in(result) else evaluate(result, {})


def _literal(value: Value) -> str:
    if isinstance(value, str) and not is_expression(value):
        if "\\" in value or "\n" in value or ('"' in value and "'" in value):
            raise ExpressionError(f"The text “{value[:40]}” cannot stand in an expression. Use a plain word.")
        return f"'{value}'" if '"' in value else f'"{value}"'
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, tuple):
        raise ExpressionError("A list or nothing cannot stand in an expression. Give a number or a text.")
    return repr(value)


def _mapped(node: Node, change: Callable[[str], Value]) -> Node:
    """The node with every expression replaced by what `change` gives."""
    params: dict[str, Value] = {}
    for name, value in node.params.items():
        if isinstance(value, tuple):
            entries = [change(v) if isinstance(v, str) and is_expression(v) else v for v in value]
            params[name] = tuple(_entry(v) for v in entries)
        else:
            params[name] = change(value) if isinstance(value, str) and is_expression(value) else value
    state = node.state
    if is_expression(state):
        given = change(state)
        state = given if isinstance(given, str) and is_expression(given) else "bypassed" if given else ""
    if state == node.state and params == dict(node.params):
        return node
    return replace(node, params=frozen(params), state=state)


def _entry(value: Value) -> int | float | str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ExpressionError("An entry of a list must be a number or a text. Change the expression.")
    return value
