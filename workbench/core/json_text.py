"""JSON as this program writes and reads it: strict on the way in, the same bytes for the same value on the way out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from workbench.core.diagnostic import Problem
from workbench.core.words import file_size

MOST_BYTES = 64_000_000
DEEPEST = 64
LONGEST_NUMBER = 19
"""Digits of a whole number: enough for 2⁶³ - 1."""

_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse(data: bytes, what: str = "file", *, most_bytes: int = MOST_BYTES) -> Any:
    """The value of a JSON text, read as strictly as the standard allows.

    Objects become read-only mappings and arrays become tuples, so the value can be shared. `what` names the text in
    messages ("project file"). Raises `Problem` for anything else than UTF-8 JSON without duplicate keys, NaN,
    infinities, numbers beyond 64 bits, lone surrogates, NUL characters and more than `DEEPEST` levels.
    """
    if len(data) > most_bytes:
        _refuse(what, "too_big", f"is {file_size(len(data))} large; at most {file_size(most_bytes)} are read")
    if not data.strip():
        _refuse(what, "empty", "is empty; restore it from a copy")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(what, "not_text", f"is damaged or no text file (byte {error.start + 1:,} is not UTF-8)")
    _check_depth(text, what)
    try:
        value = json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, what),
            parse_int=lambda digits: _int(digits, what),
            parse_float=lambda digits: _float(digits, what),
            parse_constant=lambda name: _refuse(what, "number", f"holds {name}, which is not a number it may hold"),
        )
    except json.JSONDecodeError as error:
        _refuse(
            what,
            "syntax",
            f"is cut off or damaged at line {error.lineno:,}, column {error.colno:,} ({error.msg}); "
            "restore it from a copy",
        )
    except RecursionError:
        _refuse(what, "too_deep", f"is nested too deeply; at most {DEEPEST} levels are read")
    if "\\u" in text:  # only an escape can make these
        _check_characters(value, what)
    return read_only(value)


class OneLine(dict[str, Any]):
    """An object of scalars that is written on one line, for lists with a great many of them."""


def render(value: object) -> bytes:
    """A value as JSON, made to be read and compared line by line: UTF-8, a final newline, the same bytes always.

    Keys are sorted; every entry stands on its own line, except that a list of numbers and a `OneLine` stand on one.
    Raises `ValueError` for NaN and infinities and `TypeError` for what JSON has no form for.
    """
    parts: list[str] = []
    _write(value, "\n", parts.append)
    parts.append("\n")
    return "".join(parts).encode("utf-8")


def _write(value: object, newline: str, put: Callable[[str], None]) -> None:
    """Appends the text of a value; `newline` is a line break and the indentation of the line it began on."""
    if isinstance(value, OneLine):
        put(_dumps_line(value))
    elif isinstance(value, Mapping):
        inner, lead = newline + "  ", "{"
        for key in sorted(value):
            put(f"{lead}{inner}{_scalar(key)}: ")
            _write(value[key], inner, put)
            lead = ","
        put("{}" if lead == "{" else newline + "}")
    elif not isinstance(value, list | tuple):
        put(_scalar(value))
    elif all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
        put("[" + ", ".join(map(_scalar, value)) + "]")
    else:
        inner, lead = newline + "  ", "["
        for item in value:
            put(lead + inner)
            _write(item, inner, put)
            lead = ","
        put(newline + "]")


def _scalar(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} cannot stand in JSON")
    if value is None or isinstance(value, bool | int | float | str):
        return _dumps(value)
    raise TypeError(f"{type(value).__name__} cannot stand in JSON")


_dumps = json.JSONEncoder(ensure_ascii=False).encode
_dumps_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True).encode


def _refuse(what: str, code: str, words: str) -> NoReturn:
    raise Problem.of(f"json.{code}", f"The {what} {words}.")


def _check_depth(text: str, what: str) -> None:
    """Before parsing, so that no parser's stack is put to the test (threads have small ones)."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match[0]
        if token in "[{":
            depth += 1
            if depth > DEEPEST:
                _refuse(what, "too_deep", f"is nested too deeply; at most {DEEPEST} levels are read")
        elif token in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]], what: str) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        double = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
        shown = _SURROGATE.sub("\ufffd", double[:80])
        _refuse(what, "duplicate_key", f"names “{shown}” twice in one place, so it is unclear which value counts")
    return result


def _int(digits: str, what: str) -> int:
    if len(digits.lstrip("-")) > LONGEST_NUMBER or abs(int(digits)) > 2**63 - 1:
        _refuse(what, "number", f"holds the whole number {_short(digits)}, which is beyond 64 bits")
    return int(digits)


def _float(digits: str, what: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        _refuse(what, "number", f"holds the number {_short(digits)}, which is too large")
    return value


def _short(digits: str) -> str:
    return digits if len(digits) <= 24 else f"{digits[:24]}…"


def _check_characters(value: Any, what: str) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str):
            if _SURROGATE.search(item):
                _refuse(what, "character", "holds half of a surrogate pair, which is no character")
            if "\0" in item:
                _refuse(what, "character", "holds a NUL character in a text")


def read_only(value: Any) -> Any:
    """A JSON value nobody can change: dicts become mapping proxies, lists tuples, at every level."""
    if isinstance(value, dict):
        return MappingProxyType({k: read_only(v) for k, v in value.items()})
    return tuple(read_only(v) for v in value) if isinstance(value, list) else value
