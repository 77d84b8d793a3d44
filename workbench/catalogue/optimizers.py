"""Optimizers: how the weights move once the gradient is known."""

from __future__ import annotations

from typing import Any

from workbench.catalogue.declaration import Optimizer, Param, Values
from workbench.catalogue.parameters import real, switch


def _learning_rate(default: float) -> Param:
    return real(
        "lr",
        "Learning rate",
        "How far the weights move at each step; too high and the loss jumps or explodes, too low and nothing happens.",
        default,
        1e-8,
        1e10,
    )


def _weight_decay(default: float, help: str) -> Param:
    return real("weight_decay", "Weight decay", help, default, 0.0, 100.0)


_PULL = "Pulls every weight a little towards zero at each step, against overfitting."
_MOMENTS = (
    real("beta1", "Beta 1", "How long the average of gradients remembers.", 0.9, 0.0, 0.999999, advanced=True),
    real("beta2", "Beta 2", "How long the average of their squares remembers.", 0.999, 0.0, 0.999999, advanced=True),
    real("eps", "Epsilon", "A small number that keeps the division safe.", 1e-8, 1e-16, 1.0, advanced=True),
)


def _sgd(p: Values) -> dict[str, Any]:
    # PyTorch refuses Nesterov without momentum, where it would change nothing.
    nesterov = p.nesterov and p.momentum > 0
    return {"lr": p.lr, "momentum": p.momentum, "nesterov": nesterov, "weight_decay": p.weight_decay}


def _adam(p: Values) -> dict[str, Any]:
    return {"lr": p.lr, "betas": (p.beta1, p.beta2), "eps": p.eps, "weight_decay": p.weight_decay}


OPTIMIZERS = (
    Optimizer(
        id="adamw",
        title="AdamW",
        summary="Gives every weight its own step size and decays weights apart from the gradient; a good first choice.",
        help="It keeps two running averages for every weight, of the gradient and of its square, and steps by their "
        "ratio, so that rarely used weights move too. Weight decay works on the weights themselves instead of on the "
        "gradient (Loshchilov and Hutter 2019). Start with a learning rate of 0.001.",
        params=(_learning_rate(1e-3), _weight_decay(0.01, _PULL), *_MOMENTS),
        keywords=("adam", "adaptive"),
        target="torch.optim.AdamW",
        arguments=_adam,
    ),
    Optimizer(
        id="adam",
        title="Adam",
        summary="Gives every weight its own step size, from how large and how steady its gradients are.",
        help="Quick to a good result and forgiving of the learning rate (Kingma and Ba 2015). Weight decay here is "
        "added to the gradient and blurred by the step sizes; take AdamW when you use it. Start with a learning rate "
        "of 0.001.",
        params=(_learning_rate(1e-3), _weight_decay(0.0, _PULL), *_MOMENTS),
        keywords=("adaptive",),
        target="torch.optim.Adam",
        arguments=_adam,
    ),
    Optimizer(
        id="sgd",
        title="SGD with momentum",
        summary="Moves every weight against its gradient, with the speed gathered in the steps before.",
        help="The plainest method. With momentum it rolls through small bumps and settles along long valleys. It "
        "wants a well chosen learning rate and schedule and then often ends at better results on new pictures than "
        "Adam. Start with a learning rate of 0.05 and momentum 0.9.",
        params=(
            _learning_rate(0.05),
            real("momentum", "Momentum", "How much of the last step's speed is kept.", 0.9, 0.0, 0.9999),
            switch("nesterov", "Nesterov", "Looks ahead along the momentum before it measures the gradient.", True),
            _weight_decay(5e-4, _PULL),
        ),
        keywords=("stochastic gradient descent", "nesterov"),
        target="torch.optim.SGD",
        arguments=_sgd,
        remembers=lambda p: 1 if p.momentum > 0 else 0,
    ),
)
