"""Fitting a project to data: its source, what its input takes, and one answer for each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.catalogue.registry import LAYERS
from workbench.document.edits import set_param
from workbench.document.graph import Graph
from workbench.document.project import DataSettings, Project

if TYPE_CHECKING:
    from workbench.data.index import Index


LONGEST_TEXT, LARGEST_VOCABULARY = 512, 8_000
"""Tokens that a new project on texts reads of each, and that it knows, at most."""

LONGEST_SOUND = 10.0
"""Seconds that a new project on sounds hears of each, at most."""

_BYTES_A_WORD = 6


def fitted(project: Project, folder: Path) -> Project:
    """The project on the samples of `folder` (or of a list, a table, shards): the layer before the output gets one
    unit for each class, and the input takes as many numbers as a row has. Raises `Problem` if there are none.
    """
    from workbench.data.scanning.reading import read_index

    data = replace(project.data, source=str(folder), more=(), changes={})
    return _on(project, data, read_index(data))


def project_for(source: Path) -> Project:
    """A new project on the samples of a source, from the sample project that suits their kind, with an input that suits
    their length. Raises `Problem` if there are none."""
    from workbench.data.scanning.reading import read_index
    from workbench.session.templates import project_of, template_for

    index = read_index(DataSettings(str(source)))
    project = project_of(template_for(index.kind))
    data = replace(project.data, source=str(source), more=(), changes={})
    return _on(replace(project, graph=_with_length(project.graph, index)), data, index)


def _on(project: Project, data: DataSettings, index: Index) -> Project:
    from workbench.data.dataset import Dataset
    from workbench.data.targets.several import label_names
    from workbench.session.pictures import network_input

    labels = len(label_names(index.classes)) if data.target == "labels" else None
    graph = with_classes(project.graph, len(index.classes), labels)
    wanted = network_input(graph)
    if index.kind == "table" and wanted.layer == "numbers":
        with Dataset.open(data, input=wanted) as dataset:
            graph = _with_params(graph, dataset.asks_of_input)
    return replace(project, graph=graph, data=data)


def _with_length(graph: Graph, index: Index) -> Graph:
    """The input as long as most samples are, so that nothing is lost of them and little is filled up."""
    import numpy as np

    if index.kind == "text":
        words = float(np.quantile(index.bytes, 0.8)) / _BYTES_A_WORD
        length = int(min(LONGEST_TEXT, max(16, 2 ** round(np.log2(max(words, 1.0)) + 0.5))))
        known = int(min(LARGEST_VOCABULARY, max(500, index.bytes.sum() / _BYTES_A_WORD / 20)))
        return _with_params(graph, {"length": length, "vocabulary": round(known, -2)})
    if index.kind == "audio" and (index.widths > 0).any():  # milliseconds
        seconds = float(np.quantile(index.widths[index.widths > 0], 0.9)) / 1000
        return _with_seconds(graph, min(LONGEST_SOUND, max(0.2, round(seconds, 1))))
    return graph


def _with_seconds(graph: Graph, seconds: float) -> Graph:
    """Sounds of another length; a Reshape that gives the frames of a spectrogram gives as many as there are then."""
    from workbench.catalogue.sound import frames_in
    from workbench.session.pictures import network_input

    before = network_input(graph).params
    graph = _with_params(graph, {"seconds": seconds})
    if not {"seconds", "rate", "mels"} <= set(before):
        return graph
    rate, mels = int(before["rate"]), int(before["mels"])
    frames = (mels, frames_in(float(before["seconds"]), rate)), (mels, frames_in(seconds, rate))
    for node in tuple(graph):
        if node.layer == "reshape" and tuple(node.params.get("shape", ())) == frames[0]:  # type: ignore[arg-type]
            changed = set_param(graph, node.id, "shape", frames[1])
            if isinstance(changed, Graph):
                graph = changed
    return graph


def _with_params(graph: Graph, params: Mapping[str, Any]) -> Graph:
    """The graph with these parameters at its first input."""
    node = next((n for n in graph if n.layer in LAYERS and LAYERS[n.layer].is_input), None)
    for name, value in params.items() if node is not None else ():
        changed = set_param(graph, node.id, name, value) if node is not None else graph
        if isinstance(changed, Graph):
            graph = changed
    return graph


def with_classes(graph: Graph, classes: int, labels: int | None = None) -> Graph:
    """The graph with `classes` units (or filters) in the layer that makes each output's scores of the samples' classes,
    and `labels` where it makes those of labels at once (None: as many as classes)."""
    from workbench.session.pictures import target_at

    for node in tuple(graph):
        declaration = LAYERS.get(node.layer)
        if declaration is None or not declaration.is_output:
            continue
        found, target = scoring(graph, node.id), target_at(node)
        if found is not None and target.source == "label" and target.kind != "values":
            units = labels if target.kind == "labels" and labels is not None else classes
            changed = set_param(graph, found, COUNTED[graph.nodes[found].layer], units)
            if isinstance(changed, Graph):
                graph = changed
    return graph


def scoring(graph: Graph, output: str) -> str | None:
    """The layer whose units or filters are the scores at an output; None where layers between could change them."""
    for wire in graph.incoming(output):
        before = graph.nodes[wire.source]
        if before.layer in COUNTED:
            return before.id
        if before.layer in _KEEPING:
            return scoring(graph, before.id)
    return None


COUNTED = {"linear": "units", "conv2d": "filters"}
"""The layers that can make scores, and the parameter that says how many."""
_KEEPING = frozenset({"global_avg_pool2d", "global_max_pool2d", "dropout", "identity"})
"""Layers that give as many numbers as channels, or numbers, come in."""
