"""Optimizers held against torch's own, and the groups their weights are in."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from workbench.catalogue.registry import OPTIMIZERS
from workbench.compiler.build import Compiled
from workbench.core.diagnostic import Problem
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.training.optimizing.optimizer import build_optimizer
from workbench.training.optimizing.pair import Pair, parts_of

Build = Callable[..., Compiled]


def recipe(name: str, decay: str = "all", **params: Any) -> Recipe:
    return Recipe(optimizer=Chosen(name, frozen(params)), decay=decay)


def by_hand() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 3))


def learn(module: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    pictures = torch.linspace(-1, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(pictures), torch.tensor([0, 2])).backward()
        optimizer.step()


TORCHS: dict[str, tuple[dict[str, Any], Callable[[list[nn.Parameter]], torch.optim.Optimizer]]] = {
    "sgd": (
        {"lr": 0.03, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01},
        lambda w: torch.optim.SGD(w, lr=0.03, momentum=0.8, nesterov=True, weight_decay=0.01),
    ),
    "sgd plain": (
        {"lr": 0.03, "momentum": 0.0, "nesterov": True, "weight_decay": 0.0},
        lambda w: torch.optim.SGD(w, lr=0.03),
    ),
    "adam": (
        {"lr": 0.003, "beta1": 0.8, "beta2": 0.99, "eps": 1e-6, "weight_decay": 0.1},
        lambda w: torch.optim.Adam(w, lr=0.003, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1),
    ),
    "adamw": (
        {"lr": 0.003, "weight_decay": 0.1},
        lambda w: torch.optim.AdamW(w, lr=0.003, weight_decay=0.1),
    ),
    "nadam": (
        {"lr": 0.003, "momentum_decay": 0.01, "decoupled": True, "weight_decay": 0.1},
        lambda w: torch.optim.NAdam(w, lr=0.003, momentum_decay=0.01, decoupled_weight_decay=True, weight_decay=0.1),
    ),
    "radam": (
        {"lr": 0.003, "beta2": 0.9, "weight_decay": 0.1},
        lambda w: torch.optim.RAdam(w, lr=0.003, betas=(0.9, 0.9), weight_decay=0.1),
    ),
    "rmsprop": (
        {"lr": 0.003, "alpha": 0.9, "momentum": 0.5, "centred": True, "weight_decay": 0.1},
        lambda w: torch.optim.RMSprop(w, lr=0.003, alpha=0.9, momentum=0.5, centered=True, weight_decay=0.1),
    ),
    "adagrad": (
        {"lr": 0.03, "lr_decay": 0.1, "start": 0.5, "weight_decay": 0.1},
        lambda w: torch.optim.Adagrad(w, lr=0.03, lr_decay=0.1, initial_accumulator_value=0.5, weight_decay=0.1),
    ),
    "adadelta": (
        {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1},
        lambda w: torch.optim.Adadelta(w, lr=0.5, rho=0.8, weight_decay=0.1),
    ),
    "adafactor": (
        {"lr": 0.02, "beta2_decay": -0.5, "clipping": 2.0, "weight_decay": 0.1},
        lambda w: torch.optim.Adafactor(w, lr=0.02, beta2_decay=-0.5, d=2.0, weight_decay=0.1),
    ),
}


def test_every_optimizer_is_held_against_torchs() -> None:
    assert {name.partition(" ")[0] for name in TORCHS} | {"muon"} == set(OPTIMIZERS)


@pytest.mark.parametrize("name", TORCHS)
def test_an_optimizer_steps_as_torchs_own(name: str, plain: SimpleNamespace) -> None:
    params, make = TORCHS[name]
    ours, theirs = by_hand(), by_hand()
    learn(ours, build_optimizer(recipe(name.partition(" ")[0], **params), ours, plain), 5)
    learn(theirs, make(list(theirs.parameters())), 5)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)


def test_muon_takes_the_matrices_and_adamw_the_rest(plain: SimpleNamespace) -> None:
    ours, theirs = by_hand(), by_hand()
    built = build_optimizer(recipe("muon", lr=0.01, weight_decay=0.05, momentum=0.9), ours, plain)
    assert isinstance(built, Pair)
    learn(ours, built, 4)
    matrix = theirs[2].weight
    rest = [p for p in theirs.parameters() if p is not matrix]
    muon = torch.optim.Muon([matrix], lr=0.01, weight_decay=0.05, momentum=0.9, adjust_lr_fn="match_rms_adamw")
    adamw = torch.optim.AdamW(rest, lr=0.01, weight_decay=0.05)
    pictures = torch.linspace(-1, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    for _ in range(4):
        theirs.zero_grad()
        nn.functional.cross_entropy(theirs(pictures), torch.tensor([0, 2])).backward()
        muon.step()
        adamw.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)


def test_a_rate_set_at_the_groups_of_a_pair_reaches_its_parts(plain: SimpleNamespace) -> None:
    module = by_hand()
    built = build_optimizer(recipe("muon"), module, plain)
    before = [p.clone() for p in module.parameters()]
    for group in built.param_groups:
        group["lr"] = 0.0
    learn(module, built, 2)
    assert all(torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True))


def test_muon_looks_nothing_up(words: Compiled) -> None:
    """An embedding is two-dimensional, but a table: AdamW takes it."""
    module = words.module(0)
    muon, adamw = parts_of(build_optimizer(recipe("muon"), module, words))
    assert type(muon).__name__ == "Muon"
    names = {id(weight): name for name, weight in module.named_parameters()}
    taken = {names[id(w)] for group in muon.param_groups for w in group["params"]}
    assert "linear_1.weight" in taken
    assert not any(name.startswith("embedding") for name in taken)
    assert {names[id(w)] for group in adamw.param_groups for w in group["params"]} == set(names.values()) - taken


def test_muon_alone_and_without_matrices(plain: SimpleNamespace) -> None:
    only = build_optimizer(recipe("muon"), nn.Linear(3, 2, bias=False), plain)
    assert type(only).__name__ == "Muon"
    none = build_optimizer(recipe("muon"), nn.Conv2d(3, 2, 3), plain)
    assert type(none).__name__ == "AdamW"


def test_a_pytorch_without_muon_says_so(plain: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.optim, "Muon")
    with pytest.raises(Problem, match="has no Muon"):
        build_optimizer(recipe("muon"), by_hand(), plain)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "adagrad"])
def test_the_fused_kernel_is_used(name: str, plain: SimpleNamespace) -> None:
    assert build_optimizer(recipe(name), by_hand(), plain).param_groups[0]["fused"] is True


def test_one_group_where_nothing_asks_for_more(build: Build) -> None:
    """The very weights in the very order of before there were groups, so that old runs keep their bits."""
    compiled = build()
    module = compiled.module(0)
    for asked in (recipe("adamw", "all", weight_decay=0.1), recipe("adam", "weights", weight_decay=0.0)):
        groups = build_optimizer(asked, module, compiled).param_groups
        assert len(groups) == 1
        assert [id(p) for p in groups[0]["params"]] == [id(p) for p in module.parameters()]
        assert groups[0]["scale"] == 1.0


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_weight_decay_spares_norms_and_biases(name: str, build: Build) -> None:
    compiled = build()
    module = compiled.module(0)
    built = build_optimizer(recipe(name, "weights", weight_decay=0.1), module, compiled)
    names = {id(weight): key for key, weight in module.named_parameters()}
    decay = {names[id(w)]: group["weight_decay"] for group in built.param_groups for w in group["params"]}
    assert decay.keys() == set(names.values())
    assert {key for key, value in decay.items() if value == 0.0} == {
        key for key in decay if key.endswith("bias") or "batch_norm" in key
    }
    assert set(decay.values()) == {0.0, 0.1}


def test_weight_decay_spares_norms_of_several_dimensions(plain: SimpleNamespace) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.LayerNorm([4, 6, 6]), nn.PReLU())
    built = build_optimizer(recipe("adamw", "weights"), module, plain)
    pulled = [p for group in built.param_groups if group["weight_decay"] > 0 for p in group["params"]]
    assert [tuple(p.shape) for p in pulled] == [(4, 3, 3, 3)]


def test_frozen_layers_are_in_no_group_and_do_not_move(build: Build) -> None:
    compiled = build(still="unit_1", head_rate=3.0)
    module = compiled.module(0)
    built = build_optimizer(recipe("adamw", "weights", lr=0.01, weight_decay=0.1), module, compiled)
    assert {group["scale"] for group in built.param_groups} == {1.0, 3.0}
    assert all(group["lr"] == pytest.approx(0.01 * group["scale"]) for group in built.param_groups)
    before = {name: weight.clone() for name, weight in module.named_parameters()}
    scores = module(torch.randn(4, 3, 4, 4))
    nn.functional.cross_entropy(scores, torch.tensor([0, 1, 2, 0])).backward()
    built.step()
    still = {name for name, weight in module.named_parameters() if torch.equal(weight, before[name])}
    assert still == {name for name in before if name.startswith("unit_1")}


def test_a_layers_rate_is_as_a_factor_on_its_step(build: Build) -> None:
    """With plain SGD a step is proportional to the rate."""
    steps = {}
    for rate in (1.0, 0.25):
        compiled = build(head_rate=rate)
        module = compiled.module(0)
        built = build_optimizer(recipe("sgd", lr=0.1, momentum=0.0, weight_decay=0.0), module, compiled)
        before = module.get_parameter("linear_2.weight").clone()
        torch.manual_seed(1)
        nn.functional.cross_entropy(module(torch.randn(4, 3, 4, 4)), torch.tensor([0, 1, 2, 0])).backward()
        built.step()
        steps[rate] = module.get_parameter("linear_2.weight") - before
    torch.testing.assert_close(steps[0.25], 0.25 * steps[1.0])


def test_everything_frozen_is_refused(build: Build, plain: SimpleNamespace) -> None:
    compiled = build(still="unit_1")
    module = nn.Sequential()
    module.add_module("unit_1", compiled.module(0).get_submodule("unit_1"))
    with pytest.raises(Problem, match="Every layer that has weights is frozen"):
        build_optimizer(Recipe(), module, compiled)
    with pytest.raises(Problem, match="nothing to learn"):
        build_optimizer(Recipe(), nn.Sequential(nn.ReLU()), plain)


def test_unknown_choices_and_bad_values_are_refused(plain: SimpleNamespace) -> None:
    with pytest.raises(Problem, match=r"lion.*adam"):
        build_optimizer(recipe("lion"), by_hand(), plain)
    with pytest.raises(Problem, match="Learning rate"):
        build_optimizer(recipe("adam", lr=-1.0), by_hand(), plain)
