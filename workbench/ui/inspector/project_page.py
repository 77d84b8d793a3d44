"""What the inspector shows when nothing is selected: the project's totals, its recipe, its data."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from workbench.core.diagnostic import Diagnostic, Fix
from workbench.document.project import DataSettings
from workbench.ui.bridge import Bridge
from workbench.ui.inspector import facts
from workbench.ui.inspector.augmentations import AugmentationSummary
from workbench.ui.inspector.facts_row import FactsRow
from workbench.ui.inspector.form import Form
from workbench.ui.inspector.preparing import PICTURES, SPLIT, with_data
from workbench.ui.inspector.recipe_page import RecipePage
from workbench.ui.parts.divider import divider
from workbench.ui.theme import GAP, MARGIN, mark


class ProjectPage(QWidget):
    """Totals, recipe and data settings of the open project; every change is one undo step."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        theme = bridge.theme
        self.totals = facts.FactTable()
        self.on_cards = FactsRow(bridge)
        self.recipe = RecipePage(bridge)
        self.split = Form(SPLIT, theme)
        self.pictures = Form(PICTURES, theme)
        self.augmentations = AugmentationSummary(bridge)
        self._of_pictures = (_heading("Pictures"), self.pictures, _heading("Augmentations"), self.augmentations)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, GAP, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(self.totals)
        column.addWidget(self.on_cards)
        column.addWidget(divider())
        column.addWidget(_heading("Recipe"))
        column.addWidget(self.recipe)
        column.addWidget(divider())
        column.addWidget(_heading("Splits"))
        column.addWidget(self.split)
        for widget in self._of_pictures:
            column.addWidget(widget)
        column.addStretch(1)
        self.split.edited.connect(self._edit_data)
        self.pictures.edited.connect(self._edit_data)
        for form in (self.split, self.pictures):
            form.fixChosen.connect(self._fix)

    def refresh(self) -> None:
        """Show the project as it is now."""
        session = self._bridge.session
        if session is None:
            return
        project = session.project
        self.totals.show_facts(facts.of_project(project, session.whole))
        self.recipe.refresh()
        for form, params in ((self.split, SPLIT), (self.pictures, PICTURES)):
            form.show_values({param.id: getattr(project.data, param.id) for param in params})
        for widget in self._of_pictures:
            widget.setVisible(session.samples_kind.id == "pictures")
        self.augmentations.show_list(project.data.augmentations)
        for part in (self.split, self.pictures):
            part.setEnabled(not session.read_only)
        self.show_problems(session.problems)

    def show_problems(self, problems: tuple[Diagnostic, ...]) -> None:
        """Put problems that name a setting of the recipe or the pictures under its field."""
        free = [d for d in problems if d.node is None]
        self.recipe.show_problems(problems)
        for form in (self.split, self.pictures):
            form.show_problems(free)

    def restyle(self) -> None:
        for part in (self.recipe, self.split, self.pictures, self.augmentations):
            part.restyle()

    def _fix(self, fix: Fix) -> None:
        session = self._bridge.session
        if session is not None and (refused := session.apply_fix(fix)) is not None:
            self._bridge.notify(refused)

    def _edit_data(self, param: str, value: Any, gesture: str) -> None:
        if (session := self._bridge.session) is not None:
            self._set_data(f"Change {_title(param)}", with_data(session.project.data, param, value), gesture)

    def _set_data(self, label: str, data: DataSettings, gesture: str) -> None:
        if (session := self._bridge.session) is not None:
            session.change(label, data=data, gesture=gesture or None)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    mark(label, role="strong")
    return label


def _title(param: str) -> str:
    return next((p.title.lower() for p in (*SPLIT, *PICTURES) if p.id == param), param)
