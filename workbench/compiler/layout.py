"""Source laid out as the usual formatters do: double quotes, and long statements broken at their brackets."""

from __future__ import annotations

import io
import textwrap
import tokenize
from collections.abc import Sequence

WIDTH = 100
"""Longest line of generated source, in characters."""


def quoted(text: str) -> str:
    """Any text as a Python string literal, through `repr`; with double quotes where nothing needs escaping."""
    literal = repr(text)
    if '"' in literal or "\\" in literal:
        return literal
    return f'"{literal[1:-1]}"'


def docstring(text: str) -> str:
    """Any text as a docstring literal: triple quotes where nothing needs escaping, else what `repr` gives."""
    literal = quoted(text)
    return f'""{literal}""' if literal.startswith('"') and "\\" not in literal else literal


def class_docstring(parts: Sequence[str]) -> list[str]:
    """A class's docstring, indented: one line where it fits, else a title and paragraphs.

    Text that needs escaping stays on one line, for it goes through `repr`.
    """
    parts = [part for part in parts if part]
    line = f"    {docstring(' '.join(parts))}"
    if len(line) <= WIDTH or not all(_needs_no_escape(part) for part in parts):
        return [line]
    first, *others = parts
    if others and len(f'    """{first} {others[0]}') <= WIDTH:
        first = f"{first} {others.pop(0)}"
    rows = [f'    """{first}']
    for part in others:
        rows += ["", *(f"    {row}" for row in textwrap.wrap(part, WIDTH - 4, break_on_hyphens=False))]
    return [*rows, '    """']


def _needs_no_escape(text: str) -> bool:
    return text.isprintable() and '"' not in text and "\\" not in text


def statement(text: str, indent: int) -> list[str]:
    """One statement as indented lines; broken at its outermost brackets, as often as needed, where it is too long."""
    return _broken(_requoted(text), indent, "")


def _broken(text: str, indent: int, tail: str) -> list[str]:
    margin = " " * indent
    if indent + len(text) + len(tail) <= WIDTH:
        return [f"{margin}{text}{tail}"]
    inside = _last_brackets(text)
    if inside is None:
        return _broken_sum(text, indent, tail)
    opening, closing = inside
    body = text[opening + 1 : closing]
    lines = [f"{margin}{text[: opening + 1]}"]
    if indent + 4 + len(body) <= WIDTH:
        lines.append(f"{margin}    {body}")
    else:
        for part in _split(body, ","):
            lines += _broken(part, indent + 4, ",")
    lines.append(f"{margin}{text[closing:]}{tail}")
    return lines


def _broken_sum(text: str, indent: int, tail: str) -> list[str]:
    """A long sum or product of names, one a line."""
    margin = " " * indent
    target, equals, value = text.partition(" = ")
    for sign in ("+", "*", "-"):
        parts = _split(value, f" {sign} ")
        if equals and len(parts) > 1:
            rows = [f"{margin}    {parts[0]}", *(f"{margin}    {sign} {part}" for part in parts[1:])]
            return [f"{margin}{target} = (", *rows, f"{margin}){tail}"]
    return [f"{margin}{text}{tail}"]


def _last_brackets(text: str) -> tuple[int, int] | None:
    """Where the last outermost pair of brackets that holds something opens and closes."""
    depth, opening, found = 0, 0, None
    for token in _tokens(text):
        if token.string in ("(", "["):
            if depth == 0:
                opening = token.start[1]
            depth += 1
        elif token.string in (")", "]"):
            depth -= 1
            if depth == 0 and token.start[1] > opening + 1:
                found = (opening, token.start[1])
    return found


def _split(text: str, at: str) -> list[str]:
    """The parts of a text between separators that stand outside all brackets and strings."""
    parts, depth, begin = [], 0, 0
    for token in _tokens(text):
        if token.string in ("(", "[", "{"):
            depth += 1
        elif token.string in (")", "]", "}"):
            depth -= 1
        elif depth == 0 and token.string == at.strip():
            parts.append(text[begin : token.start[1]].strip())
            begin = token.end[1]
    rest = text[begin:].strip()
    return [*parts, rest] if rest else parts


def _requoted(text: str) -> str:
    if "'" not in text:
        return text
    for token in reversed(_tokens(text)):
        if token.type == tokenize.STRING and token.string.startswith("'"):
            inner = token.string[1:-1]
            if '"' not in inner and "\\" not in inner:
                text = f'{text[: token.start[1]]}"{inner}"{text[token.end[1] :]}'
    return text


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    """The tokens of one line; brackets left open (a part of a statement) are fine."""
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.string:
                found.append(token)
    except tokenize.TokenError:
        pass
    return found
