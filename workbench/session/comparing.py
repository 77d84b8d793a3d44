"""What switching layers off does to a trained network: how often it is right with them and without."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Problem
from workbench.document.expressions import is_expression
from workbench.document.graph import Graph, Node
from workbench.inspection.samples import given_to
from workbench.inspection.unchanged import same_function
from workbench.session.jobs import Job

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.session.samples import Sample
    from workbench.session.session import Session
    from workbench.training.weights import Weights

MOST_PICTURES = 512
"""Validation pictures that are tried: enough to tell differences of some percent, soon enough to wait for."""

AT_ONCE = 64

SETTLE_SECONDS = 0.3
"""How long the switches must rest before anything is measured."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How a network did: on `right` of `pictures` pictures, and the class probabilities for the chosen one."""

    right: int
    pictures: int
    scores: tuple[float, ...]

    @property
    def accuracy(self) -> float:
        return self.right / self.pictures


@dataclass(frozen=True, slots=True)
class Effect:
    """The network with all layers at work, and as it is now with some of them switched off.

    `switched` names these, each with what it is ("muted", "bypassed"). `anew` are layers whose trained weights no
    longer fit what reaches them, so that they answer by chance. `after` is None while it is being measured.
    """

    switched: tuple[tuple[str, str], ...]
    before: Answers | None = None
    after: Answers | None = None
    anew: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


class Comparing:
    """Holds `effect`, measured in the background whenever layers of a trained network are switched; else None."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.effect: Effect | None = None
        self._job: Job | None = None
        self._due: float | None = None
        self._known: tuple[Weights, Graph, object, Answers] | None = None  # the network at work, as measured before

    def changed(self) -> None:
        """The graph, the weights, the pictures or the chosen one are others."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        trained = self._session.looking.trained
        switched = names_of_switched(trained.compiled.graph, self._session.project.graph) if trained is not None else ()
        self._due = time.monotonic() + SETTLE_SECONDS if switched else None
        if not switched:
            self._show(None)
        elif self.effect is None or self.effect.switched != switched:
            self._show(Effect(switched))

    def pump(self) -> None:
        run = self._session.run
        if self._due is None or time.monotonic() < self._due or (run is not None and run.is_live):
            return
        self._due = None
        trained, sample = self._session.looking.trained, self._session.looking.sample
        dataset = self._session.data.dataset
        if trained is None or sample is None or dataset is None or self.effect is None:
            self._show(None)
            return
        graph, known, effect = self._session.project.graph, self._known, self.effect

        def work(job: Job) -> tuple[Effect | None, object]:
            return measured(job, graph, trained, dataset, sample, effect, known)

        self._job = self._session.jobs.start("Measuring what changes", work, self._measured)

    def _measured(self, job: Job) -> None:
        if job is not self._job:
            return
        self._job = None
        if job.state == "done":
            effect, self._known = job.result
            self._show(effect)
        else:
            self._show(None)

    def _show(self, effect: Effect | None) -> None:
        if effect != self.effect:
            self.effect = effect
            self._session.views_changed.emit(self._session.views)

    def close(self) -> None:
        self._due = None


def measured(
    job: Job,
    graph: Graph,
    trained: Weights,
    dataset: Dataset,
    sample: Sample,
    effect: Effect,
    known: tuple[Weights, Graph, object, Answers] | None = None,
) -> tuple[Effect | None, tuple[Weights, Graph, object, Answers] | None]:
    """The effect with its numbers, and the numbers of the network at work for the next time.

    No effect (None) where nothing can be compared: the network was changed otherwise too, so that parts of it have
    not learned, it has mistakes, or no picture is kept aside.
    """
    whole = at_work(graph, trained.compiled.graph)
    numbers = spread(dataset)
    if not len(numbers):
        return None, known
    try:
        if known is not None and known[0] is trained and known[2] is sample and same_function(known[1], whole):
            before = known[3]
        else:
            answers, anew = answers_of(job, whole, trained, dataset, sample, numbers)
            if anew:
                return None, known
            before = answers
        after, anew = answers_of(job, graph, trained, dataset, sample, numbers)
    except Problem:
        return None, known
    found = replace(effect, before=before, after=after, anew=anew, classes=tuple(dataset.classes))
    return found, (trained, whole, sample, before)


def answers_of(
    job: Job, graph: Graph, trained: Weights, dataset: Dataset, sample: Sample, numbers: np.ndarray
) -> tuple[Answers, tuple[str, ...]]:
    """How a graph answers with the trained weights that fit it, and the layers for which there are none.

    Raises `Problem` where it cannot be run or does not answer for these classes.
    """
    import torch

    from workbench.compiler.build import compile as compile_graph
    from workbench.training.objective import objective_of
    from workbench.training.weights import carried, give

    compiled = compile_graph(graph)
    job.progress(0, len(numbers))
    weights = carried(trained, compiled)
    module = compiled.module(0)
    give(module, weights, whole=False)
    module.eval()
    objective = objective_of(graph, dataset)
    if objective.main.kind != "classes" or objective.main.target != "label":
        raise Problem.of("compare.values", "Nothing of this network is right or wrong, so it cannot be counted.")
    missing = tuple(
        display_name(graph, node)
        for node, attribute in compiled.source.attributes.items()
        if node in graph.nodes and any(key.startswith(f"{attribute}.") and key not in weights for key in compiled.keys)
    )
    right = 0
    with torch.inference_mode():
        shown = given_to(compiled.inferred, compiled.inputs, sample.given, sample.more)
        own = module(*(torch.from_numpy(np.ascontiguousarray(one)) for one in shown))
        objective.check_scores(own, len(dataset.classes))
        for first in range(0, len(numbers), AT_ONCE):
            some = numbers[first : first + AT_ONCE]
            given = (torch.from_numpy(np.ascontiguousarray(one)) for one in dataset.network_inputs(some))
            answered = objective.answer(module(*given)).argmax(1).numpy()
            right += int((answered == dataset.index.labels[some]).sum())
            job.progress(first + len(some))
        shares = objective.probabilities(own)[0].float().tolist()
    return Answers(right, len(numbers), tuple(shares)), missing


def spread(dataset: Dataset, most: int = MOST_PICTURES) -> np.ndarray:
    """Indices of up to `most` validation pictures, evenly from all of them."""
    numbers = np.asarray(dataset.splits.val, np.int64)
    if len(numbers) <= most:
        return numbers
    chosen: np.ndarray = numbers[np.linspace(0, len(numbers) - 1, most).round().astype(int)]
    return chosen


def names_of_switched(trained: Graph, graph: Graph) -> tuple[tuple[str, str], ...]:
    """What was switched off since training, with names for people: (("Conv 2", "muted"), …)."""
    levels = [(graph, trained)]
    levels += [(graph.inside(name), trained.inside(name)) for name in graph.blocks if name in trained.blocks]
    return tuple(
        (display_name(level, node.id), node.state)
        for level, then in levels
        for node in level
        if _is_off(node.state) and node.id in then.nodes and then.nodes[node.id].state != node.state
    )


def at_work(graph: Graph, trained: Graph) -> Graph:
    """The graph with every switch as it was when the network was trained."""

    def restored(level: Graph, then: Graph) -> Mapping[str, Node]:
        nodes = {}
        for node in level:
            was = then.nodes.get(node.id)
            nodes[node.id] = replace(node, state=was.state) if was is not None and was.state != node.state else node
        return MappingProxyType(nodes)

    blocks = {
        name: replace(block, graph=replace(block.graph, nodes=restored(block.graph, trained.blocks[name].graph)))
        if name in trained.blocks
        else block
        for name, block in graph.blocks.items()
    }
    return replace(graph, nodes=restored(graph, trained), blocks=MappingProxyType(blocks))


def _is_off(state: str) -> bool:
    return bool(state) and not is_expression(state)
