"""The processes of a distributed run, as one of them sees it: who it is, and what all of them must agree on.

The processes are started by ``torchrun`` (`launching.py`), which says in the environment which one each is. They talk
through `torch.distributed`: gloo for numbers on the CPU, NCCL for tensors on GPUs. Nothing here is pickled: what is
shared beside tensors is bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

PATIENCE = timedelta(days=7)
"""How long a process waits for the others: a run may be paused over a weekend. One that died is noticed at once."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """Process `rank` of `size`; on its machine the `local_rank`-th of `local_size`."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1

    @property
    def alone(self) -> bool:
        return self.size == 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes checkpoints and records and takes commands."""
        return self.rank == 0

    def total(self, numbers: Sequence[float]) -> list[float]:
        """The sums of each number over all processes (float64); waits for all."""
        if self.alone:
            return [float(n) for n in numbers]
        import torch
        from torch import distributed

        given = torch.tensor(numbers, dtype=torch.float64)
        distributed.all_reduce(given)
        return [float(n) for n in given.tolist()]

    def least(self, number: int) -> int:
        """The smallest of a number; waits for all."""
        if self.alone:
            return number
        import torch
        from torch import distributed

        given = torch.tensor([number], dtype=torch.int64)
        distributed.all_reduce(given, op=distributed.ReduceOp.MIN)
        return int(given.item())

    def sum_arrays(self, *tensors: torch.Tensor) -> None:
        """Add up tensors of the CPU over all processes, in place."""
        if not self.alone:
            from torch import distributed

            for tensor in tensors:
                distributed.all_reduce(tensor)

    def wait(self) -> None:
        """Until all are here."""
        if not self.alone:
            from torch import distributed

            distributed.barrier()

    def from_leader(self, data: bytes) -> bytes:
        """What the leading process gave; the others' own is not looked at."""
        return data if self.alone else self._spread(data, 0)

    def from_all(self, data: bytes) -> list[bytes]:
        """What each process gave, by rank."""
        return [data] if self.alone else [self._spread(data, rank) for rank in range(self.size)]

    def _spread(self, data: bytes, source: int) -> bytes:
        import torch
        from torch import distributed

        size = torch.tensor([len(data)], dtype=torch.int64)
        distributed.broadcast(size, source)
        if self.rank == source:
            given = torch.frombuffer(bytearray(data), dtype=torch.uint8) if data else torch.empty(0, dtype=torch.uint8)
        else:
            given = torch.empty(int(size.item()), dtype=torch.uint8)
        if len(given):
            distributed.broadcast(given, source)
        return given.numpy().tobytes()


ALONE = Ranks()
"""The one process of an ordinary run."""


def of_environment(environment: Mapping[str, str] | None = None) -> Ranks:
    """Which process this is, from what ``torchrun`` set; `ALONE` where it did not start this process."""
    given = os.environ if environment is None else environment
    try:
        rank, size = int(given["RANK"]), int(given["WORLD_SIZE"])
        local = int(given.get("LOCAL_RANK", rank)), int(given.get("LOCAL_WORLD_SIZE", size))
    except (KeyError, ValueError):
        return ALONE
    return Ranks(rank, size, *local) if 0 <= rank < size else ALONE


def join(ranks: Ranks) -> None:
    """Meet the other processes; returns when all are there. Every process calls it once, before it trains."""
    if ranks.alone:
        return
    import torch
    from torch import distributed

    if not distributed.is_initialized():
        gpus = torch.cuda.is_available()
        if gpus:
            torch.cuda.set_device(ranks.local_rank % torch.cuda.device_count())
        distributed.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=PATIENCE)


def leave(ranks: Ranks) -> None:
    """Part from the others."""
    if not ranks.alone:
        from torch import distributed

        if distributed.is_initialized():
            distributed.destroy_process_group()
