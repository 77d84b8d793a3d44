"""The settings of the recipe and of the preparation of samples that a search may vary, and what it tries by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from workbench.catalogue.declaration import Declaration, Kind, Param
from workbench.catalogue.registry import AUGMENTATIONS, INITIALISATIONS, OPTIMIZERS, SCHEDULES
from workbench.catalogue.values import check
from workbench.document.graph import Value
from workbench.document.project import BALANCES, Chosen, Project, Recipe
from workbench.session.searching.ranges import Range, Values, Wanted
from workbench.session.searching.setting import Setting, Target, suggested

_PLAIN: tuple[tuple[Param, Wanted], ...] = (
    (
        Param("epochs", "Epochs", "How often training goes through all samples.", Kind.INT, 10, 1, 100_000),
        Range(5, 40, log=True),
    ),
    (
        Param("batch_size", "Batch size", "Samples looked at before each correction.", Kind.INT, 64, 1, 65_536),
        Values((16, 32, 64, 128)),
    ),
    (
        Param("clip", "Gradient clipping", "The largest norm all gradients may have together.", Kind.FLOAT, 0.0, 0.0),
        Values((0.0, 0.5, 1.0, 5.0)),
    ),
    (
        Param("accumulate", "Accumulation", "Batches added up for one correction.", Kind.INT, 1, 1, 1_024),
        Values((1, 2, 4)),
    ),
    (
        Param(
            "decay",
            "Weight decay of",
            "Whether norms and biases are drawn towards zero too.",
            Kind.CHOICE,
            "weights",
            choices=(("weights", "weights alone"), ("all", "everything")),
        ),
        Values(("weights", "all")),
    ),
    (
        Param("average", "Average of weights", "How slowly the averaged copy follows.", Kind.FLOAT, 0.0, 0.0, 0.99999),
        Values((0.0, 0.99, 0.999)),
    ),
    (
        Param("seed", "Seed", "Another start and another order; shows how much is chance.", Kind.INT, 0, 0, 2**32 - 1),
        Values((0, 1, 2, 3, 4)),
    ),
)
_BALANCE = Param(
    "balance",
    "Balance of classes",
    "What is done about classes with few samples.",
    Kind.CHOICE,
    "none",
    choices=tuple(
        (b, {"none": "nothing", "sampling": "show them more often", "weights": "weigh them more"}.get(b, b))
        for b in BALANCES
    ),
)
CHOSEN: Mapping[str, tuple[str, str, Mapping[str, Declaration]]] = {
    "optimizer": ("Optimizer", "The rule that turns gradients into corrections.", dict(OPTIMIZERS)),
    "schedule": ("Schedule", "How the learning rate changes over the run.", dict(SCHEDULES)),
    "initialisation": ("Initialisation", "What the weights are before the first step.", dict(INITIALISATIONS)),
}
"""The fields of the recipe that are one entry of a catalogue: title, help, catalogue."""

_USUAL = {
    "optimizer": ("sgd", "adam", "adamw"),
    "schedule": ("constant", "cosine", "one_cycle"),
    "initialisation": tuple(INITIALISATIONS)[:3],
}


def recipe_settings(project: Project) -> Iterator[Setting]:
    """Those of the recipe: what most people vary first."""
    known = {f.name for f in fields(Recipe)}
    for field in CHOSEN:
        yield _which(project, field)
        yield from chosen_settings(getattr(project.recipe, field), field)
    for param, wanted in _PLAIN:
        if param.id in known:
            value = getattr(project.recipe, param.id)
            yield Setting(f"recipe.{param.id}", param.title, "Recipe", param, value, wanted, Target("recipe", param.id))


def _which(project: Project, field: str) -> Setting:
    title, help, catalogue = CHOSEN[field]
    choices = tuple((id, declaration.title) for id, declaration in catalogue.items())
    now = getattr(project.recipe, field).id
    param = Param(field, title, help, Kind.CHOICE, now, choices=choices)
    tried = tuple(dict.fromkeys(i for i in (now, *_USUAL[field]) if i in catalogue))
    return Setting(f"recipe.{field}", title, "Recipe", param, now, Values(tried), Target("recipe", field))


def chosen_settings(chosen: Chosen, field: str) -> Iterator[Setting]:
    """The parameters of an optimizer or a schedule."""
    catalogue = CHOSEN[field][2]
    declaration = catalogue.get(chosen.id)
    if declaration is None:
        return
    values, _problems = check(declaration, chosen.params)
    for param in declaration.params:
        target = Target("chosen", param.id, node=field)
        value: Value = values[param.id]
        yield Setting(
            f"recipe.{field}.{param.id}",
            param.title,
            f"{CHOSEN[field][0]}: {declaration.title}",
            param,
            value,
            suggested(param, value),
            target,
        )


def data_settings(project: Project) -> Iterator[Setting]:
    """The balance of classes, and the parameters of the augmentations that are in use."""
    balance = project.data.balance
    target = Target("data", "balance")
    yield Setting("data.balance", _BALANCE.title, "Samples", _BALANCE, balance, Values(tuple(BALANCES)), target)
    seen: dict[str, int] = {}
    for place, chosen in enumerate(project.data.augmentations):
        declaration = AUGMENTATIONS.get(chosen.id)
        if declaration is None:
            continue
        seen[chosen.id] = seen.get(chosen.id, 0) + 1
        name = chosen.id if seen[chosen.id] == 1 else f"{chosen.id}_{seen[chosen.id]}"
        values, _problems = check(declaration, chosen.params)
        for param in declaration.params:
            target = Target("augmentation", param.id, node=chosen.id, index=place)
            value: Value = values[param.id]
            yield Setting(
                f"data.{name}.{param.id}",
                param.title,
                f"Augmentation: {declaration.title}",
                param,
                value,
                suggested(param, value),
                target,
            )
