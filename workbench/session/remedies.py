"""The remedies a diagnostic can offer, by name: each is one edit of the project, or goes on training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.catalogue.declaration import Declaration, Values
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.core.diagnostic import Diagnostic, Fix, Problem
from workbench.core.identifiers import fresh_id
from workbench.document.edits import add, connect, disconnect, insert_on_edge, remove, set_param
from workbench.document.graph import Edge, Graph, Node, Value, frozen
from workbench.document.project import Chosen
from workbench.session.recipe.remedies import set_settings, set_validation, unfreeze
from workbench.session.recipe.settings import with_settings

if TYPE_CHECKING:
    from workbench.session.session import Session


def complete(declaration: Declaration, params: Mapping[str, Value]) -> Values:
    """The parameter values with defaults filled in (problems with them are reported by the checks)."""
    values, _problems = check(declaration, params)
    return values


def carry_out(session: Session, fix: Fix) -> Diagnostic | None:
    """Apply a fix to the session's project; gives the diagnostic if it no longer fits."""
    action = _ACTIONS.get(fix.action)
    if action is None:
        return Diagnostic("fix.unknown", f"This version does not know the remedy “{fix.label}” ({fix.action}).")
    try:
        return action(session, fix)
    except Problem as problem:
        return problem.diagnostics[0]
    except (KeyError, TypeError, ValueError):
        return Diagnostic(
            "fix.stale", f"“{fix.label}” no longer fits: what it would change is gone. Look at the problem list again."
        )


def _set_param(session: Session, fix: Fix) -> Diagnostic | None:
    args = fix.arguments
    node, param, value = str(args["node"]), str(args["param"]), _value(args["value"])
    return session.apply(fix.label, lambda graph: set_param(graph, node, param, value))


def _insert_on_edge(session: Session, fix: Fix) -> Diagnostic | None:
    """Put a layer into a wire, halfway between its ends."""
    return _insert(session, fix, ((str(fix.arguments["layer"]), fix.arguments.get("params")),))


def _insert_chain(session: Session, fix: Fix) -> Diagnostic | None:
    """Put several layers into a wire, one behind the other."""
    return _insert(session, fix, tuple((str(row["layer"]), row.get("params")) for row in fix.arguments["layers"]))


def _insert(session: Session, fix: Fix, layers: tuple[tuple[str, Any], ...]) -> Diagnostic | None:
    edge = next((e for e in session.graph.edges if e.id == fix.arguments["edge"]), None)
    if edge is None:
        raise KeyError("edge")
    return session.apply(fix.label, _inserting(layers, edge))


def _inserting(layers: tuple[tuple[str, Any], ...], edge: Edge) -> Callable[[Graph], Graph | Diagnostic]:
    def edit(graph: Graph) -> Graph | Diagnostic:
        source, target = graph.nodes[edge.source], graph.nodes[edge.target]
        left, parts = edge, len(layers) + 1
        for place, (layer, params) in enumerate(layers, 1):
            declaration = LAYERS[layer]
            own = frozen({str(k): _value(v) for k, v in (params or {}).items()})
            x = source.x + (target.x - source.x) * place // parts
            y = source.y + (target.y - source.y) * place // parts
            node = Node(fresh_id(layer, graph.nodes), layer, params=own, x=x, y=y)
            takes, gives = declaration.input_ports(complete(declaration, own))[0].id, declaration.outputs[0].id
            result = insert_on_edge(graph, node, left, in_port=takes, out_port=gives)
            if isinstance(result, Diagnostic):
                return result
            graph, left = result, Edge(node.id, gives, edge.target, edge.target_port)
        return graph

    return edit


def _replace_input(session: Session, fix: Fix) -> Diagnostic | None:
    """Put another input layer in the place of one, with the same wires."""
    old, layer = str(fix.arguments["node"]), str(fix.arguments["layer"])
    params = frozen({str(k): _value(v) for k, v in fix.arguments["params"].items()})

    def edit(graph: Graph) -> Graph | Diagnostic:
        before = graph.nodes[old]
        node = Node(fresh_id(layer, graph.nodes), layer, LAYERS[layer].title, params, x=before.x, y=before.y)
        wires = [replace(edge, source=node.id) for edge in graph.edges if edge.source == old]
        rest = remove(graph, (old,))
        return rest if isinstance(rest, Diagnostic) else add(rest, node, edges=wires)

    return session.apply(fix.label, edit)


def _connect(session: Session, fix: Fix) -> Diagnostic | None:
    edge = Edge(*(str(part) for part in fix.arguments["edge"]))
    return session.apply(fix.label, lambda graph: connect(graph, edge))


def _remove(session: Session, fix: Fix) -> Diagnostic | None:
    node = str(fix.arguments["node"])
    if node not in session.graph.nodes:
        raise KeyError("node")
    return session.apply(fix.label, lambda graph: remove(graph, (node,), heal=True))


def _disconnect(session: Session, fix: Fix) -> Diagnostic | None:
    gone = [e for e in session.graph.edges if e.id == fix.arguments["edge"]]
    return session.apply(fix.label, lambda graph: disconnect(graph, *gone))


def _set_batch_size(session: Session, fix: Fix) -> Diagnostic | None:
    session.change(fix.label, recipe=replace(session.project.recipe, batch_size=int(fix.arguments["value"])))
    return None


def _set_learning_rate(session: Session, fix: Fix) -> Diagnostic | None:
    optimizer = session.project.recipe.optimizer
    params = frozen({**optimizer.params, "lr": float(fix.arguments["value"])})
    session.change(fix.label, recipe=replace(session.project.recipe, optimizer=replace(optimizer, params=params)))
    return None


def _use_learning_rate(session: Session, fix: Fix) -> Diagnostic | None:
    """Into the recipe, and into the run that is going."""
    if session.run is not None and session.run.is_live:
        session.set_learning_rate(float(fix.arguments["value"]))
    return _set_learning_rate(session, fix)


def _find_learning_rate(session: Session, fix: Fix) -> Diagnostic | None:
    try:
        session.find_learning_rate()
    except Problem as problem:
        return problem.diagnostics[0]
    return None


def _set_recipe(session: Session, fix: Fix) -> Diagnostic | None:
    """Set one plain field of the recipe."""
    name = str(fix.arguments["name"])
    if name not in ("clip", "patience"):
        raise ValueError(name)
    session.change(fix.label, recipe=replace(session.project.recipe, **{name: fix.arguments["value"]}))
    return None


def _set_schedule(session: Session, fix: Fix) -> Diagnostic | None:
    session.change(fix.label, recipe=replace(session.project.recipe, schedule=Chosen(str(fix.arguments["id"]))))
    return None


def _resume(session: Session, fix: Fix) -> Diagnostic | None:
    session.start_training(resume=_ended(session), device=str(fix.arguments["device"]))
    return None


def _ended(session: Session) -> str | bool:
    """The run that this session saw end; else the newest there is."""
    return session.run.id if session.run is not None and session.run.id else True


def _resume_run(session: Session, fix: Fix) -> Diagnostic | None:
    try:
        session.start_training(resume=str(fix.arguments["run"]))
    except Problem as problem:
        return problem.diagnostics[0]
    return None


def _restore_runs(session: Session, fix: Fix) -> Diagnostic | None:
    try:
        session.training.restore_runs([str(run) for run in fix.arguments["runs"]])
    except Problem as problem:
        return problem.diagnostics[0]
    return None


def _go_on(session: Session, fix: Fix) -> Diagnostic | None:
    """Go on with the run that ended, with other settings, which the project then has too.

    "whence" names the checkpoint it goes on from, "anew" begins another run; any other argument is a setting of the
    recipe.
    """
    settings = {key: value for key, value in fix.arguments.items() if key not in ("whence", "anew")}
    resume = False if fix.arguments.get("anew") else _ended(session)
    recipe = with_settings(session.project.recipe, settings)
    session.start_training(resume=resume, whence=str(fix.arguments.get("whence", "last")), **settings)
    if recipe != session.project.recipe and not session.read_only:
        session.change(fix.label, recipe=recipe)
    return None


def _resolve_duplicates(session: Session, fix: Fix) -> Diagnostic | None:
    return session.duplicate_search.resolve(str(fix.arguments["how"]))


def _set_data(session: Session, fix: Fix) -> Diagnostic | None:
    """Another data setting: what the labels are, what is done about rare classes."""
    name = str(fix.arguments["name"])
    if name not in ("target", "balance"):
        raise ValueError(name)
    session.change(fix.label, data=replace(session.project.data, **{name: str(fix.arguments["value"])}))  # type: ignore[arg-type]
    return None


def _drop_augmentation(session: Session, fix: Fix) -> Diagnostic | None:
    data, gone = session.project.data, str(fix.arguments["id"])
    left = tuple(one for one in data.augmentations if one.id != gone)
    session.change(fix.label, data=replace(data, augmentations=left))
    return None


def _value(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value


def _merge_classes(session: Session, fix: Fix) -> Diagnostic | None:
    """Put all samples of a class into another one."""
    dataset = session.data.dataset
    if dataset is None:
        raise KeyError("data")
    index, gone = dataset.index, dataset.classes.index(str(fix.arguments["from"]))
    paths = (index.path(int(i)) for i in (index.labels == gone).nonzero()[0])
    return session.relabel(paths, str(fix.arguments["into"]))


_ACTIONS: dict[str, Callable[[Session, Fix], Diagnostic | None]] = {
    "set_param": _set_param,
    "insert_on_edge": _insert_on_edge,
    "insert_chain": _insert_chain,
    "replace_input": _replace_input,
    "connect": _connect,
    "disconnect": _disconnect,
    "remove": _remove,
    "set_batch_size": _set_batch_size,
    "set_learning_rate": _set_learning_rate,
    "set_settings": set_settings,
    "set_validation": set_validation,
    "unfreeze": unfreeze,
    "set_data": _set_data,
    "drop_augmentation": _drop_augmentation,
    "use_learning_rate": _use_learning_rate,
    "find_learning_rate": _find_learning_rate,
    "set_recipe": _set_recipe,
    "set_schedule": _set_schedule,
    "resume": _resume,
    "go_on": _go_on,
    "resume_run": _resume_run,
    "restore_runs": _restore_runs,
    "resolve_duplicates": _resolve_duplicates,
    "merge_classes": _merge_classes,
}
