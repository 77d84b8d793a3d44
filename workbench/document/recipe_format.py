"""Recipes in files: JSON values, and back with a sentence for what is not sound.

    {"batch_size": 64, "clip": 1.0, "epochs": 10, "optimizer": {"id": "adam", "params": {…}}, …}

Every field is written, so that a file says all of how its network is trained.
"""

from __future__ import annotations

import re
from typing import Any

from workbench.document.data_format import read_chosen, write_chosen
from workbench.document.fields import Fields, refuse
from workbench.document.project import DECAYS, LAYOUTS, PRECISIONS, Chosen, Recipe
from workbench.document.rules import LARGEST_SEED, LONGEST_NAME, text_fault

LARGEST_CLIP = 1e9
LARGEST_AVERAGE = 0.999999
MOST_ACCUMULATED = 65_536
MOST_EPOCHS = 1_000_000
MOST_KEPT = 1_000
MOST_PROCESSES = 1_024
MOST_METRICS = 100

_DEVICE = re.compile(r"[a-z]{1,16}(:[0-9]{1,4})?\Z", re.ASCII)


def write_recipe(recipe: Recipe) -> dict[str, Any]:
    """A recipe as plain JSON values."""
    return {
        **recipe.extra,
        "epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "optimizer": write_chosen(recipe.optimizer),
        "schedule": write_chosen(recipe.schedule),
        "device": recipe.device,
        "seed": recipe.seed,
        "threads": recipe.threads,
        "deterministic": recipe.deterministic,
        "clip": float(recipe.clip),
        "accumulate": recipe.accumulate,
        "decay": recipe.decay,
        "average": float(recipe.average),
        "patience": recipe.patience,
        "watch": recipe.watch,
        "precision": recipe.precision,
        "layout": recipe.layout,
        "compile": recipe.compile,
        "initialisation": write_chosen(recipe.initialisation),
        "metrics": list(recipe.metrics),
        "keep": recipe.keep,
        "processes": recipe.processes,
        "shard": recipe.shard,
    }


def read_recipe(fields: Fields) -> Recipe:
    """What `write_recipe` wrote; what is missing has its default. Raises `Problem` for what is not sound."""
    default = Recipe()
    device = fields.text("device", default.device)
    if not _DEVICE.match(device):
        refuse(f"“device” of the recipe is “{device[:80]}”; it must be “auto”, “cpu”, “cuda” or “mps”")
    return Recipe(
        epochs=fields.whole("epochs", default.epochs, 1, MOST_EPOCHS),
        batch_size=fields.whole("batch_size", default.batch_size, 1, 1_000_000),
        optimizer=_read_chosen(fields, "optimizer", default.optimizer),
        schedule=_read_chosen(fields, "schedule", default.schedule),
        device=device,
        seed=fields.whole("seed", default.seed, high=LARGEST_SEED),
        threads=fields.whole("threads", default.threads, high=1024),
        deterministic=fields.truth("deterministic", default.deterministic),
        clip=fields.fraction("clip", default.clip, 0.0, LARGEST_CLIP),
        accumulate=fields.whole("accumulate", default.accumulate, 1, MOST_ACCUMULATED),
        decay=fields.choice("decay", default.decay, DECAYS),
        average=fields.fraction("average", default.average, 0.0, LARGEST_AVERAGE),
        patience=fields.whole("patience", default.patience, high=MOST_EPOCHS),
        watch=fields.text("watch", default.watch, LONGEST_NAME),
        precision=fields.choice("precision", default.precision, PRECISIONS),
        layout=fields.choice("layout", default.layout, LAYOUTS),
        compile=fields.truth("compile", default.compile),
        initialisation=_read_chosen(fields, "initialisation", default.initialisation),
        metrics=_read_metrics(fields),
        keep=fields.whole("keep", default.keep, 1, MOST_KEPT),
        processes=fields.whole("processes", default.processes, 1, MOST_PROCESSES),
        shard=fields.truth("shard", default.shard),
        extra=fields.rest(),
    )


def _read_chosen(fields: Fields, key: str, default: Chosen) -> Chosen:
    value = fields.take(key, None)
    return default if value is None else read_chosen(value, f"the {key}")


def _read_metrics(fields: Fields) -> tuple[str, ...]:
    metrics = fields.items("metrics", MOST_METRICS)
    for metric in metrics:
        if not isinstance(metric, str) or not metric:
            refuse("an entry in “metrics” of the recipe is no name of a metric")
        if fault := text_fault(metric, LONGEST_NAME):
            refuse(f"a name in “metrics” of the recipe {fault}")
    return metrics
