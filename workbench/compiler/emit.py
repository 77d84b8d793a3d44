"""The graph as readable `nn.Module` classes. This very text is what is trained, and what is exported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.catalogue.declaration import Tensor
from workbench.catalogue.expression import Call
from workbench.compiler.body import Body
from workbench.compiler.classes import TAKEN, BlockClass, Classes, camel_case
from workbench.compiler.inference import Inferred, infer
from workbench.compiler.inlined import available, needed
from workbench.compiler.layout import class_docstring, docstring, statement
from workbench.compiler.paths import canonical, find, opened_for, path_name, step, takes_part
from workbench.core.diagnostic import Problem
from workbench.document.graph import Graph

LONGEST_NAME, LONGEST_SUMMARY = 60, 200
"""Characters of a network's or block's name, and of a block's summary, that are kept in the source."""


@dataclass(frozen=True, slots=True)
class Source:
    """A complete Python file and how it belongs to the graph. Nodes inside of blocks go by their path.

    `attributes` gives the module's attribute of each node that has one (layers without a module of their own, such
    as Add, have none), dotted inside of blocks; every key of the state dict of a node begins with it. `lines` gives the
    node each line of the text belongs to (from 1), for the class of a block that of its first use. `arguments` are the
    input nodes in the order `forward` takes them, `results` the nodes whose values it returns: one tensor, or a dict by
    node id if there are several. `variables` names what holds the value of a node in its `forward`; outputs after the
    first go by the node, "." and the port.
    """

    text: str
    class_name: str
    attributes: Mapping[str, str]
    lines: Mapping[int, str]
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    variables: Mapping[str, str] = field(repr=False)


def emit(
    graph: Graph, inferred: Inferred | None = None, *, name: str = "", results: Sequence[str] | None = None
) -> Source:
    """Write the classes. `name` is the network's, free text. Raises `Problem` with every error of the graph.

    `results` are the nodes whose values `forward` returns, in place of the outputs, by path id; only what they depend
    on is then computed (the constructor stays the same, so that weights of the whole network fit), and blocks are
    opened to reach the layers inside. They must reach an output.
    """
    inferred = infer(graph) if inferred is None else inferred
    if inferred.errors:
        raise Problem(*inferred.errors)
    for node in results or ():
        if not takes_part(inferred, node):
            place = path_name(inferred, node) if find(inferred, node) else node
            raise Problem.of("compile.idle", f"{place} reaches no output, so it gives nothing.")
    return _Writer(inferred, name, results).source()


class _Writer:
    """Writes one source; holds what its parts share."""

    def __init__(self, inferred: Inferred, name: str, results: Sequence[str] | None) -> None:
        self._inferred = inferred
        self._arguments = inferred.input_nodes
        self._results = inferred.output_nodes
        if results is not None:
            self._results = tuple(dict.fromkeys(canonical(inferred, node) for node in results))
        self._name = _one_line(name, LONGEST_NAME)
        self._class_name = self._named()
        self._classes = Classes(inferred, {self._class_name})
        self._lines: list[str] = []
        self._code: list[str] = []  # every call and statement, whole: what may need an import
        self._made: set[str] = set()  # the names of all constructors
        self._nodes: dict[int, str] = {}

    def source(self) -> Source:
        calls = self._classes.calls(self._inferred)
        named = self._classes.attributes[id(self._inferred)]
        opened = opened_for(self._results)
        body = Body(self._inferred, self._classes.attributes, self._arguments, self._results, opened=opened)
        variables = {}
        for part in self._classes.classes:
            self._block(part)
            self._add("", "")
            variables.update({f"{part.path}{value}": name for value, name in part.body.variables.items()})
        self._add(f"class {self._class_name}(nn.Module):", f"    {docstring(self._summary())}")
        if calls:
            own = {named[node]: call for node, call in calls.items()}
            self._constructor({}, own, {attribute: node for node, attribute in named.items()}, "")
        self._forward(body, "")
        self._header()
        return Source(
            text="\n".join(self._lines) + "\n",
            class_name=self._class_name,
            attributes=dict(self._attributes(self._inferred, "", "")),
            lines=self._nodes,
            arguments=self._arguments,
            results=self._results,
            variables={**variables, **body.variables},
        )

    def _named(self) -> str:
        """The network's name in CamelCase if it has ASCII letters, else "Network"."""
        name = camel_case(self._name)
        return name if name and name not in {*TAKEN, *available()} else f"{name}Network"

    # --- the parts of the file ---------------------------------------------------------------------------------------

    def _block(self, part: BlockClass) -> None:
        title = _one_line(part.block.title, LONGEST_NAME).rstrip(".") or "Block"
        without = f", without {_list(part.missing)}" if part.missing else ""
        summary = _one_line(part.block.summary, LONGEST_SUMMARY)
        shapes = f"Takes {' and '.join(part.takes)}, gives {' and '.join(part.gives)}."
        self._add(f"class {part.name}(nn.Module):")
        self._add(*class_docstring([f"{title}{without}.", summary, shapes]))
        if part.calls:
            self._constructor(part.arguments, part.calls, part.nodes, part.path)
        self._forward(part.body, part.path)

    def _constructor(
        self, arguments: Mapping[str, str], calls: Mapping[str, Call], nodes: Mapping[str, str], prefix: str
    ) -> None:
        given = "".join(f", {name}: {kind}" for name, kind in arguments.items())
        self._add("", *statement(f"def __init__(self{given}) -> None:", 4), "        super().__init__()")
        for attribute, call in calls.items():
            self._code.append(call.source())
            self._made |= _names(call)
            self._add(*statement(f"self.{attribute} = {self._code[-1]}", 8), node=prefix + nodes[attribute])

    def _forward(self, body: Body, prefix: str) -> None:
        self._add("", *body.signature())
        for node, text in body.statements():
            self._code.append(text)
            self._add(*statement(text, 8), node=prefix + node)
        self._add(*body.ending())

    def _header(self) -> None:
        """Imports and inlined classes, put before what is there."""
        inlined = needed(self._made & set(available()))
        text = "\n".join([*self._code, *(part.text for part in inlined)])
        head = ["import math", ""] if re.search(r"\bmath\.", text) else []
        head += ["import torch"]
        head += ["import torch.nn.functional as F"] if re.search(r"\bF\.", text) else []
        head += ["from torch import nn", "", ""]
        for part in inlined:
            head += [*part.text.splitlines(), "", ""]
        self._lines[:0] = head
        self._nodes = {line + len(head): node for line, node in self._nodes.items()}

    def _summary(self) -> str:
        takes = " and ".join(_batch(self._inferred.outputs[node]) for node in self._arguments)
        gives = " and ".join(_batch(_tensor(self._inferred, node)) for node in self._results)
        named = f"{self._name.rstrip('.')}. " if self._name else ""
        return f"{named}Takes {takes}, gives {gives}."

    def _attributes(self, level: Inferred, prefix: str, within: str) -> Iterator[tuple[str, str]]:
        """Every node that has an attribute, by path, those inside of a block after the block."""
        for node, attribute in self._classes.attributes[id(level)].items():
            yield prefix + node, within + attribute
            inside = level.results[node].inside
            for number, inner in enumerate(inside):
                at = f"{within}{attribute}.{number}." if len(inside) > 1 else f"{within}{attribute}."
                yield from self._attributes(inner, f"{prefix}{step(node, number)}/", at)

    def _add(self, *lines: str, node: str | None = None) -> None:
        for line in lines:
            self._lines.append(line)
            if node is not None:
                self._nodes[len(self._lines)] = node


def _names(call: Call) -> set[str]:
    """The name of a constructor call and of all calls among its arguments."""
    found, waiting = {call.name}, [*call.args, *(value for _key, value in call.kwargs)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Call):
            found |= _names(value)
        elif isinstance(value, tuple):
            waiting += value
    return found


def _tensor(inferred: Inferred, path: str) -> Tensor | None:
    place = find(inferred, path)
    return None if place is None else place.result.output


def _batch(tensor: Tensor | None) -> str:
    """A batch of tensors in ASCII: "N x 3 x 64 x 64"."""
    return " x ".join(["N", *(str(size) for size in (tensor.shape if tensor else ()))])


def _one_line(text: str, longest: int) -> str:
    """Free text on one line and not too long; half characters (lone surrogates) become "?"."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(whole[: 10 * longest].split())[:longest].strip()


def _list(names: Sequence[str]) -> str:
    """ "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
