"""From the emitted source to a module: the very text is checked, executed, and kept for tracebacks."""

from __future__ import annotations

import builtins
import hashlib
import linecache
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from workbench.compiler.emit import Source, emit
from workbench.compiler.estimate import check_memory, weight_bytes
from workbench.compiler.inference import Inferred, infer
from workbench.compiler.paths import canonical
from workbench.compiler.seeding import drawing
from workbench.compiler.whitelist import check_source
from workbench.core.diagnostic import Problem
from workbench.document.graph import Graph

if TYPE_CHECKING:
    import torch
    from torch import nn

Reader = Callable[..., Mapping[str, "torch.Tensor"]]
"""``read(module, *inputs)`` gives values by path id."""

KEPT = 64
"""How many classes are kept for when they are asked for again; the lines of some more stay known to tracebacks."""


@dataclass(frozen=True)
class Compiled:
    """A graph with what was inferred and the source that was written for it. Holds no weights."""

    graph: Graph
    inferred: Inferred
    source: Source

    @property
    def inputs(self) -> tuple[str, ...]:
        """The input nodes, in the order `forward` takes them."""
        return self.source.arguments

    @property
    def outputs(self) -> tuple[str, ...]:
        """The output nodes, in the order `forward` gives them."""
        return self.source.results

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys of the module's state dict."""
        import torch

        with torch.device("meta"):  # no memory, no random numbers
            return tuple(build(self.source).state_dict())

    def module(self, seed: int | None = None) -> nn.Module:
        """A module with fresh weights, on the CPU, in training mode.

        With a seed the weights are a function of it alone, bit-equal to building after ``torch.manual_seed(seed)``,
        and the global random numbers stay as they are. Raises `Problem` if the weights cannot fit into memory.
        """
        problem = check_memory(self.inferred, weight_bytes(self.inferred))
        if problem is not None:
            raise Problem(problem)
        with nullcontext() if seed is None else drawing(seed):
            return build(self.source)

    def reader(self, nodes: Sequence[str]) -> Reader:
        """A function that gives the values of any nodes, Add and the like among them: ``read(module, *inputs)``.

        Nodes inside of blocks go by their path ("stage_1:2/conv2d_1"). It runs the layers of `module` in place of its
        forward pass, as far as the nodes need. No hooks; the module is not changed (but for what its layers do in
        training mode). Raises `Problem` for nodes that reach no output.
        """
        return self._readers(tuple(dict.fromkeys(nodes)))

    @cached_property
    def _readers(self) -> Callable[[tuple[str, ...]], Reader]:
        return lru_cache(maxsize=16)(self._reader)  # a live view asks for the same nodes ten times a second

    def _reader(self, nodes: tuple[str, ...]) -> Reader:
        if not nodes:
            return lambda _module, *_inputs: {}
        source = emit(self.graph, self.inferred, results=nodes)
        forward = network_class(source).forward
        spelled = {node: canonical(self.inferred, node) for node in nodes}

        def read(module: nn.Module, *inputs: torch.Tensor) -> Mapping[str, torch.Tensor]:
            values = forward(module, *inputs)
            return {node: values[name] if len(source.results) > 1 else values for node, name in spelled.items()}

        return read


def compile(graph: Graph, inferred: Inferred | None = None, *, name: str = "") -> Compiled:
    """Infer a graph and write its class. `name` is the network's, free text for the class and its docstring.

    Raises `Problem` with every error of the graph. Nothing is executed before a module is asked for.
    """
    inferred = infer(graph) if inferred is None else inferred
    return Compiled(graph, inferred, emit(graph, inferred, name=name))


def build(source: Source) -> nn.Module:
    """A module with fresh weights, drawn from the global random numbers. Raises `Problem` if the text is refused."""
    return network_class(source)()


def network_class(source: Source) -> type[nn.Module]:
    """The class the source defines. Raises `Problem` if the text holds anything that emission never writes."""
    made: type[nn.Module] = _execute(source.text)[source.class_name]
    return made


def file_name(source: Source) -> str:
    """The name under which the source stands in tracebacks."""
    return _file_name(source.text)


@lru_cache(maxsize=KEPT)
def _execute(text: str) -> dict[str, Any]:
    check_source(text)
    name = _file_name(text)
    namespace: dict[str, Any] = {"__name__": "workbench_network", "__file__": name}
    exec(builtins.compile(text, name, "exec"), namespace)
    # No time of change: linecache then keeps the lines although there is no such file.
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    known = [key for key in list(linecache.cache) if key.startswith("<network ")]
    for key in known[: -4 * KEPT]:
        linecache.cache.pop(key, None)
    return namespace


def _file_name(text: str) -> str:
    return f"<network {hashlib.sha256(text.encode()).hexdigest()[:16]}>"
