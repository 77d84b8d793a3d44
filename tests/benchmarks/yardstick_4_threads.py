"""Steps a second while another program keeps a core busy: the adaptive thread count against each fixed one.

Every turn trains the same network on tensors in memory for some seconds, from its first step on, so that finding the
count out is part of what is measured. Rates are told with the machine left alone too.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from tests.benchmarks.harness import Row, fact, faster, interleave, rounds

SECONDS, QUICK_SECONDS = 12.0, 2.0
STEPS = 1_000_000
FLOOR = 0.85


def measure(quick: bool) -> list[Row]:
    from tests.benchmarks.yardstick_3_step import graph
    from workbench.compiler.build import compile as compile_graph

    network = compile_graph(graph())
    seconds = QUICK_SECONDS if quick else SECONDS
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    counts = sorted({1, *(c for c in (2, 3, 4) if c < cores), cores})
    peers: dict[str, Callable[[], float]] = {"adaptive": lambda: _rate(network, 0, seconds)}
    for count in counts:
        peers[f"{count} fixed"] = lambda count=count: _rate(network, count, seconds)
    rows: list[Row] = []
    for name, beside in (("one core kept busy", True), ("left alone", False)):
        with _busy() if beside else contextlib.nullcontext():
            found: dict[str, list[float]] = interleave(peers, rounds(quick))
        ours = found.pop("adaptive")
        best = max(found, key=lambda peer: statistics.median(found[peer]))
        worst = min(found, key=lambda peer: statistics.median(found[peer]))
        rows += faster(f"{name}: adaptive, against {best}", ours, found[best], "steps/s", FLOOR if beside else None)
        rows.append(
            fact(f"{name}: against {worst}", statistics.median(ours), "steps/s", statistics.median(found[worst]))
        )
    return rows


@contextlib.contextmanager
def _busy() -> Iterator[None]:
    """Another program that computes all the time, on one core."""
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        other.kill()
        other.wait()


def _rate(network: object, threads: int, seconds: float) -> float:
    """Steps a second of a run over some seconds."""
    import torch

    from tests.benchmarks.yardstick_3_step import InMemory
    from workbench.document.project import Chosen, Recipe
    from workbench.training.engine import Engine
    from workbench.training.messages import StepEnd

    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    recipe = Recipe(epochs=1, batch_size=64, optimizer=Chosen("adam"), device="cpu", threads=threads)
    events = Engine(network, InMemory(STEPS), recipe).events()  # type: ignore[arg-type]
    steps, began = 0, 0.0
    with contextlib.closing(events):
        for event in events:
            if isinstance(event, StepEnd):
                began = began or time.perf_counter()  # the first step loads kernels
                steps += 1
                if time.perf_counter() - began >= seconds:
                    break
    return (steps - 1) / (time.perf_counter() - began)
