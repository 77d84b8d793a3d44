"""What a run in other processes begins from: one file in its folder, read by each of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic

if TYPE_CHECKING:
    import torch

NAME, WEIGHTS = "begin.json", "begin.weights"
MOST_BYTES = 1 << 28
"""A larger file is refused unread."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """`project` is the text of project.json with the run's overrides and its preparation in it; `resume` says whether
    the run goes on from the last checkpoint in its folder."""

    project: str
    resume: bool = False

    def as_bytes(self) -> bytes:
        return json.dumps({"project": self.project, "resume": self.resume}).encode()

    @classmethod
    def of(cls, data: bytes) -> Beginning:
        """What `as_bytes` gave. Raises `Problem` for anything else."""
        try:
            found = json.loads(data)
            project, resume = found["project"], found["resume"]
            if not isinstance(project, str) or not isinstance(resume, bool):
                raise TypeError("a text and a yes or no were expected")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Problem.of(
                "training.beginning",
                "What the run's processes begin from cannot be read. Start the run again.",
                details=repr(error),
            ) from error
        return cls(project, resume)

    def write(self, folder: Path, weights: Mapping[str, torch.Tensor] | None = None) -> None:
        """Put it into a run's folder, with the trained `weights` that a new run starts from. Raises `Problem`."""
        from safetensors.torch import save

        from workbench.training import checkpoint

        checkpoint.prepare(folder)
        if weights:
            write_atomic(folder / WEIGHTS, save({name: t.contiguous().clone() for name, t in weights.items()}))
        else:
            (folder / WEIGHTS).unlink(missing_ok=True)
        write_atomic(folder / NAME, self.as_bytes())


def read(folder: Path) -> Beginning:
    """What stands in a run's folder. Raises `Problem`."""
    from workbench.training.manifest import plain_bytes

    return Beginning.of(plain_bytes(folder / NAME, MOST_BYTES))


def weights(folder: Path) -> dict[str, torch.Tensor] | None:
    """The trained weights a run starts from, by name; None where it starts from fresh ones. Raises `Problem`."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        found: dict[str, torch.Tensor] = load((folder / WEIGHTS).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError) as error:
        raise Problem.of(
            "training.beginning",
            "The weights that the run's processes start from cannot be read. Start the run again.",
            details=repr(error),
        ) from error
    return found
