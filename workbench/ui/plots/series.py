"""One curve of a plot: its points, its smoothed line, its name and colour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from numpy.typing import ArrayLike
from PySide6.QtGui import QColor

from workbench.ui.plots.pyramid import Pyramid
from workbench.ui.plots.smoothing import Smoother


@dataclass
class Series:
    """One curve. With `smooth` the raw values are a ghost and the smoothed line stands in front."""

    name: str
    color: Callable[[], QColor]
    smooth: bool = False
    keep: float = 0.9
    raw: Pyramid = field(default_factory=Pyramid)
    line: Pyramid = field(default_factory=Pyramid)

    def __post_init__(self) -> None:
        self._smoother = Smoother(self.keep)

    def append(self, x: ArrayLike, y: ArrayLike) -> None:
        """Add points (x never runs backwards)."""
        before = len(self.raw)
        self.raw.append(x, y)
        if self.smooth:
            self.line.append(self.raw.x[before:], self._smoother.feed(self.raw.y[before:]))

    @property
    def front(self) -> Pyramid:
        """What the cursor reads and the range is fitted to."""
        return self.line if self.smooth else self.raw
