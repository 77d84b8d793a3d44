"""Checkpoints: tensors as safetensors, everything else in a JSON manifest that holds the SHA-256 of each part.

A run's folder holds two manifests, ``last.json`` (resumes exactly) and ``best.json`` (the best weights), and the tensor
files they name. A tensor file is called after its own hash and never changes; a manifest is replaced in one step after
its files are on the disk. Whatever moment the process dies at, each manifest names files that are there, whole.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.diagnostic import Problem
from workbench.core.files import explain, sha256_bytes, sweep_temporary, write_atomic
from workbench.document.project import Recipe
from workbench.training.recipes import recipe_from_json, recipe_to_json

if TYPE_CHECKING:
    import torch

FORMAT = 1
LAST, BEST = "last", "best"
MANIFEST_LIMIT = 64 * 1024 * 1024
"""Bytes; a larger manifest is refused unread (a thousand-node project takes about one)."""

_NAME = re.compile(r"(weights|optimizer)-[0-9a-f]{16}\.safetensors\Z", re.ASCII)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    sha256: str
    size: int


class Sums(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was added up since the epoch began: loss times pictures, right answers, pictures, seconds of work."""

    loss: float = 0.0
    correct: int = 0
    pictures: int = 0
    seconds: float = 0.0


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the run stands: `epoch` counts from 0, `step` is the number of steps done in it, `total` in the run."""

    epoch: int = 0
    step: int = 0
    total: int = 0


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: int
    kind: str
    run: str
    saved: str
    files: dict[str, _File]
    position: Position
    sums: Sums
    learning_rate: float
    steps_per_epoch: int
    best_val_accuracy: float | None
    best_val_loss: float | None
    optimizer: dict[str, dict[str, float | int | bool | None]]
    recipe: dict[str, Any]
    project: str
    data_fingerprint: str
    classes: tuple[str, ...]
    versions: dict[str, str]
    threads: int
    device: str


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str
    content: msgspec.Raw


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


def _manifest(c: Checkpoint, files: dict[str, _File]) -> bytes:
    content = _Content(
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
    body = msgspec.json.format(msgspec.json.encode(content), indent=1)
    return msgspec.json.encode(_Envelope(sha256_bytes(body), msgspec.Raw(body))) + b"\n"


def _write_tensors(folder: Path, part: str, tensors: Mapping[str, torch.Tensor]) -> _File:
    from safetensors.torch import save

    data = save(_plain(tensors))
    digest = sha256_bytes(data)
    name = f"{part}-{digest[:16]}.safetensors"
    if not _is_whole(folder / name, len(data), digest):  # the best weights are often the last ones too
        write_atomic(folder / name, data)
    return _File(name, digest, len(data))


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
            content = _read_manifest(folder, kind)
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
    return (folder / f"{kind}.json").is_file()


def read(folder: Path, kind: str = LAST, *, weights_only: bool = False) -> Checkpoint:
    """The checkpoint of a kind, every byte held against its hash before any of it is used.

    Raises `Problem` with a sentence where it is missing, cut off, damaged, of a newer version or not a checkpoint.
    """
    content, tensors = _read_parts(folder, kind, weights_only)
    if "weights" not in tensors:
        raise _refusal(folder / f"{kind}.json", "it names no weights")
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


def _read_parts(folder: Path, kind: str, weights_only: bool) -> tuple[_Content, dict[str, dict[str, torch.Tensor]]]:
    content = _read_manifest(folder, kind)
    while True:
        try:
            return content, {
                part: _read_tensors(folder, file)
                for part, file in content.files.items()
                if part == "weights" or not weights_only
            }
        except Problem:
            before, content = content, _read_manifest(folder, kind)
            if content.files == before.files:  # else a live run replaced the checkpoint between the two reads
                raise


def position(folder: Path, kind: str = LAST) -> Position:
    """Where a checkpoint stands, from its manifest alone. Raises `Problem` as `read` does."""
    return _read_manifest(folder, kind).position


def read_best(folder: Path) -> Checkpoint:
    """The weights to use for looking, testing and exporting: the best ones, or the last where none were validated."""
    return read(folder, BEST if exists(folder, BEST) else LAST, weights_only=True)


def _read_manifest(folder: Path, kind: str) -> _Content:
    path = folder / f"{kind}.json"
    raw = _bytes(path, MANIFEST_LIMIT)
    try:
        envelope = msgspec.json.decode(raw, type=_Envelope)
        if sha256_bytes(bytes(envelope.content)) != envelope.sha256:
            raise _refusal(path, "its content does not match its checksum")
        content = msgspec.json.decode(envelope.content, type=_Content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _refusal(path, "it is not a whole checkpoint manifest", details=repr(error)) from error
    if content.format > FORMAT:
        raise _refusal(path, f"it was written by a newer version of Workbench (format {content.format})")
    p = content.position
    if content.kind != kind or min(p.epoch, p.step, p.total, content.steps_per_epoch, content.threads) < 0:
        raise _refusal(path, "its values contradict each other")
    return content


def _read_tensors(folder: Path, file: _File) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = folder / file.name
    if not _NAME.match(file.name):  # no path may lead out of the run's folder
        raise _refusal(path, "its name is not one that Workbench gives")
    data = _bytes(path, file.size)
    if len(data) != file.size:
        raise _refusal(path, f"it has {len(data):,} bytes where {file.size:,} were written")
    if sha256_bytes(data) != file.sha256:
        raise _refusal(path, "its content does not match its checksum")
    try:
        tensors: dict[str, torch.Tensor] = load(data)
    except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
        raise _refusal(path, "it is not a safetensors file", details=repr(error)) from error
    return tensors


def _recipe(path: Path, content: _Content) -> Recipe:
    try:
        return recipe_from_json(content.recipe)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise _refusal(path, "its recipe cannot be read", details=repr(error)) from error


def _bytes(path: Path, limit: int) -> bytes:
    """A plain file's content; refuses what is missing, no plain file, or larger than `limit` bytes, unread."""
    try:
        if not path.is_file():
            raise Problem.of(
                "checkpoint.missing", f"There is no checkpoint at “{path}”. Choose another run, or train again."
            )
        size = path.stat().st_size
        if size > limit:
            raise _refusal(path, f"it has {size:,} bytes where at most {limit:,} belong")
        return path.read_bytes()
    except OSError as error:
        raise Problem.of(
            "checkpoint.unreadable",
            f"The checkpoint “{path}” cannot be read: {error.strerror or error}. Check the drive and its permissions.",
            details=repr(error),
        ) from error


def _refusal(path: Path, reason: str, details: str = "") -> Problem:
    return Problem.of(
        "checkpoint.damaged",
        f"The checkpoint “{path}” is refused: {reason}. Nothing was loaded from it. Use the run's other checkpoint "
        "(best or last) or train again.",
        details=details,
    )
