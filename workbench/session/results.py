"""Using what was trained: the weights of a run, answers for pictures, and how good they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Problem
from workbench.document.project import Project
from workbench.session.pictures import network_input, picture_input
from workbench.session.preparation import without_preparation
from workbench.session.state import Prediction

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from workbench.compiler.build import Compiled
    from workbench.data.dataset import Dataset
    from workbench.session.session import Session
    from workbench.training.evaluate import Evaluation

    Answer = Callable[[NDArray[np.uint8], str], Prediction]
    """What the network says of a picture (uint8 H × W × 3) of a path."""


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
        from workbench.data import frozen
        from workbench.data.dataset import Dataset
        from workbench.data.source import chosen_folder

        settings, wanted = trained.project.data, network_input(trained.project.graph)
        if data is not None:
            plain = replace(settings, more=(), changes={}, group_by="", folds=0)  # these are about its own samples
            settings = replace(plain, source=str(chosen_folder(data, kept=False)))
        else:
            _run, folder = self._session.training.run_folder(trained.run)
            kept = frozen.read(folder)
            if kept is not None:
                return kept.dataset(settings, self._session.folder, wanted, trained.preparation)
        return Dataset.open(settings, self._session.folder, input=wanted, preparation=trained.preparation)

    def predict(self, paths: Sequence[Path], run: str | None = None) -> tuple[Prediction, ...]:
        """Answers for picture files. Raises `Problem` for a file that is no picture.

        The pictures trained on are not needed.
        """
        from workbench.data.decode import decode

        answer = self._ready(run)
        return tuple(answer(decode(path), str(path)) for path in paths)

    def _ready(self, run: str | None) -> Answer:
        """The network with a run's weights; built once for many pictures."""
        name, _folder = self._session.training.run_folder(run)
        if self._cached is None or self._cached[0] != name:
            self._cached = (name, self._answering(self.trained(run)))
        return self._cached[1]

    def _answering(self, trained: Trained) -> Answer:
        from workbench.data.fit import fit, to_channels
        from workbench.data.scaling import Scaling
        from workbench.training.evaluate import Predictor

        size, channels = picture_input(trained.project.graph)
        mode = trained.project.data.fit
        predictor = Predictor(trained.compiled, trained.state, trained.classes)
        preparation = trained.preparation
        if preparation is None:
            with self.dataset(trained) as dataset:
                preparation = dataset.preparation
        kept = Scaling(tuple(preparation["mean"]), tuple(preparation["std"]))

        def answer(picture: NDArray[np.uint8], path: str) -> Prediction:
            given = kept.apply(to_channels(fit(picture, size, mode), channels)[None])
            found = predictor(given)[0]
            return Prediction(path, found.label, dict(found.scores))

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
            return evaluate(
                trained.compiled, trained.state, dataset, split, device="auto", progress=progress, cancelled=cancelled
            )
        finally:
            dataset.close()


def exported_predictor(path: Path) -> Callable[[Path], Prediction]:
    """A function that answers for a picture file by an exported ONNX model. Raises `Problem` for any other file."""
    import numpy as np

    from workbench.data.decode import decode
    from workbench.export.onnx_reader import open_export

    session, classes = open_export(path)

    def predict(file: Path) -> Prediction:
        given: Any = np.ascontiguousarray(decode(file))[None]
        try:
            shares = session.run(["probabilities"], {"pictures": given})[0][0]
            if shares.shape != (len(classes),):
                raise ValueError(f"{shares.shape} probabilities for {len(classes)} classes")
        except Exception as error:  # onnxruntime raises classes of its own that share only this base
            raise Problem.of(
                "export.broken",
                f"{path.name} is no sound export: it gives no answer for “{file}”. Export it again.",
                details=str(error),
            ) from error
        return Prediction(str(file), classes[int(shares.argmax())], dict(zip(classes, map(float, shares), strict=True)))

    return predict
