"""Reading one object of a project file field by field, with a sentence for whatever is not as it should be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from workbench.core.diagnostic import Problem
from workbench.document.graph import Value
from workbench.document.rules import LARGEST_INT, LONGEST_TEXT, text_fault, value_fault


def refuse(words: str, code: str = "project.bad_field") -> NoReturn:
    """Ends the reading: "In the project file, … ."."""
    raise Problem.of(code, f"In the project file, {words}.")


class Fields:
    """One JSON object being read. `where` names it in messages ("the recipe"); `rest` is what nobody asked for."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            refuse(f"{where} is {_kind(value)} where an object is expected")
        self._values: Mapping[str, Any] = value
        self._left = dict(value)
        self.where = where

    def take(self, key: str, default: Any) -> Any:
        """A field as it stands, or the default when it is missing."""
        return self._left.pop(key, default)

    def text(self, key: str, default: str | None, longest: int = LONGEST_TEXT) -> str:
        """A text; with no default it must be there."""
        value = self.take(key, default)
        if not isinstance(value, str):
            self._wrong(key, value, "a text")
        if fault := text_fault(value, longest):
            refuse(f"“{key}” of {self.where} {fault}")
        return value

    def choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value not in choices:
            offered = ", ".join(f"“{c}”" for c in choices)
            refuse(f"“{key}” of {self.where} is “{value[:80]}”; it must be one of {offered}")
        return value

    def whole(self, key: str, default: int, low: int = 0, high: int = LARGEST_INT) -> int:
        """A whole number within limits."""
        value = self.take(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            self._wrong(key, value, "a whole number")
        return int(self._within(key, value, low, high))

    def fraction(self, key: str, default: float, low: float, high: float) -> float:
        """A number within limits; a whole one counts as a fraction."""
        value = self.take(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            self._wrong(key, value, "a number")
        return float(self._within(key, value, low, high))

    def truth(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.take(key, default)
        if not isinstance(value, bool):
            self._wrong(key, value, "true or false")
        return value

    def items(self, key: str, most: int) -> tuple[Any, ...]:
        """A list; empty when missing."""
        value = self.take(key, ())
        if not isinstance(value, tuple | list):
            self._wrong(key, value, "a list")
        if len(value) > most:
            refuse(f"“{key}” of {self.where} has {len(value):,} entries; at most {most:,} are read", "project.too_many")
        return tuple(value)

    def params(self, key: str) -> Mapping[str, Value]:
        """Parameter values by name; empty when missing."""
        value = self.take(key, {})
        if not isinstance(value, Mapping):
            self._wrong(key, value, "an object")
        for name, entry in value.items():
            if fault := value_fault(entry):
                refuse(f"the parameter “{name[:80]}” of {self.where} {fault}")
            if not name or (fault := text_fault(name, 200)):
                refuse(f"a parameter name of {self.where} {fault if name else 'is empty'}")
        return MappingProxyType(dict(value))

    def rest(self) -> Mapping[str, object]:
        """The fields that were not asked for, to be kept and saved back."""
        return MappingProxyType(self._left)

    def none_left(self) -> None:
        """Refuses fields that were not asked for, where there is no place to keep them."""
        if self._left:
            refuse(f"{self.where} has a field “{min(self._left)[:80]}”, which is not known")

    def _within(self, key: str, value: float, low: float, high: float) -> float:
        if not low <= value <= high:
            refuse(f"“{key}” of {self.where} is {value:,}; it must lie between {low:,} and {high:,}")
        return value

    def _wrong(self, key: str, value: Any, expected: str) -> NoReturn:
        if value is None and key not in self._values:
            refuse(f"{self.where} has no “{key}”")
        refuse(f"“{key}” of {self.where} is {_kind(value)} where {expected} is expected")


def _kind(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value:,}"
    if isinstance(value, str):
        return f"the text “{value[:40]}”"
    return "an object" if isinstance(value, Mapping) else "a list"
