"""Edits of the open project: one undo step each, in the network or in the block in view; what follows from each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from psygnal import Signal

from workbench.catalogue.blocks import layer_of
from workbench.compiler.inference import Inferred, infer
from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count
from workbench.document.block_edits import GraphEdit, within
from workbench.document.diff import GraphDiff, diff, same_graph
from workbench.document.graph import Block, Edge, Graph, Value
from workbench.document.history import History
from workbench.document.project import DataSettings, Project, Recipe
from workbench.session import adding, remedies, scoping
from workbench.session.healing import removed
from workbench.session.scoping import Scope, View
from workbench.session.state import ProjectChange

if TYPE_CHECKING:
    from workbench.session.session import Session

__all__ = ["Editing", "GraphEdit"]


class Editing(ABC):
    """The project in time and the place in view. `Session` adds pictures, runs and views to it.

    `graph`, `inferred`, `apply` and everything that names nodes mean the place in view (`scope`): the network itself,
    or the inside of a block, where parameters are shown as they are written ("=channels"). `project.graph` and `whole`
    are the network.
    """

    project_changed = Signal(ProjectChange)
    inferred_changed = Signal(object)  # Inferred, of the place in view
    scope_changed = Signal(tuple)  # Scope
    problems_changed = Signal(tuple)  # tuple[Diagnostic, ...], of the whole project
    saved_changed = Signal(bool)
    notice = Signal(Diagnostic)

    def __init__(self, project: Project) -> None:
        self.history = History(project)
        self.whole: Inferred = infer(project.graph)
        self.problems: tuple[Diagnostic, ...] = ()
        self._view = View(project.graph, self.whole, ())

    # --- what is in view ------------------------------------------------------------

    @property
    def project(self) -> Project:
        return self.history.value

    @property
    def scope(self) -> Scope:
        """The block nodes gone into, from the network; () is the network itself."""
        return self._view.scope

    @property
    def graph(self) -> Graph:
        """The graph in view. In a block it is the block's own, with all definitions at hand."""
        return self._view.graph

    @property
    def inferred(self) -> Inferred:
        """What is known of the graph in view; in a block, with the values of the use gone into."""
        return self._view.inferred

    @property
    def block(self) -> Block | None:
        """The definition in view; None in the network itself."""
        return self._view.block

    def enter(self, node: str) -> Diagnostic | None:
        """Go into a block in view ("stage_1", or "stage_1:2" for its repetition 2)."""
        name, _repetition = scoping.parted(node)
        use = self.graph.nodes.get(name)
        if use is None or use.block is None or use.block not in self.project.graph.blocks:
            return self._refused(
                Diagnostic("block.not_one", f"“{node[:80]}” is no block to go into. Double-click a block.", node=name)
            )
        self.go_to_scope((*self.scope, node))
        return None

    def leave(self, levels: int = 1) -> None:
        """Go out of the block in view, by so many levels."""
        if levels > 0:
            self.go_to_scope(self.scope[: max(0, len(self.scope) - levels)])

    def go_to_scope(self, scope: Iterable[str]) -> None:
        """Show another place, as far as it exists."""
        wanted = scoping.reachable(self.project.graph, self.whole, tuple(scope))
        if wanted != self.scope:
            self._view = View(self.project.graph, self.whole, wanted)
            self.scope_changed.emit(wanted)

    def path_id(self, node: str) -> str:
        """The id of a node in view, from the network: "stage_1/conv2d_1"."""
        return scoping.path_id(self.scope, node)

    @property
    def problems_here(self) -> tuple[Diagnostic, ...]:
        """The problems of the place in view; in a block those of the use gone into."""
        if not self.scope:
            return tuple(d for d in self.problems if not d.path)
        return tuple(replace(d, path=self.scope) for d in self._view.problems)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.problems if d.severity is Severity.ERROR)

    # --- edits ------------------------------------------------------------

    def apply(self, label: str, edit: GraphEdit, gesture: str | None = None) -> Diagnostic | None:
        """Run a pure edit on the graph in view as one undo step. Edits of the same `gesture` merge into one step.

        Gives the diagnostic if the edit was refused (the project stays as it was), else None.
        """
        block = self.block
        return self.apply_to_whole(label, edit if block is None else within(block.id, edit), gesture)

    def apply_to_whole(self, label: str, edit: GraphEdit, gesture: str | None = None) -> Diagnostic | None:
        """Like `apply`, on the network itself, wherever the view is."""
        before = self.project.graph
        result = edit(before)
        if isinstance(result, Diagnostic):
            return self._refused(result)
        if not same_graph(before, result):  # not `==`, which does not see the order of a block's ports
            self._push(label, replace(self.project, graph=result), gesture)
        return None

    def change(
        self,
        label: str,
        *,
        data: DataSettings | None = None,
        recipe: Recipe | None = None,
        name: str | None = None,
        notes: str | None = None,
        gesture: str | None = None,
    ) -> None:
        """Change the project's settings as one undo step."""
        now = self.project
        after = replace(
            now,
            data=now.data if data is None else data,
            recipe=now.recipe if recipe is None else recipe,
            name=now.name if name is None else name,
            notes=now.notes if notes is None else notes,
        )
        if after != now:
            self._push(label, after, gesture)

    def take(self, label: str, project: Project) -> None:
        """Have another version of the whole project, its graph and its settings alike, as one undo step."""
        if project != self.project or not same_graph(project.graph, self.project.graph):
            self._push(label, project, None)

    def add_layer(
        self,
        layer: str,
        x: int = 0,
        y: int = 0,
        *,
        after: str | None = None,
        onto: Edge | None = None,
        params: Mapping[str, Value] | None = None,
    ) -> str:
        """Add a layer, a port or a use of a block at a place on the canvas; wired behind node `after`, or into the
        wire `onto`. Gives its id.

        With `after`, the new layer takes over the wires that left `after` if it has exactly one output wire.
        """
        declaration = layer_of(self.graph, layer)
        if declaration is None:
            raise KeyError(layer)
        node = adding.new_node(self.graph, layer, x, y, params)
        self.apply(f"Add {declaration.title}", adding.placed(node, after=after, onto=onto))
        return node.id

    def remove(self, nodes: Iterable[str], *, edges: Iterable[Edge] = (), heal: bool = True) -> None:
        """Remove layers and wires; with `heal`, what fed a removed layer feeds what it fed, where that fits."""
        gone, cut = tuple(dict.fromkeys(nodes)), tuple(edges)
        label = "Delete wire" if not gone else f"Delete {self._words(gone)}"
        known = self.inferred if heal else None
        self.apply(label, lambda graph: removed(graph, gone, cut, known=known))

    def apply_fix(self, fix: Fix, path: Scope | None = None) -> Diagnostic | None:
        """Carry out the remedy a diagnostic offers, as one undo step, in the place where the diagnostic stands.

        Without its `path`, it is looked for among the problems; a remedy of none of them means the place in view.
        """
        places = [d.path for d in self.problems if fix in d.fixes] if path is None else [path]
        if places and self.scope not in places:
            self.go_to_scope(places[0])
        return remedies.carry_out(self._session, fix)

    def undo(self) -> None:
        before, label = self.project, self.history.undo_label
        if self.history.can_undo:
            self.history.undo()
            self._moved(before, label, "undo")

    def redo(self) -> None:
        before, label = self.project, self.history.redo_label
        if self.history.can_redo:
            self.history.redo()
            self._moved(before, label, "redo")

    @property
    def is_saved(self) -> bool:
        return self.history.is_saved

    # --- what follows ------------------------------------------------------------

    @property
    @abstractmethod
    def _session(self) -> Session:
        """This, as those see it who need more than edits."""

    @abstractmethod
    def recheck(self) -> None:
        """Collect every diagnostic anew."""

    @abstractmethod
    def _followed(self, graph_changed: bool) -> None:
        """What else follows from a new version of the project."""

    def _words(self, nodes: tuple[str, ...]) -> str:
        """ "layer", "block", "3 layers": what edits are about, for the Edit menu."""
        if len(nodes) != 1:
            return count(len(nodes), "layer")
        node = self.graph.nodes.get(nodes[0])
        return "block" if node is not None and node.block is not None else "layer"

    def _refused(self, diagnostic: Diagnostic) -> Diagnostic:
        self.notice.emit(diagnostic)
        return diagnostic

    def _push(self, label: str, after: Project, gesture: str | None) -> None:
        before = self.project
        self.history.push(label, after, gesture)
        self._moved(before, label, "edit")

    def _moved(self, before: Project, label: str, origin: str) -> None:
        """Tell of a new version. Where the block in view is gone, the view goes out of it first, and is shown anew."""
        after = self.project
        graph_changed = after.graph is not before.graph
        shown = GraphDiff()
        if graph_changed:
            was = self._view
            self.whole = infer(after.graph, self.whole)
            scope = scoping.reachable(after.graph, self.whole, was.scope)
            self._view = View(after.graph, self.whole, scope, was)
            if scope != was.scope:
                self.scope_changed.emit(scope)
            else:
                shown = diff(was.graph, self.graph)
        self.project_changed.emit(ProjectChange(before, after, label, shown, origin))
        if graph_changed:
            self.inferred_changed.emit(self.inferred)
        self.recheck()
        self.saved_changed.emit(self.is_saved)
        self._followed(graph_changed)
