"""A form shows what says something beside the other values, and nothing else."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from workbench.catalogue.registry import LAYERS, LOSSES
from workbench.catalogue.values import check
from workbench.ui.inspector.form import Form
from workbench.ui.theme import Theme

OUTPUT = LAYERS["output"]
OWN = {param.id for loss in LOSSES.values() for param in loss.params}


@pytest.fixture
def form(qtbot: QtBot, theme: Theme) -> Form:
    made = Form(OUTPUT.params, theme)
    qtbot.addWidget(made)
    made.resize(300, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


def shown(form: Form) -> set[str]:
    return {name for name, made in form.fields.items() if made.isVisibleTo(form)}


@pytest.mark.parametrize("loss", LOSSES)
def test_an_objective_has_its_own_settings_alone(form: Form, loss: str) -> None:
    for before in ("focal", loss):  # whatever was shown before
        form.show_values(dict(check(OUTPUT, {"objective": before})[0]))
    assert shown(form) & OWN == {param.id for param in LOSSES[loss].params}
    assert {"objective", "target", "weight"} <= shown(form)


def test_columns_are_asked_for_where_columns_are_the_target(form: Form) -> None:
    for target, there in (("label", False), ("columns", True), ("input", False)):
        form.show_values(dict(check(OUTPUT, {"objective": "mse", "target": target})[0]))
        assert ("columns" in shown(form)) == there
