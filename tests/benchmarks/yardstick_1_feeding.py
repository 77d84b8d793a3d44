"""Feeding: pictures a second from files to scaled batches, against the usual Pillow dataset with DataLoader."""

from __future__ import annotations

import contextlib
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.benchmarks.harness import Row, at_most, fact, faster, interleave, rounds

BATCH = 64
NICE = 10  # as workbench.data.crew has it
CLASSES = 10
WORKERS = (0, 1, 2)
LATER = 2  # epochs after the first, of which the median counts


@dataclass(frozen=True)
class Work:
    name: str
    kind: str
    height: int
    width: int
    count: int
    edge: int
    first: float | None  # floors
    later: float
    augmented: bool = False  # a random resized crop a sample, and mirrored or not


@dataclass(frozen=True)
class Turn:
    """One peer's turn: pictures a second, CPU seconds a picture, both in the first and in later epochs."""

    first: float
    later: float
    first_cpu: float
    later_cpu: float
    opened: float = 0.0
    disk: int = 0


def measure(quick: bool) -> list[Row]:
    _step_back()
    jpegs, pngs = (200, 1000) if quick else (5000, 20_000)
    works = (
        Work("JPEG 500 × 375 to 64", "JPEG", 375, 500, jpegs, 64, 2.5, 10.0),
        Work("JPEG 500 × 375 to 224", "JPEG", 375, 500, jpegs, 224, 1.5, 5.0),
        Work("PNG 32", "PNG", 32, 32, pngs, 32, 2.5, 10.0),
        Work("JPEG to 64, random resized crop a sample", "JPEG", 375, 500, jpegs, 64, None, 5.0, augmented=True),
    )
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="yardstick-1-") as temporary:
        for work in works:
            folder = Path(temporary) / f"{work.kind}-{work.height}"
            if not folder.exists():
                _write_pictures(folder, work)
            rows.extend(_compare(work, folder, Path(temporary), rounds(quick)))
        rows.extend(_memory(Path(temporary), (200, 800) if quick else (5000, 20_000)))
    return rows


def _step_back() -> None:
    """The decoding threads give way to other programs. Here everybody does so alike, or a busy machine would decide."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(max(0, NICE - os.nice(0)))


def _compare(work: Work, folder: Path, temporary: Path, times: int) -> list[Row]:
    peers: dict[str, Callable[[], Turn]] = {"workbench": lambda: _workbench(work, folder, temporary)}
    for workers in WORKERS:
        peers[f"DataLoader {workers}"] = lambda workers=workers: _dataloader(work, folder, workers)
    turns = interleave(peers, times)
    ours = turns.pop("workbench")
    rows: list[Row] = []
    for epoch, floor in (("first", work.first), ("later", work.later)):
        best = max(turns, key=lambda name: statistics.median(getattr(turn, epoch) for turn in turns[name]))
        theirs = turns[best]
        name = f"{work.name}, {epoch} epoch{'' if epoch == 'first' else 's'}"
        rates = ([getattr(turn, epoch) for turn in peer] for peer in (ours, theirs))
        head, worst = faster(f"{name} (best: {best})", *rates, "pictures/s", floor)
        cpu = (1e6 * statistics.median(getattr(turn, f"{epoch}_cpu") for turn in peer) for peer in (ours, theirs))
        rows += [head, worst, fact(f"{name}: CPU a picture", next(cpu), "µs", next(cpu))]
    rows.append(fact(f"{work.name}: scanned and opened in", statistics.median(t.opened for t in ours), "s"))
    expected = work.edge * work.edge * 3
    rows.append(at_most(f"{work.name}: cache on disk a picture", ours[0].disk / work.count, "bytes", expected * 1.05))
    return rows


# --- the peers -------------------------------------------------------------------------------------------------------


def _workbench(work: Work, folder: Path, temporary: Path) -> Turn:
    import torch

    from workbench.data.dataset import Dataset
    from workbench.document.project import Chosen, DataSettings

    with tempfile.TemporaryDirectory(dir=temporary) as home, _environment("WORKBENCH_HOME", home):
        begun = time.perf_counter()
        changes = (Chosen("zoom", {"amount": 0.7}), Chosen("flip_horizontal")) if work.augmented else ()
        settings = DataSettings(source=str(folder), validation=0.0, normalise="symmetric", augmentations=changes)
        with Dataset.open(settings, size=(work.edge, work.edge)) as dataset:
            opened = time.perf_counter() - begun

            def epoch(number: int) -> None:
                with dataset.train_batches(BATCH, 0, number) as batches:
                    seen = sum(len(torch.from_numpy(batch.inputs)) for batch in batches)
                assert seen == work.count

            turn = _turn(work, epoch)
        disk = sum(file.stat().st_size for file in Path(home).rglob("*") if file.is_file())
    return Turn(turn.first, turn.later, turn.first_cpu, turn.later_cpu, opened, disk)


def _dataloader(work: Work, folder: Path, workers: int) -> Turn:
    """What one writes by hand: open, convert, resize the shorter side, crop the centre, scale, normalise."""
    import torch
    from torch.utils.data import DataLoader, Dataset

    files = sorted(folder.glob("*/*"))
    labels = [int(file.parent.name) for file in files]
    mean = torch.full((3, 1, 1), 0.5)
    std = torch.full((3, 1, 1), 0.5)
    edge = work.edge

    class Pictures(Dataset):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return len(files)

        def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
            with Image.open(files[i]) as opened:
                image = opened.convert("RGB")
            image = _random_part(image, edge) if work.augmented else _middle(image, edge)
            pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
            return (pixels.to(torch.float32).div(255) - mean) / std, labels[i]

    loader = DataLoader(Pictures(), batch_size=BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)

    def epoch(_number: int) -> None:
        assert sum(len(pictures) for pictures, _labels in loader) == work.count

    return _turn(work, epoch)


def _middle(image: Image.Image, edge: int) -> Image.Image:
    width, height = image.size
    share = edge / min(width, height)
    image = image.resize((round(width * share), round(height * share)), Image.Resampling.BILINEAR)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    return image.crop((left, top, left + edge, top + edge))


def _random_part(image: Image.Image, edge: int) -> Image.Image:
    """A part of 8 to 100 % of the area, 3 : 4 to 4 : 3, brought to size; mirrored or not (as torchvision does it)."""
    width, height = image.size
    area, ratio = width * height * random.uniform(0.08, 1.0), math.exp(random.uniform(-1, 1) * math.log(4 / 3))
    w, h = min(width, round(math.sqrt(area * ratio))), min(height, round(math.sqrt(area / ratio)))
    left, top = random.randint(0, width - w), random.randint(0, height - h)
    image = image.resize((edge, edge), Image.Resampling.BILINEAR, box=(left, top, left + w, top + h))
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else image


def _turn(work: Work, epoch: Callable[[int], None]) -> Turn:
    rates, cpu = [], []
    for number in range(1 + LATER):
        used, begun = _cpu_seconds(), time.perf_counter()
        epoch(number)
        rates.append(work.count / (time.perf_counter() - begun))
        cpu.append((_cpu_seconds() - used) / work.count)
    return Turn(rates[0], statistics.median(rates[1:]), cpu[0], statistics.median(cpu[1:]))


# --- measuring -------------------------------------------------------------------------------------------------------


def _cpu_seconds() -> float:
    """Of this process, of the workers it has, and of those that ended."""
    import psutil

    total = sum(os.times()[:4])
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            total += sum(child.cpu_times()[:2])
    return total


_CHILD = """
import gc, sys
from workbench.data.dataset import Dataset
from workbench.document.project import DataSettings

with Dataset.open(DataSettings(source=sys.argv[1], validation=0.0), size=(8, 8)) as dataset:
    for epoch in range(2):
        with dataset.train_batches(64, 0, epoch) as batches:
            assert sum(len(batch) for batch in batches) == int(sys.argv[2])
    gc.collect()
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) for line in status if line.startswith("RssAnon")))
"""


def _memory(temporary: Path, counts: tuple[int, int]) -> list[Row]:
    """What a picture takes of the process's own memory after two epochs, in bytes: from the growth between two folders
    of tiny files. Decoded pictures are not in it: they stand in mapped files, which the system keeps or lets go."""
    if sys.platform != "linux":
        return []
    kilobytes = []
    for count in counts:
        work = Work("tiny", "PNG", 8, 8, count, 8, None, 0.0)
        folder = temporary / f"tiny-{count}"
        _write_pictures(folder, work)
        environment = dict(os.environ, WORKBENCH_HOME=str(temporary / f"home-{count}"))
        command = [sys.executable, "-c", _CHILD, str(folder), str(count)]
        taken = [
            int(subprocess.run(command, env=environment, check=True, capture_output=True).stdout) for _round in range(3)
        ]
        kilobytes.append(statistics.median(taken))
    growth = 1024 * (kilobytes[1] - kilobytes[0]) / (counts[1] - counts[0])
    name = f"memory (RssAnon) a picture, from {counts[0]:,} to {counts[1]:,} files"
    return [
        at_most(name, growth, "bytes", 200),
        fact(f"memory (RssAnon) with {counts[1]:,} files", kilobytes[1] / 1000, "MB"),
    ]


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _write_pictures(folder: Path, work: Work) -> None:
    """Soft areas and grain, so that files are as large as photographs' (a JPEG of 500 × 375 has about 45 kB)."""
    rng = np.random.default_rng(0)
    grounds = []
    for _ in range(24):
        coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        soft = np.asarray(coarse.resize((work.width, work.height), Image.Resampling.BICUBIC)).astype(np.int16)
        grounds.append(np.clip(soft + rng.integers(-8, 9, soft.shape), 0, 255).astype(np.uint8))
    for label in range(CLASSES):
        (folder / str(label)).mkdir(parents=True)
    for k in range(work.count):
        shift = (int(rng.integers(work.height)), int(rng.integers(work.width)))
        image = Image.fromarray(np.roll(grounds[int(rng.integers(len(grounds)))], shift, (0, 1)))
        file = folder / str(k % CLASSES) / f"{k}.{'jpg' if work.kind == 'JPEG' else 'png'}"
        image.save(file, **({"quality": 88} if work.kind == "JPEG" else {}))
