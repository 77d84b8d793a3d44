"""Records of runs that nobody trained: what a long search leaves behind, made in seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from workbench.compiler.inference import infer
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Project
from workbench.training.messages import Ended, EpochEnd, Started
from workbench.training.scalars import COLUMNS, ScalarLog
from workbench.training.store import RunStore

STEPS_AN_EPOCH = 6


def record_runs(folder: Path, project: Project, count: int, epochs: int = 3) -> RunStore:
    """A store in `folder` with `count` runs of `project`, each with another learning rate; every tenth has failed."""
    store, rng = RunStore(folder), np.random.default_rng(0)
    network: Any = SimpleNamespace(inferred=infer(project.graph))
    data: Any = SimpleNamespace(
        fingerprint="0123456789abcdef", splits=SimpleNamespace(train=np.arange(900), val=np.arange(100))
    )
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        rate = float(f"{10 ** rng.uniform(-4, -1):.3g}")
        recipe = replace(project.recipe, epochs=epochs, optimizer=Chosen("adam", frozen({"lr": rate})))
        record = store.begin(replace(project, recipe=recipe), network, data, {}, series="rates" if number % 2 else "")
        log = ScalarLog()
        steps = epochs * STEPS_AN_EPOCH
        begun = Started(record.run, network.inferred.parameters, 900, 100, epochs, STEPS_AN_EPOCH, "cpu", 1)
        record.take(begun, log)
        for step in range(1, steps + 1):
            log.append(step, 2.0 / step, 1 - 1 / (step + 1), rate, 1000.0)
        for epoch in range(1, epochs + 1):
            accuracy = round(float(rng.uniform(0.5, 0.99)), 4)
            end = EpochEnd(
                epoch, 2.0 / epoch, accuracy, 2.2 / epoch, accuracy, 1000.0, 1.0, epoch * STEPS_AN_EPOCH, 0.1,
                epoch == epochs, np.diag(np.full(3, 30)), {"val_f1": accuracy},
            )  # fmt: skip
            record.take(end, log)
        why = Diagnostic("training.not_finite", "The loss was not a number at step 9.") if number % 10 == 0 else None
        record.take(Ended("failed" if why else "done", why, accuracy, epochs, steps), log)
    assert len(COLUMNS) == log.read().shape[1]
    return store
