"""Checkpoints: tensors as safetensors, everything else in a JSON manifest that holds the SHA-256 of each part.

A run's folder holds two manifests, ``last.json`` (resumes exactly) and ``best.json`` (the best weights), where more
are kept ``step-<total>.json`` for each older one, and the tensor files they name. A tensor file is called after its own
hash and never changes; a manifest is replaced in one step after its files are on the disk. Whatever moment the process
dies at, each manifest names files that are there, whole.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from workbench.core.diagnostic import Problem
from workbench.core.files import explain, sweep_temporary, write_atomic
from workbench.document.project import Recipe
from workbench.training.keeping import older
from workbench.training.keeping.tensors import NAME, read_tensors, write_tensors
from workbench.training.manifest import (
    BEST,
    FORMAT,
    LAST,
    Content,
    File,
    Position,
    Sums,
    encode,
    finite,
    read_content,
    refusal,
    unfinite,
)
from workbench.training.recipes import recipe_from_json, recipe_to_json

if TYPE_CHECKING:
    import torch

__all__ = [
    "BEST", "LAST", "WENT_BACK", "Checkpoint", "Position", "Sums", "back_to_best", "exists", "kinds", "position",
    "prepare", "read", "read_best", "write",
]  # fmt: skip

WENT_BACK = "went_back_to"
"""The key of `Checkpoint.state` under which the epoch stands whose weights `back_to_best` took."""

Plain = float | int | bool | str | None
"""What `Checkpoint.state` may hold beside its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A run at one moment.

    `weights` holds the network's parameters and buffers by their names in the state dict; `optimizer` its state tensors
    by the weight's name ("fc.weight.exp_avg"; those of format 1 by its index, "0.exp_avg"), with plain numbers in
    `optimizer_numbers`; `average` the moving average of the weights, by the same names as `weights`, empty where the
    run keeps none. `state` is whatever else the run must remember, flat ("rates.best", "scaler.scale"). There are no
    random-generator states to keep: every step seeds its own from (seed, step), and order and augmentation are
    functions of (seed, epoch, index). `project` is the text of project.json. `threads` is 0 where the count was
    adaptive (then resuming is not exact to the bit), `thread_changes` the steps of the run at which it changed and to
    what; `promise` is what exactness depends on (`keeping.promise`).
    """

    kind: str
    run: str
    position: Position
    recipe: Recipe
    weights: Mapping[str, torch.Tensor]
    optimizer: Mapping[str, torch.Tensor] = field(default_factory=lambda: MappingProxyType({}))
    optimizer_numbers: Mapping[str, Mapping[str, float | int | bool | None]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    average: Mapping[str, torch.Tensor] = field(default_factory=lambda: MappingProxyType({}))
    state: Mapping[str, Plain] = field(default_factory=lambda: MappingProxyType({}))
    promise: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    thread_changes: tuple[tuple[int, int], ...] = ()
    sums: Sums = field(default_factory=Sums)
    learning_rate: float = 0.0
    steps_per_epoch: int = 0
    best_val_accuracy: float | None = None
    best_val_loss: float | None = None
    project: str = ""
    data_fingerprint: str = ""
    classes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    threads: int = 0
    device: str = "cpu"
    saved: str = ""

    @property
    def averaged(self) -> dict[str, torch.Tensor]:
        """The weights to use: their moving average where there is one, by the names of `weights`."""
        return {**self.weights, **self.average}


def prepare(folder: Path) -> None:
    """Make a run's folder before its first checkpoint; raises `Problem` where that is not allowed.

    `write` never makes it: a project that was moved or removed during a run must not come back as an empty shell.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(explain(error, folder)) from error


def write(folder: Path, checkpoint: Checkpoint, *, keep: int = 1) -> None:
    """Put a checkpoint on the disk, whole or not at all; the one before of the same kind goes when this one stands.

    Of those that resume, the newest `keep` stay, the older ones under the name of their step. The best weights are
    written as they are to be used: averaged, where the run averages them. Raises `Problem` with a sentence (disk full,
    read-only, folder gone); the older checkpoints are then untouched.
    """
    try:
        if checkpoint.kind == LAST:
            files = {
                "weights": write_tensors(folder, "weights", checkpoint.weights),
                "optimizer": write_tensors(folder, "optimizer", checkpoint.optimizer),
            }
            if checkpoint.average:
                files["average"] = write_tensors(folder, "average", checkpoint.average)
            older.set_aside(folder, keep, checkpoint.position.total)
        else:
            files = {"weights": write_tensors(folder, "weights", checkpoint.averaged)}
        write_atomic(folder / f"{checkpoint.kind}.json", _manifest(checkpoint, files))
        if checkpoint.kind == LAST:
            older.thin(folder, keep, checkpoint.position.total)
    finally:
        _sweep(folder)  # after a failure too: on a full disk, what was half written must not take the room


def back_to_best(folder: Path) -> None:
    """Make the best weights what a run goes on from: at the end of their epoch, with an optimizer that begins anew.

    For a run whose last weights are past saving. Raises `Problem` where there are none, or where the disk refuses.
    """
    best = read(folder, BEST)
    state = {**best.state, WENT_BACK: best.position.epoch}
    write(folder, replace(best, kind=LAST, sums=Sums(), optimizer={}, optimizer_numbers={}, average={}, state=state))


def _manifest(c: Checkpoint, files: dict[str, File]) -> bytes:
    content = Content(
        format=FORMAT,
        kind=c.kind,
        run=c.run,
        saved=c.saved or time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        files=files,
        position=c.position,
        state={key: finite(value) for key, value in c.state.items()},
        promise=dict(c.promise),
        thread_changes=c.thread_changes,
        sums=c.sums,
        learning_rate=c.learning_rate,
        steps_per_epoch=c.steps_per_epoch,
        best_val_accuracy=c.best_val_accuracy,
        best_val_loss=c.best_val_loss,
        optimizer={key: dict(numbers) for key, numbers in c.optimizer_numbers.items()} if c.kind == LAST else {},
        recipe=recipe_to_json(c.recipe),
        project=c.project,
        data_fingerprint=c.data_fingerprint,
        classes=c.classes,
        versions=dict(c.versions),
        threads=c.threads,
        device=c.device,
    )
    return encode(content)


def _sweep(folder: Path) -> None:
    """Remove tensor files that no manifest names, and what a killed process left half written."""
    named: set[str] = set()
    for kind in kinds(folder):
        try:
            content = read_content(folder, kind)
        except Problem:
            return  # cannot be read: leave everything as it is
        named |= {file.name for file in content.files.values()}
    sweep_temporary(folder)
    try:
        for path in folder.iterdir():
            if NAME.match(path.name) and path.name not in named:
                path.unlink(missing_ok=True)
    except OSError:
        return  # a folder that is gone or read-only: nothing to tidy


def kinds(folder: Path) -> tuple[str, ...]:
    """The checkpoints of a run's folder by name: "last", the older ones ("step-…") newest first, and "best"."""
    return (
        *((LAST,) if exists(folder) else ()),
        *older.names(folder),
        *((BEST,) if exists(folder, BEST) else ()),
    )


def exists(folder: Path, kind: str = LAST) -> bool:
    """Whether a manifest of this kind stands in a run's folder (it may still prove damaged when read)."""
    return os.path.isfile(folder / f"{kind}.json")


def read(folder: Path, kind: str = LAST, *, weights_only: bool = False) -> Checkpoint:
    """The checkpoint of a kind, every byte held against its hash before any of it is used.

    Raises `Problem` with a sentence where it is missing, cut off, damaged, of a newer version or not a checkpoint.
    """
    content, tensors = _read_parts(folder, kind, weights_only)
    if "weights" not in tensors:
        raise refusal(folder / f"{kind}.json", "it names no weights")
    return Checkpoint(
        kind=content.kind,
        run=content.run,
        position=content.position,
        recipe=_recipe(folder / f"{kind}.json", content),
        weights=tensors["weights"],
        optimizer=tensors.get("optimizer", {}),
        optimizer_numbers=content.optimizer,
        average=tensors.get("average", {}),
        state={key: unfinite(value) for key, value in content.state.items()},
        promise=content.promise,
        thread_changes=content.thread_changes,
        sums=content.sums,
        learning_rate=content.learning_rate,
        steps_per_epoch=content.steps_per_epoch,
        best_val_accuracy=content.best_val_accuracy,
        best_val_loss=content.best_val_loss,
        project=content.project,
        data_fingerprint=content.data_fingerprint,
        classes=content.classes,
        versions=content.versions,
        threads=content.threads,
        device=content.device,
        saved=content.saved,
    )


def _read_parts(folder: Path, kind: str, weights_only: bool) -> tuple[Content, dict[str, dict[str, torch.Tensor]]]:
    content = read_content(folder, kind)
    while True:
        try:
            return content, {
                part: read_tensors(folder, file)
                for part, file in content.files.items()
                if part != "optimizer" or not weights_only
            }
        except Problem:
            before, content = content, read_content(folder, kind)
            if content.files == before.files:  # else a live run replaced the checkpoint between the two reads
                raise


def position(folder: Path, kind: str = LAST) -> Position:
    """Where a checkpoint stands, from its manifest alone. Raises `Problem` as `read` does."""
    return read_content(folder, kind).position


def read_best(folder: Path) -> Checkpoint:
    """The weights to use for looking, testing and exporting: the best ones, or the last where none were validated.

    Where the run averages its weights, `weights` are their average.
    """
    found = read(folder, BEST if exists(folder, BEST) else LAST, weights_only=True)
    return replace(found, weights=found.averaged, average={})


def _recipe(path: Path, content: Content) -> Recipe:
    try:
        return recipe_from_json(content.recipe)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise refusal(path, "its recipe cannot be read", details=repr(error)) from error
