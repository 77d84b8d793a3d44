"""One look inside a network: a single extra forward pass of one picture, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from math import exp
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.compiler.estimate import activation_bytes, weight_bytes
from workbench.compiler.inference import Inferred
from workbench.compiler.memory import available_memory
from workbench.compiler.paths import takes_part
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import compact, file_size
from workbench.data.inputs import Target
from workbench.document.graph import Graph
from workbench.inspection.sound import is_cut
from workbench.session.pictures import target_at
from workbench.session.samples import Sample
from workbench.session.state import Views

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.compiler.build import Compiled
    from workbench.inspection.previews import Preview

MOST_FLOPS = 250e9
"""Operations of one picture up to which a look is taken while editing: some seconds on a small machine."""

MEMORY_SHARE = 0.5
"""At most this share of the free memory goes into a look."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a look shall show; replaced whole, so that a thread reads it without a lock.

    All nodes are path ids. Of `nodes` the views hold the whole values, of `previews` only what fits on a card. `seen`
    are those previews that are in view: a live look renews no others (None: all of them).
    """

    sample: Sample
    nodes: tuple[str, ...]
    previews: tuple[str, ...] = ()
    seen: frozenset[str] | None = None


def wanted(compiled: Compiled, request: Request) -> tuple[str, ...]:
    """Everything a look computes: what was asked for as far as this network has it, and its answer."""
    asked = dict.fromkeys((*request.nodes, *request.previews, *_answering(compiled)))
    return tuple(node for node in asked if takes_part(compiled.inferred, node) and not is_cut(compiled, node))


def look(
    module: torch.nn.Module,
    compiled: Compiled,
    request: Request,
    *,
    trained: bool,
    live: bool = False,
    step: int = 0,
    graph: Graph | None = None,
    before: Mapping[str, Preview] = MappingProxyType({}),
) -> Views:
    """One look inside. Leaves weights, statistics and random numbers untouched.

    `graph` is the whole graph that `compiled` is (the sound part of), by default its own; `before` are the previews
    of the look before, whose channels and scales are kept.
    """
    from workbench.inspection.activations import as_array, node_values
    from workbench.inspection.filters import first_layer_filters
    from workbench.inspection.previews import previews
    from workbench.inspection.samples import given_to

    sample = request.sample
    given = given_to(compiled.inferred, compiled.inputs, sample.given, sample.more)
    values = node_values(module, compiled, wanted(compiled, request), given)
    fresh = frozenset(request.previews) if request.seen is None or not live else request.seen
    shown = {node: values[node] for node in request.previews if node in values and node in fresh}
    kept = {node: before[node] for node in request.previews if live and node in before and node in values}
    filters = first_layer_filters(module, compiled) if request.nodes else {}
    return Views(
        picture=sample.picture,
        picture_name=sample.name,
        label=sample.label,
        maps=MappingProxyType({node: as_array(values[node]) for node in request.nodes if node in values}),
        filters=MappingProxyType(filters),
        scores=_scores(compiled, values, sample.classes),
        classes=sample.classes,
        trained=trained,
        live=live,
        step=step,
        previews=MappingProxyType({**kept, **previews(shown, before, live=live)}),
        graph=compiled.graph if graph is None else graph,
        which=sample.which,
        words=sample.words,
        short=sample.short,
    )


def too_large(inferred: Inferred, available: int | None = None) -> Diagnostic | None:
    """Why a look is not even tried: it would take seconds, or more memory than there is to spare."""
    needed = 2 * weight_bytes(inferred) + sum(activation_bytes(inferred).values())
    room = int(MEMORY_SHARE * (available_memory() if available is None else available))
    if inferred.flops_total <= MOST_FLOPS and needed <= room:
        return None
    why = (
        f"{compact(inferred.flops_total)}FLOPs"
        if inferred.flops_total > MOST_FLOPS
        else f"{file_size(needed)} of memory, and {file_size(room)} can be spared"
    )
    return Diagnostic(
        "views.too_large",
        f"The layers show no pictures: one look at this network takes {why}. Make the input or the layers smaller to "
        "see what each of them makes of a picture.",
        Severity.WARNING,
    )


def _answering(compiled: Compiled) -> tuple[str, ...]:
    """The first output that tells the samples' own classes or labels apart, if there is one."""
    graph = compiled.inferred.graph
    found = (graph.nodes[node] for node in compiled.inferred.output_nodes if node in graph.nodes)
    telling = (node.id for node in found if node.layer == "output" and _is_of_labels(target_at(node)))
    return tuple(islice(telling, 1))


def _is_of_labels(target: Target) -> bool:
    return target.source == "label" and target.kind != "values"


def _scores(compiled: Compiled, values: Mapping[str, torch.Tensor], classes: tuple[str, ...]) -> tuple[float, ...]:
    """Probabilities of the classes, or of each label, by the first output that tells them; () where none has one number
    a class."""
    from workbench.inspection.activations import as_array

    node = next((node for node in _answering(compiled) if node in values), None)
    answer = None if node is None else as_array(values[node])
    if node is None or answer is None or answer.ndim != 1 or len(answer) != len(classes):
        return ()
    if target_at(compiled.inferred.graph.nodes[node]).kind == "labels":
        return tuple(1.0 / (1.0 + exp(-max(-700.0, min(700.0, float(score))))) for score in answer)
    return tuple(float(share) for share in softmax(answer))


def softmax(scores: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Probabilities from scores, computed stably; scores that are not finite give an even spread."""
    import numpy as np

    s = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(s).all():
        return np.full(s.shape, 1.0 / max(1, s.size))
    e = np.exp(s - s.max())
    return np.asarray(e / e.sum())
