"""The rate over a run; the plateau held against torch's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.catalogue.registry import SCHEDULES
from workbench.core.diagnostic import Problem, Severity
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.training.optimizing.rates import Rates


def rates(name: str, steps: int = 20, steps_per_epoch: int = 5, watch: str = "auto", **params: Any) -> Rates:
    return Rates(Recipe(schedule=Chosen(name, frozen(params)), watch=watch), steps, steps_per_epoch)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_gives_a_factor_at_every_step(name: str) -> None:
    made = rates(name)
    assert all(0 <= made.factor(step) <= 1.0000001 for step in range(20))
    assert made.follows == (name == "plateau")


values = st.lists(st.sampled_from([0.1, 0.5, 0.5001, 1.0, 2.0, float("nan"), float("inf")]), max_size=40)


@settings(max_examples=150)
@given(
    seen=values,
    gamma=st.sampled_from([0.1, 0.5, 0.9]),
    patience=st.integers(0, 4),
    rest=st.integers(0, 3),
    threshold=st.sampled_from([0.0, 1e-4, 0.3]),
    least=st.sampled_from([1e-12, 0.05]),
    rises=st.booleans(),
)
def test_the_plateau_is_torchs(
    seen: list[float], gamma: float, patience: int, rest: int, threshold: float, least: float, rises: bool
) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, "max" if rises else "min", gamma, patience, threshold, cooldown=rest, min_lr=least, eps=0.0
    )
    ours = rates(
        "plateau",
        watch="val_f1" if rises else "val_loss",
        gamma=gamma,
        patience=patience,
        rest=rest,
        threshold=threshold,
        least=least,
    )
    for value in seen:
        before = ours.factor(7)
        told = ours.epoch_ended(value)
        theirs.step(value)
        assert ours.factor(7) == pytest.approx(optimizer.param_groups[0]["lr"])
        assert (told is not None) == (ours.factor(7) < before)


@settings(max_examples=60)
@given(seen=values, cut=st.integers(0, 40))
def test_a_restored_plateau_goes_on_exactly(seen: list[float], cut: int) -> None:
    whole, first = rates("plateau", patience=1), rates("plateau", patience=1)
    for value in seen[:cut]:
        whole.epoch_ended(value)
        first.epoch_ended(value)
    second = rates("plateau", patience=1)
    second.restore(first.state())
    for value in seen[cut:]:
        assert (whole.epoch_ended(value) is None) == (second.epoch_ended(value) is None)
    assert second.state() == whole.state()
    assert all(type(value) is float for value in second.state().values())


def test_a_fall_is_told_in_words() -> None:
    made = rates("plateau", patience=1, gamma=0.5)
    told = [made.epoch_ended(1.0) for _ in range(3)]
    assert told[:2] == [None, None]
    assert told[2] is not None
    assert told[2].severity is Severity.INFO
    assert told[2].message == (
        "The validation loss has not improved for 2 epochs; the learning rate goes on at 0.5 times the recipe's."
    )


@pytest.mark.parametrize(
    ("watch", "words"),
    [("train_loss", "The training loss has"), ("val_f1", "F1 of validation has"), ("val_odd", "“val_odd” has")],
)
def test_what_is_watched_is_named(watch: str, words: str) -> None:
    made = rates("plateau", watch=watch, patience=0)
    made.epoch_ended(1.0)
    told = made.epoch_ended(1.0)
    assert told is not None
    assert told.message.startswith(words)


def test_what_was_not_measured_is_no_standstill() -> None:
    made = rates("plateau", patience=0)
    for _ in range(5):
        assert made.epoch_ended(None) is None
    assert made.factor(3) == 1.0


def test_other_schedules_follow_nothing_and_remember_nothing() -> None:
    made = rates("cosine")
    before = made.factor(7)
    for _ in range(30):
        assert made.epoch_ended(1.0) is None
    assert (made.factor(7), made.state()) == (before, {})
    made.restore({"lowered": 0.1})
    assert made.factor(7) == before


@pytest.mark.parametrize(
    "state", [{}, {"lowered": -1.0, "best": float("nan"), "waited": float("nan"), "rests": float("inf")}]
)
def test_a_state_that_makes_no_sense_begins_anew(state: dict[str, float]) -> None:
    made = rates("plateau")
    made.restore(state)
    assert made.state() == {"lowered": 1.0, "best": float("inf"), "waited": 0.0, "rests": 0.0}


def test_warm_up_comes_before_the_plateau_too() -> None:
    made = rates("plateau", warmup=1.0, patience=0, gamma=0.5)
    assert [made.factor(step) for step in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])
    made.epoch_ended(1.0)
    made.epoch_ended(1.0)
    assert made.factor(10) == 0.5


def test_unknown_schedules_and_bad_values_are_refused() -> None:
    with pytest.raises(Problem, match=r"moon.*cosine"):
        rates("moon")
    with pytest.raises(Problem, match="Every"):
        rates("step", every=0)
