"""References to None over 10,000 repaints and 10,000 moves of an item; two gloo ranks against one.

Some builds of PySide lose a reference to None at every call that returns nothing, and abort after some thousands; the
count before and after shows it (Python 3.12 and later keep the count of None still, so it shows only on 3.11). The
second part trains a network with the engine on two processes with half a batch each, and on one with all of it: losses
and weights must be the same but for the order of additions.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.benchmarks.harness import Row, at_most, fact
from workbench.data.batches import Batch

CALLS, QUICK_CALLS = 10_000, 1_000
LOST = 50.0
"""References to None that caches may take or give over the whole measurement; a faulty build loses one a call."""
STEPS, QUICK_STEPS = 40, 5
BATCH = 32
EQUAL = 1e-5
"""Largest difference of a weight after all steps: float32 sums in another order."""


def measure(quick: bool) -> list[Row]:
    calls = QUICK_CALLS if quick else CALLS
    return [*_references(calls), *_ranks(QUICK_STEPS if quick else STEPS)]


# --- references to None ------------------------------------------------------------------------------------------


def _references(calls: int) -> list[Row]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QImage, QPainter, QPaintEvent
    from PySide6.QtWidgets import QApplication, QGraphicsRectItem, QGraphicsScene, QWidget

    app = QApplication.instance() or QApplication(sys.argv[:1])

    class Painted(QWidget):
        def paintEvent(self, event: QPaintEvent) -> None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawRect(QRectF(1, 1, 6, 6))
            painter.end()

    widget, image = Painted(), QImage(8, 8, QImage.Format.Format_RGB32)
    widget.resize(8, 8)
    scene = QGraphicsScene()
    item = QGraphicsRectItem(0, 0, 4, 4)
    scene.addItem(item)

    def repaint(_i: int) -> None:
        widget.render(image)

    def move(i: int) -> None:
        item.setPos(i % 100, i % 7)

    rows = []
    for name, call in (("repaints", repaint), ("moves of an item", move)):
        for i in range(100):
            call(i)
        before = sys.getrefcount(None)
        for i in range(calls):
            call(i)
        lost = before - sys.getrefcount(None)
        rows.append(at_most(f"references to None lost over {calls:,} {name}", float(abs(lost)), "references", LOST))
    scene.clear()
    del app
    return rows


# --- two ranks ---------------------------------------------------------------------------------------------------


def _ranks(steps: int) -> list[Row]:
    alone, together = _train(1, steps), _train(2, steps)
    weights = max(abs(a - b) for a, b in zip(alone["weights"], together["weights"], strict=True))
    losses = max(abs(a - b) for a, b in zip(alone["losses"], together["losses"], strict=True))
    return [
        at_most(f"largest difference of a weight after {steps} steps, two ranks against one", weights, "", EQUAL),
        at_most("largest difference of a loss on the way", losses, "", 10 * EQUAL),
        fact("loss at the end, two ranks against one", together["losses"][-1], "", alone["losses"][-1]),
        fact("seconds a step, two ranks against one", together["seconds"], "s", alone["seconds"]),
    ]


def _train(ranks: int, steps: int) -> dict[str, Any]:
    """Run `worker` in fresh processes; what the first rank prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(ranks)}
    base["OMP_NUM_THREADS"] = "1"
    command = [sys.executable, "-m", "tests.benchmarks.yardstick_8_counts", str(steps)]
    started = [
        subprocess.Popen(
            command, env={**base, "RANK": str(rank)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for rank in range(ranks)
    ]
    outputs = [process.communicate(timeout=600) for process in started]
    for process, (_out, errors) in zip(started, outputs, strict=True):
        if process.returncode:
            raise RuntimeError(f"a rank ended with {process.returncode}: {errors[-2000:]}")
    answer: dict[str, Any] = json.loads(outputs[0][0].splitlines()[-1])
    return answer


class Noise:
    """Batches of noise with labels, the same in every process, of which each is given its part."""

    classes = tuple("abcd")
    fingerprint = "noise"

    def __init__(self, steps: int) -> None:
        rng = np.random.default_rng(1)
        self.pictures = rng.normal(size=(steps * BATCH, 3, 16, 16)).astype(np.float32)
        self.labels = rng.integers(0, 4, steps * BATCH)
        none = np.empty(0, np.int64)
        self.splits = SimpleNamespace(train=np.arange(steps * BATCH), val=none, test=none)
        self.index = SimpleNamespace(items=())

    def train_batches(
        self, batch_size: int, seed: int, epoch: int, start_step: int = 0, *, rank: int = 0, ranks: int = 1
    ) -> Iterator[Batch]:
        whole = batch_size * ranks
        for step in range(len(self.labels) // whole):
            own = np.arange(step * whole + rank * batch_size, step * whole + (rank + 1) * batch_size)
            yield Batch(self.pictures[own], self.labels[own], own, epoch, step)


def worker(steps: int) -> dict[str, Any]:
    """One rank: the engine on its part of every batch, as `workbench train --nproc` has it."""
    from workbench.document.graph import frozen
    from workbench.document.project import Chosen, Recipe
    from workbench.training.distributed.engine import DistributedEngine
    from workbench.training.distributed.part import Part
    from workbench.training.distributed.ranks import join, leave, of_environment
    from workbench.training.engine import Engine
    from workbench.training.messages import Ended, StepEnd

    ranks = of_environment()
    join(ranks)
    momentum = Chosen("sgd", frozen({"lr": 0.05, "momentum": 0.9}))
    recipe = Recipe(epochs=1, batch_size=BATCH // ranks.size, optimizer=momentum, device="cpu", threads=1)
    noise, network = Noise(steps), _network()
    engine: Engine = Engine(network, noise, recipe)  # type: ignore[arg-type]
    if not ranks.alone:
        engine = DistributedEngine(network, Part(noise, ranks), recipe, ranks=ranks)  # type: ignore[arg-type]
    losses = []
    began = time.perf_counter()
    for event in engine.events():
        if isinstance(event, StepEnd):
            losses.append(event.loss)
        elif isinstance(event, Ended):
            assert event.state == "done", event.diagnostic
    seconds = (time.perf_counter() - began) / steps
    assert engine.module is not None
    weights = [float(value) for weight in engine.module.parameters() for value in weight.detach().flatten()]
    ranks.wait()
    leave(ranks)
    return {"losses": losses, "weights": weights, "seconds": seconds}


def _network() -> Any:
    """A small convolutional network as the canvas would hold it, compiled."""
    from workbench.compiler.build import compile as compile_graph
    from workbench.document.graph import Edge, Graph, Node, frozen

    nodes = [
        Node("pictures_1", "pictures", params=frozen({"size": (16, 16)})),
        Node("conv2d_1", "conv2d", params=frozen({"filters": 8})),
        Node("relu_1", "relu"),
        Node("max_pool2d_1", "max_pool2d"),
        Node("flatten_1", "flatten"),
        Node("linear_1", "linear", params=frozen({"units": 4})),
        Node("output_1", "output"),
    ]
    edges = frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes))
    return compile_graph(Graph({node.id: node for node in nodes}, edges))


if __name__ == "__main__":
    result = worker(int(sys.argv[1]))
    if os.environ["RANK"] == "0":
        print(json.dumps(result), flush=True)
