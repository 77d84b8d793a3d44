"""Small sums in parameters: "=channels // 4" inside a block. Parsed by Python's own parser, worked out by us.

The language has numbers, quoted text, True and False, names, + - * / // % **, comparisons, and, or, not,
``a if c else b`` and the functions min, max, round, abs and int. Text, depth and the size of every number are bounded,
so that what a file says costs nothing: nothing is looked up but the names given, and nothing is ever executed.
"""

from __future__ import annotations

import ast
import keyword
import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from workbench.core.syntax import parse_expression

Number = bool | int | float
Result = bool | int | float | str

LONGEST = 500
"""Most characters of an expression."""
DEEPEST = 40
LARGEST = 10**15
"""Whole numbers and fractions lie within ± this: beyond it a fraction no longer tells neighbours apart."""
LARGEST_POWER = 64


def _round(value: Number, digits: Number | None = None) -> Number:
    if digits is not None and abs(digits) > 15:
        raise ValueError("a number has at most 15 digits to round to")
    return round(value) if digits is None else round(value, int(digits))


FUNCTIONS: Mapping[str, Callable[..., Number]] = {"min": min, "max": max, "round": _round, "abs": abs, "int": int}
GIVEN = ("index", "repeat", "in_channels", "in_height", "in_width", "in_length")
"""Names that stand for themselves in every block; none of its parameters may be called so."""

_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_GLUED = re.compile(r"(?<![\w.])[0-9](?![0-9_.]*(?:[eE][+-]?[0-9]+)?(?![\w.]))")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z", re.ASCII)


class ExpressionError(Exception):
    """An expression that cannot be read or worked out; the message is a full sentence with a remedy.

    `name` is the name that nothing stands for, where that is the reason.
    """

    def __init__(self, message: str, name: str | None = None) -> None:
        super().__init__(message)
        self.message, self.name = message, name


def is_expression(value: object) -> bool:
    """Whether a parameter's value, or an entry of a tuple, is an expression: a text that begins with "="."""
    return isinstance(value, str) and value.startswith("=")


def is_name(text: str) -> bool:
    """Whether a text can be the id of a block's parameter: a short lower-case name with no meaning of its own."""
    return bool(_NAME.match(text)) and text not in GIVEN and text not in FUNCTIONS and not keyword.iskeyword(text)


def evaluate(text: str, names: Mapping[str, Result]) -> Result:
    """What an expression (with or without its "=") gives, where `names` stand for values.

    Raises `ExpressionError` for text that is none, names nothing stands for, and sums without an answer.
    """
    tree = _parsed(_body(text))
    try:
        return _Sum(_shown(text), names).value(tree)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ExpressionError(f"“{_shown(text)}” cannot be worked out ({error}). Change it.") from error


def names_in(text: str) -> frozenset[str]:
    """The names an expression uses. Raises `ExpressionError` for text that is none."""
    return frozenset(node.id for node in _names(_parsed(_body(text))))


def substitute(text: str, replacements: Mapping[str, str]) -> str:
    """The expression with names replaced by other expressions, each in brackets where it needs them.

    A name is replaced by text that begins with "=" or a plain literal (``repr`` of a value); the rest stays as written.
    Raises `ExpressionError` for text that is none, or where the result would be too long.
    """
    body = _body(text)
    raw = body.encode()  # the parser counts in bytes
    for node in sorted(_names(_parsed(body)), key=lambda n: n.col_offset, reverse=True):
        if node.id in replacements:
            end = node.end_col_offset or node.col_offset
            raw = raw[: node.col_offset] + _bracketed(replacements[node.id]).encode() + raw[end:]
    result = "=" + raw.decode()
    _parsed(_body(result))
    return result


def _bracketed(text: str) -> str:
    body = _body(text)
    tree = _parsed(body)
    return body if isinstance(tree, ast.Constant | ast.Name | ast.Call) else f"({body})"


def _body(text: str) -> str:
    return text.removeprefix("=").strip()


def _shown(text: str) -> str:
    body = " ".join(text.split())
    return body if len(body) <= 60 else body[:60] + "…"


@lru_cache(maxsize=4096)
def _parsed(body: str) -> ast.expr:
    """The checked tree of an expression. Cached, for one text is worked out for every use of its block."""
    if not body:
        raise ExpressionError("There is nothing after “=”. Write a number, a parameter's name or a sum of them.")
    if len(body) > LONGEST:
        raise ExpressionError(f"An expression has at most {LONGEST} characters, this one {len(body):,}. Shorten it.")
    bare = _QUOTED.sub('""', body)
    if "\\" in body or "\n" in bare or _GLUED.search(bare):  # what the parser would only warn of
        raise _unreadable(body)
    try:
        tree = parse_expression(body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unreadable(body) from error
    _check(tree, body)
    return tree


def _unreadable(body: str) -> ExpressionError:
    return ExpressionError(
        f"“={_shown(body)}” cannot be read. Write a sum such as “=channels * 2” or a choice such as "
        "“=2 if index == 0 else 1”."
    )


def _check(tree: ast.expr, body: str) -> None:
    """Refuses everything that is not of the language, so that no walk after this one needs to."""
    level: list[ast.expr] = [tree]
    for _ in range(DEEPEST):
        if not level:
            return
        level = [part for node in level for part in _parts(node, body)]
    raise ExpressionError(
        f"“={_shown(body)}” is nested too deeply; at most {DEEPEST} levels are worked out. Simplify it."
    )


def _parts(node: ast.expr, body: str) -> list[ast.expr]:
    match node:
        case ast.Constant(value=value) if isinstance(value, bool | int | float | str):
            if not isinstance(value, str):
                _bounded(value, body)
            return []
        case ast.Name():
            return []
        case ast.BinOp() if type(node.op) in _BINARY:
            return [node.left, node.right]
        case ast.UnaryOp() if type(node.op) in _UNARY:
            return [node.operand]
        case ast.BoolOp():
            return node.values
        case ast.Compare() if all(type(op) in _COMPARE for op in node.ops):
            return [node.left, *node.comparators]
        case ast.IfExp():
            return [node.test, node.body, node.orelse]
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS and node.args and not node.keywords:
            return node.args
    raise ExpressionError(
        f"“={_shown(body)}” uses something expressions do not have. They are made of numbers, names, + - * / // % **, "
        f"comparisons, and, or, not, if … else, and {', '.join(FUNCTIONS)}."
    )


def _names(tree: ast.expr) -> list[ast.Name]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]


def _bounded(value: Number, body: str) -> Number:
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError(f"“={_shown(body)}” gives no finite number. Change it.")
    if abs(value) > LARGEST:
        raise ExpressionError(f"“={_shown(body)}” goes beyond ±{LARGEST:,}. Make the numbers smaller.")
    return value


def _power(base: Number, exponent: Number) -> Number:
    if abs(exponent) > LARGEST_POWER:
        raise ValueError(f"exponents lie within ±{LARGEST_POWER}, this one is {exponent:,}")
    result = base**exponent
    if isinstance(result, complex):
        raise ValueError("a root of a negative number")
    return result  # type: ignore[no-any-return]


_BINARY: Mapping[type[ast.operator], Callable[..., Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_UNARY: Mapping[type[ast.unaryop], Callable[..., Number]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[..., bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class _Sum:
    """One evaluation of a checked tree; `shown` is the text for sentences."""

    def __init__(self, shown: str, names: Mapping[str, Result]) -> None:
        self.shown, self.names = shown.removeprefix("="), names

    def value(self, node: ast.expr) -> Result:
        match node:
            case ast.Constant(value=value):
                return value  # type: ignore[return-value]
            case ast.Name(id=name):
                return self._named(name)
            case ast.BinOp():
                return self._number(_BINARY[type(node.op)](self._operand(node.left), self._operand(node.right)))
            case ast.UnaryOp(op=ast.Not()):
                return not self.value(node.operand)
            case ast.UnaryOp():
                return self._number(_UNARY[type(node.op)](self._operand(node.operand)))
            case ast.BoolOp():
                return self._either(node)
            case ast.Compare():
                return self._compared(node)
            case ast.IfExp():
                return self.value(node.body if self.value(node.test) else node.orelse)
            case ast.Call(func=ast.Name(id=name)):
                return self._number(FUNCTIONS[name](*(self._operand(part) for part in node.args)))
        raise AssertionError(f"{type(node).__name__} was let through")

    def _named(self, name: str) -> Result:
        if name not in self.names:
            known = ", ".join(sorted(self.names)) or "none"
            raise ExpressionError(
                f"“={self.shown}” uses “{name}”, which is not known here. Known names are: {known}.", name
            )
        return self.names[name]

    def _operand(self, node: ast.expr) -> Number:
        value = self.value(node)
        if isinstance(value, str):
            raise ExpressionError(
                f"“={self.shown}” computes with the text “{value[:40]}”; text can only be compared. Use a number there."
            )
        return value

    def _number(self, value: Number) -> Number:
        return _bounded(value, self.shown)

    def _either(self, node: ast.BoolOp) -> Result:
        """The first value that decides, as in Python."""
        until = isinstance(node.op, ast.Or)
        for part in node.values[:-1]:
            if bool(value := self.value(part)) is until:
                return value
        return self.value(node.values[-1])

    def _compared(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for op, part in zip(node.ops, node.comparators, strict=True):
            right = self.value(part)
            if not _COMPARE[type(op)](left, right):
                return False
            left = right
        return True
