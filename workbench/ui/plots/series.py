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
    """One curve. With `smooth` a smoothed line stands in front, and with `ghost` the raw values behind it.

    `keep` is how much the smoothed line remembers from point to point; `width` is that of the line, in pixels.
    """

    name: str
    color: Callable[[], QColor]
    smooth: bool = False
    keep: float = 0.9
    ghost: bool = True
    width: float = 2.0
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

    def smoothen(self, keep: float) -> None:
        """Smooth all points anew, more or less than before; a `keep` of 0 leaves them as they are."""
        if keep != self.keep:
            self.keep = keep
            self._smoother = Smoother(keep)
            self.line.clear()
            if self.smooth:
                self.line.append(self.raw.x, self._smoother.feed(self.raw.y))

    @property
    def front(self) -> Pyramid:
        """What the cursor reads and the range is fitted to."""
        return self.line if self.smooth else self.raw
