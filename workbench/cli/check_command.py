"""`workbench check`: every diagnostic of graph, data and recipe; shapes, parameters and cost a layer."""

from __future__ import annotations

import argparse

from workbench.cli.output import Output
from workbench.core.words import compact, number

HELP = "check a project: every problem, and each layer's shape, parameters, FLOPs and memory"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.catalogue.registry import LAYERS
    from workbench.compiler.estimate import activation_bytes
    from workbench.compiler.inference import display_name
    from workbench.session.session import Session

    with Session.open(args.project, read_only=True) as session:
        session.wait_for_data()
        inferred, graph = session.inferred, session.graph
        memory = activation_bytes(inferred)
        layers = []
        for node in inferred.order:
            tensor = inferred.outputs.get(node)
            layers.append(
                {
                    "id": node,
                    "layer": graph.nodes[node].layer,
                    "name": display_name(graph, node),
                    "shape": list(tensor.shape) if tensor is not None else None,
                    "parameters": inferred.weights.get(node, 0),
                    "flops": inferred.flops.get(node, 0),
                    "memory": memory.get(node, 0),
                }
            )
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
        rows = []
        for row in layers:
            declaration = LAYERS.get(str(row["layer"]))
            tensor = inferred.outputs.get(str(row["id"]))
            rows.append(
                (
                    row["name"],
                    declaration.title if declaration else row["layer"],
                    tensor.words if tensor else "?",
                    number(int(str(row["parameters"]))),
                    compact(int(str(row["flops"]))),
                )
            )
        out.table(("name", "layer", "gives", "parameters", "FLOPs"), rows)
        out.say(f"{number(inferred.parameters)} parameters · {_flops(inferred.flops_total)} a picture")
        for d in session.problems:
            where = f"{display_name(graph, d.node)}: " if d.node in graph.nodes and d.node else ""
            out.say(f"{d.severity}: {where}{d.message}")
        if ok and not session.problems:
            out.say("No problems.")
        return 0 if ok else 1


def _flops(count: int) -> str:
    """ "812 FLOPs", "8.4 kFLOPs"."""
    figure = compact(count)
    return f"{figure}FLOPs" if figure[-1].isalpha() else f"{figure} FLOPs"
