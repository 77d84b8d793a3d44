"""Training from files: pictures a second and time to an accuracy, against the usual loop over a DataLoader.

The same network, optimizer, batch size and epochs, from the same folder; each turn is a process of its own, timed from
the first look at the folder to the end of the last epoch, validation included. The pictures are noisy gratings whose
direction and colour tell the classes apart, so that accuracy rises over some epochs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.benchmarks.harness import Row, at_most, fact, faster, interleave, rounds, slower_by

BATCH, CLASSES, VALIDATION = 64, 10, 0.1
WORKERS = (0, 1, 2)
PATIENCE = 1800.0  # seconds a turn may take


@dataclass(frozen=True)
class Work:
    name: str
    kind: str
    height: int
    width: int
    count: int
    edge: int
    epochs: int
    floor: float


@dataclass(frozen=True)
class Turn:
    """Pictures learned a second, over all; the seconds and the validation accuracy at the end of each epoch; the
    process's own memory at the end in bytes, and of that of its workers."""

    rate: float
    seconds: list[float]
    accuracies: list[float]
    memory: int


def measure(quick: bool) -> list[Row]:
    works = (
        Work("PNG 32", "PNG", 32, 32, 800 if quick else 20_000, 32, 2 if quick else 5, 2.5),
        Work("JPEG 500 × 375 to 64", "JPEG", 375, 500, 200 if quick else 5_000, 64, 2 if quick else 5, 1.2),
    )
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="yardstick-2-") as temporary:
        for work in works:
            folder = Path(temporary) / f"{work.kind}-{work.height}"
            write_gratings(folder, work)
            rows.extend(_compare(work, folder, Path(temporary), min(3, rounds(quick))))
    return rows


def _compare(work: Work, folder: Path, temporary: Path, times: int) -> list[Row]:
    peers = {"workbench": lambda: _turn("workbench", work, folder, temporary)}
    for workers in WORKERS:
        peers[f"DataLoader {workers}"] = lambda workers=workers: _turn(str(workers), work, folder, temporary)
    turns: dict[str, list[Turn]] = interleave(peers, times)
    ours = turns.pop("workbench")
    best = max(turns, key=lambda name: statistics.median(turn.rate for turn in turns[name]))
    theirs = turns[best]
    rates = [turn.rate for turn in ours], [turn.rate for turn in theirs]
    rows = faster(f"{work.name}, {work.epochs} epochs (best: {best})", *rates, "pictures/s", work.floor)
    common = min(max(turn.accuracies) for turn in (*ours, *theirs))
    reached = [[_time_to(common, turn) for turn in peer] for peer in (ours, theirs)]
    rows += slower_by(f"{work.name}: seconds to {common:.1%} validation accuracy", *reached, "s", 1.0)
    finals = [statistics.median(turn.accuracies[-1] for turn in peer) for peer in (ours, theirs)]
    rows.append(fact(f"{work.name}: validation accuracy at the end", finals[0], "", finals[1]))
    memory = [statistics.median(turn.memory for turn in peer) / 1e6 for peer in (ours, turns["DataLoader 0"])]
    rows.append(fact(f"{work.name}: memory (RssAnon), against DataLoader 0", memory[0], "MB", memory[1]))
    if memory[1]:
        rows.append(at_most(f"{work.name}: memory against DataLoader 0", memory[0] / memory[1], "×", 1.05))
    return rows


def _time_to(accuracy: float, turn: Turn) -> float:
    return next(s for s, a in zip(turn.seconds, turn.accuracies, strict=True) if a >= accuracy)


def _turn(peer: str, work: Work, folder: Path, temporary: Path) -> Turn:
    with tempfile.TemporaryDirectory(dir=temporary) as home:
        command = [sys.executable, "-m", "tests.benchmarks.yardstick_2_training", peer, str(folder)]
        done = subprocess.run(
            [*command, json.dumps(asdict(work))],
            env=dict(os.environ, WORKBENCH_HOME=home),
            check=True,
            stdout=subprocess.PIPE,
            timeout=PATIENCE,
        )
    return Turn(**json.loads(done.stdout.splitlines()[-1]))


# --- one turn, in a process of its own -------------------------------------------------------------------------------


def network(edge: int) -> Any:
    """Three convolutions with normalisation and pooling, and a linear layer on their means; the same for all."""
    from itertools import pairwise

    from workbench.compiler.build import compile as compile_graph
    from workbench.document.graph import Edge, Graph, Node, frozen

    nodes = [Node("pictures_1", "pictures", params=frozen({"size": (edge, edge)}))]
    for k, filters in enumerate((16, 32, 64), 1):
        nodes.append(Node(f"conv2d_{k}", "conv2d", params=frozen({"filters": filters, "kernel": 3, "padding": "same"})))
        nodes += [Node(f"{layer}_{k}", layer) for layer in ("batch_norm2d", "relu", "max_pool2d")]
    nodes += [Node("global_avg_pool2d_1", "global_avg_pool2d"), Node("flatten_1", "flatten")]
    nodes += [Node("linear_1", "linear", params=frozen({"units": CLASSES})), Node("output_1", "output")]
    edges = frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes))
    return compile_graph(Graph({node.id: node for node in nodes}, edges))


def workbench(folder: Path, work: Work) -> Turn:
    from workbench.data.dataset import Dataset
    from workbench.document.project import Chosen, DataSettings, Recipe
    from workbench.training.engine import Engine
    from workbench.training.messages import Ended, EpochEnd

    compiled = network(work.edge)
    recipe = Recipe(epochs=work.epochs, batch_size=BATCH, optimizer=Chosen("adam"), device="cpu")
    began = time.perf_counter()
    seconds, accuracies, learned = [], [], 0
    settings = DataSettings(source=str(folder), validation=VALIDATION, normalise="symmetric")
    with Dataset.open(settings, size=(work.edge, work.edge)) as dataset:
        for event in Engine(compiled, dataset, recipe).events():
            if isinstance(event, EpochEnd):
                seconds.append(time.perf_counter() - began)
                accuracies.append(event.val_accuracy or 0.0)
                learned += len(dataset.splits.train)
            elif isinstance(event, Ended):
                assert event.state == "done", event.diagnostic
        return Turn(learned / (time.perf_counter() - began), seconds, accuracies, _memory())


def by_hand(folder: Path, work: Work, workers: int) -> Turn:
    """What one writes: a data set that opens, resizes and scales, a DataLoader, Adam, and a look after each epoch."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, Dataset, Subset

    module = network(work.edge).module(0)
    began = time.perf_counter()
    files = sorted(folder.glob("*/*"))
    labels = [int(file.parent.name) for file in files]
    edge = work.edge

    class Pictures(Dataset):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return len(files)

        def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
            with Image.open(files[i]) as opened:
                image = opened.convert("RGB")
            width, height = image.size
            share = edge / min(width, height)
            image = image.resize((round(width * share), round(height * share)), Image.Resampling.BILINEAR)
            left, top = (image.width - edge) // 2, (image.height - edge) // 2
            pixels = torch.from_numpy(np.array(image.crop((left, top, left + edge, top + edge))))
            return pixels.permute(2, 0, 1).to(torch.float32).div(255).sub(0.5).div(0.5), labels[i]

    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(0)).tolist()
    aside = int(len(files) * VALIDATION)
    loaders = [
        DataLoader(
            Subset(Pictures(), part),
            batch_size=BATCH,
            shuffle=shuffled,
            num_workers=workers,
            persistent_workers=workers > 0,
        )
        for part, shuffled in ((order[aside:], True), (order[:aside], False))
    ]
    optimizer = torch.optim.Adam(module.parameters())
    criterion = nn.CrossEntropyLoss()
    seconds, accuracies, learned = [], [], 0
    for _epoch in range(work.epochs):
        module.train()
        for pictures, wanted in loaders[0]:
            optimizer.zero_grad()
            loss = criterion(module(pictures), wanted)
            loss.backward()
            optimizer.step()
            learned += len(wanted)
        module.eval()
        with torch.inference_mode():
            right = sum(int((module(pictures).argmax(1) == wanted).sum()) for pictures, wanted in loaders[1])
        seconds.append(time.perf_counter() - began)
        accuracies.append(right / max(1, aside))
    return Turn(learned / (time.perf_counter() - began), seconds, accuracies, _memory())


def _memory() -> int:
    """Bytes of memory of its own this process holds (pages of mapped files not counted); 0 where it cannot be told."""
    try:
        with open("/proc/self/status") as status:
            return 1024 * next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    except (OSError, StopIteration):
        return 0


# --- the pictures ----------------------------------------------------------------------------------------------------


def _pixels(work: Work) -> Iterator[tuple[int, np.ndarray]]:
    """(label, uint8 H × W × 3): a grating in the class's direction and tint, under as much noise."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[: work.height, : work.width] * (32 / min(work.height, work.width))
    tints = rng.uniform(0.5, 1.0, (CLASSES, 3))
    coarse = (max(2, work.height // 6), max(2, work.width // 6))
    for k in range(work.count):
        label = k % CLASSES
        angle = np.pi * (label + rng.uniform(-0.3, 0.3)) / CLASSES
        wave = np.cos(0.7 * (np.cos(angle) * columns + np.sin(angle) * rows) + rng.uniform(0, 2 * np.pi))
        noise = Image.fromarray(rng.integers(0, 256, (*coarse, 3), dtype=np.uint8))
        soft = np.asarray(noise.resize((work.width, work.height), Image.Resampling.BILINEAR)).astype(np.float32)
        yield label, np.clip(0.6 * soft + 45 * wave[..., None] * tints[label] + 50, 0, 255).astype(np.uint8)


def write_gratings(folder: Path, work: Work) -> None:
    for label in range(CLASSES):
        (folder / str(label)).mkdir(parents=True)
    for k, (label, pixels) in enumerate(_pixels(work)):
        file = folder / str(label) / f"{k}.{'jpg' if work.kind == 'JPEG' else 'png'}"
        Image.fromarray(pixels).save(file, **({"quality": 88} if work.kind == "JPEG" else {}))


if __name__ == "__main__":
    asked = Work(**json.loads(sys.argv[3]))
    place = Path(sys.argv[2])
    import torch  # the time to load it is nobody's

    torch.manual_seed(0)
    done = workbench(place, asked) if sys.argv[1] == "workbench" else by_hand(place, asked, int(sys.argv[1]))
    print(json.dumps(asdict(done)))
