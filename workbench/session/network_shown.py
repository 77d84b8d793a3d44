"""The network that is looked at between runs: compiled from whatever can be computed, with the newest weights."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.compiler.inference import infer
from workbench.core.diagnostic import Problem
from workbench.document.graph import Graph
from workbench.inspection.unchanged import same_function
from workbench.session.jobs import Job
from workbench.session.look import Request, look, too_large
from workbench.session.state import Views

if TYPE_CHECKING:
    import torch

    from workbench.compiler.build import Compiled
    from workbench.inspection.previews import Preview
    from workbench.session.session import Session
    from workbench.training.weights import Weights

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A look between runs: what was seen, the network that was looked at, and what the look itself took."""

    views: Views
    network: Built
    seconds: float
    stored: Weights | None  # those of the project's newest run, where they had to be read from the disk


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A network with weights: the graph it is the sound part of, and the trained weights that went into it."""

    graph: Graph
    compiled: Compiled
    module: torch.nn.Module
    trained: Weights | None
    has_learned: bool

    @property
    def weights(self) -> Weights:
        """Its own weights, for the next one."""
        from workbench.training.weights import Weights

        return Weights(dict(self.module.state_dict()), self.compiled)


class NetworkShown:
    """Keeps the weights from look to look, so that an edit changes nothing before it and little behind it.

    A layer gets its trained weights where it still fits them, else those it had at the last look, else fresh ones:
    without the second, one new layer would draw all weights behind it anew.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: Built | None = None
        self._stored: Weights | None = None
        self._asked_store = False

    @property
    def trained(self) -> Weights | None:
        """The newest trained weights there are: of this session's last run, else of the project's newest."""
        return self._session.training.weights or self._stored

    def look_at(self, graph: Graph, request: Request, before: Mapping[str, Preview]) -> Callable[[Job], Looked | None]:
        """The work of a job: compile what is sound of `graph`, give it weights, look. Nothing is computed here.

        The job's thread keeps its priority: compiling is Python, and a thread that seldom gets the processor while it
        holds the interpreter would hold the window up.
        """
        session, last = self._session, self._last
        known = self.trained
        ask_store = known is None and not self._asked_store and session.training.has_runs
        seed, name = session.project.recipe.seed, session.project.name

        def work(job: Job) -> Looked | None:
            stored = _newest_run(session) if ask_store else None
            trained = known or stored
            if last is not None and last.trained is trained and same_function(last.graph, graph):
                network = last  # another picture, or other nodes, of the same network
            else:
                built = _build(job, graph, trained, last, seed, name)
                if built is None:
                    return None
                network = built
            job.progress(4)
            began = time.monotonic()
            views = look(
                network.module, network.compiled, request, trained=network.has_learned, graph=graph, before=before
            )
            return Looked(views, network, time.monotonic() - began, stored)

        return work

    def keep(self, looked: Looked) -> None:
        """Called on the session's thread when a look has ended."""
        self._asked_store = True
        self._last = looked.network
        if looked.stored is not None:
            self._stored = looked.stored


def _build(job: Job, graph: Graph, trained: Weights | None, last: Built | None, seed: int, name: str) -> Built | None:
    """The sound part of a graph with the weights that fit; None where nothing of it can be computed.

    Raises `Problem` where it is too large to look at, and whatever `job.progress` raises when it is cancelled.
    """
    from workbench.inspection.sound import compile_part, sound_part
    from workbench.training.weights import carried, give

    job.progress(0)
    part = sound_part(infer(graph))
    job.progress(1)
    compiled = compile_part(part, name=name)
    if compiled is None:
        return None
    refusal = too_large(compiled.inferred)
    if refusal is not None:
        raise Problem(refusal)
    job.progress(2)
    learned = carried(trained, compiled)
    weights = carried(last.weights if last is not None else None, compiled) | learned
    module = _assembled(compiled, weights)
    if module is None:
        module = compiled.module(seed)
        job.progress(3)
        give(module, weights, whole=False)
    return Built(graph, compiled, module, trained, bool(learned))


def _assembled(compiled: Compiled, weights: Mapping[str, torch.Tensor]) -> torch.nn.Module | None:
    """The network made of weights that are there already, without drawing or copying any; None where some are missing.

    Drawing those of a ResNet-50 takes longer than looking at it. The tensors are shared, which looking allows: it
    changes none.
    """
    import torch

    from workbench.compiler.build import build

    with torch.device("meta"):
        module = build(compiled.source)
    shapes = {key: tensor.shape for key, tensor in module.state_dict().items()}
    if any(key not in weights or weights[key].shape != shape for key, shape in shapes.items()):
        return None
    module.load_state_dict({key: weights[key] for key in shapes}, assign=True)
    held = [*module.parameters(), *module.buffers()]
    return (
        None if any(tensor.is_meta for tensor in held) else module
    )  # a buffer that no state dict holds is still empty


def _newest_run(session: Session) -> Weights | None:
    """The best weights of the newest run in the project's folder; None where there are none that can be read."""
    from workbench.training.weights import Weights

    try:
        found = session.results.trained()
    except Problem as problem:
        log.info("no weights to look with: %s", problem)
        return None
    return Weights(found.state, found.compiled)
