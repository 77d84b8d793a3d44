"""What the network makes of one picture: feature maps, filters and scores, live in a run and after every edit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.compiler.inference import Inferred
from workbench.core.diagnostic import Problem
from workbench.session.jobs import Job
from workbench.session.state import Views

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.compiler.build import Compiled
    from workbench.data.dataset import Dataset
    from workbench.session.session import Session

LIVE_SECONDS = 0.1
"""How often a live run looks inside: ten times a second is smooth and costs about a forward pass each."""

LONGEST_SHARE = 0.05
"""At most this share of the training time goes into looking (a large network is looked at less often)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The chosen picture, ready for the network: `picture` uint8 H × W × C, `given` float32 1 × C × H × W."""

    picture: np.ndarray[Any, Any]
    given: np.ndarray[Any, Any]
    name: str
    label: str | None
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What a look shall show; replaced whole, so that a thread reads it without a lock."""

    sample: Sample
    nodes: tuple[str, ...]


class Looking:
    """Holds `views`, the newest look inside; computes it in the training thread or, between runs, in a job."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.views: Views | None = None
        self._which: int | Path | None = None
        self._watched: dict[str, tuple[str, ...]] = {}  # by who watches them
        self._nodes: tuple[str, ...] = ()
        self._request: Request | None = None
        self._stale = False
        self._job: Job | None = None
        self._sample_job: Job | None = None

    # --- what to show ------------------------------------------------------------

    def choose(self, which: int | str | Path) -> None:
        self._which = which if isinstance(which, int) else Path(which)
        self._prepare()

    def watch(self, nodes: tuple[str, ...], by: str = "viewer") -> None:
        self._watched[by] = nodes
        nodes = tuple(dict.fromkeys(node for wanted in self._watched.values() for node in wanted))
        if nodes != self._nodes:
            self._nodes = nodes
            if self._request is not None:
                self._request = Request(self._request.sample, nodes)
            self._stale = True

    def graph_changed(self) -> None:
        self._stale = True

    def data_changed(self) -> None:
        """The pictures are others now: keep a chosen file, else begin with the first validation picture."""
        dataset = self._session.data.dataset
        if dataset is None or self._session.data.phase != "ready":
            return
        if not isinstance(self._which, Path):
            order = dataset.splits.val if len(dataset.splits.val) else dataset.splits.train
            if self._which is None or not 0 <= self._which < len(dataset.index.items):
                self._which = int(order[0]) if len(order) else None
        self._prepare()

    def _prepare(self) -> None:
        """Decode the chosen picture in the background."""
        dataset, which = self._session.data.dataset, self._which
        if dataset is None or which is None:
            return

        def work(_job: Job) -> Sample:
            return sample_of(dataset, which)

        self._sample_job = self._session.jobs.start("Preparing the picture", work, self._prepared)

    def _prepared(self, job: Job) -> None:
        if job is not self._sample_job:
            return
        self._sample_job = None
        if job.state == "done":
            self._request = Request(job.result, self._nodes)
            self._stale = True
        elif job.diagnostic is not None:
            self._session.notice.emit(job.diagnostic)

    # --- between runs ------------------------------------------------------------

    def pump(self) -> None:
        run = self._session.run
        if run is not None and run.is_live:
            newest = self._session.training.newest_views()
            if newest is not None:
                self._show(newest)
            return
        if self._stale and self._job is None and self._request is not None:
            self._stale = False
            self._look(self._request)

    def weights_changed(self) -> None:
        """New trained weights are there (a run ended, a checkpoint was loaded)."""
        self._stale = True

    def _look(self, request: Request) -> None:
        session = self._session
        graph, inferred = session.graph, session.inferred
        if any(d.is_error for d in inferred.diagnostics):
            return
        weights = session.training.weights

        def work(_job: Job) -> Views:
            from workbench.compiler.build import compile as compile_graph
            from workbench.training.weights import module_with

            compiled = compile_graph(graph)
            module, trained = module_with(compiled, weights, session.project.recipe.seed)
            return look(module, compiled, request, trained=trained)

        self._job = session.jobs.start("Looking inside", work, self._looked)

    def _looked(self, job: Job) -> None:
        self._job = None
        if job.state == "done":
            self._show(job.result)
        elif job.diagnostic is not None and not self._stale:
            self._session.notice.emit(job.diagnostic)

    def _show(self, views: Views) -> None:
        self.views = views
        self._session.views_changed.emit(views)

    # --- in a run ------------------------------------------------------------

    def hook(self, compiled: Compiled, publish: Callable[[Views], None]) -> Callable[[torch.nn.Module, int], None]:
        """The function the training thread calls between steps; it looks inside when a look is due."""
        due = 0.0
        expected = input_shape(compiled.inferred)

        def between_steps(module: torch.nn.Module, step: int) -> None:
            nonlocal due
            now = time.monotonic()
            request = self._request
            if now < due or request is None:
                return
            if expected is not None and request.sample.given.shape[1:] != expected:
                return  # this run was asked for pictures of another size than the chosen one was prepared for
            publish(look(module, compiled, request, trained=True, live=True, step=step))
            spent = time.monotonic() - now
            due = time.monotonic() + max(LIVE_SECONDS, spent / LONGEST_SHARE)

        return between_steps

    def close(self) -> None:
        self._stale = False
        self._request = None


def sample_of(dataset: Dataset, which: int | Path) -> Sample:
    """Decode and prepare one picture as the network will see it. Raises `Problem` if it cannot be read."""
    from workbench.data.decode import decode

    if isinstance(which, int):
        item = dataset.index.items[which]
        picture = dataset.picture(which)
        name, label = item.path, dataset.classes[item.label]
    else:
        picture = dataset.prepare(decode(which))
        name, label = which.name, None
    given = dataset.network_input(picture[None])
    return Sample(picture, given, name, label, tuple(dataset.classes))


def look(
    module: torch.nn.Module,
    compiled: Compiled,
    request: Request,
    *,
    trained: bool,
    live: bool = False,
    step: int = 0,
) -> Views:
    """One look inside: a single extra forward pass of one picture. Leaves weights, statistics and RNG untouched."""
    from workbench.inspection.activations import feature_maps
    from workbench.inspection.filters import first_layer_filters

    sample = request.sample
    expected = input_shape(compiled.inferred)
    if expected is not None and tuple(sample.given.shape[1:]) != expected:
        raise Problem.of(
            "views.size", f"The picture was prepared as {sample.given.shape[1:]}, the network takes {expected}."
        )
    outputs = tuple(compiled.outputs)
    wanted = [n for n in dict.fromkeys((*request.nodes, *outputs)) if n in compiled.source.attributes or n in outputs]
    maps = feature_maps(module, compiled, wanted, sample.given)
    answer = maps.get(outputs[0]) if outputs else None
    scores = tuple(float(v) for v in softmax(answer)) if answer is not None and answer.ndim == 1 else ()
    shown: Mapping[str, Any] = {n: maps[n] for n in request.nodes if n in maps}
    return Views(
        picture=sample.picture,
        picture_name=sample.name,
        label=sample.label,
        maps=MappingProxyType(dict(shown)),
        filters=MappingProxyType(dict(first_layer_filters(module, compiled))),
        scores=scores if len(scores) == len(sample.classes) else (),
        classes=sample.classes,
        trained=trained,
        live=live,
        step=step,
    )


def input_shape(inferred: Inferred) -> tuple[int, ...] | None:
    """The shape of what the first input node gives."""
    for node in inferred.order:
        tensor = inferred.outputs.get(node)
        if tensor is not None and not inferred.inputs.get(node):
            return tensor.shape
    return None


def softmax(scores: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Probabilities from scores, computed stably; scores that are not finite give an even spread."""
    import numpy as np

    s = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(s).all():
        return np.full(s.shape, 1.0 / max(1, s.size))
    e = np.exp(s - s.max())
    return np.asarray(e / e.sum())
