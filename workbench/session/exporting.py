"""Export in the background: the best weights of a run, written, run again elsewhere and compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import __version__
from workbench.core.diagnostic import Problem
from workbench.session.jobs import Job

if TYPE_CHECKING:
    import numpy as np

    from workbench.data.dataset import Dataset
    from workbench.export.check import ExportCheck, Reference
    from workbench.export.model import Answer, TrainedModel
    from workbench.session.session import Session
    from workbench.training.objective import Objective

LARGEST_ORIGINALS = 400_000_000
"""Bytes of decoded pictures an export is checked on at most; a folder of large photographs gives fewer than 256."""


class Exporting:
    """Starts export jobs; a job's result is an `ExportCheck`, also where the export failed the check."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def start(self, format: str, out: Path, run: str | None) -> Job:
        """Begin an export. Raises `Problem` for an unknown format."""
        from workbench.export.registry import EXPORTS

        export = EXPORTS.get(format)
        if export is None:
            raise Problem.of(
                "export.format", f"There is no export called “{format}”. The formats are: {', '.join(EXPORTS)}."
            )

        def work(job: Job) -> ExportCheck:
            from workbench.export.registry import export_and_check

            trained = self._session.results.trained(run)
            dataset = self._session.results.dataset(trained)
            try:
                model = self._model(trained, dataset)
                reference = reference_of(model, dataset)
                return export_and_check(export, model, out, reference, job.progress)
            finally:
                dataset.close()

        def finished(job: Job) -> None:
            if job.diagnostic is not None:
                self._session.notice.emit(job.diagnostic)

        return self._session.jobs.start(f"Exporting {export.title}", work, finished)

    def _model(self, trained: Any, dataset: Dataset) -> TrainedModel:
        from workbench.export.model import TrainedModel, further_preparations, preparation_of
        from workbench.training.objective import objective_of

        objective = objective_of(trained.compiled.graph, dataset)

        return TrainedModel(
            name=self._session.project.name,
            compiled=trained.compiled,
            state=trained.state,
            classes=trained.classes,
            preparation=preparation_of(dataset),
            run=trained.run,
            version=__version__,
            objective=objective.id,
            answers=answers_of(objective),
            main=objective.goals.index(objective.main),
            more=further_preparations(dataset),
        )


def answers_of(objective: Objective) -> tuple[Answer, ...]:
    """What the outputs of a network give."""
    from workbench.export.model import Answer

    return tuple(
        Answer(goal.node or "output", goal.id, goal.kind, goal.names, goal.mean, goal.std) for goal in objective.goals
    )


def reference_of(model: TrainedModel, dataset: Dataset) -> Reference:
    """The project's own answers on up to 256 validation pictures, as they are and at the network's size.

    Raises `Problem` if there is no sample to check on.
    """
    if not model.is_plain:
        return ends_reference(model, dataset)
    if dataset.kind.id != "pictures":
        return samples_reference(model, dataset)
    import numpy as np

    from workbench.data.unreadable import UnreadablePicture
    from workbench.export.check import MOST_PICTURES, Reference

    order = [*dataset.splits.val, *dataset.splits.train]
    chosen = (
        [int(order[k]) for k in np.unique(np.linspace(0, len(order) - 1, MOST_PICTURES).astype(int))] if order else []
    )
    originals: list[np.ndarray[Any, Any]] = []
    kept: list[int] = []
    total = 0
    for index in chosen:
        try:
            original = dataset.original(index)
        except UnreadablePicture:  # training passes it over too, and has said so
            continue
        if total + original.nbytes > LARGEST_ORIGINALS:
            continue
        total += original.nbytes
        originals.append(original)
        kept.append(index)
    if not kept:
        raise Problem.of(
            "export.no_pictures", "There is no picture to check the export on. Choose pictures under Data."
        )
    full = np.stack([dataset.prepare(original) for original in originals])
    # at the network's size the resize inside an export does nothing, so that only the arithmetic is compared
    network_size = [np.ascontiguousarray(_three(picture)) for picture in full[:64]]
    given = dataset.network_input(np.stack([dataset.prepare(picture) for picture in network_size]))
    return Reference(originals, model.scores(dataset.network_input(full)), network_size, model.scores(given))


def samples_reference(model: TrainedModel, dataset: Dataset) -> Reference:
    """`reference_of` for texts, sounds and rows of tables: their own bytes, and what they are prepared to."""
    import numpy as np

    from workbench.data.unreadable import UnreadablePicture
    from workbench.export.check import MOST_PICTURES, Reference

    order = np.concatenate([dataset.splits.val, dataset.splits.train])
    chosen = order[np.unique(np.linspace(0, len(order) - 1, MOST_PICTURES).astype(int))] if len(order) else order
    originals: list[np.ndarray[Any, Any]] = []
    raws: list[np.ndarray[Any, Any]] = []
    for index in chosen.tolist():
        try:
            data, raw = original_bytes(dataset, index), dataset.raw(index)
        except UnreadablePicture:  # training passes it over too, and has said so
            continue
        originals.append(np.frombuffer(data, np.uint8))
        raws.append(raw)
    if not raws:
        raise Problem.of(
            "export.no_pictures",
            f"There is no {dataset.kind.one} to check the export on. Choose {dataset.kind.title.lower()} under Data.",
        )
    given = dataset.network_input(np.stack(raws))
    scores, tensors = model.scores(given), list(given)
    return Reference(originals, scores, tensors[:64], scores[:64], tensors)


def ends_reference(model: TrainedModel, dataset: Dataset) -> Reference:
    """`reference_of` for a network of other ends: all its outputs, for samples as its inputs take them."""
    import numpy as np

    from workbench.export.check import MOST_PICTURES, Reference
    from workbench.export.model import Preparation

    order = np.concatenate([dataset.splits.val, dataset.splits.train])
    chosen = order[np.unique(np.linspace(0, len(order) - 1, MOST_PICTURES).astype(int))] if len(order) else order
    readable = [i for i in chosen.tolist() if _can_be_read(dataset, i)]
    if not readable:
        raise Problem.of(
            "export.no_pictures",
            f"There is no {dataset.kind.one} to check the export on. Choose {dataset.kind.title.lower()} under Data.",
        )
    given = dataset.network_inputs(readable)
    scores = model.rows(given)
    sizes = [0, *np.cumsum(_sizes(model)).tolist()]
    main = (sizes[model.main], sizes[model.main + 1]) if model.answers[model.main].kind == "classes" else (0, 0)
    if len(given) == 1 and isinstance(model.preparation, Preparation):
        pictures = [np.ascontiguousarray(_three(dataset.picture(i))) for i in readable]
        rows = model.rows((dataset.network_input(np.stack([dataset.prepare(one) for one in pictures])),))
        return Reference(pictures, rows, pictures[:64], rows[:64], classes=main)
    tensors = [tuple(one[k] for one in given) for k in range(len(readable))]
    if len(given) == 1:
        originals = [np.frombuffer(original_bytes(dataset, i), np.uint8) for i in readable]
        return Reference(originals, scores, tensors[:64], scores[:64], tensors, main)
    return Reference([], scores[:0], tensors[:64], scores[:64], classes=main)


def _sizes(model: TrainedModel) -> list[int]:
    """How many numbers each output gives for a sample."""
    outputs = (model.compiled.inferred.outputs[node] for node in model.compiled.outputs)
    return [tensor.size if tensor is not None else 0 for tensor in outputs]


def _can_be_read(dataset: Dataset, index: int) -> bool:
    from workbench.data.unreadable import UnreadablePicture

    try:
        dataset.raw(index)
    except UnreadablePicture:  # training passes it over too, and has said so
        return False
    return True


def original_bytes(dataset: Dataset, index: int) -> bytes:
    """A sample as whoever uses an export has it: its file, a text, or a row as a JSON object. Raises `Problem`."""
    from workbench.data.kinds.table import row_of
    from workbench.data.kinds.text import text_of

    match dataset.kind.id:
        case "table":
            return json.dumps(dict(row_of(dataset.index, index))).encode()
        case "text":
            return text_of(dataset.index, index).encode("utf-8", "replace")
        case _:
            return dataset.index.read(index)


def _three(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """H × W × 1 as grey H × W × 3: what a picture file would give."""
    return picture.repeat(3, axis=2) if picture.shape[2] == 1 else picture
