"""Expressions of a block's layers turned into values, before shapes are inferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from workbench.catalogue.declaration import Layer, Tensor, Values
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Diagnostic
from workbench.document.expressions import ExpressionError, evaluate, is_expression, names_in
from workbench.document.graph import Graph, Node, Value, frozen

Names = Mapping[str, int | float | bool | str]
"""What the names in expressions stand for."""

ARRIVING = ("in_channels", "in_height", "in_width", "in_length")
"""Names for what reaches a block's first input; unknown while nothing known is wired there."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A graph without expressions. `unknown` are nodes with a value that depends on what is not known yet; the
    default stands in for it. `complaints` are about expressions that have no value, by node."""

    graph: Graph
    unknown: frozenset[str] = frozenset()
    complaints: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=lambda: MappingProxyType({}))


def names_inside(layer: Layer, values: Values, arriving: Tensor | None, index: int = 0) -> Names:
    """The names that expressions inside a use of a block may read.

    `layer` and `values` are the use's, `arriving` is what reaches its first input, in the repetition `index` (from 0).
    """
    names: dict[str, int | float | bool | str] = {"index": index, "repeat": int(values.get("repeat", 1))}
    if arriving is not None:
        shape = arriving.shape
        if shape:
            names["in_channels"] = shape[0] if len(shape) == 3 else shape[-1]
        if len(shape) == 3:
            names["in_height"], names["in_width"] = shape[1:]
        elif len(shape) == 2:
            names["in_length"] = shape[0]
    own = () if layer.block is None else layer.block.params
    return {**names, **{param.id: values[param.id] for param in own}}


def names_used(graph: Graph) -> frozenset[str]:
    """The names that expressions in a graph read; those of blocks inside it do not count."""
    found: set[str] = set()
    for node in graph:
        for text in _expressions(node):
            found |= _read(text)
    return frozenset(found)


def names_written(node: Node) -> Mapping[str, frozenset[str]]:
    """The names that the expressions of each parameter of a node read, for those that have one."""
    found: dict[str, frozenset[str]] = {}
    for name, value in node.params.items():
        texts = [part for part in (value if isinstance(value, tuple) else (value,)) if _is(part)]
        if texts:
            found[name] = frozenset().union(*(_read(str(text)) for text in texts))
    return found


def bind(graph: Graph, names: Names) -> Bound:
    """Every expression of a block's graph replaced by its value. Never raises."""
    found = {node.id: _bound(graph, node, names) for node in graph if _expressions(node)}
    if not found:
        return Bound(graph)
    nodes = {node: found[node][0] if node in found else was for node, was in graph.nodes.items()}
    return Bound(
        replace(graph, nodes=MappingProxyType(nodes)),
        frozenset(node for node, (_bound, unknown, _problems) in found.items() if unknown),
        {node: problems for node, (_bound, _unknown, problems) in found.items() if problems},
    )


def _expressions(node: Node) -> list[str]:
    """The texts of a node that are expressions."""
    if node.state in ("", "bypassed", "muted") and not node.params:
        return []
    found = [node.state] if is_expression(node.state) else []
    for value in node.params.values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, str) and is_expression(part):
                found.append(part)
    return found


def _read(text: str) -> frozenset[str]:
    try:
        return names_in(text)
    except ExpressionError:
        return frozenset()  # it is complained about where it is evaluated


class _Unknown(Exception):
    """The value depends on what reaches the block, and nothing known does."""


def _bound(graph: Graph, node: Node, names: Names) -> tuple[Node, bool, tuple[Diagnostic, ...]]:
    """A node with values, whether one of them is unknown, and complaints."""
    params: dict[str, Value] = {}
    problems: list[Diagnostic] = []
    unknown, state = False, node.state
    for name, value in node.params.items():
        try:
            params[name] = _value(value, names)
        except _Unknown:
            unknown = True
        except ExpressionError as error:
            problems.append(_complaint(graph, node, str(error), param=name))
    if is_expression(state):
        try:
            state = "bypassed" if _value(state, names) else ""
        except _Unknown:
            unknown, state = True, ""
        except ExpressionError as error:
            state = ""
            problems.append(_complaint(graph, node, str(error)))
    return replace(node, params=frozen(params), state=state), unknown, tuple(problems)


def _value(value: Value, names: Names) -> Value:
    if isinstance(value, tuple):
        return tuple(_evaluated(part, names) if _is(part) else part for part in value)
    return _evaluated(value, names) if _is(value) else value


def _is(value: object) -> bool:
    return isinstance(value, str) and is_expression(value)


def _evaluated(text: object, names: Names) -> int | float | str:
    try:
        return evaluate(str(text), names)
    except ExpressionError as error:
        if error.name in ARRIVING:
            raise _Unknown from None
        raise


def _complaint(graph: Graph, node: Node, words: str, param: str | None = None) -> Diagnostic:
    where = f"{display_name(graph, node.id)}: " if param is None else ""
    return Diagnostic("param.expression", f"{where}{words}", node=node.id, param=param)
