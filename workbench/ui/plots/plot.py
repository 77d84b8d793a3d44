"""A plot of curves that grow: a title, the series' names that read their values at the cursor, and the lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QContextMenuEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from workbench.core.words import number
from workbench.ui.bridge import Bridge
from workbench.ui.parts import save_view
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.plots.series import Series
from workbench.ui.plots.ticks import log_range, plain, x_end, y_range
from workbench.ui.theme import GAP, mark

if TYPE_CHECKING:
    from workbench.ui.plots.surface import Surface, Words


def plain_value(value: float) -> str:
    """A value as the reading line says it: three decimals, or digits and a power where it is small."""
    return f"{value:.3f}" if 0.01 <= abs(value) < 1000 else f"{value:.2e}" if 0 < abs(value) < 0.01 else number(value)


class _Name(ElidedLabel):
    """The name of a series, in its colour; where many share the line each gives way."""

    def __init__(self, name: str) -> None:
        super().__init__("label")
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setText(name)

    def paint_in(self, color: QColor) -> None:
        self.setStyleSheet(f"color: {color.name()}; font-weight: 600;")


class _Place(ElidedLabel):
    """Where the reading line stands; said whole or not at all, for the values beside it matter more."""

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.fontMetrics().horizontalAdvance(self.text()) <= self.contentsRect().width():
            super().paintEvent(event)


class CurvePlot(QWidget):
    """Curves over a shared x axis. `append` is cheap and draws nothing; `refresh` draws what changed, while visible.

    `cursorMoved(x)` tells where the reading line stands (None: nowhere), so that plots of the same x can follow
    (`show_cursor`).
    """

    cursorMoved = Signal(object)

    def __init__(
        self,
        bridge: Bridge,
        title: str,
        x_unit: str = "step",
        *,
        y_words: Words = plain,
        y_value: Callable[[float], str] = plain_value,
        y_limits: tuple[float, float] | None = None,
        x_log: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._x_log = x_log
        self._bridge, self._title_text, self._x_unit = bridge, title, x_unit
        self._y_words, self._y_value, self.y_limits = y_words, y_value, y_limits
        self._series: dict[str, Series] = {}
        self._names: dict[str, _Name] = {}
        self._surface: Surface | None = None
        self._changed = True
        self._log = False
        self._cursor: float | None = None
        self.x_total: float | None = None
        self._title = QLabel(title)
        mark(self._title, role="group")
        self._place = _Place("label")
        self._head = QHBoxLayout()
        self._head.setContentsMargins(0, 0, 0, 0)
        self._head.setSpacing(2 * GAP)
        self._head.addWidget(self._title)
        self._head.addWidget(self._place, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(self._head)
        self._column.addStretch(1)
        self.setMinimumSize(180, 120)
        self.setAccessibleName(f"{title} over {x_unit}")
        bridge.themeChanged.connect(self._restyle)

    # --- what is drawn -----------------------------------------------------------------------------------------------

    def add_series(
        self,
        key: str,
        name: str,
        color: Callable[[], QColor],
        *,
        smooth: bool = False,
        keep: float = 0.9,
        ghost: bool = True,
        width: float = 2.0,
        named: bool = True,
    ) -> Series:
        """A new curve; `color` is asked again when the theme changes. See `Series` for the rest.

        One that is not `named` has no name above the plot, as the companion of one that has.
        """
        series = self._series[key] = Series(name, color, smooth, keep, ghost, width)
        self._changed = True
        if not named:
            return series
        label = self._names[key] = _Name(name)
        self._head.addWidget(label)
        self._paint_name(key)
        self._changed = True
        return series

    def drop_series(self, key: str) -> None:
        if self._series.pop(key, None) is None:
            return
        if (label := self._names.pop(key, None)) is not None:
            self._head.removeWidget(label)
            label.deleteLater()
        if self._surface is not None:
            self._surface.drop(key)
            self._surface.drop(f"{key}:ghost")
        self._changed = True

    def clear(self, key: str, *, keep: float = 0.9) -> None:
        """Forget a series' points. `keep` is how much the smoothed line remembers from point to point."""
        series = self._series[key]
        self._series[key] = Series(series.name, series.color, series.smooth, keep, series.ghost, series.width)
        if self._surface is not None:
            self._surface.drop(key)
            self._surface.drop(f"{key}:ghost")
            self._surface.follows = True
        self._changed = True

    def smoothen(self, key: str, keep: float) -> None:
        """Smooth a series more or less than before; see `Series.smoothen`."""
        self._series[key].smoothen(keep)
        self._changed = True

    @property
    def series(self) -> dict[str, Series]:
        return self._series

    def append(self, key: str, x: ArrayLike, y: ArrayLike) -> None:
        self._series[key].append(x, y)
        self._changed = True

    def set_log(self, on: bool) -> None:
        """A logarithmic y axis; values at or below zero become gaps."""
        if on != self._log:
            self._log = on
            self._changed = True
            self.refresh()

    @property
    def surface(self) -> Surface | None:
        """The drawing area, once something was drawn."""
        return self._surface

    @property
    def log(self) -> bool:
        return self._log

    def _restyle(self, _theme: object = None) -> None:
        for key in self._names:
            self._paint_name(key)
        if self._surface is not None:
            self._surface.restyle()
        self._changed = True
        self.refresh()

    def _paint_name(self, key: str) -> None:
        series = self._series[key]
        self._names[key].paint_in(series.color())

    def prepare(self) -> None:
        """Load what drawing needs, ahead of the first curve."""
        if self._surface is None:
            self._build()

    # --- drawing -----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw what changed since the last time; nothing while hidden."""
        if not self._changed or not self._is_seen or not any(len(s.raw) for s in self._series.values()):
            return
        surface = self._surface or self._build()
        self._changed = False
        surface.set_log(self._log)
        spans = [s.raw.span() for s in self._series.values() if len(s.raw)]
        starts, ends = [s[0] for s in spans if s], [s[1] for s in spans if s]
        whole = (min(starts), x_end(max(ends), self.x_total))
        if whole[1] <= whole[0]:
            whole = (whole[0] - 0.5, whole[0] + 0.5)
        shown = whole if surface.follows else surface.x_range()
        pixels = surface.pixels
        extent: list[tuple[float, float]] = []
        for key, series in self._series.items():
            if series.smooth and series.ghost and series.keep:
                extent += self._draw_ghost(surface, f"{key}:ghost", series, pixels, shown)
            elif series.smooth:
                surface.drop(f"{key}:ghost")
            extent += self._draw_line(surface, key, series, pixels, shown)
        if extent:
            low, high = min(e[0] for e in extent), max(e[1] for e in extent)
            low, high = log_range(low, high) if self._log else y_range(low, high)
            if self.y_limits is not None and not self._log:
                low, high = max(low, self.y_limits[0]), min(high, self.y_limits[1])
            surface.show_range(whole if surface.follows else None, (low, high))
        self._read_cursor()

    def _draw_line(
        self, surface: Surface, key: str, series: Series, pixels: int, shown: tuple[float, float]
    ) -> list[tuple[float, float]]:
        """The curve itself; gives the range it asks for."""
        if series.smooth and series.keep:
            x, y = series.line.middle(pixels // 2, *shown)
        elif (band := series.raw.band(pixels, *shown)) is not None:
            surface.draw_band(key, *band, series.color(), series.width)
            return _extent(np.concatenate(band[1:]), 0.0, self._log)
        else:
            x, y = series.raw.read(pixels, *shown)
        surface.draw(key, x, y, series.color(), series.width)
        return _extent(y, 0.0, self._log)

    def _draw_ghost(
        self, surface: Surface, key: str, series: Series, pixels: int, shown: tuple[float, float]
    ) -> list[tuple[float, float]]:
        """The raw values, faint behind their smoothed line; gives the range they ask for."""
        faint = _mixed(series.color(), self._bridge.theme.color("panel"))
        band = series.raw.band(pixels, *shown)
        if band is None:
            x, y = series.raw.read(pixels, *shown)
            surface.draw(key, x, y, faint, 1.0)
            return _extent(y, 2.0, self._log)
        surface.draw_band(key, *band, faint)
        return _extent(np.concatenate(band[1:]), 2.0, self._log)

    @property
    def _is_seen(self) -> bool:
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def _build(self) -> Surface:
        from workbench.ui.plots.surface import Surface

        surface = self._surface = Surface(self._bridge.theme, self._x_unit, self._y_words, self, x_log=self._x_log)
        surface.setAccessibleName(f"{self._title_text}: curves over {self._x_unit}")
        surface.setAccessibleDescription("Left and right arrow keys move the reading line; a double click shows all.")
        surface.hovered.connect(self._hover)
        surface.stepped.connect(self._step_cursor)
        surface.viewMoved.connect(self._again)
        surface.resized.connect(self._again)
        self._column.takeAt(1)
        self._column.addWidget(surface, 1)
        surface.show()
        self._column.activate()
        return surface

    def _again(self) -> None:
        self._changed = True
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    # --- reading -----------------------------------------------------------------------------------------------------

    def _hover(self, x: float | None) -> None:
        self.show_cursor(x)
        self.cursorMoved.emit(x)

    def show_cursor(self, x: float | None) -> None:
        """Read all series at x; None reads nothing."""
        if x != self._cursor:
            self._cursor = x
            self._read_cursor()

    def _step_cursor(self, steps: int) -> None:
        """Move the reading line by points of the longest curve's drawing, so that a key press is always visible."""
        if self._surface is None:
            return
        low, high = self._surface.x_range()
        if abs(steps) > 1:
            self._cursor = low if steps < 0 else high
        else:
            now = self._cursor if self._cursor is not None else low
            self._cursor = min(max(now + steps * (high - low) / 100, low), high)
        self._read_cursor()
        self.cursorMoved.emit(self._cursor)

    def _read_cursor(self) -> None:
        if self._surface is None:
            return
        x, longest = self._cursor, max(self._series.values(), key=lambda s: len(s.raw), default=None)
        near = longest.front.at(x) if x is not None and longest is not None else None
        self._surface.set_cursor(None if near is None else near[0])
        self._place.setText("" if near is None else f"{self._x_unit} {_place_words(near[0])}")
        read = []
        for key, series in self._series.items():
            point = None if near is None else series.front.at(near[0])
            text = series.name if point is None else f"{series.name} {self._y_value(point[1])}"
            if key in self._names and text != self._names[key].text():
                self._names[key].setText(text)
            if point is not None:
                read.append(text)
        self.setAccessibleDescription(", ".join([self._place.text(), *read]) if read else "")

    @property
    def reading(self) -> dict[str, str]:
        """What each series' name says now."""
        return {key: label.text() for key, label in self._names.items()}

    # --- taking it elsewhere -----------------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        log = QAction("Logarithmic axis", menu, checkable=True, checked=self._log)
        log.toggled.connect(self.set_log)
        copy = QAction("Copy values", menu)
        copy.triggered.connect(self.copy_values)
        save = QAction("Save picture…", menu)
        save.triggered.connect(self.ask_and_save)
        menu.addActions([log, copy, save])
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def copy_values(self) -> None:
        """Every point of every series as tab-separated text on the clipboard."""
        QApplication.clipboard().setText(self.as_text())

    def as_text(self) -> str:
        """A table: series, x, value."""
        rows = [f"series\t{self._x_unit}\t{self._title_text.lower()}"]
        for series in self._series.values():
            rows += [f"{series.name}\t{x:.10g}\t{y:.10g}" for x, y in zip(series.raw.x, series.raw.y, strict=True)]
        return "\n".join(rows) + "\n"

    def ask_and_save(self) -> None:
        save_view.ask_and_save(self, self._bridge, self._title_text.lower())

    def sizeHint(self) -> QSize:
        return QSize(320, 220)


def _extent(y: np.ndarray, cut: float, log: bool) -> list[tuple[float, float]]:
    """The range a line asks for; a ghost's wildest `cut` per cent above do not count (its smoothed line does)."""
    finite = y[np.isfinite(y)]
    if log:
        finite = finite[finite > 0]
    if not finite.size:
        return []
    high = np.percentile(finite, 100 - cut) if cut else finite.max()
    return [(float(finite.min()), float(high))]


def _mixed(color: QColor, ground: QColor, share: float = 0.35) -> QColor:
    """`share` of a colour on a ground, opaque: what is drawn with it costs no blending."""
    parts = zip(color.getRgbF()[:3], ground.getRgbF()[:3], strict=True)  # type: ignore[index]
    return QColor.fromRgbF(*(share * c + (1 - share) * g for c, g in parts))


def _place_words(x: float) -> str:
    return f"{x:,.0f}" if x == int(x) else f"{x:,.2f}"
