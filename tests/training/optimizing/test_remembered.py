from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from workbench.catalogue.registry import OPTIMIZERS
from workbench.compiler.build import Compiled
from workbench.core.diagnostic import Problem
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.training.optimizing.optimizer import build_optimizer
from workbench.training.optimizing.remembered import restore, state_of

Build = Callable[..., Compiled]


def by_hand(layout: torch.memory_format = torch.contiguous_format) -> nn.Module:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 3))
    return module.to(memory_format=layout)


def learn(module: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    pictures = torch.linspace(-1, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(pictures), torch.tensor([0, 2])).backward()
        optimizer.step()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["plain", "channels_last"])
def test_a_restored_optimizer_goes_on_exactly(name: str, layout: torch.memory_format, plain: SimpleNamespace) -> None:
    """Channels last too: the fused kernels walk weights and state in memory order."""
    recipe = Recipe(optimizer=Chosen(name, frozen({"lr": 0.01})))
    module = by_hand(layout)
    optimizer = build_optimizer(recipe, module, plain)
    learn(module, optimizer, 3)
    tensors, numbers = state_of(optimizer, module)
    saved = {k: v.clone().contiguous() for k, v in tensors.items()}  # row-major, as a file holds it
    weights = {k: v.clone().contiguous() for k, v in module.state_dict().items()}

    again = by_hand(layout)
    again.load_state_dict(weights)
    second = build_optimizer(recipe, again, plain)
    restore(second, again, saved, numbers)
    for group in (*optimizer.param_groups, *second.param_groups):  # as a run sets them, at the groups it has now
        group["lr"] = 0.02
    learn(module, optimizer, 3)
    learn(again, second, 3)
    for a, b in zip(module.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_what_is_remembered_goes_by_the_weights_names(plain: SimpleNamespace) -> None:
    module = by_hand()
    optimizer = build_optimizer(Recipe(), module, plain)
    learn(module, optimizer, 1)
    tensors, _numbers = state_of(optimizer, module)
    assert {"2.weight.exp_avg", "2.bias.exp_avg_sq", "0.weight.step"} <= tensors.keys()


def test_a_checkpoint_of_before_went_by_places(build: Build) -> None:
    compiled = build()
    module = compiled.module(0)
    names = [name for name, _ in module.named_parameters()]
    optimizer = build_optimizer(Recipe(), module, compiled)
    nn.functional.cross_entropy(module(torch.randn(4, 3, 4, 4)), torch.tensor([0, 1, 2, 0])).backward()
    optimizer.step()
    tensors, numbers = state_of(optimizer, module)
    old = {f"{names.index(key.rpartition('.')[0])}.{key.rpartition('.')[2]}": v for key, v in tensors.items()}
    assert "0.exp_avg" in old
    second = build_optimizer(Recipe(), module, compiled)
    restore(second, module, old, {str(names.index(k)): v for k, v in numbers.items()})
    again, _ = state_of(second, module)
    assert again.keys() == tensors.keys()
    assert all(torch.equal(again[key], tensors[key]) for key in tensors)


def test_layers_frozen_since_are_left_out_and_the_others_keep_what_they_remember(build: Build) -> None:
    """Groups change with it: what is remembered must not slip to another weight."""
    before, after = build(), build(still="unit_1", head_rate=0.5)
    module = before.module(0)
    optimizer = build_optimizer(Recipe(), module, before)
    nn.functional.cross_entropy(module(torch.randn(4, 3, 4, 4)), torch.tensor([0, 1, 2, 0])).backward()
    optimizer.step()
    tensors, numbers = state_of(optimizer, module)
    tensors = {key: value.clone() for key, value in tensors.items()}
    second = build_optimizer(Recipe(), module, after)
    restore(second, module, tensors, numbers)
    kept, _ = state_of(second, module)
    assert kept.keys() == {key for key in tensors if not key.startswith("unit_1")}
    assert all(torch.equal(kept[key], tensors[key]) for key in kept)
    third = build_optimizer(Recipe(), module, before)
    restore(third, module, kept, {})
    learned, _ = state_of(third, module)
    assert learned.keys() == kept.keys(), "those that learn again begin anew"


@pytest.mark.parametrize("name", ["adam", "adafactor", "muon"])
def test_state_of_another_network_is_refused(name: str, plain: SimpleNamespace) -> None:
    recipe = Recipe(optimizer=Chosen(name))
    module = by_hand()
    optimizer = build_optimizer(recipe, module, plain)
    learn(module, optimizer, 1)
    tensors, numbers = state_of(optimizer, module)
    for strange in (nn.Linear(2, 2), nn.Sequential(nn.Conv2d(3, 5, 3), nn.Flatten(), nn.Linear(4 * 36, 3))):
        other = build_optimizer(recipe, strange, plain)
        with pytest.raises(Problem, match="does not fit"):
            restore(other, strange, tensors, numbers)


@pytest.mark.parametrize("key", ["nobody.weight.exp_avg", "9.exp_avg", "-1.exp_avg", "exp_avg", "²"])
def test_names_that_belong_to_no_weight_are_refused(key: str, plain: SimpleNamespace) -> None:
    module = by_hand()
    optimizer = build_optimizer(Recipe(), module, plain)
    with pytest.raises(Problem, match="does not fit"):
        restore(optimizer, module, {key: torch.zeros(3)}, {})
