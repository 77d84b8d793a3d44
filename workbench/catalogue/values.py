"""From what a file or a form says to complete, checked parameter values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.catalogue.declaration import Declaration, Kind, Param, Values
from workbench.core.diagnostic import Diagnostic, Fix, Severity

LONGEST_TUPLE = 8
"""Most numbers in an INTS value of free length: no tensor here has more axes."""

LONGEST_TEXT = 10_000
"""Most characters of a TEXT value."""


class _Refused(Exception):
    """A value that does not fit its parameter; carries the diagnostic's code."""

    def __init__(self, code: str) -> None:
        self.code = code


def check(declaration: Declaration, params: object) -> tuple[Values, tuple[Diagnostic, ...]]:
    """Complete values for a declaration, and what was wrong with the ones given. Never raises.

    Missing parameters take their defaults, and so do those that do not fit, each with an error that says what was
    seen and what fits. Unknown parameters are left out with a warning. `params` is a mapping from parameter ids to
    JSON values (lists or tuples); anything else is reported.
    """
    problems: list[Diagnostic] = []
    given: dict[Any, Any] = {}
    if isinstance(params, Mapping):
        given = dict(params)
    else:
        text = f"The parameters of {declaration.title} are {shown(params)} where a table of names and values belongs. "
        problems.append(Diagnostic("param.type", text + "The defaults are used."))
    values: dict[str, Any] = {}
    for param in declaration.params:
        values[param.id] = param.default
        if param.id not in given:
            continue
        try:
            values[param.id] = _CONVERT[param.kind](param, given[param.id])
        except _Refused as refused:
            problems.append(_misfit(param, given[param.id], refused.code))
    known = {param.id for param in declaration.params}
    problems += [_unknown(declaration, name) for name in given if name not in known]
    return Values(values), tuple(problems)


def expected(param: Param) -> str:
    """What fits a parameter, in words: "a whole number from 1 to 65,536"."""
    if param.kind is Kind.CHOICE:
        text = "one of " + ", ".join(f"“{words}” ({value})" for value, words in param.choices)
    elif param.kind is Kind.BOOL:
        text = "on or off (true or false)"
    elif param.kind is Kind.TEXT:
        text = f"text of at most {LONGEST_TEXT:,} characters"
    elif param.kind is Kind.FLOAT:
        text = "a number" + _range(param)
    elif param.kind is Kind.INT:
        text = "a whole number" + _range(param)
    else:
        several = f"{param.length} whole numbers" if param.length else f"1 to {LONGEST_TUPLE} whole numbers"
        each = ", each" if param.length != 1 else ""
        text = ("a whole number" if param.length == 1 else several) + each + _range(param)
        if param.kind is Kind.PADDING:
            text = "“same”, “valid” or " + text
    return text + (", or empty" if param.optional else "")


def shown(value: object) -> str:
    """Any JSON value, short enough for a sentence, whatever its size or depth."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**18 else "a number of more than 18 digits"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:40] + "…")
    if isinstance(value, list | tuple):
        plain = len(value) <= LONGEST_TUPLE and not any(isinstance(v, list | tuple | Mapping) for v in value)
        return "(" + ", ".join(shown(v) for v in value) + ")" if plain else f"a list of {len(value):,}"
    return "a table" if isinstance(value, Mapping) else f"a {type(value).__name__}"


def _range(param: Param) -> str:
    low, high = param.minimum, param.maximum
    if low is not None and high is not None:
        return f" from {low:,} to {high:,}"
    if low is not None:
        return f" of at least {low:,}"
    return f" of at most {high:,}" if high is not None else ""


def _whole(param: Param, value: object) -> int:
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Refused("param.type")
    _within(param, value)
    return value


def _within(param: Param, value: float) -> None:
    if (param.minimum is not None and value < param.minimum) or (param.maximum is not None and value > param.maximum):
        raise _Refused("param.range")


def _int(param: Param, value: object) -> int | None:
    return None if value is None and param.optional else _whole(param, value)


def _float(param: Param, value: object) -> float | None:
    if value is None and param.optional:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Refused("param.type")
    if isinstance(value, float) and not math.isfinite(value):
        raise _Refused("param.range")
    _within(param, value)
    if abs(value) > 1e300:  # an integer this long has no float
        raise _Refused("param.range")
    return float(value)


def _bool(_param: Param, value: object) -> bool:
    if not isinstance(value, bool):
        raise _Refused("param.type")
    return value


def _choice(param: Param, value: object) -> str | None:
    if value is None and param.optional:
        return None
    if not isinstance(value, str) or all(value != v for v, _ in param.choices):
        raise _Refused("param.choice")
    return value


def _ints(param: Param, value: object) -> tuple[int, ...] | None:
    if value is None and param.optional:
        return None
    if isinstance(value, str) or not isinstance(value, Sequence):
        return (_whole(param, value),) * max(param.length, 1)
    longest = param.length or LONGEST_TUPLE
    if not (param.length or 1) <= len(value) <= longest:
        raise _Refused("param.length")
    return tuple(_whole(param, v) for v in value)


def _padding(param: Param, value: object) -> str | tuple[int, ...] | None:
    return value if isinstance(value, str) and value in ("same", "valid") else _ints(param, value)


def _text(param: Param, value: object) -> str | None:
    if value is None and param.optional:
        return None
    if not isinstance(value, str):
        raise _Refused("param.type")
    if len(value) > LONGEST_TEXT:
        raise _Refused("param.length")
    return value


_CONVERT: Mapping[Kind, Callable[[Param, object], Any]] = {
    Kind.INT: _int,
    Kind.FLOAT: _float,
    Kind.BOOL: _bool,
    Kind.CHOICE: _choice,
    Kind.INTS: _ints,
    Kind.PADDING: _padding,
    Kind.TEXT: _text,
}


def _misfit(param: Param, value: object, code: str) -> Diagnostic:
    default = shown(param.default)
    text = f"{param.title} takes {expected(param)}, not {shown(value)}. Until it is changed, {default} is used."
    fix = Fix(f"Set {param.title.lower()} to {default}", "set_param", {"param": param.id, "value": param.default})
    return Diagnostic(code, text, param=param.id, fixes=(fix,))


def _unknown(declaration: Declaration, name: object) -> Diagnostic:
    text = f"{declaration.title} has no parameter {shown(name)}; it is kept in the file and otherwise ignored."
    param = name if isinstance(name, str) else None
    return Diagnostic("param.unknown", text, Severity.WARNING, param=param)
