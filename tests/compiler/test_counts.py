"""FLOPs and parameters of whole networks, held against PyTorch's own counter and against the built modules.

`FlopCounterMode` counts matrix products, convolutions (transposed ones too) and scaled dot-product attention, a
multiply-add as two, and so does the catalogue: the two agree to the last operation. Neither counts what is small beside
those: biases, norms, activations, pooling, additions, softmax, dropout, embeddings. On the CPU PyTorch hands an LSTM to
oneDNN as a whole, which its counter does not see into; on the `meta` device, used here, it is counted gate by gate.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from workbench.catalogue.networks import NETWORKS
from workbench.compiler.build import Compiled, build, compile
from workbench.compiler.paths import walk
from workbench.core.paths import projects_dir
from workbench.document import storage
from workbench.document.graph import Graph

PROJECTS = sorted(folder.name for folder in projects_dir().iterdir() if (folder / storage.FILE_NAME).is_file())
NAMES = [*(f"project {name}" for name in PROJECTS), *(f"network {name}" for name in NETWORKS)]


def drawn(name: str) -> Graph:
    kind, _, rest = name.partition(" ")
    return storage.load(projects_dir() / rest).graph if kind == "project" else NETWORKS[rest].graph()


def on_meta(compiled: Compiled, batch: int) -> tuple[torch.nn.Module, list[Any]]:
    """The module without memory, and a batch for it."""
    inputs = []
    with torch.device("meta"):
        module = build(compiled.source)
        for name in compiled.inputs:
            tensor = compiled.inferred.outputs[name]
            assert tensor is not None
            dtype = torch.int64 if tensor.kind == "index" else torch.float32
            inputs.append(torch.zeros((batch, *tensor.shape), dtype=dtype))
    return module, inputs


@pytest.mark.parametrize("name", NAMES)
def test_flops_and_parameters_are_exact(name: str) -> None:
    compiled = compile(drawn(name))
    inferred = compiled.inferred
    module, inputs = on_meta(compiled, batch=2)
    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    assert counter.get_total_flops() == 2 * inferred.flops_total
    assert sum(p.numel() for p in module.parameters()) == inferred.parameters


@pytest.mark.parametrize("name", NAMES)
def test_every_node_has_the_parameters_it_says(name: str) -> None:
    """Of every layer and every use of a block, inside of blocks too."""
    compiled = compile(drawn(name))
    module, _inputs = on_meta(compiled, batch=2)
    held = 0
    for place in walk(compiled.inferred):
        attribute = compiled.source.attributes.get(place.path)
        if attribute is None:
            assert place.result.weights == 0, place.path
            continue
        own = module.get_submodule(attribute)
        assert sum(p.numel() for p in own.parameters()) == place.result.weights, place.path
        held += place.result.weights if "/" not in place.path else 0
    assert held == compiled.inferred.parameters
