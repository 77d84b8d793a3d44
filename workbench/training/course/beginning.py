"""How a run begins: everything built on its device, and taken up from a checkpoint where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.core.words import count, number
from workbench.document.project import Recipe
from workbench.training.batches import Network, Pictures, steps_per_epoch, training_samples
from workbench.training.checkpoint import WENT_BACK, Checkpoint, Position, Sums
from workbench.training.course.best import Best
from workbench.training.learner import Learner
from workbench.training.objective import Objective, objective_of
from workbench.training.optimizing.freezing import training_mode
from workbench.training.optimizing.initialising import initialise
from workbench.training.optimizing.optimizer import build_optimizer
from workbench.training.optimizing.rates import Rates
from workbench.training.optimizing.remembered import restore
from workbench.training.steps.grouping import updates
from workbench.training.weights import give

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Ways:
    """How a network comes to learn: `batches(pictures, batch_size)` is how many an epoch has, `spread(module, device)`
    is called before the optimizer is made, `learner` makes what takes the steps."""

    batches: Callable[[int, int], int] = steps_per_epoch
    spread: Callable[[torch.nn.Module, torch.device], None] = lambda _module, _device: None
    learner: Callable[..., Learner] = Learner


ALONE = Ways()
"""As one process by itself does it."""


@dataclass(slots=True)
class Begun:
    """A run that can take its first step.

    `batches` and `steps` are how many an epoch has (a step learns from `accumulate` batches); `objective` is without
    class weights, as `evaluate` measures; `learning_rate` is the base rate, on which `rates` put their factor.
    """

    learner: Learner
    objective: Objective
    rates: Rates
    best: Best
    batches: int
    steps: int
    learning_rate: float


def begin(
    compiled: Network,
    dataset: Pictures,
    recipe: Recipe,
    device: torch.device,
    weights: Mapping[str, torch.Tensor] | None,
    *,
    whole: bool,
    ways: Ways = ALONE,
) -> Begun:
    """Build the network with `weights` in it (`whole`: they must be all of it), its optimizer and its schedule.

    Raises `Problem` where there is nothing to learn from or nothing to learn.
    """
    pictures = training_samples(dataset)
    if not pictures:
        raise Problem.of(
            "training.no_pictures",
            "There are no pictures to train on. Choose a folder of pictures, or change the split.",
        )
    batches = ways.batches(pictures, recipe.batch_size)
    steps = updates(batches, recipe.accumulate)
    rates = Rates(recipe, recipe.epochs * steps, steps)
    objective = learned = objective_of(compiled.graph, dataset)
    balance = getattr(dataset, "class_weights", None)
    if balance is not None:
        learned = objective.weighted(balance, device)
    module = compiled.module(recipe.seed)
    initialise(module, compiled, recipe.initialisation, recipe.seed)
    if weights is not None:
        give(module, weights, whole=whole)
    module.to(device)
    ways.spread(module, device)
    from workbench.training.optimizing.pair import parts_of  # a class of torch's is in it

    optimizer = build_optimizer(recipe, module, compiled)
    training_mode(module, compiled)
    learner = ways.learner(compiled, module, optimizer, learned, device, len(dataset.classes), recipe.seed, recipe)
    base = float(parts_of(optimizer)[0].defaults["lr"])
    return Begun(learner, objective, rates, Best(recipe), batches, steps, base)


def take_up(begun: Begun, resume: Checkpoint, recipe: Recipe) -> None:
    """Give a run back what a checkpoint remembers beside weights: what the new recipe still has a use for."""
    before, state = resume.recipe, resume.state
    if recipe.optimizer == before.optimizer:
        begun.learning_rate = resume.learning_rate
    if recipe.optimizer.id == before.optimizer.id and resume.optimizer:
        restore(begun.learner.optimizer, begun.learner.module, resume.optimizer, resume.optimizer_numbers)
    if recipe.schedule == before.schedule:
        begun.rates.restore(_of(state, "rates"))  # type: ignore[arg-type]
    begun.best.restore(_of(state, "best"), resume.best_val_accuracy, resume.best_val_loss, before.watch)
    begun.learner.restore(state)
    if begun.learner.average is not None and resume.average:
        begun.learner.average.restore({**resume.weights, **resume.average})


def place(begun: Begun, resume: Checkpoint, recipe: Recipe) -> tuple[Position, Sums, list[str]]:
    """Where a run goes on from, and why that is not exact, in words (empty where it is)."""
    before, p = resume.recipe, resume.position
    then = (resume.steps_per_epoch, before.batch_size, before.accumulate, before.seed)
    now = (begun.steps, recipe.batch_size, recipe.accumulate, recipe.seed)
    went_back = resume.state.get(WENT_BACK)
    reasons = [] if went_back is None else [f"it goes on from the weights of epoch {went_back}, its best"]
    together = recipe.batch_size * recipe.accumulate
    alike = (begun.steps, before.batch_size * before.accumulate, before.seed) == (then[0], together, recipe.seed)
    if then != now and alike:  # the same samples in each step, in smaller or larger parts
        parts = f"{count(recipe.accumulate, 'batch', 'batches')} of {number(recipe.batch_size)}"
        reasons.append(f"a step adds up {parts}, not {number(before.accumulate)} of {number(before.batch_size)}")
    elif then != now or p.step > begun.steps:
        anew = Position(p.epoch, 0, p.epoch * begun.steps)
        return anew, Sums(), [*reasons, "the batches are others, so the epoch under way begins anew"]
    return Position(p.epoch, p.step, p.epoch * begun.steps + p.step), resume.sums, reasons


def state_of(begun: Begun) -> dict[str, float | int | bool | str | None]:
    """What `take_up` takes of a checkpoint's state."""
    return {
        **begun.learner.state(),
        **{f"rates.{key}": value for key, value in begun.rates.state().items()},
        **{f"best.{key}": value for key, value in begun.best.state().items()},
    }


def differs(reasons: list[str]) -> Diagnostic | None:
    """What to tell where a run goes on, but not exactly."""
    if not reasons:
        return None
    text = f"The run goes on, but not bit for bit as it would have: {'; '.join(reasons)}."
    return Diagnostic("training.resume_differs", text, Severity.INFO)


def _of(state: Mapping[str, object], whose: str) -> dict[str, object]:
    prefix = f"{whose}."
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
