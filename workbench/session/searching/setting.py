"""One setting of a project that a search may vary: what it is called, what fits it, what it is now."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.catalogue.declaration import Declaration, Kind, Param
from workbench.catalogue.values import check, expected, shown
from workbench.core.diagnostic import Problem
from workbench.document.graph import Value
from workbench.session.searching.ranges import MOST_VALUES, Range, Values, Wanted, read_range, spelled

_ON, _OFF = ("on", "true", "yes"), ("off", "false", "no")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a setting stands: two settings with one target are the same one.

    `kind` is "recipe", "chosen" (`node`: the field of the recipe), "data", "augmentation" (`node`: its id, `index`: its
    place) or "node" (`block`: the definition the node stands in, "" for the network).
    """

    kind: str
    param: str
    node: str = ""
    block: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """`id` is how it is named on the command line and in the record of a search ("recipe.optimizer.lr",
    "stage_1/conv2d_1.filters"); `group` is what it belongs to, in words; `wanted` is what is tried where nobody says.
    """

    id: str
    title: str
    group: str
    param: Param
    value: Value
    wanted: Wanted
    target: Target

    @property
    def name(self) -> str:
        """The setting with what it belongs to: "Conv 2D 1: filters"; those of the recipe go by their title."""
        if self.target.kind in ("recipe", "chosen", "data"):
            return self.title
        group = self.group.removeprefix("Augmentation: ")
        return f"{group}: {self.title.lower() if self.title[1:2].islower() else self.title}"

    @property
    def is_number(self) -> bool:
        """Whether a range makes sense of it."""
        return self.param.kind in (Kind.INT, Kind.FLOAT)

    @property
    def is_whole(self) -> bool:
        return self.param.kind is Kind.INT

    @property
    def is_searchable(self) -> bool:
        return self.param.kind is not Kind.TEXT

    def words_of(self, value: Value) -> str:
        """A value as people read it: an optimizer's title in place of its id."""
        return dict(self.param.choices).get(value, spelled(value)) if isinstance(value, str) else spelled(value)

    def read(self, text: str) -> Wanted:
        """What a person typed: "1e-4..1e-1:log" or "16, 32, 64". Raises `Problem` with what fits instead."""
        wanted = read_range(text) if self.is_number else None
        if wanted is not None:
            return self.fitting(wanted)
        words = [word.strip() for word in text.split(",") if word.strip()]
        return self.fitting(Values(tuple(self._value(word) for word in words)))

    def fitting(self, wanted: Wanted) -> Wanted:
        """`wanted` with its values in the form the setting has. Raises `Problem` where some do not fit."""
        if isinstance(wanted, Values):
            if not 1 <= len(wanted.values) <= MOST_VALUES:
                raise Problem.of(
                    "search.values",
                    f"“{self.name}” is given {len(wanted.values)} values to try. Give 1 to {MOST_VALUES}.",
                    param=self.id,
                )
            return Values(tuple(dict.fromkeys(self._fit(value) for value in wanted.values)))
        if not self.is_number:
            raise Problem.of(
                "search.range",
                f"“{self.name}” takes {expected(self.param)}, so it has no range. List the values to try, with commas.",
                param=self.id,
            )
        for value in (wanted.low, wanted.high, wanted.step or wanted.low):
            if self.is_whole and not float(value).is_integer():
                raise self._misfit(value)
        self._fit(wanted.low)
        self._fit(wanted.high)
        return wanted

    def _fit(self, value: Value) -> Value:
        probe = Declaration(id="searched", title=self.name, summary="", params=(self.param,))
        values, problems = check(probe, {self.param.id: value})
        if problems:
            raise self._misfit(value)
        found: Value = values[self.param.id]
        return found

    def _misfit(self, value: Value) -> Problem:
        return Problem.of(
            "search.value",
            f"“{self.name}” takes {expected(self.param)}, not {shown(value)}. Give the search values that fit.",
            param=self.id,
        )

    def _value(self, word: str) -> Value:
        """One value as it is typed."""
        kind = self.param.kind
        if self.param.optional and word == "none":
            return None
        if kind is Kind.BOOL:
            lower = word.lower()
            return True if lower in _ON else False if lower in _OFF else word
        if kind is Kind.CHOICE:
            if any(word == value for value, _words in self.param.choices):
                return word
            return {words.lower(): value for value, words in self.param.choices}.get(word.lower(), word)
        if kind in (Kind.INTS, Kind.PADDING) and "x" in word:
            parts = [part.strip() for part in word.replace("×", "x").split("x")]
            return tuple(int(part) for part in parts) if all(map(_is_whole, parts)) else word
        if kind is Kind.FLOAT or not _is_whole(word):
            try:
                number = float(word)
            except ValueError:
                return word
            return number if math.isfinite(number) else word
        return int(word)


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isascii() and text.removeprefix("-").isdecimal() and len(text) < 16


_SUGGESTED: dict[str, Wanted] = {
    "weight_decay": Range(1e-6, 1e-2, log=True),
    "momentum": Range(0.5, 0.99),
    "beta1": Values((0.8, 0.9, 0.95)),
    "beta2": Values((0.98, 0.99, 0.999)),
    "eps": Range(1e-10, 1e-4, log=True),
    "warmup": Values((0.0, 0.05, 0.1, 0.2)),
    "final": Values((0.0, 0.01, 0.1)),
    "label_smoothing": Values((0.0, 0.05, 0.1, 0.2)),
}


def suggested(param: Param, value: Value) -> Wanted:
    """What a search tries of a parameter where nobody says: around what it is now, within what fits."""
    if param.kind is Kind.CHOICE:
        return Values(tuple(choice for choice, _words in param.choices) or (value,))
    if param.kind is Kind.BOOL:
        return Values((False, True))
    if param.kind is Kind.PADDING:
        return Values(("same", "valid"))
    if isinstance(value, tuple):
        whole = [v for v in value if isinstance(v, int)]
        low = 1 if param.minimum is None else int(param.minimum)
        smaller = tuple(max(low, v - 2) for v in whole)
        larger = tuple(v + 2 if param.maximum is None else min(int(param.maximum), v + 2) for v in whole)
        return Values(tuple(dict.fromkeys((smaller, tuple(whole), larger))) if len(whole) == len(value) else (value,))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Values((value,))
    if param.id in _SUGGESTED:
        return _SUGGESTED[param.id]
    if param.id == "lr":
        return Range(_short(value / 10), _short(value * 10), log=True)
    return _around(param, float(value))


def _around(param: Param, value: float) -> Wanted:
    """Half to double a whole number; all of a share; else a quarter to four times."""
    low = -math.inf if param.minimum is None else param.minimum
    high = math.inf if param.maximum is None else param.maximum
    if param.kind is Kind.INT:
        least, most = max(low, value // 2), min(high, value * 2)
        if least >= most:
            least, most = max(low, value - 1), min(high, value + 1)
        return Range(least, most, log=least >= 4) if least < most else Values((int(value),))
    if low >= 0 and high <= 1:
        return Range(low, min(high, 0.9))
    if value > 0:
        return Range(max(low, _short(value / 4)), min(high, _short(value * 4)), log=True)
    return Range(max(low, -1.0), min(high, 1.0)) if max(low, -1.0) < min(high, 1.0) else Values((value,))


def _short(value: float) -> float:
    """Without the digits that a division left behind."""
    return float(f"{value:.3g}")
