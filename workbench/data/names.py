"""Classes whose names are nearly alike: most likely one class that was written in two ways."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count

MOST_TOLD = 50
"""Pairs that are told of; beyond that a number."""

MOST_SPELLED = 5_000
"""With more classes than that, no letters are compared."""

_WORD = re.compile(r"[^\W\d_]+|\d+")
_BETWEEN = re.compile(r"(?<=\w)[\s_\-.,'’]+(?=\w)|_+")
_AROUND = " \t\r\n_.,"
_SHORTEST_WORD, _SHORTEST_EXCHANGED = 5, 6

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Alike:
    """Two classes by their numbers, and in what way only their names differ. `sure` is False for what may well be two
    classes: singular and plural, or one letter."""

    first: int
    second: int
    how: str
    sure: bool


@lru_cache(maxsize=4)  # asked for again with each change of the settings
def alike(classes: tuple[str, ...]) -> tuple[Alike, ...]:
    """All pairs of classes that differ only in capital letters, accents, spaces and signs, in singular and plural, or
    by one letter, each pair once, those that are surely meant as one first."""
    found: dict[tuple[int, int], Alike] = {}
    for pair in _pairs(_grouped(classes, _plainest)):
        found[pair] = Alike(*pair, f"differ only in {_difference(classes[pair[0]], classes[pair[1]])}", True)
    for pair in _pairs(_grouped(classes, _singular)):
        found.setdefault(pair, Alike(*pair, "are singular and plural of one word", False))
    if len(classes) <= MOST_SPELLED:
        for pair in _one_letter_apart(classes):
            found.setdefault(pair, Alike(*pair, "differ by one letter only", False))
    return tuple(sorted(found.values(), key=lambda one: (not one.sure, one.first, one.second)))


def name_notes(classes: Sequence[str], counts: Sequence[int], one: str = "picture") -> tuple[Diagnostic, ...]:
    """A diagnostic for each pair of classes that are nearly alike, with the remedy that puts the smaller class into the
    larger. `counts` are the samples of each class, `one` is a sample in a word."""
    notes: list[Diagnostic] = []
    pairs = alike(tuple(classes))
    for pair in pairs[:MOST_TOLD]:
        small, large = sorted((pair.second, pair.first), key=lambda k: (classes[k] == classes[k].strip(), counts[k]))
        words = [f"“{_shown(classes[k])}” ({count(counts[k], one)})" for k in (pair.first, pair.second)]
        label = f"Put “{_shown(classes[small])}” into “{_shown(classes[large])}”"
        notes.append(
            Diagnostic(
                "data.class_names_alike" if pair.sure else "data.class_names_near",
                f"The classes {words[0]} and {words[1]} {pair.how}. If they are one class, put them together.",
                Severity.WARNING if pair.sure else Severity.INFO,
                fixes=(Fix(label, "merge_classes", {"from": classes[small], "into": classes[large]}),),
            )
        )
    if len(pairs) > MOST_TOLD:
        notes.append(
            Diagnostic(
                "data.class_names_more",
                f"{count(len(pairs) - MOST_TOLD, 'more pair')} of classes have names that are nearly alike.",
                Severity.INFO,
            )
        )
    return tuple(notes)


def _shown(name: str) -> str:
    plain = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in name)
    return plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 1]}…"


# --- what makes two names one -----------------------------------------------------------------------------------------


def _without_case(name: str) -> str:
    return name.casefold()


def _without_accents(name: str) -> str:
    parts = unicodedata.normalize("NFKD", name)
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


def _without_signs(name: str) -> str:
    """Without spaces, underscores, hyphens and points inside, unless they stand between digits; "C-" stays "C-"."""
    visible = "".join(c for c in name if unicodedata.category(c) != "Cf").strip(_AROUND)

    def between(match: re.Match[str]) -> str:
        before, after = visible[match.start() - 1 : match.start()], visible[match.end() : match.end() + 1]
        return " " if before.isdigit() and after.isdigit() else ""

    return _BETWEEN.sub(between, visible)


_CHANGES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("capital letters", _without_case),
    ("spaces and signs", _without_signs),
    ("accents", _without_accents),
)


def _plainest(name: str) -> str:
    return _without_case(_without_accents(_without_signs(name)))


def _difference(one: str, other: str) -> str:
    """The fewest kinds of difference that make the names unlike, in words."""
    for size in range(1, len(_CHANGES)):
        for chosen in combinations(_CHANGES, size):
            a, b = one, other
            for _words, change in chosen:
                a, b = change(a), change(b)
            if a == b:
                return " and ".join(words for words, _change in chosen)
    return "capital letters, accents, spaces and signs"


def _singular(name: str) -> str:
    words = _words(name)
    if not words or len(words[-1]) < 3:
        return ""
    last = words[-1]
    if last.endswith("ies") and len(last) > 4:
        last = f"{last[:-3]}y"
    elif last.endswith(("ses", "xes", "zes", "ches", "shes")):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith("ss") and len(last) > 3:
        last = last[:-1]
    return " ".join((*words[:-1], last))


def _words(name: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(_without_case(_without_accents(name))))


def _grouped(classes: Sequence[str], form: Callable[[str], str]) -> Iterable[list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for k, name in enumerate(classes):
        groups[form(name)].append(k)
    groups.pop("", None)
    return groups.values()


def _pairs(groups: Iterable[list[int]]) -> Iterator[tuple[int, int]]:
    """Each member of a group with the first one."""
    for group in groups:
        for other in group[1:]:
            yield group[0], other


def _one_letter_apart(classes: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Names with the same words but for one, which has a letter more, another letter, or two letters exchanged.

    Only long words count, "house" and "mouse" are no slip, and "type a" and "type b" are two types. Two words are one
    letter apart only if leaving out a letter of one or of both makes them equal, so only such are compared.
    """
    waiting: dict[tuple[str, ...], list[int]] = defaultdict(list)
    words = [_words(name) for name in classes]
    for k, own in enumerate(words):
        met: set[int] = set()
        for place, word in enumerate(own):
            if len(word) < _SHORTEST_WORD or not word.isalpha():
                continue
            shortened = (word[:at] + word[at + 1 :] for at in range(len(word)))
            for form in {word, *shortened}:
                key = (*own[:place], f"{form}*", *own[place + 1 :])
                met.update(waiting[key])
                waiting[key].append(k)
        for other in sorted(met - {k}):
            if _is_slip(words[other], own):
                yield other, k


def _is_slip(one: Sequence[str], other: Sequence[str]) -> bool:
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if len(differing) != 1:
        return False
    short, long = sorted(differing[0], key=len)
    if len(short) < len(long):
        return any(short == long[:at] + long[at + 1 :] for at in range(len(long)))
    unlike = [at for at, (a, b) in enumerate(zip(short, long, strict=True)) if a != b]
    if len(unlike) == 2:
        first, second = unlike
        return second == first + 1 and short[first] == long[second] and short[second] == long[first]
    return len(unlike) == 1 and unlike[0] > 0 and len(short) >= _SHORTEST_EXCHANGED
