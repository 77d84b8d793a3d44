"""Going on from another checkpoint than the last: the best weights, or an older one, where the last is of no use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from workbench.core.diagnostic import Fix, Problem
from workbench.core.files import write_atomic
from workbench.core.words import number
from workbench.training import checkpoint
from workbench.training.checkpoint import BEST, LAST
from workbench.training.keeping import older
from workbench.training.manifest import MANIFEST_LIMIT, plain_bytes


def begin_at(folder: Path, whence: str) -> None:
    """Make a checkpoint of a run ("best", "step-1200") the one that it goes on from; nothing for "last".

    Raises `Problem` where it is not there or damaged; the last one is then untouched.
    """
    if whence == BEST:
        checkpoint.back_to_best(folder)
    elif whence != LAST:
        checkpoint.read(folder, whence)
        write_atomic(folder / f"{LAST}.json", plain_bytes(folder / f"{whence}.json", MANIFEST_LIMIT))


@contextmanager
def rescued(folder: Path, whence: str) -> Iterator[None]:
    """Around reading a run's last checkpoint: the refusal of a damaged one gets the run's others as remedies."""
    try:
        yield
    except Problem as problem:
        fixes = ways_on(folder) if whence == LAST else ()
        if not fixes:
            raise
        first, *rest = problem.diagnostics
        raise Problem(replace(first, fixes=(*first.fixes, *fixes)), *rest) from problem


def ways_on(folder: Path) -> tuple[Fix, ...]:
    """What a run can go on from beside its last checkpoint: the newest older one, and the best; only whole ones."""
    fixes = []
    for name in older.names(folder):
        if _is_whole(folder, name):
            step = int(name.removeprefix("step-"))
            fixes.append(Fix(f"Go on from step {number(step)}", "go_on", {"whence": name}))
            break
    if checkpoint.exists(folder, BEST) and _is_whole(folder, BEST):
        epoch = checkpoint.position(folder, BEST).epoch
        fixes.append(Fix(f"Go on from the best weights (epoch {number(epoch)})", "go_on", {"whence": BEST}))
    return tuple(fixes)


def _is_whole(folder: Path, kind: str) -> bool:
    try:
        checkpoint.read(folder, kind)
    except Problem:
        return False
    return True
