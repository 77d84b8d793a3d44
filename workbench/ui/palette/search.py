"""Which layers a few typed letters mean, best first."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.catalogue.declaration import Layer


def find(query: str, layers: Iterable[Layer]) -> list[Layer]:
    """Layers that match every word of `query`, best first; all of them, in order, for an empty query."""
    words = query.casefold().split()
    if not words:
        return list(layers)
    scored = ((score(words, layer), place, layer) for place, layer in enumerate(layers))
    return [layer for rank, _, layer in sorted((s, p, la) for s, p, la in scored if s is not None)]


def score(words: list[str], layer: Layer) -> tuple[int, int] | None:
    """How far a layer is from what was typed, lower is better: (kind of match, length of the title). None: no match."""
    worst = 0
    for word in words:
        best = _of_word(word, layer)
        if best is None:
            return None
        worst = max(worst, best)
    return worst, len(layer.title)


def _of_word(word: str, layer: Layer) -> int | None:
    title = layer.title.casefold()
    if title.startswith(word):
        return 0
    if any(part.startswith(word) for part in title.replace("-", " ").split()):
        return 1
    if any(keyword.casefold().startswith(word) for keyword in layer.keywords) or layer.id.startswith(word):
        return 2
    if word in title or word in layer.id:
        return 3
    if any(word in keyword.casefold() for keyword in layer.keywords):
        return 4
    if in_order(word, title):
        return 5
    return 6 if str(layer.category).startswith(word) else None


def in_order(letters: str, text: str) -> bool:
    """Whether all letters occur in the text in this order: "mp2" in "max pool 2d"."""
    rest = iter(text)
    return all(letter in rest for letter in letters)
