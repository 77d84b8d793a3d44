"""Starting the processes of a run that the open project began, and following it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.training.distributed.launching import Layout, start

if TYPE_CHECKING:
    from workbench.compiler.build import Compiled
    from workbench.training.distributed.following import Follower, Hook

JOIN = "--join"
"""The option of `workbench train` by which a process is told which run it is part of."""


@dataclass(frozen=True, slots=True)
class Machines:
    """`count` machines take part, of which this is the `number`-th (from 0); they meet at `address` (host:port)."""

    count: int = 1
    number: int = 0
    address: str = ""


def layout_of(processes: int, machines: Machines | None) -> Layout:
    """How many processes a run has and where. Raises `Problem` where that cannot be."""
    where = machines or Machines()
    return Layout(processes, where.count, where.number, where.address)


def arguments(project: Path, run: str) -> list[str]:
    """What every process is started with."""
    return ["train", str(project), JOIN, run]


def followed(
    project: Path, run: str, layout: Layout, compiled: Compiled, hook: Hook | None, *, epochs: int
) -> Follower:
    """The run, ready to start in processes of its own; its row and its beginning are in the run store already. `hook`
    looks inside its network now and then."""
    from workbench.training.distributed.following import Follower
    from workbench.training.store import RunStore

    def launch(log: Path) -> subprocess.Popen[bytes]:
        return start(layout, arguments(project, run), log)

    return Follower(RunStore(project), run, launch, epochs=epochs, build=lambda: compiled.module(0), between_steps=hook)
