"""How the processes of a distributed run are started: by ``torchrun``, which ends all of them when one dies."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.core.processes import start_group

MOST_PROCESSES = 1024


@dataclass(frozen=True, slots=True)
class Layout:
    """`processes` on each of `machines`; this one is the `machine`-th (from 0), and they meet at `address` (host:port,
    on machine 0)."""

    processes: int = 1
    machines: int = 1
    machine: int = 0
    address: str = ""

    def __post_init__(self) -> None:
        """Raises `Problem` where that cannot be."""
        if not 1 <= self.processes <= MOST_PROCESSES or not 1 <= self.machines <= MOST_PROCESSES:
            raise Problem.of(
                "training.processes",
                f"A run cannot have {self.processes} processes on each of {self.machines} machines. Give at least one "
                f"and at most {MOST_PROCESSES:,} of each.",
                param="processes",
            )
        if not 0 <= self.machine < self.machines:
            raise Problem.of(
                "training.machines",
                f"There is no machine {self.machine} among {self.machines}; they are counted from 0. Give each machine "
                "its own --node-rank.",
            )
        if self.machines > 1 and not self.address:
            raise Problem.of(
                "training.machines",
                f"{self.machines} machines must know where to meet. Give all of them the same --rdzv-endpoint: the "
                "first machine's name and a free port, such as gpu1:29500.",
            )

    @property
    def size(self) -> int:
        """Processes in all."""
        return self.processes * self.machines


def command(layout: Layout, arguments: Sequence[str]) -> list[str]:
    """The command line that starts `workbench` with these arguments in every process of this machine."""
    made = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={layout.processes}"]
    if layout.machines == 1:
        made.append("--standalone")
    else:
        made += [
            f"--nnodes={layout.machines}",
            f"--node-rank={layout.machine}",
            "--rdzv-backend=static" if ":" in layout.address else "--rdzv-backend=c10d",
            f"--master-addr={layout.address.rpartition(':')[0] or layout.address}",
            f"--master-port={layout.address.rpartition(':')[2] if ':' in layout.address else '29500'}",
        ]
    return [*made, "-m", "workbench", *arguments]


def environment(layout: Layout, cores: int | None = None) -> dict[str, str]:
    """What the processes are given: their share of the cores for OpenMP, unless the person said something else."""
    given = dict(os.environ)
    share = max(1, (cores or os.cpu_count() or 1) // layout.processes)
    given.setdefault("OMP_NUM_THREADS", str(share))
    return given


def start(layout: Layout, arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start the processes of this machine, which write to the file `log`; they end with the one that is returned.

    Raises `OSError` where they cannot be started.
    """
    return start_group(command(layout, arguments), environment(layout), log)
