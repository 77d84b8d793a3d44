"""Feature maps: what each layer makes of one picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.compiler.paths import takes_part
from workbench.inspection.samples import given_to

if TYPE_CHECKING:
    import torch

    from workbench.compiler.build import Compiled


def feature_maps(
    module: torch.nn.Module, compiled: Compiled, nodes: Iterable[str], given: NDArray[Any]
) -> dict[str, NDArray[np.float32]]:
    """The output of each of `nodes` for the first sample of `given` (float32 N × C × H × W), without the batch axis.

    Feature maps come as C × H × W, sequences as L × D, plain numbers as N. Runs as `node_values` does. Nodes that
    reach no output are left out.
    """
    values = node_values(module, compiled, nodes, given_to(compiled.inferred, compiled.inputs, given))
    return {node: as_array(value) for node, value in values.items()}


def node_values(
    module: torch.nn.Module, compiled: Compiled, nodes: Iterable[str], inputs: Sequence[NDArray[Any]]
) -> dict[str, torch.Tensor]:
    """The value of each of `nodes` (ids, or path ids within blocks) with its batch axis, on the module's device.

    `inputs` are those of the network, in order; the first sample of each is taken. Runs in evaluation mode under
    `torch.inference_mode`; weights, running statistics, modes and random numbers are as before afterwards. Nodes that
    are not computed on the way to an output are left out.
    """
    import torch

    wanted = tuple(n for n in dict.fromkeys(nodes) if takes_part(compiled.inferred, n))
    if not wanted:
        return {}
    place = next(module.parameters(), None)
    samples = [torch.from_numpy(np.ascontiguousarray(given[:1])) for given in inputs]
    if place is not None:
        samples = [sample.to(place.device) for sample in samples]
    with evaluating(module), torch.inference_mode(), random_numbers_kept(place):
        values = compiled.reader(wanted)(module, *samples)
        return {node: values[node] for node in wanted}


def as_array(value: torch.Tensor) -> NDArray[np.float32]:
    """The first sample of a value as float32 on the CPU."""
    array: NDArray[np.float32] = value[0].float().cpu().contiguous().numpy()
    return array


@contextmanager
def random_numbers_kept(place: torch.Tensor | None) -> Iterator[None]:
    """Random numbers drawn meanwhile (by a layer that draws in evaluation mode too) are given back afterwards."""
    import torch

    devices = [place.device] if place is not None and place.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        yield


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
