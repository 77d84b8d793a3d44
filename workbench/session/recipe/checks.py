"""What is wrong with a recipe, by itself and for this network, these samples and this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workbench.catalogue.declaration import Declaration
from workbench.catalogue.metrics import of_key
from workbench.catalogue.recipe import GROUPS, SETTINGS
from workbench.catalogue.registry import METRICS, OPTIMIZERS, SCHEDULES
from workbench.catalogue.values import check
from workbench.compiler.estimate import check_memory, largest_batch, surely_fits, training_bytes
from workbench.compiler.inference import Inferred
from workbench.compiler.paths import leaves
from workbench.compiler.step_memory import MATRICES
from workbench.compiler.upkeep import of_recipe
from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count, number
from workbench.document.project import Chosen, Project, Recipe
from workbench.session.recipe.settings import CATALOGUES, kinds_of, metrics_of, watched_words
from workbench.session.room import free_on
from workbench.session.state import DataState
from workbench.training.optimizing.marks import marks

VALIDATION = 0.2
"""The share of samples that the remedy keeps for validation."""
FAR = 100.0
"""A learning rate so many times the usual one is no choice but a slip."""


def check_recipe(project: Project, inferred: Inferred, data: DataState) -> Iterator[Diagnostic]:
    """Every problem of the recipe; errors are what training refuses."""
    recipe = project.recipe
    for field, catalogue in CATALOGUES.items():
        yield from check_chosen(field, getattr(recipe, field), dict(catalogue))
    yield from _values(recipe)
    yield from _rate(recipe)
    yield from _schedule(recipe)
    if not _validates(project, data):
        yield from _without_validation(recipe)
    yield from _machine(recipe)
    yield from _network(recipe, inferred)
    yield from _judged(project)
    yield from _samples(recipe, data)


def check_chosen(what: str, chosen: Chosen, catalogue: dict[str, Declaration]) -> Iterator[Diagnostic]:
    """What is wrong with one entry of a catalogue and its parameters."""
    declaration = catalogue.get(chosen.id)
    if declaration is None:
        known = ", ".join(catalogue)
        yield Diagnostic(
            f"{what}.unknown",
            f"There is no {what} called “{chosen.id}” in this version. Choose one of: {known}.",
            param=what,
        )
        return
    _values, problems = check(declaration, chosen.params)
    for problem in problems:
        fixes = _by_name(problem.fixes, f"{what}.") if what in CATALOGUES else problem.fixes
        yield replace(problem, param=f"{what}.{problem.param}", fixes=fixes)


def check_room(project: Project, inferred: Inferred) -> Iterator[Diagnostic]:
    """Whether a training step fits on the device, before anything runs; with the batch size that does."""
    recipe = project.recipe
    batch, upkeep = max(1, recipe.batch_size), of_recipe(recipe)
    room = free_on(recipe.device)
    if room.free is None or surely_fits(inferred, batch, upkeep, room.free):
        return
    needed = training_bytes(inferred, batch, upkeep)
    if needed <= room.free:
        return
    fitting = largest_batch(inferred, upkeep, room.free, batch)
    problem = check_memory(inferred, needed, room.free, fitting=fitting)
    if problem is not None:
        yield problem


def _values(recipe: Recipe) -> Iterator[Diagnostic]:
    """Settings outside of what fits them: a file may hold more than a run can do."""
    if not 1 <= recipe.epochs <= 100_000:
        yield Diagnostic(
            "recipe.epochs",
            f"The recipe asks for {number(recipe.epochs)} epochs. Choose between 1 and 100,000.",
            param="epochs",
        )
    if not 1 <= recipe.batch_size <= 65_536:
        yield Diagnostic(
            "recipe.batch_size",
            f"The batch size is {number(recipe.batch_size)}. Choose between 1 and 65,536 samples a step.",
            param="batch_size",
        )
    devices = dict(SETTINGS["device"].choices)
    if recipe.device not in devices:
        yield Diagnostic(
            "recipe.device",
            f"The recipe asks for the device “{recipe.device}”. Choose one of: {', '.join(devices)}.",
            param="device",
        )
    if watched_words(recipe.watch) is None:
        yield Diagnostic(
            "recipe.watch",
            f"The best epoch is to be chosen by “{recipe.watch[:60]}”, which this version does not measure. Choose "
            "another figure.",
            param="watch",
            fixes=(_fix("Judge by accuracy, then loss", watch="auto"),),
        )
    elsewhere = ("epochs", "batch_size", "device", "watch")
    for group in GROUPS:
        asked = {p.id: getattr(recipe, p.id) for p in group.params if p.id not in elsewhere}
        _checked, problems = check(group, asked)
        for problem in problems:
            yield replace(problem, code=f"recipe.{problem.param}", fixes=_by_name(problem.fixes))
    for name in recipe.metrics:
        if name not in METRICS:
            yield Diagnostic(
                "recipe.metrics",
                f"There is no metric called “{name[:60]}” in this version; it is left out.",
                Severity.WARNING,
                param="metrics",
            )


def _rate(recipe: Recipe) -> Iterator[Diagnostic]:
    declaration = OPTIMIZERS.get(recipe.optimizer.id)
    if declaration is None:
        return
    values, _problems = check(declaration, recipe.optimizer.params)
    usual = next(float(p.default) for p in declaration.params if p.id == "lr")  # type: ignore[arg-type]
    if values.lr > FAR * usual:
        yield Diagnostic(
            "recipe.rate",
            f"The learning rate is {number(values.lr)}; {declaration.title} usually wants about {number(usual)}. The "
            "loss will hardly fall with this one.",
            Severity.WARNING,
            param="optimizer.lr",
            fixes=(Fix(f"Set the learning rate to {number(usual)}", "set_learning_rate", {"value": usual}),),
        )


def _schedule(recipe: Recipe) -> Iterator[Diagnostic]:
    declaration, epochs = SCHEDULES.get(recipe.schedule.id), recipe.epochs
    if declaration is None or epochs < 1:
        return
    values, _problems = check(declaration, recipe.schedule.params)
    warmup = float(values.get("warmup", 0.0))
    if warmup >= epochs:
        yield Diagnostic(
            "recipe.warmup",
            f"The warm-up takes {number(warmup)} epochs and the run has {count(epochs, 'epoch', 'epochs')}: the full "
            "learning rate is reached at its very end. Warm up for less, or train for longer.",
            Severity.WARNING,
            param="schedule.warmup",
        )
    drops = values.get("milestones", (values["every"],) if "every" in values else ())
    if drops and min(drops) >= epochs:
        yield Diagnostic(
            "recipe.no_drop",
            f"The learning rate would first drop after epoch {number(min(drops))}, and the run ends after epoch "
            f"{number(epochs)}. Let it drop earlier, or train for longer.",
            Severity.WARNING,
            param="schedule.milestones" if "milestones" in values else "schedule.every",
        )


def _validates(project: Project, data: DataState) -> bool:
    """Whether there will be samples to validate on, as far as that is known."""
    if data.dataset is not None and data.phase == "ready":
        return len(data.dataset.splits.val) > 0
    return project.data.validation > 0 or project.data.folds > 0 or not project.data.source


def _without_validation(recipe: Recipe) -> Iterator[Diagnostic]:
    keep = Fix(f"Keep {VALIDATION:.0%} of the samples for validation", "set_validation", {"value": VALIDATION})
    follows = recipe.schedule.id in SCHEDULES and SCHEDULES[recipe.schedule.id].follows
    judged = recipe.watch != "train_loss"
    if follows and judged:
        yield Diagnostic(
            "recipe.follows_nothing",
            "The learning rate is to fall when validation gets no better, but no samples are kept for validation, so "
            "it would never fall. Keep some, or choose a schedule that needs none.",
            Severity.WARNING,
            param="schedule",
            fixes=(keep, _fix("Take the cosine schedule", schedule="cosine")),
        )
    if recipe.patience and judged:
        yield Diagnostic(
            "recipe.waits_for_nothing",
            f"Training is to stop {count(recipe.patience, 'epoch', 'epochs')} after the best one, but no samples are "
            "kept for validation, so there is no best one. Keep some, or judge by the training loss.",
            Severity.WARNING,
            param="patience",
            fixes=(keep, _fix("Judge by the training loss", watch="train_loss")),
        )


def _machine(recipe: Recipe) -> Iterator[Diagnostic]:
    if recipe.precision in ("fp16", "bf16") and recipe.device in ("auto", "cpu"):
        on_cpu = recipe.device == "cpu" or free_on(recipe.device).device == "cpu"
        if on_cpu and recipe.precision == "fp16":
            yield Diagnostic(
                "recipe.precision",
                "float16 is for graphics cards, and this recipe computes on the CPU; it will use 32 bits.",
                Severity.WARNING,
                param="precision",
                fixes=(_fix("Use 32 bits", precision="full"),),
            )
        elif on_cpu:
            yield Diagnostic(
                "recipe.precision",
                "bfloat16 is faster on graphics cards; on most CPUs it is slower than 32 bits.",
                Severity.INFO,
                param="precision",
                fixes=(_fix("Let the program choose", precision="auto"),),
            )
    if recipe.shard and recipe.processes < 2:
        yield Diagnostic(
            "recipe.shard",
            "The weights are to be shared out, but one process alone trains, so there is nobody to share them with. "
            "Train with several processes, or leave this off.",
            Severity.WARNING,
            param="shard",
            fixes=(_fix("Leave the weights whole", shard=False),),
        )


def _network(recipe: Recipe, inferred: Inferred) -> Iterator[Diagnostic]:
    if not inferred.parameters:
        return
    still = marks(inferred)
    learning = [p.path for p in leaves(inferred) if p.result.weights and not p.result.state]
    if learning and all(path in still and still[path].frozen for path in learning):
        yield Diagnostic(
            "recipe.all_frozen",
            "Every layer that has weights is frozen, so there is nothing to learn. Let at least one of them learn.",
            fixes=(Fix("Let all layers learn", "unfreeze", {}),),
        )
    declaration = OPTIMIZERS.get(recipe.optimizer.id)
    if declaration is not None and declaration.others is not None:
        layers = {p.result.layer.id for p in leaves(inferred) if p.result.layer is not None}
        if layers.isdisjoint(MATRICES):
            yield Diagnostic(
                "recipe.no_matrices",
                f"{declaration.title} is for weight matrices, and this network has none but kernels: all of it would "
                "go by AdamW. Choose AdamW itself, or add a Linear layer.",
                Severity.WARNING,
                param="optimizer",
                fixes=(_fix("Take AdamW", optimizer="adamw"),),
            )


def _judged(project: Project) -> Iterator[Diagnostic]:
    """Figures that this network's outputs cannot be judged by."""
    kinds, watched = kinds_of(project.graph), of_key(project.recipe.watch)
    if not kinds:
        return
    known = metrics_of(kinds)
    if watched is not None and watched.id not in known:
        yield Diagnostic(
            "recipe.watch",
            f"The best epoch is to be chosen by {watched.title}, which says nothing about what this network answers, "
            "so no epoch would be the best. Choose another figure.",
            Severity.WARNING,
            param="watch",
            fixes=(_fix("Judge by accuracy, then loss", watch="auto"),),
        )


def _samples(recipe: Recipe, data: DataState) -> Iterator[Diagnostic]:
    if data.dataset is None or data.phase != "ready" or recipe.accumulate < 2 or recipe.batch_size < 1:
        return
    samples = len(data.dataset.splits.train)
    if recipe.batch_size * (recipe.accumulate - 1) >= samples > 0:
        yield Diagnostic(
            "recipe.accumulate",
            f"{number(recipe.accumulate)} batches of {number(recipe.batch_size)} make a step, which is more than the "
            f"{number(samples)} samples to train on: each epoch is a single step. Add up fewer batches.",
            Severity.WARNING,
            param="accumulate",
            fixes=(_fix("Step after every batch", accumulate=1),),
        )


def _by_name(fixes: tuple[Fix, ...], prefix: str = "") -> tuple[Fix, ...]:
    """The remedies for a parameter, which do not know whose it is, as remedies for the recipe."""
    return tuple(_fix(fix.label, **{f"{prefix}{fix.arguments['param']}": fix.arguments["value"]}) for fix in fixes)


def _fix(label: str, **settings: object) -> Fix:
    """A remedy that sets some of the recipe."""
    return Fix(label, "set_settings", settings)
