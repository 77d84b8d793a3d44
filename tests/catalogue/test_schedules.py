"""Learning rate schedules: what they promise for any length of run, and torch's own where they are the same."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench.catalogue.declaration import Kind, Schedule, Values
from workbench.catalogue.registry import SCHEDULES
from workbench.catalogue.values import check

each = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=lambda schedule: schedule.id)
lengths = st.tuples(st.integers(1, 40), st.integers(1, 50)).map(lambda t: (t[0] * t[1], t[1]))


def drawn(data: st.DataObject, schedule: Schedule) -> Values:
    asked: dict[str, Any] = {}
    for param in schedule.params:
        assert param.minimum is not None
        assert param.maximum is not None
        if param.kind is Kind.INTS:
            asked[param.id] = data.draw(st.lists(st.integers(1, 50), min_size=1, max_size=4).map(tuple))
        elif param.kind is Kind.INT:
            asked[param.id] = data.draw(st.integers(int(param.minimum), int(min(param.maximum, 50))))
        else:
            asked[param.id] = data.draw(st.floats(param.minimum, min(param.maximum, 100.0)))
    values, problems = check(schedule, asked)
    assert problems == ()
    return values


def curve(schedule: Schedule, p: Values, steps: int, per_epoch: int) -> list[float]:
    return [schedule.factor(p, step, steps, per_epoch) for step in range(steps)]


def chosen(id: str, **params: Any) -> tuple[Schedule, Values]:
    values, problems = check(SCHEDULES[id], params)
    assert problems == ()
    return SCHEDULES[id], values


@each
@settings(max_examples=60)
@given(data=st.data(), length=lengths)
def test_stays_above_zero_and_at_most_one(schedule: Schedule, data: st.DataObject, length: tuple[int, int]) -> None:
    p = drawn(data, schedule)
    factors = curve(schedule, p, *length)
    assert all(0 < factor <= 1 + 1e-12 for factor in factors)
    assert all(type(factor) is float for factor in factors)


@each
@settings(max_examples=40)
@given(data=st.data(), length=lengths, beyond=st.integers(0, 1000))
def test_goes_on_at_the_end_value(
    schedule: Schedule, data: st.DataObject, length: tuple[int, int], beyond: int
) -> None:
    """A run that is made longer while it goes asks for steps past the end."""
    p = drawn(data, schedule)
    steps, per_epoch = length
    assert schedule.factor(p, steps + beyond, steps, per_epoch) == schedule.factor(p, steps - 1, steps, per_epoch)


@pytest.mark.parametrize("id", [s.id for s in SCHEDULES.values() if s.id != "one_cycle"])
@settings(max_examples=60)
@given(length=lengths, warmup=st.floats(0, 50))
def test_warm_up_rises_evenly_and_hands_over_smoothly(id: str, length: tuple[int, int], warmup: float) -> None:
    steps, per_epoch = length
    n = min(round(warmup * per_epoch), steps - 1)
    assume(n > 0)
    later = {"step": {"every": 1000}, "multi_step": {"milestones": (1000,)}}  # no drop while it warms up
    schedule, p = chosen(id, warmup=warmup, **later.get(id, {}))
    factors = curve(schedule, p, steps, per_epoch)
    assert factors[0] == pytest.approx(1 / n)
    rises = [b - a for a, b in pairwise(factors[:n])]
    assert rises == pytest.approx([1 / n] * (n - 1))
    assert factors[n - 1] == factors[n] == 1.0, "the full rate is reached as the main part begins"


@each
def test_default_reaches_the_full_rate(schedule: Schedule) -> None:
    p, _ = check(schedule, {})
    assert max(curve(schedule, p, 1000, 50)) == pytest.approx(1.0, abs=1e-3)


def torch_curve(make: Any, steps: int, *, each_epoch: int = 1, **options: Any) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer, **options)
    factors = []
    for step in range(steps):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (step + 1) % each_epoch == 0 and step + 1 < steps:
            scheduler.step()
    return factors


@settings(max_examples=20)
@given(steps=st.integers(2, 200), final=st.floats(0, 1))
def test_cosine_is_torchs(steps: int, final: float) -> None:
    theirs = torch_curve(torch.optim.lr_scheduler.CosineAnnealingLR, steps, T_max=steps, eta_min=final)
    assert curve(*chosen("cosine", final=final), steps, 7) == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=20)
@given(epochs=st.integers(1, 30), per_epoch=st.integers(1, 10), every=st.integers(1, 8), gamma=st.floats(0.1, 1))
def test_steps_are_torchs(epochs: int, per_epoch: int, every: int, gamma: float) -> None:
    options = {"step_size": every, "gamma": gamma}
    theirs = torch_curve(torch.optim.lr_scheduler.StepLR, epochs * per_epoch, each_epoch=per_epoch, **options)
    assert curve(*chosen("step", every=every, gamma=gamma), epochs * per_epoch, per_epoch) == pytest.approx(theirs)


@settings(max_examples=20)
@given(
    epochs=st.integers(1, 20),
    per_epoch=st.integers(1, 10),
    milestones=st.lists(st.integers(1, 25), min_size=1, max_size=4).map(tuple),
    gamma=st.floats(0.1, 1),
)
def test_steps_at_epochs_are_torchs(epochs: int, per_epoch: int, milestones: tuple[int, ...], gamma: float) -> None:
    """The same epoch named twice drops twice, as torch's counter of milestones does."""
    options = {"milestones": milestones, "gamma": gamma}
    theirs = torch_curve(torch.optim.lr_scheduler.MultiStepLR, epochs * per_epoch, each_epoch=per_epoch, **options)
    ours = curve(*chosen("multi_step", milestones=milestones, gamma=gamma), epochs * per_epoch, per_epoch)
    assert ours == pytest.approx(theirs)


@settings(max_examples=20)
@given(epochs=st.integers(1, 20), per_epoch=st.integers(1, 10), gamma=st.floats(0.3, 1))
def test_exponential_is_torchs_at_each_epoch_and_smooth_between(epochs: int, per_epoch: int, gamma: float) -> None:
    make, steps = torch.optim.lr_scheduler.ExponentialLR, epochs * per_epoch
    ours = curve(*chosen("exponential", gamma=gamma), steps, per_epoch)
    assert ours[::per_epoch] == pytest.approx(torch_curve(make, steps, each_epoch=per_epoch, gamma=gamma)[::per_epoch])
    assert ours == pytest.approx(torch_curve(make, steps, gamma=gamma ** (1 / per_epoch)))


@settings(max_examples=20)
@given(
    steps=st.integers(1, 300),
    per_epoch=st.integers(1, 10),
    period=st.integers(1, 8),
    longer=st.integers(1, 4),
    final=st.floats(0, 1),
)
def test_cosine_with_restarts_is_torchs(steps: int, per_epoch: int, period: int, longer: int, final: float) -> None:
    make = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts
    theirs = torch_curve(make, steps, T_0=period * per_epoch, T_mult=longer, eta_min=final)
    ours = curve(*chosen("cosine_restarts", period=period, longer=longer, final=final), steps, per_epoch)
    assert ours == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=20)
@given(steps=st.integers(1, 200), final=st.floats(0, 1))
def test_linear_is_torchs(steps: int, final: float) -> None:
    make = torch.optim.lr_scheduler.LinearLR
    theirs = torch_curve(make, steps, start_factor=1.0, end_factor=final, total_iters=steps)
    assert curve(*chosen("linear", final=final), steps, 7) == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=20)
@given(steps=st.integers(1, 200), power=st.floats(0.1, 10))
def test_polynomial_is_torchs(steps: int, power: float) -> None:
    theirs = torch_curve(torch.optim.lr_scheduler.PolynomialLR, steps, total_iters=steps, power=power)
    assert curve(*chosen("polynomial", power=power), steps, 7) == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=20)
@given(steps=st.integers(2, 200), warmup=st.integers(1, 20))
def test_warm_up_before_a_schedule_is_torchs_sequence(steps: int, warmup: int) -> None:
    """The first step takes 1/n of the rate and step n all of it, as `LinearLR` from 1/n; then the cosine begins."""
    n = min(warmup, steps - 1)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - n)
    rise = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (step + 1) / n)
    both = torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, cosine], milestones=[n])
    theirs = []
    for _ in range(steps):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        both.step()
    assert curve(*chosen("cosine", final=0.0, warmup=float(warmup)), steps, 1) == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=20)
@given(steps=st.integers(10, 300), rise=st.floats(0.15, 0.9), start=st.floats(1, 100), final=st.floats(1, 1e5))
def test_one_cycle_is_torchs(steps: int, rise: float, start: float, final: float) -> None:
    make = torch.optim.lr_scheduler.OneCycleLR
    options = {"pct_start": rise, "div_factor": start, "final_div_factor": final, "cycle_momentum": False}
    theirs = torch_curve(make, steps, max_lr=1.0, total_steps=steps, **options)
    ours = curve(*chosen("one_cycle", rise=rise, start_divisor=start, final_divisor=final), steps, 7)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_end_values() -> None:
    assert curve(*chosen("constant"), 10, 5) == [1.0] * 10
    cosine = curve(*chosen("cosine", final=0.1), 1000, 10)
    assert cosine[0] == 1.0
    assert cosine[-1] == pytest.approx(0.1, abs=1e-4)
    cycle = curve(*chosen("one_cycle"), 1000, 10)
    assert cycle[0] == pytest.approx(1 / 25)
    assert cycle[-1] == pytest.approx(1 / 25e4)
    assert max(cycle) == pytest.approx(1.0)
    assert cycle.index(max(cycle)) == 299
    assert curve(*chosen("step", every=2, gamma=0.5), 6, 1) == [1, 1, 0.5, 0.5, 0.25, 0.25]
