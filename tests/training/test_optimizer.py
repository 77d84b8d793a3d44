from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from workbench.catalogue.registry import OPTIMIZERS, SCHEDULES
from workbench.core.diagnostic import Problem
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.training.optimizer import build_optimizer, build_schedule, restore, state_of


def network(layout: torch.memory_format = torch.contiguous_format) -> nn.Module:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 3))
    return module.to(memory_format=layout)


def learn(module: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    pictures = torch.linspace(-1, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(pictures), torch.tensor([0, 2])).backward()
        optimizer.step()


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_optimizer_of_the_catalogue_learns(name: str) -> None:
    module = network()
    before = [p.clone() for p in module.parameters()]
    optimizer = build_optimizer(Recipe(optimizer=Chosen(name)), module)
    learn(module, optimizer, 2)
    assert all(not torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True))


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_the_fused_kernel_is_used(name: str) -> None:
    optimizer = build_optimizer(Recipe(optimizer=Chosen(name)), network())
    assert optimizer.param_groups[0]["fused"] is True


@pytest.mark.parametrize("name", list(OPTIMIZERS))
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_restored_optimizer_goes_on_exactly(name: str, layout: torch.memory_format) -> None:
    """Channels last too: the fused kernels walk weights and state in memory order."""
    recipe = Recipe(optimizer=Chosen(name, frozen({"lr": 0.01})))
    module = network(layout)
    optimizer = build_optimizer(recipe, module)
    learn(module, optimizer, 3)
    tensors, numbers = state_of(optimizer)
    saved = {k: v.clone().contiguous() for k, v in tensors.items()}  # row-major, as a file holds it
    weights = {k: v.clone().contiguous() for k, v in module.state_dict().items()}

    again = network(layout)
    again.load_state_dict(weights)
    second = build_optimizer(recipe, again)
    restore(second, saved, numbers)
    learn(module, optimizer, 3)
    learn(again, second, 3)
    for a, b in zip(module.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_state_of_another_network_is_refused() -> None:
    module = network()
    optimizer = build_optimizer(Recipe(), module)
    learn(module, optimizer, 1)
    tensors, numbers = state_of(optimizer)
    other = build_optimizer(Recipe(), nn.Linear(2, 2))
    with pytest.raises(Problem, match="does not fit"):
        restore(other, tensors, numbers)


def test_a_network_without_weights_is_refused_in_words() -> None:
    with pytest.raises(Problem, match="nothing to learn"):
        build_optimizer(Recipe(), nn.Sequential(nn.ReLU()))


def test_unknown_choices_are_refused_with_those_there_are() -> None:
    with pytest.raises(Problem, match=r"lion.*adam"):
        build_optimizer(Recipe(optimizer=Chosen("lion")), network())
    with pytest.raises(Problem, match=r"moon.*cosine"):
        build_schedule(Recipe(schedule=Chosen("moon")), 10, 5)


def test_bad_values_are_refused() -> None:
    with pytest.raises(Problem, match="Learning rate"):
        build_optimizer(Recipe(optimizer=Chosen("adam", frozen({"lr": -1.0}))), network())


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_every_schedule_gives_a_factor_at_every_step(name: str, make: SimpleNamespace) -> None:
    factor = build_schedule(Recipe(schedule=Chosen(name)), 20, 5)
    assert all(0 <= factor(step) <= 1.0000001 for step in range(20))
