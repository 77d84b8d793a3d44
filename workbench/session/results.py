"""Using what was trained: the weights of a run, answers for pictures, and how good they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Problem
from workbench.document.project import Project
from workbench.session.pictures import picture_input
from workbench.session.state import Prediction

if TYPE_CHECKING:
    import torch

    from workbench.compiler.build import Compiled
    from workbench.data.dataset import Dataset
    from workbench.session.session import Session
    from workbench.training.evaluate import Evaluation


@dataclass(frozen=True, slots=True)
class Trained:
    """The best weights of a run with the very network and settings they were trained with."""

    run: str
    project: Project
    compiled: Compiled
    state: dict[str, torch.Tensor]
    classes: tuple[str, ...]


class Results:
    """Answers by the newest run's best weights, or a named run's."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cached: tuple[Trained, Dataset] | None = None

    def trained(self, run: str | None = None) -> Trained:
        """Load a run's best weights. Raises `Problem` if there is no such run or nothing was trained yet."""
        from workbench.compiler.build import compile as compile_graph
        from workbench.document.format import decode
        from workbench.training import checkpoint

        name, folder = self._session.training.run_folder(run)
        saved = checkpoint.read_best(folder)
        project = decode(saved.project.encode())
        compiled = compile_graph(project.graph, name=project.name)
        return Trained(name, project, compiled, dict(saved.weights), tuple(saved.classes))

    def dataset(self, trained: Trained, data: str | None = None) -> Dataset:
        """The pictures a run was trained on (or another folder), prepared as its network wants them."""
        from workbench.data.dataset import Dataset

        size, channels = picture_input(trained.project.graph)
        settings = trained.project.data
        if data is not None:
            settings = replace(settings, source=str(Path(data).expanduser().absolute()))
        return Dataset.open(settings, self._session.folder, size=size, channels=channels)

    def predict(self, paths: Sequence[Path], run: str | None = None) -> tuple[Prediction, ...]:
        """Answers for picture files. Raises `Problem` for a file that is no picture."""
        import numpy as np

        from workbench.data.decode import decode
        from workbench.training.evaluate import Predictor

        trained, dataset = self._ready(run)
        predictor = Predictor(trained.compiled, trained.state, trained.classes)
        answers = []
        for path in paths:
            prepared = dataset.prepare(decode(path))
            answer = predictor(dataset.network_input(np.asarray(prepared)[None]))[0]
            answers.append(Prediction(str(path), answer.label, dict(answer.scores)))
        return tuple(answers)

    def _ready(self, run: str | None) -> tuple[Trained, Dataset]:
        """The weights and the preparation; opened once for many pictures."""
        name, _folder = self._session.training.run_folder(run)
        if self._cached is None or self._cached[0].run != name:
            self.forget()
            trained = self.trained(run)
            self._cached = (trained, self.dataset(trained))
        return self._cached

    def forget(self) -> None:
        """New weights are there, or the session ends: let the old ones go."""
        if self._cached is not None:
            self._cached[1].close()
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

        With other pictures (`data`) the classes must be among those trained on; their names decide, not their order.
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
        shares = session.run(["probabilities"], {"pictures": given})[0][0]
        return Prediction(str(file), classes[int(shares.argmax())], dict(zip(classes, map(float, shares), strict=True)))

    return predict
