"""The forward pass: which statement computes which value, and what the value is called."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workbench.catalogue.declaration import Layer, Tensor, Values
from workbench.compiler.arguments import RESERVED
from workbench.compiler.inferred import Inferred, NodeResult
from workbench.compiler.layout import quoted, statement
from workbench.compiler.paths import step
from workbench.compiler.variables import Step, variables
from workbench.core.diagnostic import Problem
from workbench.document.graph import BLOCK_INPUT

Attributes = Mapping[int, Mapping[str, str]]
"""The attribute of each node that has one, for each level (by the identity of its `Inferred`)."""


@dataclass(frozen=True, slots=True)
class _Written:
    """One statement before its variables are named: `{self}` stands for `attribute`, `{0}` … for what is read."""

    path: str
    expression: str
    attribute: str
    step: Step


class Body:
    """The statements of one `forward`; `opened` are the uses of blocks whose layers are called one by one.

    Values go by the path of their node, with "." and the port behind it for every output but the first. `arguments`
    are the nodes whose values are given, `results` the values that are returned. `steps` that no result depends on are
    left out.
    """

    def __init__(
        self,
        inferred: Inferred,
        attributes: Attributes,
        arguments: Sequence[str],
        results: Sequence[str],
        *,
        inside: bool = False,
        opened: frozenset[str] = frozenset(),
    ) -> None:
        self._attributes = attributes
        self.arguments = tuple(arguments)
        self.results = tuple(results)
        self._inside = inside
        self._opened = opened
        self._origin = {node: node for node in self.arguments}  # the value that a value hands on unchanged
        self._written: list[_Written] = []
        self._level(inferred, "", "", {})
        self._keep_needed()
        steps = [row.step for row in self._written]
        stems = _stems(inferred, self.arguments, inside)
        ends = [self._origin[value] for value in self.results]
        named = variables(stems, steps, ends, chain=_chain(stems, steps, ends) if inside else "x")
        self.variables = {value: named[origin] for value, origin in self._origin.items() if origin in named}

    # --- what is computed --------------------------------------------------------------------------------------------

    def _level(self, level: Inferred, prefix: str, attribute: str, entering: Mapping[str, str]) -> None:
        """All statements of one graph; `entering` are the values at its ports where it stands inside another."""
        for node in level.order:
            if node in level.live:
                self._node(level, node, prefix, attribute, entering)

    def _node(self, level: Inferred, node: str, prefix: str, attribute: str, entering: Mapping[str, str]) -> None:
        path, result = prefix + node, level.results[node]
        layer, values, given = understood(level, node)
        reads = tuple(
            self._origin[_value(prefix + wire.source, level.results[wire.source], wire.source_port)]
            for wire in (
                result.wires[:1] if result.state else result.wires
            )  # what only feeds the others is not computed
            if wire is not None
        )
        if result.state == "bypassed":
            self._origin.update((_value(path, result, port.id), reads[0]) for port in layer.outputs)
        elif result.state == "muted":
            self._silent(path, result, reads, given[0])
        elif layer.id == BLOCK_INPUT:
            self._origin[path] = entering.get(node, path)
        elif layer.block is not None:
            own = self._attributes[id(level)].get(node, "")
            self._use(path, result, reads, attribute + own)
        else:
            written = layer.forward(values, given) if callable(layer.forward) else layer.forward
            if written == "{x}":
                self._origin[path] = reads[0] if reads else path
            else:
                self._add(path, (path,), reads, written, attribute + self._attributes[id(level)].get(node, ""))

    def _use(self, path: str, result: NodeResult, reads: tuple[str, ...], attribute: str) -> None:
        """A call of a block, or what is inside it where that is asked for."""
        layer = result.layer
        assert layer is not None
        inputs = [port.id for port in result.ports]
        outputs = [port.id for port in layer.outputs]
        if path not in self._opened:
            self._add(path, tuple(_value(path, result, port) for port in outputs), reads, "{self}({xs})", attribute)
            return
        several = len(result.inside) > 1
        for number, inner in enumerate(result.inside):
            at, here = f"{attribute}[{number}]" if several else attribute, step(path, number)
            once = f"{path}:{number}"
            if here in self._opened:
                self._level(inner, f"{here}/", f"{at}.", dict(zip(inputs, reads, strict=True)))
                reads = tuple(self._origin[f"{here}/{port}"] for port in outputs)
                self._origin[once] = reads[0]
            else:
                self._add(once, (once,), reads, "{self}({xs})", at)
                reads = (once,)
        self._origin.update(zip((_value(path, result, port) for port in outputs), reads, strict=True))

    def _silent(self, path: str, result: NodeResult, reads: tuple[str, ...], taken: Tensor) -> None:
        """A muted layer: zeros of the shapes it would give, for as many samples as arrive."""
        for port, tensor in result.outputs.items():
            assert tensor is not None
            sizes = ", ".join(["{x}.shape[0]", *map(str, tensor.shape)])
            kind = "torch.float32" if tensor.kind == "float" else "torch.int64"
            dtype = "" if tensor.kind == taken.kind else f", dtype={kind}"
            value = _value(path, result, port)
            self._add(path, (value,), reads[:1], f"{{x}}.new_zeros({sizes}{dtype})", "")

    def _add(self, path: str, gives: tuple[str, ...], reads: tuple[str, ...], expression: str, attribute: str) -> None:
        self._origin.update((value, value) for value in gives)
        self._written.append(_Written(path, expression, attribute, Step(gives, reads)))

    def _keep_needed(self) -> None:
        needed = {self._origin[value] for value in self.results}
        kept = []
        for row in reversed(self._written):
            if needed.intersection(row.step.gives):
                needed.update(row.step.reads)
                kept.append(row)
        self._written = kept[::-1]

    # --- how it is written -------------------------------------------------------------------------------------------

    def signature(self) -> list[str]:
        taken = "".join(f", {self.variables[node]}: torch.Tensor" for node in self.arguments)
        given = "torch.Tensor"
        if len(self.results) > 1:
            given = f"tuple[{', '.join([given] * len(self.results))}]" if self._inside else f"dict[str, {given}]"
        return statement(f"def forward(self{taken}) -> {given}:", 4)

    def statements(self) -> list[tuple[str, str]]:
        """Each statement with the path of its node, in order."""
        rows = []
        for row in self._written:
            given = [self.variables[value] for value in row.step.reads]
            attribute = f"self.{row.attribute}" if row.attribute else ""
            first = given[0] if given else ""
            value = row.expression.format(*given, x=first, xs=", ".join(given), self=attribute)
            rows.append((row.path, f"{', '.join(self.variables[v] for v in row.step.gives)} = {value}"))
        return rows

    def ending(self) -> list[str]:
        """The last lines: the result, a tuple of them (of a block), or a dict by node."""
        names = [self.variables[value] for value in self.results]
        if len(names) == 1 or self._inside:
            return statement(f"return {', '.join(names)}", 8)
        rows = (f"            {quoted(node)}: {name}," for node, name in zip(self.results, names, strict=True))
        return ["        return {", *rows, "        }"]


def understood(level: Inferred, node: str) -> tuple[Layer, Values, tuple[Tensor, ...]]:
    """A node of a graph without errors: its layer, its parameters, and what arrives."""
    result = level.results[node]
    given = tuple(tensor for tensor in result.inputs if tensor is not None)
    needed = min(1, len(result.inputs)) if result.state == "bypassed" else len(result.inputs)
    if result.layer is None or result.output is None or len(given) < needed:
        raise Problem.of(
            "compile.unknown", f"It is not known what reaches {node}, so it cannot be compiled.", node=node
        )
    return result.layer, result.values, given


def _value(path: str, result: NodeResult, port: str) -> str:
    """What a node's output goes by: its path, and the port's name after the first."""
    layer = result.layer
    return path if layer is None or not layer.outputs or layer.outputs[0].id == port else f"{path}.{port}"


def _stems(inferred: Inferred, arguments: Iterable[str], inside: bool) -> dict[str, str]:
    """What each argument would like to be called: its layer for a network, its port for a block ("x" for "in")."""
    if not inside:
        return {node: inferred.graph.nodes[node].layer for node in arguments}
    names: dict[str, str] = {}
    for node in arguments:
        name = "x" + node.removeprefix("in") if node == "in" or node.startswith("in_") else node
        while keyword.iskeyword(name) or name in RESERVED or name == "F" or name in names.values():
            name += "_"
        names[node] = name
    return names


def _chain(stems: Mapping[str, str], steps: Sequence[Step], ends: Sequence[str]) -> str:
    """The variable of what only the next statement takes: "x", but for a block that reads its input again later."""
    taken = set(stems.values())
    late = any(argument in row.reads for row in steps[1:] for argument in stems) or set(stems) & set(ends)
    if "x" in taken and not late and len(stems) == 1:
        return "x"
    return next(name for name in ("x", "out", "y", "value", "value_") if name not in taken or name == "value_")
