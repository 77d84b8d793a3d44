"""What tells two networks apart, in words, and which of their layers a picture is to mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.catalogue.blocks import layer_of
from workbench.catalogue.values import check
from workbench.compiler.naming import display_name
from workbench.core.words import count, number
from workbench.document.diff import GraphDiff, diff
from workbench.document.graph import Edge, Graph, Node, Value

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True, slots=True)
class GraphDifferences:
    """From one graph to another. `sentences` say it; `marks` are the nodes of the other graph that were added or
    changed, `gone` the nodes of the first that were removed or changed, each with which. Where layers lie and how
    they are coloured makes no difference."""

    sentences: tuple[str, ...]
    marks: Mapping[str, str]
    gone: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.sentences)


def graph_differences(before: Graph, after: Graph) -> GraphDifferences:
    """What leads from one graph to another: layers are the same where their ids are.

    What differs inside of a block is said once, under the block's name, and its uses are marked.
    """
    found = diff(before, after)
    return _told(before, after, found, {block: tuple(_block(before, after, block)) for block in found.blocks_changed})


def _told(before: Graph, after: Graph, found: GraphDiff, inside: Mapping[str, tuple[str, ...]]) -> GraphDifferences:
    sentences: list[str] = []
    marks: dict[str, str] = {}
    gone: dict[str, str] = {}
    for node in found.nodes_removed:
        sentences.append(f"{display_name(before, node)} was removed")
        gone[node] = REMOVED
    for node in found.nodes_added:
        sentences.append(f"{display_name(after, node)} was added{_what(after, node)}{_behind(after, node)}")
        marks[node] = ADDED
    for node in found.nodes_changed:
        changed = tuple(_node(before, after, before.nodes[node], after.nodes[node]))
        if changed:
            sentences.append(f"{display_name(after, node)}: {'; '.join(changed)}")
            marks[node] = gone[node] = CHANGED
    sentences += _wires(before, after, found.edges_removed, found.edges_added)
    for block, said in inside.items():
        sentences += said
        if said:
            for graph, where in ((before, gone), (after, marks)):
                where.update({n.id: CHANGED for n in graph if n.block == block and n.id not in where})
    return GraphDifferences(tuple(sentences), marks, gone)


def _what(graph: Graph, node: str) -> str:
    """What an added layer is: ", 3×3, 32 filters"."""
    declaration = layer_of(graph, graph.nodes[node].layer)
    if declaration is None:
        return ""
    values, _problems = check(declaration, graph.nodes[node].params)
    words = declaration.words(values)
    return f" ({words})" if words else ""


def _node(before: Graph, after: Graph, was: Node, now: Node) -> Iterator[str]:
    if was.layer != now.layer:
        one, other = layer_of(before, was.layer), layer_of(after, now.layer)
        yield f"{one.title if one else was.layer} became {other.title if other else now.layer}"
    else:
        yield from _params(after, was, now)
    if was.name != now.name:
        yield f"is called {display_name(after, now.id)}, not {display_name(before, was.id)}"
    if was.state != now.state:
        yield f"{_state(now.state)}, not {_state(was.state)}"
    if was.frozen != now.frozen:
        yield "frozen" if now.frozen else "learns again"
    if was.rate != now.rate:
        yield f"learning rate × {number(now.rate)}, not × {number(was.rate)}"


def _params(graph: Graph, was: Node, now: Node) -> Iterator[str]:
    declaration = layer_of(graph, now.layer)
    known = {} if declaration is None else {param.id: param for param in declaration.params}
    one, other = _complete(graph, was), _complete(graph, now)
    for name in dict.fromkeys([*known, *one, *other]):
        first, second = one.get(name), other.get(name)
        if first != second or type(first) is not type(second):
            param = known.get(name)
            title = name.replace("_", " ") if param is None else param.title.lower()
            choices = dict(param.choices) if param is not None else {}
            yield f"{title} {_words(first, choices)} → {_words(second, choices)}"


def _complete(graph: Graph, node: Node) -> dict[str, Any]:
    """The parameters with their defaults; expressions stay as they were written."""
    declaration = layer_of(graph, node.layer)
    if declaration is None:
        return dict(node.params)
    values, _problems = check(declaration, node.params)
    return {**values, **{k: v for k, v in node.params.items() if isinstance(v, str) and v.startswith("=")}}


def _words(value: Value, choices: Mapping[str, str]) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return choices.get(value, value) or "empty"
    if isinstance(value, tuple):
        return " × ".join(_words(v, choices) for v in value)
    return number(value)


def _state(state: str) -> str:
    return state or "at work"


def _wires(before: Graph, after: Graph, removed: tuple[Edge, ...], added: tuple[Edge, ...]) -> Iterator[str]:
    """Wires between layers that are there in both; those of layers that came or went follow from these."""
    for edge in removed:
        if edge.source in after.nodes and edge.target in after.nodes and not _led(after, edge, before):
            yield f"{display_name(before, edge.source)} no longer leads to {display_name(before, edge.target)}"
    for edge in added:
        if edge.source in before.nodes and edge.target in before.nodes and not _led(before, edge, after):
            yield f"{display_name(after, edge.source)} leads to {display_name(after, edge.target)}"


def _led(graph: Graph, edge: Edge, other: Graph) -> bool:
    """Whether a wire of the `other` graph is only led through layers here that the other has not: that a layer was put
    into it, or taken out, is said already."""
    wires: dict[str, list[str]] = {}
    for wire in graph.edges:
        wires.setdefault(wire.source, []).append(wire.target)
    open_, seen = [edge.source], {edge.source}
    while open_:
        for target in wires.get(open_.pop(), ()):
            if target == edge.target:
                return True
            if target not in seen and target not in other.nodes:
                seen.add(target)
                open_.append(target)
    return False


def _behind(graph: Graph, node: str) -> str:
    """Where an added layer stands: " behind Conv 1"."""
    sources = sorted({edge.source for edge in graph.edges if edge.target == node}, key=list(graph.nodes).index)
    return f" behind {' and '.join(display_name(graph, source) for source in sources)}" if sources else ""


def _block(before: Graph, after: Graph, block: str) -> Iterator[str]:
    """What differs inside of a definition."""
    if block not in before.blocks or block not in after.blocks:
        there, which = (after, "new") if block in after.blocks else (before, "gone")
        if any(node.block == block for node in there):
            yield f"The block {there.blocks[block].title or block} is {which}"
        return
    one, other = before.blocks[block], after.blocks[block]
    first, second = before.inside(block), after.inside(block)
    inner = _told(first, second, diff(first, second), {})  # blocks within it are told by themselves
    title = other.title or block
    for sentence in inner.sentences:
        yield f"In {title}: {sentence}"
    if one.params != other.params and not inner:
        yield f"{title} takes other parameters"


def in_short(differences: GraphDifferences) -> str:
    """ "3 layers differ", for a line that has no room for more."""
    touched = len({*differences.marks, *differences.gone})
    if not differences:
        return "the same network"
    return f"{count(touched, 'layer')} differ{'s' if touched == 1 else ''}" if touched else "other wires"
