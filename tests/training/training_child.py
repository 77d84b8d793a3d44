"""Trains a small network in a process of its own, to be killed: training_child.py FOLDER OUT [threads]."""

from __future__ import annotations

import hashlib
import json
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.keeper import Cadence
from workbench.training.messages import EpochEnd, Noticed, StepEnd

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("conftest.py"))))


def digest(tensors: Mapping[str, torch.Tensor]) -> dict[str, str]:
    return {k: hashlib.sha256(v.contiguous().numpy().tobytes()).hexdigest() for k, v in sorted(tensors.items())}


def main(folder: Path, out: Path) -> None:
    resume = checkpoint.read(folder) if checkpoint.exists(folder) else None
    engine = Engine(
        small.compile_graph(small.small_graph()),
        small.pictures(),
        small.small_recipe(epochs=8),
        folder=folder,
        resume=resume,
        cadence=Cadence(steps=5),
    )
    found: dict[str, Any] = {"epochs": {}, "notices": []}
    for event in engine.events():
        if isinstance(event, StepEnd):
            with open(folder / "steps", "ab") as told:
                told.write(b".")
        elif isinstance(event, EpochEnd):
            found["epochs"][str(event.epoch)] = [event.train_loss, event.train_accuracy, event.val_loss]
        elif isinstance(event, Noticed):
            found["notices"].append(event.diagnostic.message)
    last, best = checkpoint.read(folder), checkpoint.read(folder, "best")
    found |= {"weights": digest(last.weights), "optimizer": digest(last.optimizer), "best": digest(best.weights)}
    out.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
