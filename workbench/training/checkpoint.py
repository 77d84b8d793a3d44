"""Checkpoints: tensors as safetensors, everything else in a JSON manifest that holds the SHA-256 of each part.

A run's folder holds two manifests, ``last.json`` (resumes exactly) and ``best.json`` (the best weights), and the tensor
files they name. A tensor file is called after its own hash and never changes; a manifest is replaced in one step after
its files are on the disk. Whatever moment the process dies at, each manifest names files that are there, whole.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from workbench.core.diagnostic import Problem
from workbench.core.files import explain, sha256_bytes, sweep_temporary, write_atomic
from workbench.core.memory_errors import is_out_of_memory
from workbench.document.project import Recipe
from workbench.training.manifest import (
    BEST,
    FORMAT,
    LAST,
    Content,
    File,
    Position,
    Sums,
    encode,
    plain_bytes,
    read_content,
    refusal,
)
from workbench.training.recipes import recipe_from_json, recipe_to_json

if TYPE_CHECKING:
    import torch

__all__ = [
    "BEST", "LAST", "Checkpoint", "Position", "Sums", "exists", "position", "prepare", "read", "read_best", "write",
]  # fmt: skip

_NAME = re.compile(r"(weights|optimizer)-[0-9a-f]{16}\.safetensors\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A run at one moment.

    `weights` holds the network's parameters and buffers by their names in the state dict; `optimizer` its state tensors
    as "index.name", with plain numbers in `optimizer_numbers`. There are no random-generator states to keep: every step
    seeds its own from (seed, step), and order and augmentation are functions of (seed, epoch, index). `project` is the
    text of project.json. `threads` is 0 where the count was adaptive (then resuming is not exact to the bit).
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


def prepare(folder: Path) -> None:
    """Make a run's folder before its first checkpoint; raises `Problem` where that is not allowed.

    `write` never makes it: a project that was moved or removed during a run must not come back as an empty shell.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(explain(error, folder)) from error


def write(folder: Path, checkpoint: Checkpoint) -> None:
    """Put a checkpoint on the disk, whole or not at all; the one before of the same kind goes when this one stands.

    Raises `Problem` with a sentence (disk full, read-only, folder gone); the older checkpoints are then untouched.
    """
    try:
        files = {"weights": _write_tensors(folder, "weights", checkpoint.weights)}
        if checkpoint.kind == LAST:
            files["optimizer"] = _write_tensors(folder, "optimizer", checkpoint.optimizer)
        write_atomic(folder / f"{checkpoint.kind}.json", _manifest(checkpoint, files))
    finally:
        _sweep(folder)  # after a failure too: on a full disk, what was half written must not take the room


def _manifest(c: Checkpoint, files: dict[str, File]) -> bytes:
    content = Content(
        format=FORMAT,
        kind=c.kind,
        run=c.run,
        saved=c.saved or time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        files=files,
        position=c.position,
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


def _write_tensors(folder: Path, part: str, tensors: Mapping[str, torch.Tensor]) -> File:
    from safetensors.torch import save

    try:
        plain = _plain(tensors)
        # safetensors makes two copies and panics where they do not fit; this asks for the room, and fails in order
        np.empty(2 * sum(tensor.nbytes for tensor in plain.values()), np.uint8)
        data = save(plain)
    except BaseException as error:  # a panic in safetensors is no Exception, and would take the thread with it
        if not is_out_of_memory(error):
            raise
        raise Problem.of(
            "checkpoint.memory",
            f"There is not enough memory to write the checkpoint in “{folder}”. Close other programs.",
            details=repr(error),
        ) from error
    digest = sha256_bytes(data)
    name = f"{part}-{digest[:16]}.safetensors"
    if not _is_whole(folder / name, len(data), digest):  # the best weights are often the last ones too
        write_atomic(folder / name, data)
    return File(name, digest, len(data))


def _plain(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors in row-major order on the CPU, none sharing memory (safetensors refuses tied ones)."""
    plain: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        if tensor.data_ptr() in seen or tensor.untyped_storage().nbytes() != tensor.nbytes:
            tensor = tensor.clone()
        seen.add(tensor.data_ptr())
        plain[name] = tensor
    return plain


def _is_whole(path: Path, size: int, digest: str) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size and sha256_bytes(path.read_bytes()) == digest
    except OSError:
        return False


def _sweep(folder: Path) -> None:
    """Remove tensor files that no manifest names, and what a killed process left half written."""
    named: set[str] = set()
    for kind in (LAST, BEST):
        try:
            content = read_content(folder, kind)
        except Problem:
            if (folder / f"{kind}.json").exists():
                return  # cannot be read: leave everything as it is
            continue
        named |= {file.name for file in content.files.values()}
    sweep_temporary(folder)
    try:
        for path in folder.iterdir():
            if _NAME.match(path.name) and path.name not in named:
                path.unlink(missing_ok=True)
    except OSError:
        return  # a folder that is gone or read-only: nothing to tidy


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
                part: _read_tensors(folder, file)
                for part, file in content.files.items()
                if part == "weights" or not weights_only
            }
        except Problem:
            before, content = content, read_content(folder, kind)
            if content.files == before.files:  # else a live run replaced the checkpoint between the two reads
                raise


def position(folder: Path, kind: str = LAST) -> Position:
    """Where a checkpoint stands, from its manifest alone. Raises `Problem` as `read` does."""
    return read_content(folder, kind).position


def read_best(folder: Path) -> Checkpoint:
    """The weights to use for looking, testing and exporting: the best ones, or the last where none were validated."""
    return read(folder, BEST if exists(folder, BEST) else LAST, weights_only=True)


def _read_tensors(folder: Path, file: File) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = folder / file.name
    if not _NAME.match(file.name):  # no path may lead out of the run's folder
        raise refusal(path, "its name is not one that Workbench gives")
    data = plain_bytes(path, file.size)
    if len(data) != file.size:
        raise refusal(path, f"it has {len(data):,} bytes where {file.size:,} were written")
    if sha256_bytes(data) != file.sha256:
        raise refusal(path, "its content does not match its checksum")
    try:
        tensors: dict[str, torch.Tensor] = load(data)
    except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
        raise refusal(path, "it is not a safetensors file", details=repr(error)) from error
    return tensors


def _recipe(path: Path, content: Content) -> Recipe:
    try:
        return recipe_from_json(content.recipe)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise refusal(path, "its recipe cannot be read", details=repr(error)) from error
