"""The selected layer in pictures: its learned filters, and its strongest maps of the chosen picture."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from workbench.core.words import count
from workbench.session.state import Views
from workbench.ui.bridge import Bridge
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.theme import GAP, MARGIN, mark
from workbench.ui.viewers.filters import FiltersView
from workbench.ui.viewers.layer_view import LayerView


class PicturesPage(QWidget):
    """Follows the session's views for one node; says what to do where there is nothing to show."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._node: str | None = None
        self._maps_title = QLabel("Feature maps")
        self._filters_title = QLabel("Filters")
        for label in (self._maps_title, self._filters_title):
            mark(label, role="strong")
        self.maps = LayerView(bridge)
        self.maps.setMinimumHeight(160)
        self.filters = FiltersView(bridge)
        self._empty = EmptyState(bridge, "eye", "", "")
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, GAP, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(self._filters_title)
        column.addWidget(self.filters)
        column.addWidget(self._maps_title)
        column.addWidget(self.maps, 1)
        column.addWidget(self._empty, 1)

    def show_node(self, node: str | None, views: Views | None) -> None:
        """Show what the views hold for a node (None: nothing is selected)."""
        self._node = node
        maps = views.maps.get(node) if views is not None and node is not None else None
        filters = views.filters.get(node) if views is not None and node is not None else None
        self.filters.set_filters(filters)
        self.filters.setVisible(filters is not None)
        self._filters_title.setVisible(filters is not None)
        if filters is not None:
            self._filters_title.setText(f"{count(len(filters), 'filter')}")
        self.maps.setVisible(maps is not None)
        self._maps_title.setVisible(maps is not None)
        if maps is not None and node is not None:
            self.maps.show_values(node, maps)
        self._empty.setVisible(maps is None and filters is None)
        if node is None:
            self._empty.set_words("Select one layer", "Its filters and feature maps are shown here.")
        else:
            self._empty.set_words(
                "No pictures yet", "Choose a folder of pictures in Data, then this layer shows what it makes of one."
            )
