"""A checkpoint's manifest: everything but the tensors, as JSON under its own checksum, and how it is refused.

Nothing of a manifest is used before its checksum and every type in it were checked: the file may come from anywhere.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import msgspec

from workbench.core.diagnostic import Problem
from workbench.core.files import sha256_bytes

FORMAT = 2
"""2 added the average, the state, the promise and the changes of threads; files of 1 have none of them."""
LAST, BEST = "last", "best"
MANIFEST_LIMIT = 64 * 1024 * 1024
"""Bytes; a larger manifest is refused unread (a thousand-node project takes about one)."""


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tensor file beside the manifest; `size` in bytes."""

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


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `Checkpoint` holds beside its tensors, in JSON types."""

    format: int
    kind: str
    run: str
    saved: str
    files: dict[str, File]
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
    state: dict[str, float | int | bool | str | None] = {}
    promise: dict[str, str] = {}
    thread_changes: tuple[tuple[int, int], ...] = ()


class _Version(msgspec.Struct, frozen=True):
    """What is read first of a manifest: a newer one may have fields that this version does not know."""

    format: int


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str
    content: msgspec.Raw


def encode(content: Content) -> bytes:
    """The manifest as readable JSON with its checksum."""
    body = msgspec.json.format(msgspec.json.encode(content), indent=1)
    return msgspec.json.encode(_Envelope(sha256_bytes(body), msgspec.Raw(body))) + b"\n"


def read_content(folder: Path, kind: str) -> Content:
    """The manifest of a kind; raises `Problem` with a sentence where it is missing, damaged, newer or none."""
    path = folder / f"{kind}.json"
    raw = plain_bytes(path, MANIFEST_LIMIT)
    try:
        envelope = msgspec.json.decode(raw, type=_Envelope)
        if sha256_bytes(bytes(envelope.content)) != envelope.sha256:
            raise refusal(path, "its content does not match its checksum")
        newer = msgspec.json.decode(envelope.content, type=_Version).format
        if newer > FORMAT:
            raise refusal(path, f"it was written by a newer version of Workbench (format {newer})")
        content = msgspec.json.decode(envelope.content, type=Content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise refusal(path, "it is not a whole checkpoint manifest", details=repr(error)) from error
    p = content.position
    fits = kind == content.kind or (content.kind == LAST and kind == f"step-{p.total}")
    if not fits or min(p.epoch, p.step, p.total, content.steps_per_epoch, content.threads) < 0:
        raise refusal(path, "its values contradict each other")
    return content


_UNFINITE = re.compile(r"float:(-?inf|nan)\Z")


def finite(value: float | int | bool | str | None) -> float | int | bool | str | None:
    """A value as JSON takes it: infinities and what is no number become texts, which `unfinite` reads."""
    return f"float:{value}" if isinstance(value, float) and not math.isfinite(value) else value


def unfinite(value: float | int | bool | str | None) -> float | int | bool | str | None:
    """The value that `finite` was given."""
    found = _UNFINITE.match(value) if isinstance(value, str) else None
    return float(found[1]) if found else value


def plain_bytes(path: Path, limit: int) -> bytes:
    """A plain file's content; refuses what is missing, no plain file, or larger than `limit` bytes, unread."""
    try:
        if not path.is_file():
            raise Problem.of(
                "checkpoint.missing", f"There is no checkpoint at “{path}”. Choose another run, or train again."
            )
        size = path.stat().st_size
        if size > limit:
            raise refusal(path, f"it has {size:,} bytes where at most {limit:,} belong")
        return path.read_bytes()
    except OSError as error:
        raise Problem.of(
            "checkpoint.unreadable",
            f"The checkpoint “{path}” cannot be read: {error.strerror or error}. Check the drive and its permissions.",
            details=repr(error),
        ) from error


def refusal(path: Path, reason: str, details: str = "") -> Problem:
    """The one sentence for every damaged checkpoint, with the reason it was found out by."""
    return Problem.of(
        "checkpoint.damaged",
        f"The checkpoint “{path}” is refused: {reason}. Nothing was loaded from it. Use the run's other checkpoint "
        "(best or last) or train again.",
        details=details,
    )
