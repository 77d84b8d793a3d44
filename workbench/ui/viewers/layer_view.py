"""What one layer makes of the chosen picture: maps as a mosaic, numbers as bars, each on a scale that holds still."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QStackedLayout, QWidget

from workbench.inspection.scale import Scale
from workbench.ui.bridge import Bridge
from workbench.ui.viewers.mosaic_view import MosaicView
from workbench.ui.viewers.vector_view import COLUMNS, VectorView, words_of


class LayerView(QWidget):
    """`show_values` takes a layer's output for one sample: C × H × W, L × D, or N."""

    read = Signal(str)  # what stands under the pointer, in words; "" for nothing
    scaleChanged = Signal(object)  # Scale | None

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.mosaic = MosaicView(bridge)
        self.vector = VectorView(bridge)
        self._nothing = QWidget()
        self._scales: dict[tuple[str, tuple[int, ...]], Scale] = {}
        self._shown: tuple[str, tuple[int, ...]] | None = None
        self._values: NDArray[np.floating] | None = None
        self._names: Sequence[str] = ()
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        for view in (self._nothing, self.mosaic, self.vector):
            self._stack.addWidget(view)
        self.mosaic.hovered.connect(self._read_map)
        self.vector.hovered.connect(self._read_unit)

    @property
    def scale(self) -> Scale | None:
        return None if self._shown is None else self._scales[self._shown]

    def forget_scales(self) -> None:
        """Other weights or another run: fit anew at the next values."""
        self._scales.clear()
        self._shown = None

    def fit(self) -> None:
        """Fit the scale to the values shown now."""
        if self._shown is not None and self._values is not None:
            shown = self._shown[0]
            del self._scales[self._shown]
            self.show_values(shown, self._values, self._names)

    def show_values(self, node: str, values: NDArray[np.floating] | None, names: Sequence[str] = ()) -> None:
        """The layer's newest output, or None when there is none."""
        self._values, self._names = values, names
        if values is None or not values.size:
            self._stack.setCurrentWidget(self._nothing)
            self.mosaic.show_maps(None, Scale(0.0, 1.0))
            self._set_shown(None)
            return
        key = (node, values.shape)
        before = self._scales.get(key)
        scale = Scale.around(values) if before is None else before.kept(values)
        self._scales[key] = scale
        if values.ndim == 1:
            self.vector.show_values(values, scale, names)
            self._stack.setCurrentWidget(self.vector)
        else:
            maps = values if values.ndim == 3 else values.reshape(-1, *values.shape[-2:])
            self.mosaic.show_maps(maps, scale)
            self._stack.setCurrentWidget(self.mosaic)
        self._set_shown(key, changed=scale != before)

    def _set_shown(self, key: tuple[str, tuple[int, ...]] | None, changed: bool = False) -> None:
        if key != self._shown or changed:
            self._shown = key
            self.scaleChanged.emit(self.scale if self.uses_colours else None)

    @property
    def uses_colours(self) -> bool:
        """Whether values are told by colour (a few plain numbers are told by length)."""
        return self._shown is not None and (self.is_mosaic or self.vector.values.size > COLUMNS)

    @property
    def is_mosaic(self) -> bool:
        return self._stack.currentWidget() is self.mosaic

    def to_image(self) -> QImage | None:
        """What is shown, for saving; None when nothing is."""
        if self._shown is None:
            return None
        return self.mosaic.to_image() if self.is_mosaic else self.vector.grab().toImage()

    def _read_map(self, reading: tuple[int, int, int, float] | None) -> None:
        if reading is None:
            self.read.emit("")
        else:
            channel, row, column, value = reading
            self.read.emit(f"channel {channel:,}  ·  {words_of(value)} at row {row:,}, column {column:,}")

    def _read_unit(self, reading: tuple[int, float] | None) -> None:
        if reading is None:
            self.read.emit("")
        else:
            unit, value = reading
            name = f"“{self._names[unit]}”" if unit < len(self._names) else f"unit {unit:,}"
            self.read.emit(f"{name}  ·  {words_of(value)}")
