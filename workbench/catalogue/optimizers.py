"""Optimizers: how the weights move once the gradient is known."""

from __future__ import annotations

from typing import Any

from workbench.catalogue.declaration import Optimizer, Param, Values
from workbench.catalogue.parameters import integer, real, switch

_FAR = "How far the weights move at each step; too high and the loss jumps or explodes, too low and nothing happens."


def _learning_rate(default: float, help: str = _FAR) -> Param:
    return real("lr", "Learning rate", help, default, 1e-8, 1e10)


def _weight_decay(default: float, help: str) -> Param:
    return real("weight_decay", "Weight decay", help, default, 0.0, 100.0)


def _epsilon(default: float) -> Param:
    return real("eps", "Epsilon", "A small number that keeps the division safe.", default, 1e-16, 1.0, advanced=True)


_PULL = "Pulls every weight a little towards zero at each step, against overfitting."
_MOMENTS = (
    real("beta1", "Beta 1", "How long the average of gradients remembers.", 0.9, 0.0, 0.999999, advanced=True),
    real("beta2", "Beta 2", "How long the average of their squares remembers.", 0.999, 0.0, 0.999999, advanced=True),
    _epsilon(1e-8),
)


def _sgd(p: Values) -> dict[str, Any]:
    # PyTorch refuses Nesterov without momentum, where it would change nothing.
    nesterov = p.nesterov and p.momentum > 0
    return {"lr": p.lr, "momentum": p.momentum, "nesterov": nesterov, "weight_decay": p.weight_decay}


def _adam(p: Values) -> dict[str, Any]:
    return {"lr": p.lr, "betas": (p.beta1, p.beta2), "eps": p.eps, "weight_decay": p.weight_decay}


def _nadam(p: Values) -> dict[str, Any]:
    return {**_adam(p), "momentum_decay": p.momentum_decay, "decoupled_weight_decay": p.decoupled}


def _radam(p: Values) -> dict[str, Any]:
    return {**_adam(p), "decoupled_weight_decay": p.decoupled}


def _rmsprop(p: Values) -> dict[str, Any]:
    own = {"alpha": p.alpha, "momentum": p.momentum, "centered": p.centred}
    return {"lr": p.lr, "eps": p.eps, "weight_decay": p.weight_decay, **own}


def _adagrad(p: Values) -> dict[str, Any]:
    own = {"lr_decay": p.lr_decay, "initial_accumulator_value": p.start}
    return {"lr": p.lr, "eps": p.eps, "weight_decay": p.weight_decay, **own}


def _adadelta(p: Values) -> dict[str, Any]:
    return {"lr": p.lr, "rho": p.rho, "eps": p.eps, "weight_decay": p.weight_decay}


def _adafactor(p: Values) -> dict[str, Any]:
    return {"lr": p.lr, "beta2_decay": p.beta2_decay, "d": p.clipping, "weight_decay": p.weight_decay}


def _muon(p: Values) -> dict[str, Any]:
    # Updates as large as AdamW's (Liu et al. 2025, section 2.2), so that one learning rate suits both.
    own = {"momentum": p.momentum, "nesterov": p.nesterov, "ns_steps": p.rounds, "adjust_lr_fn": "match_rms_adamw"}
    return {"lr": p.lr, "weight_decay": p.weight_decay, **own}


def _beside_muon(p: Values) -> dict[str, Any]:
    return {"lr": p.lr, "weight_decay": p.weight_decay}


_DECOUPLED = switch(
    "decoupled",
    "Decay apart",
    "Weight decay works on the weights themselves, as in AdamW, instead of on the gradient.",
    False,
    advanced=True,
)


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
    Optimizer(
        id="nadam",
        title="NAdam",
        summary="Adam that looks ahead along its momentum, as Nesterov's method does.",
        help="Often a little faster than Adam at the beginning (Dozat 2016). The momentum grows over the first steps; "
        "how fast is the momentum decay. Start with a learning rate of 0.002.",
        params=(
            _learning_rate(2e-3),
            _weight_decay(0.0, _PULL),
            *_MOMENTS,
            real("momentum_decay", "Momentum decay", "How fast the momentum grows.", 0.004, 0.0, 1.0, advanced=True),
            _DECOUPLED,
        ),
        keywords=("nesterov", "adaptive"),
        target="torch.optim.NAdam",
        arguments=_nadam,
        works=lambda _p: 2,
    ),
    Optimizer(
        id="radam",
        title="RAdam",
        summary="Adam that trusts its step sizes only once it has seen enough gradients, so it needs no warm-up.",
        help="In the first steps the average of squares rests on a few gradients and is unreliable; until it is not, "
        "RAdam steps as plain momentum does (Liu et al. 2020). Start with a learning rate of 0.001.",
        params=(_learning_rate(1e-3), _weight_decay(0.0, _PULL), *_MOMENTS, _DECOUPLED),
        keywords=("rectified", "adaptive", "warm-up"),
        target="torch.optim.RAdam",
        arguments=_radam,
        works=lambda _p: 2,
    ),
    Optimizer(
        id="rmsprop",
        title="RMSprop",
        summary="Divides every weight's step by the size of its recent gradients.",
        help="The older relative of Adam (Tieleman and Hinton 2012), still usual for recurrent networks and in "
        "reinforcement learning. Start with a learning rate of 0.001 to 0.01.",
        params=(
            _learning_rate(1e-2),
            _weight_decay(0.0, _PULL),
            real("momentum", "Momentum", "How much of the last step's speed is kept.", 0.0, 0.0, 0.9999),
            real("alpha", "Alpha", "How long the average of squares remembers.", 0.99, 0.0, 0.999999, advanced=True),
            _epsilon(1e-8),
            switch(
                "centred", "Centred", "Divides by the gradients' spread in place of their size.", False, advanced=True
            ),
        ),
        keywords=("adaptive", "root mean square"),
        target="torch.optim.RMSprop",
        arguments=_rmsprop,
        remembers=lambda p: 1 + (p.momentum > 0) + p.centred,
        works=lambda _p: 1,
    ),
    Optimizer(
        id="adagrad",
        title="Adagrad",
        summary="Divides every weight's step by the size of all its gradients so far; made for rare features.",
        help="Weights that seldom get a gradient, as those of rare words, take large steps when they do (Duchi et al. "
        "2011). All steps shrink as training goes on and may end too small. Start with a learning rate of 0.01.",
        params=(
            _learning_rate(1e-2),
            _weight_decay(0.0, _PULL),
            real("lr_decay", "Rate decay", "Lowers the rate further with every step.", 0.0, 0.0, 1.0, advanced=True),
            real("start", "First size", "What the sum of squares begins with.", 0.0, 0.0, 10.0, advanced=True),
            _epsilon(1e-10),
        ),
        keywords=("adaptive", "sparse"),
        target="torch.optim.Adagrad",
        arguments=_adagrad,
        remembers=lambda _p: 1,
    ),
    Optimizer(
        id="adadelta",
        title="Adadelta",
        summary="Sets every weight's step from its last steps and gradients; there is no learning rate to find.",
        help="The ratio of the sizes of recent steps and recent gradients is the step size (Zeiler 2012). Slow to "
        "begin with. The learning rate is a factor on that and is 1 as a rule.",
        params=(
            _learning_rate(1.0, "A factor on the steps, which find their size themselves; 1 as a rule."),
            _weight_decay(0.0, _PULL),
            real("rho", "Rho", "How long the two averages remember.", 0.9, 0.0, 0.999999, advanced=True),
            _epsilon(1e-6),
        ),
        keywords=("adaptive",),
        target="torch.optim.Adadelta",
        arguments=_adadelta,
        works=lambda _p: 2,
    ),
    Optimizer(
        id="adafactor",
        title="Adafactor",
        summary="Adaptive steps with almost no memory: averages for rows and columns in place of every weight.",
        help="For networks whose weights barely fit (Shazeer and Stern 2018). No momentum is kept. The steps are as "
        "large as the weights they change allow. Start with a learning rate of 0.01.",
        params=(
            _learning_rate(1e-2, "The largest step, relative to the size of the weights; early steps are smaller."),
            _weight_decay(0.0, _PULL),
            real(
                "beta2_decay",
                "Beta 2 decay",
                "How fast the averages come to remember longer; nearer to 0 is slower.",
                -0.8,
                -1.0,
                0.0,
                advanced=True,
            ),
            real("clipping", "Clipping", "The largest size of a step before it is cut.", 1.0, 1.0, 1e6, advanced=True),
        ),
        keywords=("memory", "large", "adaptive"),
        target="torch.optim.Adafactor",
        arguments=_adafactor,
        remembers=lambda _p: 0,
        works=lambda _p: 1,
    ),
    Optimizer(
        id="muon",
        title="Muon",
        summary="Makes the steps of weight matrices orthogonal, so that all directions learn; the rest by AdamW.",
        help="The momentum of each matrix is replaced by the nearest orthogonal one, found by a few Newton-Schulz "
        "rounds (Jordan et al. 2024). It often needs fewer steps than AdamW, each of which costs more. Kernels of "
        "convolutions, embeddings, norms and biases are no matrices and go by AdamW. Steps are scaled so that a "
        "learning rate found for AdamW suits both (Liu et al. 2025).",
        params=(
            _learning_rate(1e-3),
            _weight_decay(0.1, _PULL),
            real("momentum", "Momentum", "How much of the last step's speed is kept.", 0.95, 0.0, 0.9999),
            switch(
                "nesterov", "Nesterov", "Looks ahead along the momentum before it orthogonalises.", True, advanced=True
            ),
            integer(
                "rounds",
                "Rounds",
                "Newton-Schulz rounds a step; more are nearer to orthogonal.",
                5,
                1,
                20,
                advanced=True,
            ),
        ),
        keywords=("orthogonal", "matrix", "newton-schulz"),
        target="torch.optim.Muon",
        arguments=_muon,
        remembers=lambda _p: 1,
        works=lambda _p: 3,
        others=("torch.optim.AdamW", _beside_muon),
    ),
)
