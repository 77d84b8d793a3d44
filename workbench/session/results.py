"""Using what was trained: the weights of a run, answers for pictures, and how good they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.compiler.inference import display_name
from workbench.core.diagnostic import Problem
from workbench.data.inputs import PICTURES, Input
from workbench.data.targets.against import kept_in
from workbench.document.project import DataSettings, Project
from workbench.session.evaluating import Evaluated
from workbench.session.incoming import fed_by, given_by
from workbench.session.pictures import network_input
from workbench.session.preparation import without_preparation
from workbench.session.state import Prediction

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from workbench.compiler.build import Compiled
    from workbench.data.dataset import Dataset
    from workbench.data.kinds.kind import DataKind, NewSamples
    from workbench.export.onnx_reader import KeptAnswer
    from workbench.session.session import Session
    from workbench.training.evaluate import Evaluation

    Answer = Callable[[Path], Iterator[Prediction]]
    """What the network says of the samples in a file."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The best weights of a run with the very network and settings they were trained with."""

    run: str
    project: Project
    compiled: Compiled
    state: dict[str, torch.Tensor]
    classes: tuple[str, ...]
    preparation: Mapping[str, Any] | None  # None for runs of a version that did not keep it: it is measured again


class Results:
    """Answers by the newest run's best weights, or a named run's."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cached: tuple[str, Answer] | None = None

    def trained(self, run: str | None = None) -> Trained:
        """Load a run's best weights. Raises `Problem` if there is no such run or nothing was trained yet."""
        from workbench.compiler.build import compile as compile_graph
        from workbench.document.format import decode
        from workbench.training import checkpoint

        name, folder = self._session.training.run_folder(run)
        saved = checkpoint.read_best(folder)
        project, preparation = without_preparation(decode(saved.project.encode()))
        compiled = compile_graph(project.graph, name=project.name)
        return Trained(name, project, compiled, dict(saved.weights), tuple(saved.classes), preparation)

    def dataset(self, trained: Trained, data: str | None = None) -> Dataset:
        """The very samples and splits a run was trained on (or another source), prepared as its network wants them."""
        from workbench.data.dataset import Dataset
        from workbench.data.depends import of_other_source
        from workbench.data.scanning.source import chosen_folder
        from workbench.data.splitting import frozen

        settings, wanted = trained.project.data, network_input(trained.project.graph)
        if data is not None:
            other = of_other_source(settings, str(chosen_folder(data, kept=False)), alike=True)
            settings = replace(other, group_by="", folds=0)  # its groups and folds are about its own samples
        else:
            _run, folder = self._session.training.run_folder(trained.run)
            kept = frozen.read(folder)
            if kept is not None:
                return kept.dataset(settings, self._session.folder, wanted, trained.preparation)
        return Dataset.open(settings, self._session.folder, input=wanted, preparation=trained.preparation)

    def predict(self, paths: Sequence[Path], run: str | None = None) -> tuple[Prediction, ...]:
        """Answers for the samples in files: one a file, or one for each row of a table.

        The data trained on are not needed. Raises `Problem` for a file that cannot be used.
        """
        answer = self._ready(run)
        return tuple(chain.from_iterable(map(answer, paths)))

    @property
    def kind(self) -> DataKind:
        """The kind of samples the project's network takes."""
        return fed_by(network_input(self._session.project.graph).layer)

    def _ready(self, run: str | None) -> Answer:
        """The network with a run's weights; built once for many samples."""
        name, _folder = self._session.training.run_folder(run)
        if self._cached is None or self._cached[0] != name:
            self._cached = (name, self._answering(self.trained(run)))
        return self._cached[1]

    def _answering(self, trained: Trained) -> Answer:
        from workbench.training.evaluate import Predictor

        wanted = network_input(trained.project.graph)
        preparation = trained.preparation
        if preparation is None:
            with self.dataset(trained) as dataset:
                preparation = dataset.preparation
        held = kept_in(preparation)
        predictor = Predictor(trained.compiled, trained.state, trained.classes, held_against=held)
        kind = fed_by(wanted.layer)
        news = all_new(kind, wanted, trained.project.data, preparation)
        graph = trained.project.graph

        def answer(path: Path) -> Iterator[Prediction]:
            for name, *given in prepared(kind, news, path):
                found = predictor(*given)[0]
                others = {
                    display_name(graph, node): Prediction(name, other.label, dict(other.scores), other.kind)
                    for node, other in found.others.items()
                }
                yield Prediction(name, found.label, dict(found.scores), found.kind, others)

        return answer

    def forget(self) -> None:
        """New weights are there, or the session ends: let the old ones go."""
        self._cached = None

    def evaluate(
        self,
        *,
        run: str | None = None,
        data: str | None = None,
        split: str = "val",
        progress: Callable[[int, int | None], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Evaluation:
        """Accuracy, confusion, precision and recall of a run's best weights over a split ("val", "test", "all").

        Other pictures (`data`) must have the classes that were trained on, by name. They are scaled as those were.
        """
        return self.judged(run, split, data=data, progress=progress, cancelled=cancelled).evaluation

    def judged(
        self,
        run: str | None = None,
        split: str = "val",
        *,
        data: str | None = None,
        progress: Callable[[int, int | None], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Evaluated:
        """The same with the run that was meant and the samples it was asked about."""
        from workbench.training.evaluate import evaluate

        trained = self.trained(run)
        dataset = self.dataset(trained, data)
        try:
            if tuple(dataset.classes) != trained.classes:
                raise Problem.of(
                    "evaluate.classes",
                    f"The pictures have the classes {', '.join(dataset.classes[:12])}; the run was trained on "
                    f"{', '.join(trained.classes[:12])}. Use a folder with the same sub-folders.",
                )
            found = evaluate(
                trained.compiled, trained.state, dataset, split, device="auto", progress=progress, cancelled=cancelled
            )
            return Evaluated(trained.run, found, dataset.index)
        finally:
            dataset.close()


def all_new(
    kind: DataKind, wanted: Input, settings: DataSettings, preparation: Mapping[str, Any]
) -> tuple[NewSamples, ...]:
    """What prepares new samples for each input of a network. Raises `Problem` where files alone do not feed one."""
    kept = preparation.get("more", ())
    found = [kind.restored(wanted.alone, settings, preparation)]
    for k, one in enumerate(wanted.more):
        if one.layer not in kind.layers:
            raise Problem.of(
                "predict.columns",
                f"The network takes columns of a list beside each {kind.one}, and a file has none. Evaluate it on a "
                "list with these columns instead.",
            )
        found.append(kind.restored(one, settings, kept[k] if k < len(kept) else {}))
    return tuple(found)


def prepared(kind: DataKind, news: Sequence[NewSamples], path: Path) -> Iterator[tuple[Any, ...]]:
    """(name, the sample as each input of the network takes it, with a batch axis of one) of a file. Raises
    `Problem`."""
    from workbench.data.kinds.unusable import UnreadableFile
    from workbench.data.unreadable import UnreadablePicture

    for name, given in given_by(kind, path):
        try:
            raws = [new.sample(given) for new in news]
        except UnreadablePicture as refused:
            named = UnreadablePicture if kind.id == PICTURES else UnreadableFile
            raise named(refused.reason, name) from refused
        yield name, *(new.apply(raw[None]) for new, raw in zip(news, raws, strict=True))


def _said(session: Any, answer: KeptAnswer, given: Mapping[str, Any], name: str) -> Prediction:
    """What one output of an export says of a sample. Raises `ValueError` where it says something else than it
    should."""
    from workbench.training.evaluate import said_of

    if not answer.reads:
        return Prediction(name, "", {}, answer.kind)
    reading = session.run([answer.reads], dict(given))[0][0]
    if reading.shape != (len(answer.names),):
        raise ValueError(f"{reading.shape} numbers for {len(answer.names)} names")
    found = said_of(answer.kind, answer.names, reading)
    return Prediction(name, found.label, dict(found.scores), found.kind)


def exported_predictor(path: Path) -> tuple[DataKind, Callable[[Path], Iterator[Prediction]]]:
    """The kind of samples an exported ONNX model takes, and a function that answers for those of a file.

    Raises `Problem` for any other file.
    """
    import numpy as np

    from workbench.data.decoding.decode import decode
    from workbench.export.onnx_reader import answers_in, open_export, preparation_in

    session, classes = open_export(path)
    kept, answers = preparation_in(session, path), answers_in(session, classes, path)
    kind = fed_by(kept.layer if kept is not None else PICTURES)

    def samples(file: Path) -> Iterator[tuple[str, str, NDArray[Any]]]:
        """(input, name, value): pictures as they are, anything else prepared as the file says."""
        if kept is None:
            yield "pictures", str(file), np.ascontiguousarray(decode(file))[None]
            return
        new = kind.restored(Input(kept.layer, kept.params), DataSettings(), kept.values)
        for name, given in prepared(kind, (new,), file):
            yield kept.name, name, given

    def predict(file: Path) -> Iterator[Prediction]:
        for input, name, given in samples(file):
            try:
                said = [_said(session, answer, {input: given}, name) for answer in answers]
            except Exception as error:  # onnxruntime raises classes of its own that share only this base
                raise Problem.of(
                    "export.broken",
                    f"{path.name} is no sound export: it gives no answer for “{file}”. Export it again.",
                    details=str(error),
                ) from error
            yield replace(said[0], others={a.name: one for a, one in zip(answers[1:], said[1:], strict=True)})

    return kind, predict
