"""The graph as one readable `nn.Module` class. This very text is what is trained, and what is exported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.catalogue.declaration import Layer, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.compiler.complaints import SEVERAL
from workbench.compiler.inference import Inferred, infer
from workbench.compiler.inlined import available, needed
from workbench.compiler.layout import docstring, statement
from workbench.compiler.naming import attributes, display_name
from workbench.compiler.variables import Step, variables
from workbench.core.diagnostic import Problem
from workbench.document.graph import Graph

LONGEST_NAME = 60
"""Characters of the network's name that are kept in the source."""


@dataclass(frozen=True, slots=True)
class Source:
    """A complete Python file and how it belongs to the graph.

    `attributes` gives the module's attribute of each node that has one (layers without a module of their own, such
    as Add, have none); every key of the state dict of a node begins with it. `lines` gives the node each line of the
    text belongs to (from 1). `arguments` are the input nodes in the order `forward` takes them, `results` the nodes
    whose values it returns: one tensor, or a dict by node id if there are several. `variables` names what holds the
    value of a node in `forward`.
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
    """Write the class. `name` is the network's, free text. Raises `Problem` with every error of the graph.

    `results` are the nodes whose values `forward` returns, in place of the outputs; only what they depend on is then
    computed (the constructor stays the same, so that weights of the whole network fit). They must reach an output.
    """
    inferred = infer(graph) if inferred is None else inferred
    errors = [d for d in inferred.errors if d.code not in SEVERAL]
    if errors:
        raise Problem(*errors)
    for node in results or ():
        if node not in inferred.live:
            raise Problem.of("compile.idle", f"{display_name(graph, node)} reaches no output, so it gives nothing.")
    return _Writer(inferred, name, results).source()


class _Writer:
    """Writes one source; holds what its parts share."""

    def __init__(self, inferred: Inferred, name: str, results: Sequence[str] | None) -> None:
        self._inferred = inferred
        self._live = tuple(node for node in inferred.order if node in inferred.live)
        self._arguments = inferred.input_nodes
        self._results = inferred.output_nodes if results is None else tuple(dict.fromkeys(results))
        whole = name.encode("utf-8", "replace").decode("utf-8")  # half characters (lone surrogates) become "?"
        self._name = " ".join(whole[: 10 * LONGEST_NAME].split())[:LONGEST_NAME].strip()
        self._calls = {node: call for node in self._live if (call := self._call(node)) is not None}
        self._attributes = attributes(self._calls)
        self._inlined = needed({n for call in self._calls.values() for n in _names(call)} & set(available()))
        self._lines: list[str] = []
        self._nodes: dict[int, str] = {}

    def source(self) -> Source:
        class_name = self._class_name()
        body = _Body(self._inferred, self._live, self._attributes, self._arguments, self._results)
        self._class(class_name, body)
        self._header([call.source() for call in self._calls.values()] + [text for _node, text in body.statements()])
        return Source(
            text="\n".join(self._lines) + "\n",
            class_name=class_name,
            attributes=self._attributes,
            lines=self._nodes,
            arguments=self._arguments,
            results=self._results,
            variables=body.variables,
        )

    def _call(self, node: str) -> Call | None:
        layer, values, given = _understood(self._inferred, node)
        return layer.build(values, given)

    def _class_name(self) -> str:
        """The network's name in CamelCase if it has ASCII letters, else "Network"."""
        words = re.findall(r"[A-Za-z0-9]+", self._name)
        name = "".join(word[0].upper() + word[1:] for word in words)[:40].lstrip("0123456789")
        taken = {"True", "False", "None", "F", *(inlined.name for inlined in self._inlined)}
        return name[0].upper() + name[1:] if name and name not in taken else f"{name}Network"

    def _class(self, class_name: str, body: _Body) -> None:
        self._add(f"class {class_name}(nn.Module):")
        self._add(f"    {docstring(self._summary())}")
        if self._calls:
            self._add("", "    def __init__(self) -> None:", "        super().__init__()")
            for node, call in self._calls.items():
                self._add(*statement(f"self.{self._attributes[node]} = {call.source()}", 8), node=node)
        self._add("", *body.signature(class_name))
        for node, text in body.statements():
            self._add(*statement(text, 8), node=node)
        self._add(*body.ending())

    def _header(self, written: list[str]) -> None:
        """Imports and inlined classes, put before what is there; `written` is all code that may need them."""
        text = "\n".join([*written, *(inlined.text for inlined in self._inlined)])
        head = ["import math", ""] if re.search(r"\bmath\.", text) else []
        head += ["import torch"]
        head += ["import torch.nn.functional as F"] if re.search(r"\bF\.", text) else []
        head += ["from torch import nn", "", ""]
        for inlined in self._inlined:
            head += [*inlined.text.splitlines(), "", ""]
        self._lines[:0] = head
        self._nodes = {line + len(head): node for line, node in self._nodes.items()}

    def _summary(self) -> str:
        takes = " and ".join(_batch(self._inferred.outputs[node]) for node in self._arguments)
        gives = " and ".join(_batch(self._inferred.outputs[node]) for node in self._results)
        named = f"{self._name.rstrip('.')}. " if self._name else ""
        return f"{named}Takes {takes}, gives {gives}."

    def _add(self, *lines: str, node: str | None = None) -> None:
        for line in lines:
            self._lines.append(line)
            if node is not None:
                self._nodes[len(self._lines)] = node


class _Body:
    """The forward pass: which statement computes which node, and what its value is called."""

    def __init__(
        self,
        inferred: Inferred,
        live: tuple[str, ...],
        attributes: Mapping[str, str],
        arguments: tuple[str, ...],
        results: tuple[str, ...],
    ) -> None:
        self._inferred = inferred
        self._attributes = attributes
        self._arguments = arguments
        self._results = results
        self._origin: dict[str, str] = {}  # the node whose value a node hands on unchanged
        self._steps: list[Step] = []
        self._expressions: dict[str, str] = {}
        wanted = self._wanted()
        for node in live:
            if node in wanted:
                self._visit(node)
        stems = {node: inferred.graph.nodes[node].layer for node in arguments}
        named = variables(stems, self._steps, [self._origin[node] for node in results])
        self.variables = {node: named[origin] for node, origin in self._origin.items()}

    def _wanted(self) -> frozenset[str]:
        """The results and all that they depend on; the arguments always."""
        found, waiting = {*self._arguments, *self._results}, list(self._results)
        while waiting:
            for source in self._sources(waiting.pop()):
                if source not in found:
                    found.add(source)
                    waiting.append(source)
        return frozenset(found)

    def _sources(self, node: str) -> tuple[str, ...]:
        return tuple(wire.source for wire in self._inferred.results[node].wires if wire is not None)

    def _visit(self, node: str) -> None:
        layer, values, given = _understood(self._inferred, node)
        reads = tuple(self._origin[source] for source in self._sources(node))
        written = layer.forward(values, given) if callable(layer.forward) else layer.forward
        if written == "{x}":
            self._origin[node] = reads[0] if reads else node
            return
        self._origin[node] = node
        self._expressions[node] = written
        self._steps.append(Step(node, reads))

    def signature(self, class_name: str) -> list[str]:
        taken = "".join(f", {self.variables[node]}: torch.Tensor" for node in self._arguments)
        given = "torch.Tensor" if len(self._results) == 1 else "dict[str, torch.Tensor]"
        return statement(f"def forward(self{taken}) -> {given}:", 4)

    def statements(self) -> list[tuple[str, str]]:
        """Each statement with its node, in order."""
        rows = []
        for step in self._steps:
            given = [self.variables[node] for node in step.reads]
            attribute = f"self.{self._attributes[step.node]}" if step.node in self._attributes else ""
            first = given[0] if given else ""
            value = self._expressions[step.node].format(*given, x=first, xs=", ".join(given), self=attribute)
            rows.append((step.node, f"{self.variables[step.node]} = {value}"))
        return rows

    def ending(self) -> list[str]:
        if len(self._results) == 1:
            return [f"        return {self.variables[self._results[0]]}"]
        rows = [f'            "{node}": {self.variables[node]},' for node in self._results]
        return ["        return {", *rows, "        }"]


def _understood(inferred: Inferred, node: str) -> tuple[Layer, Values, tuple[Tensor, ...]]:
    """A node of a graph without errors: its layer, its parameters, and what arrives."""
    result = inferred.results[node]
    given = tuple(tensor for tensor in result.inputs if tensor is not None)
    if result.layer is None or result.output is None or len(given) < len(result.inputs):
        raise Problem.of(
            "compile.unknown", f"It is not known what reaches {node}, so it cannot be compiled.", node=node
        )
    return result.layer, result.values, given


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


def _batch(tensor: Tensor | None) -> str:
    """A batch of tensors in ASCII: "N x 3 x 64 x 64"."""
    return " x ".join(["N", *(str(size) for size in (tensor.shape if tensor else ()))])
