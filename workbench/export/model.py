"""What an export needs to know: the compiled network, its weights, and how a picture is prepared for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.compiler.inference import display_name
from workbench.core.diagnostic import Problem

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.compiler.build import Compiled
    from workbench.data.dataset import Dataset


LONGEST_NAME = 100
"""Characters of a project's name that an export's file name keeps."""

_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)", re.IGNORECASE)
"""What Windows takes for a device, whatever its ending."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a picture becomes the network's input.

    `fit` brings it to `size` (height, width) by "crop", "pad" or "stretch"; then values 0..255 are divided by 255,
    `mean` is taken away and the rest divided by `std` (one number a channel).
    """

    size: tuple[int, int]
    channels: int
    fit: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SamplePreparation:
    """How a text, a sound or a row of a table becomes the network's input.

    `layer` is the input layer with its `params`, `values` what was measured on the training samples (the vocabulary, a
    mean and a deviation, the columns); both are JSON values. `shape` and `dtype` are those of one prepared sample.
    """

    kind: str
    layer: str
    params: Mapping[str, Any]
    values: Mapping[str, Any]
    shape: tuple[int, ...]
    dtype: str

    def as_json(self) -> dict[str, Any]:
        """What an export says about it."""
        return {
            "kind": self.kind,
            "layer": self.layer,
            "params": plain(self.params),
            "values": plain(self.values),
            "input": f"{self.dtype}, batch × {' × '.join(map(str, self.shape))}",
        }


def plain(value: Any) -> Any:
    """JSON values as `json` takes them: mappings and sequences of other types become dicts and lists."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A network ready to leave: source, weights, classes, preparation, and where it came from."""

    name: str
    compiled: Compiled
    state: Mapping[str, torch.Tensor]
    classes: tuple[str, ...]
    preparation: Preparation | SamplePreparation
    run: str
    version: str
    objective: str = "cross_entropy"

    @property
    def file_name(self) -> str:
        """The project's name as a file name that is safe on every system."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-.")[:LONGEST_NAME] or "model"
        return f"model-{name}" if _DEVICES.match(name) else name

    def module(self) -> torch.nn.Module:
        """The network on the CPU with its trained weights, in evaluation mode."""
        module = self.compiled.module(seed=0)
        module.load_state_dict(dict(self.state))
        return module.eval()

    def scores(self, given: np.ndarray[Any, Any], batch: int = 64) -> np.ndarray[Any, Any]:
        """The network's scores for prepared samples, as float32 N × classes."""
        import numpy as np
        import torch

        module = self.module()
        with torch.inference_mode():
            parts = [module(torch.from_numpy(given[i : i + batch])).numpy() for i in range(0, len(given), batch)]
        return np.concatenate(parts)

    def require_one_answer(self) -> None:
        """Raises `Problem` for networks that later versions will export: several inputs or outputs."""
        inferred = self.compiled.inferred
        if len(inferred.input_nodes) != 1 or len(inferred.output_nodes) != 1:
            names = ", ".join(display_name(inferred.graph, n) for n in (*inferred.input_nodes, *inferred.output_nodes))
            raise Problem.of(
                "export.several",
                f"This network has several inputs or outputs ({names}); exports take one sample and give one answer. "
                "Keep one input and one Output node.",
            )


def preparation_of(dataset: Dataset) -> Preparation | SamplePreparation:
    """The preparation that a data set applies, read from the data set itself."""
    if dataset.kind.id != "pictures":
        one = dataset.network_input(dataset.raw(0)[None])[0]
        asked = dataset.input
        return SamplePreparation(
            dataset.kind.id, asked.layer, dict(asked.params), dict(dataset.preparation), one.shape, str(one.dtype)
        )
    return Preparation(
        size=(int(dataset.size[0]), int(dataset.size[1])),
        channels=int(dataset.channels),
        fit=dataset.settings.fit,
        mean=tuple(float(v) for v in dataset.mean),
        std=tuple(float(v) for v in dataset.std),
    )
