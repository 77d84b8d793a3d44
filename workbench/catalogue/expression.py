"""Constructor calls as data, so that nothing but numbers, known names and quoted text reaches generated source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z", re.ASCII)


@dataclass(frozen=True, slots=True, init=False)
class Call:
    """``Call("nn.Conv2d", 3, 32, 3, padding=1)``; arguments are numbers, strings, None, tuples or other calls."""

    name: str
    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...]

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is not a dotted name")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "args", args)
        object.__setattr__(self, "kwargs", tuple(kwargs.items()))

    def source(self) -> str:
        """The call as Python source."""
        parts = [literal(a) for a in self.args] + [f"{k}={literal(v)}" for k, v in self.kwargs]
        return f"{self.name}({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class Argument:
    """A constructor's argument by its name, times or divided by a whole number: ``channels``, ``4 * channels``."""

    name: str
    times: int = 1
    over: int = 1

    def __post_init__(self) -> None:
        if not _NAME.match(self.name) or "." in self.name:
            raise ValueError(f"{self.name!r} is not a name")

    def source(self) -> str:
        if self.times != 1:
            return f"{int(self.times)} * {self.name}"
        return f"{self.name} // {int(self.over)}" if self.over != 1 else self.name


def literal(value: Any) -> str:
    """A value as a Python literal; refuses anything that is not plain data, a `Call` or an `Argument`."""
    if isinstance(value, Call | Argument):
        return value.source()
    if isinstance(value, tuple):
        inner = ", ".join(literal(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    raise TypeError(f"{type(value).__name__} cannot stand in generated source")
