"""Feature maps: what each layer makes of one picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from workbench.compiler.build import Compiled


def feature_maps(
    module: torch.nn.Module, compiled: Compiled, nodes: Iterable[str], given: NDArray[Any]
) -> dict[str, NDArray[np.float32]]:
    """The output of each of `nodes` for the first sample of `given` (float32 N × C × H × W), without the batch axis.

    Feature maps come as C × H × W, sequences as L × D, plain numbers as N. Runs in evaluation mode under
    `torch.inference_mode`, on the module's device; weights, running statistics, modes and random numbers are as before
    afterwards. Nodes that reach no output are left out.
    """
    import torch

    wanted = tuple(n for n in dict.fromkeys(nodes) if n in compiled.inferred.live)
    if not wanted:
        return {}
    place = next(module.parameters(), None)
    sample = torch.from_numpy(np.ascontiguousarray(given[:1]))
    if place is not None:
        sample = sample.to(place.device)
    with evaluating(module), torch.inference_mode():
        values = compiled.reader(wanted)(module, *[sample] * len(compiled.inputs))
        return {n: values[n][0].float().cpu().contiguous().numpy() for n in wanted}


@contextmanager
def evaluating(module: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; afterwards every layer is in the mode it had (a frozen one stays frozen)."""
    modes = [(layer, layer.training) for layer in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for layer, mode in modes:
            layer.training = mode
