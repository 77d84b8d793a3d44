"""`workbench check`: every diagnostic of graph, data and recipe; shapes, parameters and cost a layer."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from workbench.cli.output import Output
from workbench.core.words import compact, number

if TYPE_CHECKING:
    from workbench.compiler.inference import Inferred
    from workbench.core.diagnostic import Diagnostic
    from workbench.session.session import Session

HELP = "check a project: every problem, and each layer's shape, parameters, FLOPs and memory"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.session.session import Session

    with Session.open(args.project, read_only=True) as session:
        session.wait_for_data()
        inferred = session.whole
        layers = _layers(inferred)
        ok = not session.errors
        out.row(
            {
                "ok": ok,
                "parameters": inferred.parameters,
                "flops": inferred.flops_total,
                "layers": layers,
                "diagnostics": [d.as_json() for d in session.problems],
            }
        )
        out.table(("name", "layer", "gives", "parameters", "FLOPs"), list(_lines(layers)))
        one = session.samples_kind.one
        out.say(f"{number(inferred.parameters)} parameters · {_flops(inferred.flops_total)} a {one}")
        for d in session.problems:
            where = " › ".join(_place(session, d))
            out.say(f"{d.severity}: {where}: {d.message}" if where else f"{d.severity}: {d.message}")
        if ok and not session.problems:
            out.say("No problems.")
        return 0 if ok else 1


def _layers(inferred: Inferred, path: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """A row for each layer; a use of a block has the sums of what it holds, and under "inside" the rows of that, as
    often as it is repeated. `path` are the block nodes to go through, so that rows of one level add up."""
    from workbench.catalogue.blocks import PORTS
    from workbench.compiler.estimate import activation_bytes
    from workbench.compiler.inference import display_name

    memory = activation_bytes(inferred)
    rows = []
    for node in inferred.order:
        result = inferred.results[node]
        layer, tensor = inferred.graph.nodes[node].layer, inferred.outputs.get(node)
        if layer in PORTS:
            continue
        row: dict[str, Any] = {
            "id": node,
            "path": list(path),
            "layer": layer,
            "title": result.layer.title if result.layer is not None else layer,
            "name": display_name(inferred.graph, node),
            "state": result.state,
            "shape": list(tensor.shape) if tensor is not None else None,
            "parameters": inferred.weights.get(node, 0),
            "flops": inferred.flops.get(node, 0),
            "memory": memory.get(node, 0),
        }
        if result.inside and not result.state:
            steps = (f"{node}:{index}" if index else node for index in range(len(result.inside)))
            inside = zip(result.inside, steps, strict=True)
            row["inside"] = [below for inner, step in inside for below in _layers(inner, (*path, step))]
        rows.append(row)
    return rows


def _lines(rows: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The rows in words, what is inside a block set in under it."""
    from workbench.catalogue.declaration import Tensor
    from workbench.session.scoping import parted

    for row in rows:
        path = row["path"]
        repetition = parted(path[-1])[1] if path else 0
        name = "  " * len(path) + row["name"] + (f" ({repetition + 1})" if repetition else "")
        gives = "?" if row["shape"] is None else Tensor(tuple(row["shape"])).words
        title = row["title"] + (f", {row['state']}" if row["state"] else "")
        yield name, title, gives, number(row["parameters"]), compact(row["flops"])
        yield from _lines(row.get("inside", []))


def _place(session: Session, d: Diagnostic) -> Iterator[str]:
    """The names of the blocks to go through and of the node, where a problem stands."""
    from workbench.compiler.inference import display_name
    from workbench.session.scoping import block_at, parted

    graph = session.project.graph
    for depth, step in enumerate((*d.path, *((d.node,) if d.node else ()))):
        block = block_at(graph, d.path[:depth])
        here = graph if block is None else graph.inside(block.id)
        node, repetition = parted(step)
        if node in here.nodes:
            yield display_name(here, node) + (f" ({repetition + 1})" if repetition else "")


def _flops(count: int) -> str:
    """ "812 FLOPs", "8.4 kFLOPs"."""
    figure = compact(count)
    return f"{figure}FLOPs" if figure[-1].isalpha() else f"{figure} FLOPs"
