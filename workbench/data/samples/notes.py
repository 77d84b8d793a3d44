"""Notes: questions, orders and reports, written by a seeded program from a small grammar.

    report    we can carry the bread to the station
    question  can we carry the bread to the station
    order     carry the bread to the station as well as we can

All three use the same words; which it is follows from their order. Clauses before and after, with auxiliaries and
people of their own, keep their numbers from giving it away: a linear model on counts of words stays far below a network
that reads.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

PER_CLASS = 600
CLASSES = ("order", "question", "report")

_PEOPLE = ("we", "you", "they", "the children", "the neighbours", "our friends", "the cooks", "the drivers")
_AUXILIARIES = ("can", "will", "should", "must", "may", "could")
_VERBS = ("carry", "bring", "send", "take", "leave", "show", "offer", "return")
_THINGS = (
    "the bread", "the warm soup", "the last onions", "the umbrellas", "the old map", "two tickets", "the blue suitcase",
    "the weather report", "the keys", "a bag of rice", "the timetable", "the picnic basket", "some lemons", "the tent",
    "the letter", "the winter coats",
)  # fmt: skip
_PLACES = (
    "to the station", "to the kitchen", "to the harbour", "to the airport", "to the market", "to the camp",
    "to the hotel", "to the garden", "to the bus stop", "to the mountain hut",
)  # fmt: skip
_TIMES = (
    "today", "tomorrow", "before lunch", "after the storm", "this evening", "at noon", "on sunday", "during the rain",
    "before the frost", "when the train arrives", "when the soup boils", "if it snows", "if the wind turns",
)  # fmt: skip
_BRIDGES = ("as", "so that", "because", "although", "where", "as well as", "while", "before", "if")


def texts() -> Iterator[tuple[str, str]]:
    """(path, text) of all notes, the classes taking turns."""
    for i in range(PER_CLASS):
        for k, name in enumerate(CLASSES):
            yield f"{name}/{i:04d}.txt", note(name, seed=i * len(CLASSES) + k) + "\n"


def note(name: str, seed: int) -> str:
    """One note of class `name`, in small letters without signs."""
    rng = np.random.default_rng([71042, seed])
    deed = f"{_one(rng, _VERBS)} {_one(rng, _THINGS)} {_one(rng, _PLACES)}"
    person, auxiliary = _one(rng, _PEOPLE), _one(rng, _AUXILIARIES)
    match name:
        case "report":
            core = f"{person} {auxiliary} {deed}"
        case "question":
            core = f"{auxiliary} {person} {deed}"
        case _:
            core = f"{deed} {_clause(rng)}"
    before = [_aside(rng) for _ in range(int(rng.integers(0, 2)))]
    after = [_clause(rng) if rng.random() < 0.45 else _one(rng, _TIMES) for _ in range(int(rng.integers(0, 3)))]
    return " ".join((*before, core, *after))


def _aside(rng: np.random.Generator) -> str:
    """What may stand before: a time, or another clause, whose end says nothing of what follows."""
    return _one(rng, _TIMES) if rng.random() < 0.5 else _clause(rng)


def _clause(rng: np.random.Generator) -> str:
    """Somebody can do something too: people and auxiliaries that are not the note's own."""
    return f"{_one(rng, _BRIDGES)} {_one(rng, _PEOPLE)} {_one(rng, _AUXILIARIES)}"


def _one(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]
