"""Run as a program: takes real training steps and writes what they held in memory at their peak, as JSON.

``python -m tests.compiler.measure_steps allocated "mlp:16:adamw" …`` gives the peak of PyTorch's allocator, from the
events its profiler records at every allocation and release, on a timeline that begins before the network is built. That
is every tensor, the working memory of oneDNN among them, and nothing else; what the batch takes as arrays is added.
"rss" in place of "allocated" gives what the whole process grew by, with all that libraries keep for themselves.
"""

from __future__ import annotations

import gc
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

STEPS = 3
"""The optimizer's memory is there from the second step on."""


@dataclass
class Samples:
    """A batch as the data room gives it."""

    inputs: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]
    indices: np.ndarray[Any, Any]
    step: int = 0
    other: None = None
    share: None = None


def prepared(name: str, batch: int, optimizer: str, *also: str) -> Any:
    """A function that builds the network and takes `STEPS` steps, and the bytes of the batch.

    `also` are "average" (of the weights), "gathers" (two batches a step), or the id of a layer that is frozen.
    """
    import torch

    from tests.compiler.memory_networks import network
    from workbench.compiler.build import compile
    from workbench.document.graph import Graph
    from workbench.document.marking import set_frozen
    from workbench.document.project import Chosen, Recipe
    from workbench.training.learner import Learner
    from workbench.training.objective import objective_of
    from workbench.training.optimizing.optimizer import build_optimizer

    still = [layer for layer in also if layer not in ("average", "gathers")]
    drawn_up = set_frozen(network(name), still, True)
    assert isinstance(drawn_up, Graph)
    recipe = Recipe(
        optimizer=Chosen(optimizer),
        average=0.9 if "average" in also else 0.0,
        accumulate=2 if "gathers" in also else 1,
    )
    compiled = compile(drawn_up)
    arriving = compiled.inferred.outputs[compiled.inputs[0]]
    classes = compiled.inferred.outputs[compiled.outputs[0]]
    assert arriving is not None
    assert classes is not None
    shape = (batch, *arriving.shape)
    drawn = np.random.default_rng(0)
    pictures = (
        drawn.integers(0, arriving.levels, shape)
        if arriving.kind == "index"
        else drawn.standard_normal(shape, dtype=np.float32)
    )
    labels = drawn.integers(0, classes.shape[0], batch)
    samples = Samples(pictures, labels, np.arange(batch))

    def run() -> None:
        module = compiled.module(seed=0)
        chosen = build_optimizer(recipe, module, compiled)
        learner = Learner(
            compiled, module, chosen, objective_of(compiled.graph), torch.device("cpu"), classes.shape[0], 0, recipe
        )
        for step in range(STEPS):
            learner.learn([samples] * recipe.accumulate, 1e-3, step)

    return run, pictures.nbytes


def allocated(run: Any) -> int:
    """The peak of PyTorch's allocator while `run` runs, in bytes."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        run()
        gc.collect()
    results = recorded.profiler.kineto_results  # type: ignore[union-attr]
    events = sorted((e for e in results.events() if e.name() == "[memory]"), key=lambda e: e.start_ns())
    now = peak = 0
    for event in events:
        now += int(event.nbytes())
        peak = max(peak, now)
    return peak


def grown(run: Any) -> int:
    """What the process grew by while `run` ran, at its peak, in bytes. Linux only."""
    import psutil

    before = psutil.Process().memory_info().rss
    run()
    return _most_ever() - int(before)


def _most_ever() -> int:
    """The most this program ever had in memory, in bytes. Not `getrusage`: that counts the parent at the fork too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def main() -> None:
    how, *situations = sys.argv[1:]
    import torch

    torch.set_num_threads(1)
    warm, _size = prepared("mlp", 2, "adamw")
    warm()
    found = {}
    for situation in situations:
        name, batch, optimizer, *also = situation.split(":")
        run, size = prepared(name, int(batch), optimizer, *also)
        found[situation] = size + (grown(run) if how == "rss" else allocated(run))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
