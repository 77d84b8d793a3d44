"""Graphs in files: nodes, wires, blocks and frames as JSON values, and back with a sentence for what is not sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from workbench.core.diagnostic import Problem
from workbench.document.block_rules import (
    MOST_BLOCKS,
    MOST_CHOICES,
    MOST_FRAMES,
    MOST_PARAMS,
    block_fault,
    blocks_refusal,
    frame_fault,
)
from workbench.document.fields import Fields, refuse
from workbench.document.graph import COLOURS, ID_PATTERN, Block, BlockParam, Edge, Frame, Graph, Node, Value
from workbench.document.projection import cycle, cycle_diagnostic
from workbench.document.rules import (
    FARTHEST,
    LARGEST_RATE,
    LEAST_RATE,
    LONGEST_NAME,
    MOST_EDGES,
    MOST_NODES,
    PORT_PATTERN,
    plain_text,
    state_fault,
    tupled,
)


def write_graph(graph: Graph) -> dict[str, Any]:
    """The fields "nodes" and "edges", and "frames" and "blocks" where there are any."""
    result: dict[str, Any] = {
        "nodes": [_write_node(node) for node in graph],
        "edges": [write_edge(edge) for edge in sorted(graph.edges)],
    }
    if graph.frames:
        result["frames"] = [_write_frame(frame) for frame in graph.frames.values()]
    if graph.blocks:
        result["blocks"] = [write_block(block) for block in graph.blocks.values()]
    return result


def read_graph(fields: Fields) -> Graph:
    """The graph in the fields `write_graph` gives; raises `Problem` for whatever is not sound in it.

    A use of a block that is not there is kept like a layer this version does not know.
    """
    blocks: dict[str, Block] = {}
    for i, value in enumerate(fields.items("blocks", MOST_BLOCKS)):
        block = read_block(value, f"block {i + 1:,}")
        if block.id in blocks:
            refuse(f"two blocks have the id “{block.id}”", "project.same_id")
        blocks[block.id] = block
    if refusal := blocks_refusal(blocks):
        raise Problem(refusal)
    return _read_plain(fields, MappingProxyType(blocks))


def write_block(block: Block) -> dict[str, Any]:
    """One definition, without those it uses."""
    result: dict[str, Any] = {**block.extra, "id": block.id, "title": plain_text(block.title)}
    if block.summary:
        result["summary"] = plain_text(block.summary)
    if block.params:
        result["params"] = [_write_param(param) for param in block.params]
    return {**result, **write_graph(block.graph)}


def read_block(value: Any, where: str) -> Block:
    """One definition; raises `Problem` for whatever is not sound in it."""
    fields = Fields(value, where)
    block_id = fields.text("id", None)
    if not ID_PATTERN.match(block_id):
        refuse(f"{where} has the id “{block_id[:80]}”, which is no short lower-case name", "project.bad_id")
    fields.where = f"the block “{block_id}”"
    title, summary = fields.text("title", None, LONGEST_NAME), fields.text("summary", "")
    params = tuple(
        _read_param(v, f"parameter {i + 1} of {fields.where}")
        for i, v in enumerate(fields.items("params", MOST_PARAMS))
    )
    graph = _read_inside(fields)
    block = Block(block_id, title, graph, params, summary, fields.rest())
    if fault := block_fault(block):
        refuse(f"the block “{block_id}” {fault}")
    return block


def write_edge(edge: Edge) -> str:
    """A wire as one line: "conv2d_1.out -> relu_1.in"."""
    return f"{edge.source}.{edge.source_port} -> {edge.target}.{edge.target_port}"


def read_edge(value: Any) -> Edge:
    """A wire as `write_edge` gives it; raises `Problem` for anything else."""
    source, arrow, target = value.partition(" -> ") if isinstance(value, str) else ("", "", "")
    start, _, start_port = source.partition(".")
    end, _, end_port = target.partition(".")
    ids, ports = (start, end), (start_port, end_port)
    if not arrow or not all(map(ID_PATTERN.match, ids)) or not all(map(PORT_PATTERN.match, ports)):
        shown = value[:160] if isinstance(value, str) else type(value).__name__
        refuse(f"the wire “{shown}” is not of the form “node.port -> node.port”", "project.bad_wire")
    return Edge(start, start_port, end, end_port)


def write_params(params: Mapping[str, Value]) -> dict[str, Value]:
    """Parameter values by name; a list, were one in there, is meant as a tuple."""
    return {name: tupled(value) for name, value in params.items()}


def _read_inside(fields: Fields) -> Graph:
    """The graph of a block; what is wrong in it says in which block."""
    try:
        return _read_plain(fields, MappingProxyType({}))
    except Problem as problem:
        words = f"In {fields.where}: "
        raise Problem(*(replace(d, message=words + d.message) for d in problem.diagnostics)) from problem


def _read_plain(fields: Fields, blocks: Mapping[str, Block]) -> Graph:
    nodes: dict[str, Node] = {}
    for i, value in enumerate(fields.items("nodes", MOST_NODES)):
        node = _read_node(value, i)
        if node.id in nodes:
            refuse(f"two nodes have the id “{node.id}”", "project.same_id")
        nodes[node.id] = node
    inputs: dict[tuple[str, str], Edge] = {}
    for value in fields.items("edges", MOST_EDGES):
        edge = read_edge(value)
        for end in (edge.source, edge.target):
            if end not in nodes:
                refuse(f"the wire “{value}” ends at “{end}”, but there is no such node", "project.dangling")
        other = inputs.setdefault((edge.target, edge.target_port), edge)
        if other is not edge:
            refuse(f"two wires end at the input “{edge.target}.{edge.target_port}”", "project.two_wires")
    frames: dict[str, Frame] = {}
    for i, value in enumerate(fields.items("frames", MOST_FRAMES)):
        frame = _read_frame(value, i)
        if frame.id in frames:
            refuse(f"two frames have the id “{frame.id}”", "project.same_id")
        frames[frame.id] = frame
    graph = Graph(MappingProxyType(nodes), frozenset(inputs.values()), blocks, MappingProxyType(frames))
    if circle := cycle(graph):
        raise Problem(cycle_diagnostic(circle))
    return graph


def _write_node(node: Node) -> dict[str, Any]:
    result: dict[str, Any] = {**node.extra, "id": node.id, "layer": node.layer, "position": [node.x, node.y]}
    if node.name:
        result["name"] = plain_text(node.name)
    if node.params:
        result["params"] = write_params(node.params)
    if node.state:
        result["state"] = node.state
    if node.colour:
        result["colour"] = node.colour
    if node.collapsed:
        result["collapsed"] = True
    if node.frozen:
        result["frozen"] = True
    if node.rate != 1.0:
        result["rate"] = float(node.rate)
    return result


def _read_node(value: Any, index: int) -> Node:
    fields = Fields(value, f"node {index + 1:,}")
    node_id = _read_id(fields, "node", index)
    layer = fields.text("layer", None, LONGEST_NAME)
    if not layer:
        refuse(f"the node “{node_id}” has an empty layer name")
    name = fields.text("name", "", LONGEST_NAME)
    params = fields.params("params")
    x, y = _read_pixels(fields, "position", -FARTHEST, FARTHEST, (0, 0))
    state = fields.text("state", "")
    if fault := state_fault(state):
        refuse(f"the node “{node_id}” {fault}")
    collapsed = fields.truth("collapsed", False)
    still, rate = fields.truth("frozen", False), fields.fraction("rate", 1.0, LEAST_RATE, LARGEST_RATE)
    colour, extra = _read_colour(fields)
    return Node(node_id, layer, name, params, x, y, extra, state, colour, collapsed, still, rate)


def _read_id(fields: Fields, what: str, index: int) -> str:
    found = fields.text("id", None)
    if not ID_PATTERN.match(found):
        refuse(
            f"{what} {index + 1:,} has the id “{found[:80]}”; an id starts with a lower-case letter and goes on with "
            "lower-case letters, digits and underscores, at most 64 in all",
            "project.bad_id",
        )
    fields.where = f"the {what} “{found}”"
    return found


def _read_pixels(fields: Fields, key: str, low: int, high: int, default: tuple[int, int]) -> tuple[int, int]:
    pair = fields.items(key, 2) or default
    if len(pair) != 2 or any(not isinstance(v, int) or isinstance(v, bool) or not low <= v <= high for v in pair):
        bounds = f"±{high:,}" if low == -high else f"{low:,} to {high:,}"
        refuse(f"the {key} of {fields.where} must be two whole numbers within {bounds}")
    return pair[0], pair[1]


def _read_colour(fields: Fields) -> tuple[str, Mapping[str, object]]:
    """The colour, and what else is left; a colour that a later version may know is kept there as it is."""
    value = fields.take("colour", "")
    rest = fields.rest()
    if value in ("", *COLOURS):
        return value, rest
    return "", MappingProxyType({**rest, "colour": value})


def _write_frame(frame: Frame) -> dict[str, Any]:
    result: dict[str, Any] = {
        **frame.extra,
        "id": frame.id,
        "position": [frame.x, frame.y],
        "size": [frame.width, frame.height],
    }
    texts = {"title": plain_text(frame.title), "note": plain_text(frame.note), "colour": frame.colour}
    return {**result, **{key: text for key, text in texts.items() if text}}


def _read_frame(value: Any, index: int) -> Frame:
    fields = Fields(value, f"frame {index + 1:,}")
    frame_id = _read_id(fields, "frame", index)
    title, note = fields.text("title", "", LONGEST_NAME), fields.text("note", "")
    x, y = _read_pixels(fields, "position", -FARTHEST, FARTHEST, (0, 0))
    width, height = _read_pixels(fields, "size", 1, 2 * FARTHEST, (400, 240))
    colour, extra = _read_colour(fields)
    frame = Frame(frame_id, title, note, x, y, width, height, colour, extra)
    if fault := frame_fault(frame):
        refuse(f"the frame “{frame_id}” {fault}")
    return frame


def _write_param(param: BlockParam) -> dict[str, Any]:
    result: dict[str, Any] = {"id": param.id, "title": param.title, "kind": param.kind, "default": param.default}
    if param.help:
        result["help"] = plain_text(param.help)
    if param.minimum is not None:
        result["minimum"] = param.minimum
    if param.maximum is not None:
        result["maximum"] = param.maximum
    if param.choices:
        result["choices"] = list(param.choices)
    return result


def _read_param(value: Any, where: str) -> BlockParam:
    fields = Fields(value, where)
    param = BlockParam(
        fields.text("id", None),
        fields.text("title", "", LONGEST_NAME),
        fields.text("kind", None, LONGEST_NAME),
        fields.take("default", None),
        fields.text("help", ""),
        _limit(fields, "minimum"),
        _limit(fields, "maximum"),
        tuple(fields.items("choices", MOST_CHOICES)),
    )
    fields.none_left()
    return param


def _limit(fields: Fields, key: str) -> float | None:
    value = fields.take(key, None)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        refuse(f"“{key}” of {fields.where} is no number")
    return value
