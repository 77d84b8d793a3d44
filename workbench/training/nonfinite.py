"""After a loss or gradient stopped being a number: where it began, found by repeating that step, looking everywhere.

The step is repeated exactly (same weights, same batch, same seed), so that ordinary steps pay nothing for the search.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.catalogue.blocks import PORTS
from workbench.compiler.paths import leaves, parted
from workbench.core.diagnostic import Diagnostic, Fix
from workbench.core.words import number

if TYPE_CHECKING:
    import torch
    from torch import nn

    from workbench.training.batches import Network

SHOWN = 3
"""How many pictures a message names; the details name the whole batch."""


class NotFinite(Exception):
    """The loss or a gradient of the step under way is infinite or not a number. Raised before the weights change."""

    def __init__(self, loss: float, norm: float) -> None:
        super().__init__(f"loss {loss}, gradient norm {norm}")
        self.loss, self.norm = loss, norm


@dataclass(frozen=True, slots=True)
class Origin:
    """The first thing not finite: `what` is "pictures", "output", "statistics", "loss", "gradient" or "overflow".

    "overflow" is said where each number is finite and the sum of their squares is not. `node` is the layer, by its path
    where it stands inside of blocks; `rows` are the pictures of the batch, for pictures.
    """

    what: str
    node: str | None = None
    rows: tuple[int, ...] = ()


def find_origin(
    compiled: Network,
    module: nn.Module,
    inputs: Sequence[torch.Tensor],
    loss_of: Callable[[tuple[torch.Tensor, ...]], torch.Tensor],
    seed: Callable[[], None],
) -> Origin:
    """Repeat forward and backward, keep what every node gives, and say where the first bad number appeared.

    `inputs` are a batch's, in the network's order. `loss_of(outputs)` gives the loss of the same targets, `seed()` sets
    the generator as the step had it. The weights are not touched and gradients are cleared; the caller puts buffers
    back.
    """
    for given in inputs:
        bad = ~_finite_rows(given)
        if bool(bad.any()):
            return Origin("pictures", rows=tuple(bad.nonzero().flatten().tolist()))
    nodes = [
        place.path
        for place in leaves(compiled.inferred)
        if place.result.layer is not None and place.result.layer.id not in PORTS and place.result.state != "bypassed"
    ]
    read = compiled.reader(nodes)
    module.zero_grad(set_to_none=True)
    try:
        seed()
        values = read(module, *inputs)
        for node in nodes:
            if not _is_finite(values[node]):
                return Origin("output", node)
            if not all(map(_is_finite, _of(compiled, module, node, "buffers"))):
                return Origin("statistics", node)
        learned = [node for node in nodes if values[node].requires_grad]
        for node in learned:
            values[node].retain_grad()  # type: ignore[no-untyped-call]
        loss = loss_of(tuple(values[node] for node in compiled.outputs))
        if not _is_finite(loss):
            return Origin("loss")
        loss.backward()  # type: ignore[no-untyped-call]
        for node in reversed(learned):
            gradients = [values[node].grad, *(p.grad for p in _of(compiled, module, node, "parameters"))]
            if any(g is not None and not _is_finite(g) for g in gradients):
                return Origin("gradient", node)
        return Origin("overflow", max(nodes, key=lambda node: _largest(compiled, module, node)))
    finally:
        module.zero_grad(set_to_none=True)


def _of(compiled: Network, module: nn.Module, node: str, what: str) -> list[torch.Tensor]:
    """The "parameters" or "buffers" of a node."""
    attribute = compiled.source.attributes.get(node)
    found = getattr(module, f"named_{what}")()
    return [t for name, t in found if attribute is not None and (name == attribute or name.startswith(f"{attribute}."))]


def _largest(compiled: Network, module: nn.Module, node: str) -> float:
    """The largest size of a gradient or a running statistic of a node."""
    found = [p.grad for p in _of(compiled, module, node, "parameters")] + _of(compiled, module, node, "buffers")
    return max((float(t.abs().max()) for t in found if t is not None and t.numel()), default=0.0)


def _finite_rows(tensor: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.isfinite(tensor).flatten(1).all(1)


def _is_finite(tensor: torch.Tensor) -> bool:
    import torch

    return bool(torch.isfinite(tensor).all())


def explain(
    trouble: NotFinite,
    origin: Origin,
    *,
    step: int,
    epoch: int,
    paths: Sequence[str],
    name: str,
    learning_rate: float,
    base_rate: float,
    clip: float = 0.0,
    mixed: bool = False,
    best_epoch: int = 0,
) -> Diagnostic:
    """The end of a run in words: step, pictures and layer, and what to change.

    `paths` are the batch's pictures in order, `name` is the origin's layer for people. `clip` is the norm that
    gradients are clipped to (0: not at all), `mixed` says whether layers compute with 16 bits, `best_epoch` is the one
    whose weights are kept as the best (0: none is).
    """
    seen = "not a number" if math.isnan(trouble.loss) else f"{trouble.loss:.3g}"
    where = {
        "pictures": "pictures with values that are infinite or not numbers came in",
        "output": f"the first layer whose output was infinite or not a number is “{name}”",
        "statistics": f"the first layer whose running statistics were infinite or not a number is “{name}”",
        "loss": "every layer's output was finite, the loss itself was not",
        "gradient": f"the first gradient that was infinite or not a number, counted from the loss, is at “{name}”",
        "overflow": f"gradients or running statistics grew beyond what their sum can hold, most at “{name}”",
    }[origin.what]
    blamed = [paths[row] for row in origin.rows if row < len(paths)] or list(paths)
    fixes: tuple[Fix, ...] = ()
    if origin.what == "pictures":
        remedy = f"Replace or remove {'this picture' if len(blamed) == 1 else 'these pictures'}."
    else:
        smaller = base_rate / 10 if base_rate <= 0.1 else 0.001
        shorter = clip / 10 if clip > 0 else 1.0
        remedy = (
            f"The usual cause is a learning rate that is too high (it was {learning_rate:.3g}): try {smaller:.3g}, or "
            f"clip the gradients to a norm of {shorter:.3g}{', or compute in full precision' if mixed else ''}."
        )
        fixes = _remedies(smaller, shorter, mixed=mixed, best_epoch=best_epoch)
    through, node = parted(origin.node) if origin.node is not None else ((), None)
    return Diagnostic(
        "training.not_finite",
        f"Training stopped at step {number(step)} (epoch {number(epoch)}) before the weights took harm: the loss was "
        f"{seen}, and {where}. {_named(blamed, whole=not origin.rows)}{remedy} The weights are those of the step "
        "before.",
        node=node,
        fixes=fixes,
        path=through,
        details="Pictures of the batch:\n" + "\n".join(paths),
    )


def _remedies(rate: float, clip: float, *, mixed: bool, best_epoch: int) -> tuple[Fix, ...]:
    """What goes on with the run in one click.

    The step that failed would fail again from the same weights, whatever the rate or the norm: those go on from the
    best epoch, or from the beginning where there is none yet. In full precision the same step may well succeed.
    """
    whence: dict[str, Any] = {"whence": "best"} if best_epoch else {"anew": True}
    start = f"Go on from epoch {number(best_epoch)}" if best_epoch else "Begin anew"
    fixes = (
        Fix(f"{start} with a learning rate of {rate:.3g}", "go_on", {**whence, "learning_rate": rate}),
        Fix(f"{start}, clipping gradients to {clip:.3g}", "go_on", {**whence, "clip": clip}),
    )
    return (Fix("Go on in full precision", "go_on", {"precision": "full"}), *fixes) if mixed else fixes


def _named(paths: Sequence[str], *, whole: bool) -> str:
    if not paths:
        return ""
    shown = ", ".join(f"“{p}”" for p in paths[:SHOWN])
    rest = f" and {number(len(paths) - SHOWN)} more" if len(paths) > SHOWN else ""
    return f"{'The batch was' if whole else 'They are' if len(paths) > 1 else 'It is'} {shown}{rest}. "
