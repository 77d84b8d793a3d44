"""The recipe: what most people set first, the learning rate as a curve, and everything else in folded groups."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.catalogue.declaration import Declaration, Param
from workbench.catalogue.recipe import CHOSEN, COURSE, END, MACHINE, SETTINGS, STEP
from workbench.catalogue.registry import INITIALISATIONS, METRICS, OPTIMIZERS, SCHEDULES
from workbench.core.diagnostic import Diagnostic, Fix
from workbench.core.words import number
from workbench.document.project import Chosen, Recipe
from workbench.session.recipe.rate_curve import rate_curve
from workbench.session.recipe.settings import kinds_of, metrics_of
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.inspector.chosen import ChosenEditor
from workbench.ui.inspector.fold import Fold
from workbench.ui.inspector.form import Form
from workbench.ui.inspector.metrics_choice import MetricsChoice
from workbench.ui.inspector.rate_plot import RatePlot
from workbench.ui.theme import GAP

_TABLES = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES, "initialisation": INITIALISATIONS}


class RecipePage(QWidget):
    """Every change is one undo step."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        theme = bridge.theme
        self.course = Form(COURSE.params, theme)
        self.step = Form(STEP.params, theme)
        self.end = Form(END.params, theme)
        self.machine = Form(MACHINE.params, theme)
        self.chosen = {
            field: ChosenEditor(field.capitalize(), CHOSEN[field], dict(table), theme, field)
            for field, table in _TABLES.items()
        }
        self.plot = RatePlot(theme)
        self.metrics = MetricsChoice(METRICS)
        self.folds = {group.id: _fold(group, bridge) for group in (STEP, END, MACHINE)}
        self.folds["start"] = Fold("Start", "What the weights begin with.", theme)
        for fold, parts in (
            ("step", (self.step,)),
            ("end", (self.end, self.metrics)),
            ("start", (self.chosen["initialisation"],)),
            ("machine", (self.machine,)),
        ):
            for part in parts:
                self.folds[fold].body.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for widget in (self.course, self.chosen["optimizer"], self.chosen["schedule"], self.plot):
            column.addWidget(widget)
        for name in ("step", "end", "start", "machine"):
            column.addWidget(self.folds[name])
        for form in self.forms:
            form.edited.connect(self._edit)
            form.fixChosen.connect(self._fix)
        for editor in self.chosen.values():
            editor.edited.connect(self._choose)
            editor.fixChosen.connect(self._fix)
            editor.varyAsked.connect(self._vary)
        for form in (self.course, self.step):
            form.offer_search()
            form.varyAsked.connect(self._vary)
        self.metrics.edited.connect(self._measure)

    def _vary(self, setting: str) -> None:
        self._bridge.vary(f"recipe.{setting}")

    @property
    def forms(self) -> tuple[Form, ...]:
        return self.course, self.step, self.end, self.machine

    def refresh(self) -> None:
        """Show the recipe as it is now."""
        session = self._bridge.session
        if session is None:
            return
        recipe = session.project.recipe
        values = {name: getattr(recipe, name) for name in SETTINGS}
        for form in self.forms:
            form.show_values(values)
        for field, editor in self.chosen.items():
            editor.show_chosen(getattr(recipe, field))
        self.metrics.show_metrics(recipe.metrics, metrics_of(kinds_of(session.project.graph)))
        self.plot.show_curve(rate_curve(recipe, _batches(session)))
        for group in (STEP, END, MACHINE):
            measured = [METRICS[name].title for name in recipe.metrics if group is END and name in METRICS]
            self.folds[group.id].say(", ".join((*_said(group, recipe), *measured)))
        start = INITIALISATIONS.get(recipe.initialisation.id)
        self.folds["start"].say(start.title if start is not None else recipe.initialisation.id)
        for part in (*self.forms, *self.chosen.values(), self.metrics):
            part.setEnabled(not session.read_only)

    def show_problems(self, problems: tuple[Diagnostic, ...]) -> None:
        """Put problems of the recipe under the fields they name; a fold with one of them opens."""
        free = tuple(d for d in problems if d.node is None)
        for form in self.forms:
            form.show_problems(free)
        for editor in self.chosen.values():
            editor.show_problems(free)
        named = {(d.param or "").partition(".")[0] for d in free}
        for fold, group in (("step", STEP), ("end", END), ("machine", MACHINE)):
            if named & {p.id for p in group.params}:
                self.folds[fold].open()
        if "initialisation" in named:
            self.folds["start"].open()

    def restyle(self) -> None:
        for form in self.forms:
            form.restyle()
        for editor in self.chosen.values():
            editor.restyle()
        for fold in self.folds.values():
            fold.restyle()
        self.plot.update()

    def _edit(self, param: str, value: Any, gesture: str) -> None:
        changed: dict[str, Any] = {param: value}
        self._set(f"Change {_title(param)}", changed, gesture)

    def _choose(self, chosen: Chosen, gesture: str) -> None:
        field = next(name for name, editor in self.chosen.items() if editor is self.sender())
        self._set(f"Change {field}", {field: chosen}, gesture)

    def _measure(self, metrics: tuple[str, ...]) -> None:
        self._set("Change metrics", {"metrics": metrics}, "")

    def _set(self, label: str, changed: dict[str, Any], gesture: str) -> None:
        if (session := self._bridge.session) is not None:
            session.change(label, recipe=replace(session.project.recipe, **changed), gesture=gesture or None)

    def _fix(self, fix: Fix) -> None:
        session = self._bridge.session
        if session is not None and (refused := session.apply_fix(fix)) is not None:
            self._bridge.notify(refused)


def _fold(group: Declaration, bridge: Bridge) -> Fold:
    return Fold(group.title, group.summary, bridge.theme)


def _title(param: str) -> str:
    title = SETTINGS[param].title
    return title[:1].lower() + title[1:]


def _said(group: Declaration, recipe: Recipe) -> Iterator[str]:
    """What of a group is not as it is without a person's doing: "clip gradients 1"."""
    for param in group.params:
        value = getattr(recipe, param.id)
        if value != param.default:
            yield _words(param, value)


def _words(param: Param, value: Any) -> str:
    words = dict(param.choices).get(value)
    title = param.title[:1].lower() + param.title[1:]
    if words is not None:
        return words if param.id in ("device", "precision", "layout") else f"{title} {words}"
    if isinstance(value, bool):
        return title
    return f"{title} {number(value)} {param.unit}".rstrip()


def _batches(session: Session) -> int | None:
    """How many batches an epoch has, where the samples are known."""
    dataset = session.data.dataset if session.data.phase == "ready" else None
    samples = len(dataset.splits.train) if dataset is not None else 0
    return math.ceil(samples / max(1, session.project.recipe.batch_size)) if samples else None
