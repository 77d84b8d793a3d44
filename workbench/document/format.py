"""The project file: JSON that people can read, compare and merge, and that is trusted in nothing.

    {
      "data":    {"source": "photos", "fit": "crop", …},
      "edges":   ["input_1.out -> conv2d_1.in", …],                          sorted, one a line
      "name":    "Hand signs",
      "nodes":   [{"id": "conv2d_1", "layer": "conv2d", "params": {…}, "position": [320, 80]}, …],
      "notes":   ["# What to look at", …],                                   one line of Markdown an entry
      "recipe":  {"epochs": 10, "optimizer": {"id": "adam", "params": {…}}, …},
      "version": 1
    }

Keys are sorted, nodes stand in order of creation, one block each, with whole-pixel positions on one line: a moved node
is a one-line change. Fields this version does not know are kept in `extra` (of the project, a node, the data settings
or the recipe) and written back. Saving what was loaded gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from workbench.core.diagnostic import Problem
from workbench.core.json_text import parse, render
from workbench.document.fields import Fields, refuse
from workbench.document.graph import ID_PATTERN, Edge, Graph, Node, Value
from workbench.document.migrations import MIGRATIONS, VERSION, Migration, migrate
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.document.projection import cycle, cycle_diagnostic
from workbench.document.rules import (
    FARTHEST,
    LONGEST_NAME,
    LONGEST_NOTES,
    MOST_EDGES,
    MOST_NODES,
    PORT_PATTERN,
    plain_text,
    text_fault,
    tupled,
)

__all__ = ["VERSION", "decode", "encode", "from_document", "read_graph", "to_document", "write_graph"]

FITS = ("crop", "pad", "stretch")
NORMALISATIONS = ("measured", "unit", "symmetric")
_DEVICE = re.compile(r"[a-z]{1,16}(:[0-9]{1,4})?\Z", re.ASCII)
_LARGEST_SEED = 2**32 - 1  # what NumPy's legacy seeding takes too


def encode(project: Project) -> bytes:
    """The bytes of the project file. Raises `Problem` for a value no file can hold, naming it."""
    document = to_document(project)
    from_document(document)  # a file that could not be opened again must never replace one that can
    return render(document)


def decode(data: bytes, *, target: int = VERSION, migrations: Sequence[Migration] = MIGRATIONS) -> Project:
    """The project in a file's bytes, of this format or an older one; raises `Problem` with one sentence otherwise.

    Nothing is half-read: either every part is sound or nothing is given. Unknown layers are kept as they are.
    """
    return from_document(parse(data, "project file"), target=target, migrations=migrations)


def to_document(project: Project) -> dict[str, Any]:
    """The project as plain JSON values."""
    data, recipe = project.data, project.recipe
    return {
        **project.extra,
        **write_graph(project.graph),
        "version": VERSION,
        "name": plain_text(project.name),
        "notes": plain_text(project.notes).split("\n") if project.notes else [],
        "data": {
            **data.extra,
            "source": data.source,
            "fit": data.fit,
            "validation": float(data.validation),
            "test": float(data.test),
            "seed": data.seed,
            "normalise": data.normalise,
            "augmentations": [_write_chosen(a) for a in data.augmentations],
        },
        "recipe": {
            **recipe.extra,
            "epochs": recipe.epochs,
            "batch_size": recipe.batch_size,
            "optimizer": _write_chosen(recipe.optimizer),
            "schedule": _write_chosen(recipe.schedule),
            "device": recipe.device,
            "seed": recipe.seed,
            "threads": recipe.threads,
            "deterministic": recipe.deterministic,
        },
    }


def from_document(document: Any, *, target: int = VERSION, migrations: Sequence[Migration] = MIGRATIONS) -> Project:
    """The project in JSON values as `parse` or `to_document` give them; raises `Problem`."""
    if not isinstance(document, Mapping) or "version" not in document:
        raise Problem.of(
            "project.not_one", "This is not a Workbench project: the file is no JSON object with a “version”."
        )
    version = Fields(document, "the project").whole("version", 0, low=-(2**63))
    fields = Fields(migrate(document, version, target=target, migrations=migrations), "the project")
    fields.take("version", None)
    name = fields.text("name", "Untitled", LONGEST_NAME)
    notes = _read_notes(fields)
    graph = read_graph(fields)
    data = _read_data(Fields(fields.take("data", {}), "the data settings"))
    recipe = _read_recipe(Fields(fields.take("recipe", {}), "the recipe"))
    return Project(name, graph, data, recipe, notes, fields.rest())


def write_graph(graph: Graph) -> dict[str, Any]:
    """The two fields "nodes" and "edges"."""
    return {
        "nodes": [_write_node(node) for node in graph],
        "edges": [f"{e.source}.{e.source_port} -> {e.target}.{e.target_port}" for e in sorted(graph.edges)],
    }


def read_graph(fields: Fields) -> Graph:
    """The graph in the fields "nodes" and "edges"; raises `Problem` for whatever is not sound in it."""
    nodes: dict[str, Node] = {}
    for i, value in enumerate(fields.items("nodes", MOST_NODES)):
        node = _read_node(value, i)
        if node.id in nodes:
            refuse(f"two nodes have the id “{node.id}”", "project.same_id")
        nodes[node.id] = node
    inputs: dict[tuple[str, str], Edge] = {}
    for value in fields.items("edges", MOST_EDGES):
        edge = _read_edge(value)
        for end in (edge.source, edge.target):
            if end not in nodes:
                refuse(f"the wire “{value}” ends at “{end}”, but there is no such node", "project.dangling")
        other = inputs.setdefault((edge.target, edge.target_port), edge)
        if other is not edge:
            refuse(f"two wires end at the input “{edge.target}.{edge.target_port}”", "project.two_wires")
    graph = Graph(MappingProxyType(nodes), frozenset(inputs.values()))
    if circle := cycle(graph):
        raise Problem(cycle_diagnostic(circle))
    return graph


def _write_node(node: Node) -> dict[str, Any]:
    result: dict[str, Any] = {**node.extra, "id": node.id, "layer": node.layer, "position": [node.x, node.y]}
    if node.name:
        result["name"] = plain_text(node.name)
    if node.params:
        result["params"] = _write_params(node.params)
    return result


def _read_node(value: Any, index: int) -> Node:
    fields = Fields(value, f"node {index + 1:,}")
    node_id = fields.text("id", None)
    if not ID_PATTERN.match(node_id):
        refuse(
            f"node {index + 1:,} has the id “{node_id[:80]}”; an id starts with a lower-case letter and goes on with "
            "lower-case letters, digits and underscores, at most 64 in all",
            "project.bad_id",
        )
    fields.where = f"the node “{node_id}”"
    layer = fields.text("layer", None, LONGEST_NAME)
    if not layer:
        refuse(f"the node “{node_id}” has an empty layer name")
    name = fields.text("name", "", LONGEST_NAME)
    params = fields.params("params")
    position = fields.items("position", 2) or (0, 0)
    if len(position) != 2 or any(not isinstance(v, int) or isinstance(v, bool) or abs(v) > FARTHEST for v in position):
        refuse(f"the position of the node “{node_id}” must be two whole numbers within ±{FARTHEST:,}")
    return Node(node_id, layer, name, params, position[0], position[1], fields.rest())


def _read_edge(value: Any) -> Edge:
    source, arrow, target = value.partition(" -> ") if isinstance(value, str) else ("", "", "")
    start, _, start_port = source.partition(".")
    end, _, end_port = target.partition(".")
    ids, ports = (start, end), (start_port, end_port)
    if not arrow or not all(map(ID_PATTERN.match, ids)) or not all(map(PORT_PATTERN.match, ports)):
        shown = value[:160] if isinstance(value, str) else type(value).__name__
        refuse(f"the wire “{shown}” is not of the form “node.port -> node.port”", "project.bad_wire")
    return Edge(start, start_port, end, end_port)


def _write_chosen(chosen: Chosen) -> dict[str, Any]:
    return {"id": chosen.id, "params": _write_params(chosen.params)}


def _write_params(params: Mapping[str, Value]) -> dict[str, Value]:
    return {name: tupled(value) for name, value in params.items()}  # a list, were one in there, is meant as a tuple


def _read_chosen(value: Any, where: str) -> Chosen:
    fields = Fields(value, where)
    chosen = Chosen(fields.text("id", None, LONGEST_NAME), fields.params("params"))
    fields.none_left()
    return chosen


def _read_notes(fields: Fields) -> str:
    """A list of lines, or one text as a person may have written it by hand."""
    value = fields.take("notes", "")
    if isinstance(value, tuple | list) and all(isinstance(line, str) for line in value):
        value = "\n".join(value)
    if not isinstance(value, str):
        refuse("“notes” of the project must be a list of lines")
    if fault := text_fault(value, LONGEST_NOTES):
        refuse(f"“notes” of the project {fault}")
    return value


def _read_data(fields: Fields) -> DataSettings:
    default = DataSettings()
    validation = fields.fraction("validation", default.validation, 0.0, 1.0)
    test = fields.fraction("test", default.test, 0.0, 1.0)
    if validation + test >= 1.0:
        refuse(
            f"the data settings leave no pictures to train on (validation {validation:.0%} and test {test:.0%}); "
            "together they must be less than 100 %"
        )
    return DataSettings(
        source=fields.text("source", default.source),
        fit=fields.choice("fit", default.fit, FITS),
        validation=validation,
        test=test,
        seed=fields.whole("seed", default.seed, high=_LARGEST_SEED),
        normalise=fields.choice("normalise", default.normalise, NORMALISATIONS),
        augmentations=tuple(
            _read_chosen(a, f"augmentation {i + 1}") for i, a in enumerate(fields.items("augmentations", 100))
        ),
        extra=fields.rest(),
    )


def _read_recipe(fields: Fields) -> Recipe:
    default = Recipe()
    device = fields.text("device", default.device)
    if not _DEVICE.match(device):
        refuse(f"“device” of the recipe is “{device[:80]}”; it must be “auto”, “cpu”, “cuda” or “mps”")
    optimizer, schedule = fields.take("optimizer", None), fields.take("schedule", None)
    return Recipe(
        epochs=fields.whole("epochs", default.epochs, 1, 1_000_000),
        batch_size=fields.whole("batch_size", default.batch_size, 1, 1_000_000),
        optimizer=default.optimizer if optimizer is None else _read_chosen(optimizer, "the optimizer"),
        schedule=default.schedule if schedule is None else _read_chosen(schedule, "the schedule"),
        device=device,
        seed=fields.whole("seed", default.seed, high=_LARGEST_SEED),
        threads=fields.whole("threads", default.threads, high=1024),
        deterministic=fields.truth("deterministic", default.deterministic),
        extra=fields.rest(),
    )
