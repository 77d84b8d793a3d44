"""Every problem of a project in one list: the graph's, the data's, the recipe's, and where they do not fit together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from workbench.catalogue.declaration import Declaration
from workbench.catalogue.registry import AUGMENTATIONS, LAYERS, OPTIMIZERS, SCHEDULES
from workbench.catalogue.values import check
from workbench.compiler.estimate import check_memory, largest_batch, surely_fits, training_bytes
from workbench.compiler.inference import Inferred, display_name
from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count, number
from workbench.data.index import Bad
from workbench.data.kinds.kind import misfit
from workbench.document.graph import Graph
from workbench.document.project import Chosen, Project
from workbench.session.fitting import COUNTED, scoring
from workbench.session.pictures import network_input
from workbench.session.room import free_on
from workbench.session.state import DataState

DEVICES = ("auto", "cpu", "cuda", "mps")
FITS = ("crop", "pad", "stretch")
NORMALISATIONS = ("measured", "unit", "symmetric")
ENOUGH_TOKENS = 1_000
"""A vocabulary with room for the 256 bytes and some hundreds of pieces of words."""


def collect(
    project: Project, inferred: Inferred, data: DataState, findings: tuple[Diagnostic, ...] = ()
) -> tuple[Diagnostic, ...]:
    """All diagnostics, errors first, else in the order they were found; `findings` are what was found in the data."""
    found = [
        *inferred.diagnostics,
        *_recipe(project),
        *_settings(project),
        *_memory(project, inferred),
        *(_placed(project, data, found) for found in _data(data)),
        *findings,
        *_input(project, data),
        *_fit(project, inferred, data),
    ]
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return tuple(sorted(found, key=lambda d: rank[d.severity]))


def _chosen(what: str, chosen: Chosen, catalogue: dict[str, Declaration]) -> Iterator[Diagnostic]:
    declaration = catalogue.get(chosen.id)
    if declaration is None:
        known = ", ".join(catalogue)
        yield Diagnostic(
            f"{what}.unknown", f"There is no {what} called “{chosen.id}” in this version. Choose one of: {known}."
        )
        return
    _values, problems = check(declaration, chosen.params)
    for problem in problems:
        yield problem.at(param=f"{what}.{problem.param}")


def _recipe(project: Project) -> Iterator[Diagnostic]:
    recipe = project.recipe
    yield from _chosen("optimizer", recipe.optimizer, dict(OPTIMIZERS))
    yield from _chosen("schedule", recipe.schedule, dict(SCHEDULES))
    if not 1 <= recipe.epochs <= 100_000:
        yield Diagnostic(
            "recipe.epochs",
            f"The recipe asks for {number(recipe.epochs)} epochs. Choose between 1 and 100,000.",
            param="epochs",
        )
    if not 1 <= recipe.batch_size <= 65_536:
        yield Diagnostic(
            "recipe.batch_size",
            f"The batch size is {number(recipe.batch_size)}. Choose between 1 and 65,536 pictures a step.",
            param="batch_size",
        )
    if recipe.device not in DEVICES:
        yield Diagnostic(
            "recipe.device",
            f"The recipe asks for the device “{recipe.device}”. Choose one of: {', '.join(DEVICES)}.",
            param="device",
        )


def _settings(project: Project) -> Iterator[Diagnostic]:
    data = project.data
    for augmentation in data.augmentations:
        yield from _chosen("augmentation", augmentation, dict(AUGMENTATIONS))
    for name, value, allowed in (("fit", data.fit, FITS), ("normalise", data.normalise, NORMALISATIONS)):
        if value not in allowed:
            yield Diagnostic(
                f"data.{name}", f"“{name}” is set to “{value}”. Choose one of: {', '.join(allowed)}.", param=name
            )
    if not (0 <= data.validation < 1 and 0 <= data.test < 1 and data.validation + data.test < 1):
        yield Diagnostic(
            "data.split",
            f"The validation share is {data.validation:.0%} and the test share {data.test:.0%}; together they must "
            "leave pictures to train on. Choose shares that add up to less than 100 %.",
            param="validation",
        )


def _memory(project: Project, inferred: Inferred) -> Iterator[Diagnostic]:
    """Whether a training step fits on the device, before anything runs; with the batch size that does."""
    recipe = project.recipe
    batch = max(1, recipe.batch_size)
    chosen = recipe.optimizer
    room = free_on(recipe.device)
    if room.free is None or surely_fits(inferred, batch, chosen.id, room.free, chosen.params):
        return
    needed = training_bytes(inferred, batch, chosen.id, chosen.params)
    if needed <= room.free:
        return
    fitting = largest_batch(inferred, chosen.id, room.free, batch, chosen.params)
    problem = check_memory(inferred, needed, room.free, fitting=fitting)
    if problem is not None:
        yield problem


def _data(data: DataState) -> Iterator[Diagnostic]:
    if data.phase == "none":
        yield Diagnostic(
            "data.none",
            "The project has no pictures yet. Open a folder with one sub-folder for each class, or use a sample.",
            Severity.WARNING,
        )
    elif data.phase == "failed" and data.diagnostic is not None:
        yield data.diagnostic
    elif data.dataset is not None:
        yield from data.dataset.diagnostics
        yield from _bad_files(data.dataset.bad)


def _bad_files(bad: Sequence[Bad]) -> Iterator[Diagnostic]:
    if bad:
        yield Diagnostic(
            "data.bad_files",
            f"{count(len(bad), 'file')} cannot be used and {'is' if len(bad) == 1 else 'are'} skipped, the first: "
            f"{bad[0].path} ({bad[0].reason}). The list stands under Data.",
            Severity.INFO,
        )


def _placed(project: Project, data: DataState, found: Diagnostic) -> Diagnostic:
    """What is said of the network's input, at the input's node and with a remedy; all else as it is."""
    node = _input_node(project)
    if node is None or found.code not in ("data.input", "data.vocabulary"):
        return found
    if found.code == "data.vocabulary":
        arguments: dict[str, object] = {"node": node, "param": "vocabulary", "value": ENOUGH_TOKENS}
        fix = Fix(f"Set Vocabulary to {number(ENOUGH_TOKENS)}", "set_param", arguments)
        return replace(found, node=node, fixes=(fix,))
    if data.dataset is None:
        return found.at(node=node)
    layer = data.dataset.kind.layers[0]
    arguments = {"node": node, "layer": layer, "params": dict(data.dataset.asks_of_input)}
    return replace(found, node=node, fixes=(Fix(f"Put {LAYERS[layer].title} there", "replace_input", arguments),))


def _input_node(project: Project) -> str | None:
    """The first input layer of the network."""
    return next((n.id for n in project.graph if n.layer in LAYERS and LAYERS[n.layer].is_input), None)


def _input(project: Project, data: DataState) -> Iterator[Diagnostic]:
    """The network must take as many numbers as a row of the table has."""
    node = _input_node(project)
    if data.phase != "ready" or data.dataset is None or node is None:
        return
    found = misfit(data.dataset.asks_of_input, network_input(project.graph), node)
    if found is not None:
        yield found


def _fit(project: Project, inferred: Inferred, data: DataState) -> Iterator[Diagnostic]:
    """The network's answer must have one number for each class."""
    dataset = data.dataset
    if data.phase != "ready" or dataset is None:
        return
    classes, one = len(dataset.classes), dataset.kind.one
    graph = project.graph
    for node in graph:
        declaration = LAYERS.get(node.layer)
        if declaration is None or not declaration.is_output:
            continue
        answer = inferred.outputs.get(node.id)
        if answer is None or answer.shape == (classes,):
            continue
        name = display_name(graph, node.id)
        if len(answer.shape) != 1:
            yield Diagnostic(
                "output.shape",
                f"{name} gets {answer.words} for each {one}, but an answer is one number for each of the "
                f"{classes} classes. Add Flatten and a Linear layer with {classes} units before it.",
                node=node.id,
            )
            continue
        fixes = tuple(_matching_classes(graph, node.id, classes))
        remedy = fixes[0].label if fixes else f"Let a Linear layer with {classes} units come last"
        yield Diagnostic(
            "output.classes",
            f"{name} gives {number(answer.shape[0])} numbers for each {one}; the {one}s have {classes} classes. "
            f"{remedy}.",
            node=node.id,
            fixes=fixes,
        )


def _matching_classes(graph: Graph, output: str, classes: int) -> Iterator[Fix]:
    """Set what makes the scores to one for each class, or add a Linear that does."""
    wire = next(iter(graph.incoming(output)), None)
    if wire is None:
        return
    found = scoring(graph, output)
    if found is not None:
        param = COUNTED[graph.nodes[found].layer]
        label = f"Set {display_name(graph, found)} to {classes} {param}"
        yield Fix(label, "set_param", {"node": found, "param": param, "value": classes})
    if found is None or graph.nodes[found].layer != "linear":
        arguments = {"layer": "linear", "edge": wire.id, "params": {"units": classes}}
        yield Fix(f"Add Linear with {classes} units", "insert_on_edge", arguments)
