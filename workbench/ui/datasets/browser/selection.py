"""Which samples are chosen, which one the keyboard is at, and where a range began; by their numbers in the data set, so
that sorting and filtering do not lose them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Selection:
    """A set of sample numbers below `count`."""

    def __init__(self, count: int = 0) -> None:
        self._chosen = np.zeros(count, np.bool_)
        self.current: int | None = None
        self.anchor: int | None = None

    def __len__(self) -> int:
        return int(self._chosen.sum())

    def __contains__(self, number: int) -> bool:
        return bool(self._chosen[number])

    @property
    def capacity(self) -> int:
        """How many samples there are to choose from."""
        return len(self._chosen)

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The chosen samples, ascending."""
        return np.flatnonzero(self._chosen)

    def clear(self) -> None:
        self._chosen[:] = False

    def choose(self, numbers: NDArray[np.int64] | list[int], *, add: bool = False) -> None:
        """Exactly these; with `add` these as well."""
        if not add:
            self.clear()
        self._chosen[numbers] = True

    def only(self, number: int) -> None:
        """This one alone; a range begins here."""
        self.choose([number])
        self.current = self.anchor = number

    def toggle(self, number: int) -> None:
        """Choose it or let it go; a range begins here."""
        self._chosen[number] = not self._chosen[number]
        self.current = self.anchor = number

    def restrict(self, numbers: NDArray[np.int64]) -> bool:
        """Let go of what is not among these, the current one too. True if anything was let go."""
        shown = np.zeros(len(self._chosen), np.bool_)
        shown[numbers] = True
        gone = bool((self._chosen & ~shown).any())
        self._chosen &= shown
        if self.current is not None and not shown[self.current]:
            self.current, gone = None, True
        if self.anchor is not None and not shown[self.anchor]:
            self.anchor = None
        return gone
