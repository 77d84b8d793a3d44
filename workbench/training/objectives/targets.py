"""What the answers of a batch are held against, on the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Targets:
    """One target for each goal: labels int64 N, labels at once float N × K, or values float N × ….

    Where samples were mixed, `others` has the targets of those mixed in (None for a goal whose target was mixed with
    the sample, as what came in is), and `share` float N how much of a sample's own target counts.
    """

    each: tuple[torch.Tensor, ...]
    others: tuple[torch.Tensor | None, ...] = ()
    share: torch.Tensor | None = None

    def other(self, goal: int) -> torch.Tensor | None:
        """The targets mixed in for a goal, None where there are none."""
        return self.others[goal] if self.share is not None and goal < len(self.others) else None
