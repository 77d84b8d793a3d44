"""Where the network's ends and the data do not fit together: what enters it, and what its outputs are held against."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.catalogue.declaration import Tensor
from workbench.catalogue.registry import AUGMENTATIONS, LAYERS, LOSSES
from workbench.compiler.inference import Inferred, display_name
from workbench.core.diagnostic import Diagnostic, Fix
from workbench.core.words import number
from workbench.data.augment import Augmenter
from workbench.data.inputs import Input, Target
from workbench.data.kinds.kind import misfit
from workbench.document.graph import Graph
from workbench.document.project import Project
from workbench.session.fitting import COUNTED, scoring
from workbench.session.pictures import input_nodes, network_input, target_at
from workbench.session.remedies import complete
from workbench.session.state import DataState

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

ENOUGH_TOKENS = 1_000
"""A vocabulary with room for the 256 bytes and some hundreds of pieces of words."""

_WORDS = {
    "classes": ("numbers", "classes", "one number for each of the {n} classes"),
    "labels": ("numbers", "labels", "one number for each of the {n} labels"),
    "values": ("numbers", "values to learn", "a flat list of {n}"),
}


def output_nodes(graph: Graph) -> tuple[str, ...]:
    """The outputs, in the order in which the network gives its answers."""
    return tuple(node.id for node in graph if node.layer in LAYERS and LAYERS[node.layer].is_output)


def placed(project: Project, data: DataState, found: Diagnostic) -> Diagnostic:
    """What the data say of an end of the network, at its node and with a remedy; all else as it is."""
    dataset = data.dataset
    for (end, k), problem in dataset.problems_of_ends.items() if dataset is not None else ():
        if problem is found:
            nodes = output_nodes(project.graph) if end == "target" else input_nodes(project.graph)
            return replace(found, node=nodes[k] if k < len(nodes) else None)
    nodes = input_nodes(project.graph)
    if not nodes or found.code not in ("data.input", "data.vocabulary"):
        return found
    node = nodes[0]
    if found.code == "data.vocabulary":
        arguments: dict[str, object] = {"node": node, "param": "vocabulary", "value": ENOUGH_TOKENS}
        fix = Fix(f"Set Vocabulary to {number(ENOUGH_TOKENS)}", "set_param", arguments)
        return replace(found, node=node, fixes=(fix,))
    if dataset is None:
        return found.at(node=node)
    layer = dataset.kind.layers[0]
    arguments = {"node": node, "layer": layer, "params": dict(dataset.asks_of_input)}
    return replace(found, node=node, fixes=(Fix(f"Put {LAYERS[layer].title} there", "replace_input", arguments),))


def check_inputs(project: Project, data: DataState) -> Iterator[Diagnostic]:
    """The network must take as many numbers as a row of the table has."""
    nodes, dataset = input_nodes(project.graph), data.dataset
    if data.phase != "ready" or dataset is None or not nodes:
        return
    wanted = network_input(project.graph)
    if dataset.input != wanted:  # it is being opened for another input
        asked: tuple[tuple[str, Input], ...] = ((nodes[0], wanted.alone),)
    else:
        asked = tuple(zip(nodes, wanted.every, strict=True))
    for (node, one), asks in zip(asked, dataset.asks_of_inputs, strict=False):
        found = misfit(asks, one, node)
        if found is not None:
            yield found


def check_outputs(project: Project, inferred: Inferred, data: DataState) -> Iterator[Diagnostic]:
    """Each answer must have the numbers its target has, and what is done to the samples must mean something for it."""
    dataset = data.dataset if data.phase == "ready" else None
    for k, node in enumerate(output_nodes(project.graph)):
        target = target_at(project.graph.nodes[node])
        answer = inferred.outputs.get(node)
        if answer is not None:
            if target.source == "input":
                yield from _reconstruction(project.graph, inferred, node, answer)
            elif dataset is not None:
                yield from _count(project.graph, node, target, answer, dataset, _wanted(dataset, target, k))
        yield from _mixing(project, node, target)
        if dataset is not None:
            yield from _balance(project, node, target)


def _wanted(dataset: Dataset, target: Target, k: int) -> int:
    """How many numbers the k-th output is to give; 0 where nobody can say."""
    if k < len(dataset.held_against):
        known = dataset.held_against[k]
        if known.target == target:
            return len(known.names)
    return len(dataset.classes) if target == Target() else 0


def _count(
    graph: Graph, node: str, target: Target, answer: Tensor, dataset: Dataset, wanted: int
) -> Iterator[Diagnostic]:
    if not wanted or answer.shape == (wanted,):
        return
    one, name = dataset.kind.one, display_name(graph, node)
    numbers, many, belongs = _WORDS[target.kind]
    if len(answer.shape) != 1:
        yield Diagnostic(
            "output.shape",
            f"{name} gets {answer.words} for each {one}, but an answer is {belongs.format(n=wanted)}. Add Flatten and "
            f"a Linear layer with {wanted} units before it.",
            node=node,
        )
        return
    fixes = tuple(_matching(graph, node, wanted))
    remedy = fixes[0].label if fixes else f"Let a Linear layer with {wanted} units come last"
    yield Diagnostic(
        "output.classes",
        f"{name} gives {number(answer.shape[0])} {numbers} for each {one}; the {one}s have {wanted} {many}. {remedy}.",
        node=node,
        fixes=fixes,
    )


def _matching(graph: Graph, output: str, wanted: int) -> Iterator[Fix]:
    """Set what makes the answer to as many numbers as the target has, or add a Linear that does."""
    wire = next(iter(graph.incoming(output)), None)
    if wire is None:
        return
    found = scoring(graph, output)
    if found is not None:
        param = COUNTED[graph.nodes[found].layer]
        label = f"Set {display_name(graph, found)} to {wanted} {param}"
        yield Fix(label, "set_param", {"node": found, "param": param, "value": wanted})
    if found is None or graph.nodes[found].layer != "linear":
        arguments = {"layer": "linear", "edge": wire.id, "params": {"units": wanted}}
        yield Fix(f"Add Linear with {wanted} units", "insert_on_edge", arguments)


def _reconstruction(graph: Graph, inferred: Inferred, node: str, answer: Tensor) -> Iterator[Diagnostic]:
    """What is given back must have the form of what came in."""
    nodes = input_nodes(graph)
    came = inferred.outputs.get(nodes[0]) if nodes else None
    if came is None or answer.shape == came.shape:
        return
    wire = next(iter(graph.incoming(node)), None)
    fixes: list[Fix] = []
    if wire is not None and answer.size == came.size:
        layer = "flatten" if len(came.shape) == 1 else "reshape"
        params = {"shape": list(came.shape)} if layer == "reshape" else {}
        label = f"Add {LAYERS[layer].title}" + (f" to {came.words}" if params else "")
        fixes.append(Fix(label, "insert_on_edge", {"layer": layer, "edge": wire.id, "params": params}))
    elif wire is not None:
        source = graph.nodes[wire.source]
        if source.layer == "linear" and len(answer.shape) == 1:
            label = f"Set {display_name(graph, source.id)} to {math.prod(came.shape):,} units"
            fixes.append(Fix(label, "set_param", {"node": source.id, "param": "units", "value": math.prod(came.shape)}))
    remedy = fixes[0].label if fixes else f"Let the layers before it end in {came.words}"
    yield Diagnostic(
        "output.reconstruction",
        f"{display_name(graph, node)} gets {answer.words} for each sample and is held against what came in, which is "
        f"{came.words}. {remedy}.",
        node=node,
        fixes=tuple(fixes),
    )


def _mixing(project: Project, node: str, target: Target) -> Iterator[Diagnostic]:
    """Pictures that are mixed have a share of two classes or of two sets of labels, but no number in between."""
    if target.kind != "values" or target.source == "input":
        return
    chosen = [one for one in project.data.augmentations if one.id in _MIXERS]
    active = Augmenter.of(chosen).mixers if chosen else ()
    for declaration, _values, _name in active:
        yield Diagnostic(
            "objective.mixing",
            f"{declaration.title} mixes two pictures and gives each of their classes its share, and "
            f"{display_name(project.graph, node)} is held against numbers, which have none. Remove {declaration.title} "
            "from the augmentations.",
            node=node,
            fixes=(Fix(f"Remove {declaration.title}", "drop_augmentation", {"id": declaration.id}),),
        )


def _balance(project: Project, node: str, target: Target) -> Iterator[Diagnostic]:
    """Weights of classes mean something for scores of classes alone."""
    if project.data.balance != "weights" or target.source != "label":
        return
    objective = str(complete(LAYERS["output"], project.graph.nodes[node].params)["objective"])
    if LOSSES[objective].weighs:
        return
    yield Diagnostic(
        "objective.class_weights",
        f"Rare classes are to be weighed more, and the objective {LOSSES[objective].title} of "
        f"{display_name(project.graph, node)} takes no class weights. Switch the weights off, or choose Cross-entropy.",
        node=node,
        param="objective",
        fixes=(Fix("Leave rare classes as they are", "set_data", {"name": "balance", "value": "none"}),),
    )


_MIXERS = frozenset(id for id, declaration in AUGMENTATIONS.items() if declaration.mix is not None)
