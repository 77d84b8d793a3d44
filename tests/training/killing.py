"""Trains small networks in children that are killed at random, again and again, and holds what comes of it against the
run that nothing happened to, to the bit: killing.py FOLDER SEED KILLS RECIPE... (each a name of `RECIPES`).

A process of its own, so that nothing but the Python that started it is forked; children are forks, which begin at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import runpy
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from workbench.document.graph import Graph, frozen
from workbench.document.project import Chosen, Recipe
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.keeper import Cadence
from workbench.training.messages import Ended, EpochEnd, Noticed, Started, StepEnd
from workbench.training.steps import precision

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("conftest.py"))))


def chosen(identity: str, **params: Any) -> Chosen:
    return Chosen(identity, frozen(params))


@dataclass(frozen=True)
class Case:
    """A recipe's changes, and what is done to the network and the batches."""

    recipe: Mapping[str, Any]
    graph: Callable[[Graph], Graph] = lambda graph: graph
    mixed: bool = False


def marked(graph: Graph) -> Graph:
    """The convolution and its norm frozen, the last layer learning faster than the rest."""
    nodes = dict(graph.nodes)
    nodes["conv2d_1"] = replace(nodes["conv2d_1"], frozen=True)
    nodes["batch_norm2d_1"] = replace(nodes["batch_norm2d_1"], frozen=True)
    nodes["linear_1"] = replace(nodes["linear_1"], rate=3.0)
    return replace(graph, nodes=nodes)


PLATEAU = chosen("plateau", patience=1, gamma=0.7, threshold=0.2)
MOMENTUM = chosen("sgd", lr=0.02, momentum=0.9, nesterov=True)
RECIPES: dict[str, Case] = {
    "plain": Case({}),
    "everything": Case(
        {
            "optimizer": chosen("adamw", lr=0.01), "schedule": PLATEAU, "average": 0.9, "accumulate": 3, "clip": 0.5,
            "precision": "bf16", "keep": 3, "epochs": 12, "metrics": ("f1",), "watch": "val_f1",
        },
        marked, mixed=True,
    ),
    "half": Case({"epochs": 12, "optimizer": MOMENTUM, "precision": "fp16", "accumulate": 2, "average": 0.95}),
    "patient": Case({"epochs": 40, "schedule": PLATEAU, "patience": 2, "watch": "val_loss", "keep": 2}),
    "averaged": Case({"average": 0.99, "clip": 0.1, "schedule": chosen("one_cycle")}),
    "mixed": Case({"optimizer": MOMENTUM, "accumulate": 4, "schedule": chosen("cosine_restarts")}, mixed=True),
    "frozen": Case({"optimizer": chosen("rmsprop", lr=0.002), "decay": "all"}, marked),
    **{
        optimizer: Case({"optimizer": chosen(optimizer), "average": 0.9, "clip": 1.0, "accumulate": 2}, marked)
        for optimizer in (
            "sgd", "adam", "adamw", "nadam", "radam", "rmsprop", "adagrad", "adadelta", "adafactor", "muon",
        )
    },
}  # fmt: skip


class Mixing(small.MemoryPictures):  # type: ignore[misc, name-defined]
    """Batches whose samples have another's label too, as mixup gives them; a function of seed, epoch and index."""

    def train_batches(self, batch_size: int, seed: int, epoch: int, start_step: int = 0) -> Iterator[Any]:
        for batch in super().train_batches(batch_size, seed, epoch, start_step):
            others = (batch.indices * 7 + epoch) % len(self.labels)
            share = (0.5 + (batch.indices % 5) / 10).astype(np.float32)
            inputs = (
                share[:, None, None, None] * batch.inputs + (1 - share)[:, None, None, None] * self.pictures[others]
            )
            yield replace(batch, inputs=inputs, other=self.labels[others], share=share)


def digest(tensors: Mapping[str, torch.Tensor]) -> dict[str, str]:
    return {k: hashlib.sha256(v.contiguous().numpy().tobytes()).hexdigest() for k, v in sorted(tensors.items())}


def train(case: Case, folder: Path, kill_after: int | None = None) -> None:
    """Go on with the run in `folder`, or begin it; every figure is written down, and the end of it all."""
    compiled = small.compile_graph(case.graph(small.small_graph()))
    made = small.pictures()
    pictures = Mixing(made.pictures, made.labels, made.splits) if case.mixed else made
    recipe: Recipe = small.small_recipe(**{"epochs": 6, **case.recipe})
    resume = checkpoint.read(folder) if checkpoint.exists(folder) else None
    engine = Engine(compiled, pictures, recipe, folder=folder, resume=resume, cadence=Cadence(steps=3))
    with open(folder / "told", "ab", buffering=0) as told:
        for count, event in enumerate(engine.events()):
            if isinstance(event, Started) and engine.learner is not None and engine.learner.precision.scaler:
                engine.learner.precision.scaler.set_growth_interval(5)  # so that there is a scale to remember
            elif isinstance(event, StepEnd):
                told.write(_line("step", event.step, event.loss, event.accuracy, event.learning_rate, event.norm))
            elif isinstance(event, EpochEnd):
                figures = event.train_loss, event.val_loss, event.val_accuracy, dict(event.metrics), event.is_best
                told.write(_line("epoch", event.epoch, *figures))
            elif isinstance(event, Noticed):
                told.write(_line("notice", f"{event.diagnostic.code} {event.diagnostic.message}"))
            elif isinstance(event, Ended):
                told.write(_line("end", event.state, event.epochs, event.step, event.best_val_accuracy))
            if count == kill_after:
                os.kill(os.getpid(), signal.SIGKILL)


def _line(kind: str, key: object, *figures: object) -> bytes:
    return json.dumps([f"{kind} {key}", *map(repr, figures)]).encode() + b"\n"


def left(folder: Path) -> dict[str, Any]:
    """All that a finished run leaves, comparable."""
    last, best = checkpoint.read(folder), checkpoint.read(folder, "best")
    return {
        "weights": digest(last.weights), "optimizer": digest(last.optimizer), "average": digest(last.average),
        "numbers": json.dumps(last.optimizer_numbers, sort_keys=True, default=dict), "best": digest(best.weights),
        "state": {key: repr(value) for key, value in last.state.items()}, "rate": repr(last.learning_rate),
        "position": repr(last.position), "figures": repr((last.best_val_accuracy, last.best_val_loss)),
        "used": digest(checkpoint.read_best(folder).weights),
    }  # fmt: skip


def told(folder: Path) -> dict[str, list[Any]]:
    """Every line by its key; a step that was taken again must have told the same. What the kill cut off is no line."""
    found: dict[str, list[Any]] = {}
    for raw in (folder / "told").read_bytes().split(b"\n")[:-1]:
        key, *figures = json.loads(raw)
        assert found.setdefault(key, figures) == figures, f"{key}: {found[key]} and then {figures}"
    return found


def in_a_child(work: Callable[[], None]) -> int:
    """The process id of a fork that does the work and is gone without a trace."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def held(case: Case, folder: Path, kills: int, chance: random.Random) -> int:
    """Kill a run again and again, let it end, compare; gives how often it was killed before its end."""
    whole, killed = folder / "whole", folder / "killed"
    whole.mkdir(parents=True)
    killed.mkdir()
    assert os.waitpid(in_a_child(lambda: train(case, whole)), 0)[1] == 0
    events = len((whole / "told").read_bytes().splitlines())
    died = 0
    for _ in range(kills):
        if chance.random() < 0.5:  # right after an event
            after = chance.randrange(1, max(3, 2 * events // kills))
            child = in_a_child(lambda after=after: train(case, killed, after))
        else:  # anywhere
            child = in_a_child(lambda: train(case, killed))
            time.sleep(0.02 + 0.3 * chance.random())
            os.kill(child, signal.SIGKILL)
        died += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert os.waitpid(in_a_child(lambda: train(case, killed)), 0)[1] == 0
    assert left(killed) == left(whole)
    ours, theirs = told(killed), told(whole)
    missing = [key for key in theirs if key not in ours and not key.startswith("epoch")]
    assert not missing, missing  # a kill between an epoch's checkpoint and its event loses the telling, not the epoch
    assert all(theirs.get(key) == figures for key, figures in ours.items())
    return died


if __name__ == "__main__":
    torch.set_num_threads(1)
    precision._offers = lambda _name, _device: True  # 16 bits on any processor, however slowly
    root, seed, kills, *names = sys.argv[1:]
    (Path(root) / "first").mkdir(parents=True)
    train(RECIPES["everything"], Path(root) / "first")  # so that children find all libraries loaded
    for name in names:
        died = held(RECIPES[name], Path(root) / name, int(kills), random.Random(f"{seed} {name}"))
        print(json.dumps({"recipe": name, "killed": died}), flush=True)
