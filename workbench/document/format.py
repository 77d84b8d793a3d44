"""The project file: JSON that people can read, compare and merge, and that is trusted in nothing.

    {
      "blocks":  [{"id": "stage", "title": "Stage", "params": […], "nodes": […], "edges": […]}, …],
      "data":    {"source": "photos", "changes": [{"path": "cats/1.jpg", "label": "dogs"}, …], …},   sorted, one a line
      "edges":   ["input_1.out -> conv2d_1.in", …],                          sorted, one a line
      "frames":  [{"id": "frame_1", "title": "Stem", "position": [0, 0], "size": [400, 240]}, …],
      "name":    "Hand signs",
      "nodes":   [{"id": "conv2d_1", "layer": "conv2d", "params": {…}, "position": [320, 80]}, …],
      "notes":   ["# What to look at", …],                                   one line of Markdown an entry
      "recipe":  {"epochs": 10, "optimizer": {"id": "adam", "params": {…}}, …},
      "version": 4
    }

Keys are sorted, nodes stand in order of creation, each an object with whole-pixel positions on one line: a moved node
is a one-line change. Nodes, wires, blocks and frames are read and written in `graph_format`, the data settings in
`data_format`, the recipe in `recipe_format`. Fields this version does
not know are kept in `extra` (of the project, a node, a block, a frame, the data settings or the recipe) and written
back. Saving what was loaded gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.diagnostic import Problem
from workbench.core.json_text import parse, render
from workbench.document.data_format import read_data, write_data
from workbench.document.fields import Fields, refuse
from workbench.document.graph_format import read_graph, write_graph
from workbench.document.migrations import MIGRATIONS, VERSION, Migration, migrate
from workbench.document.project import Project
from workbench.document.recipe_format import read_recipe, write_recipe
from workbench.document.rules import LONGEST_NAME, LONGEST_NOTES, plain_text, text_fault

__all__ = ["VERSION", "decode", "encode", "from_document", "to_document"]


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
    return {
        **project.extra,
        **write_graph(project.graph),
        "version": VERSION,
        "name": plain_text(project.name),
        "notes": plain_text(project.notes).split("\n") if project.notes else [],
        "data": write_data(project.data),
        "recipe": write_recipe(project.recipe),
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
    data = read_data(Fields(fields.take("data", {}), "the data settings"))
    recipe = read_recipe(Fields(fields.take("recipe", {}), "the recipe"))
    return Project(name, graph, data, recipe, notes, fields.rest())


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
