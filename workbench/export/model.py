"""What an export needs to know: the compiled network, its weights, and how a picture is prepared for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
class Answer:
    """What one output gives: `name` is its own among the outputs (its node), the rest as in `Goal`."""

    name: str
    objective: str
    kind: str
    names: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    @property
    def reading(self) -> str:
        """What becomes of its scores: "softmax", "exp", "sigmoid", "scale" (times `std` plus `mean`) or "none"."""
        if self.kind == "classes":
            return "exp" if self.objective == "nll" else "softmax"
        return "sigmoid" if self.kind == "labels" else "scale" if self.std else "none"

    def as_json(self) -> dict[str, Any]:
        """What an export says about it."""
        scale = {"mean": list(self.mean), "std": list(self.std)} if self.std else {}
        return {"name": self.name, "kind": self.kind, "reading": self.reading, "names": list(self.names), **scale}


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A network ready to leave: source, weights, classes, preparation, and where it came from.

    `answers` are those of its outputs in order, `main` the place of the one the accuracy is of; `more` how the inputs
    after the first are prepared.
    """

    name: str
    compiled: Compiled
    state: Mapping[str, torch.Tensor]
    classes: tuple[str, ...]
    preparation: Preparation | SamplePreparation
    run: str
    version: str
    objective: str = "cross_entropy"
    answers: tuple[Answer, ...] = ()
    main: int = 0
    more: tuple[Preparation | SamplePreparation, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it takes one sample and gives one score a class."""
        return not self.more and len(self.answers) <= 1 and all(one.kind == "classes" for one in self.answers)

    def rows(self, given: tuple[np.ndarray[Any, Any], ...], batch: int = 64) -> np.ndarray[Any, Any]:
        """All outputs for prepared samples (one array an input), flat and one behind the other: float32 N × numbers."""
        import numpy as np
        import torch

        module, parts = self.module(), []
        with torch.inference_mode():
            for i in range(0, len(given[0]), batch):
                found = module(*(torch.from_numpy(np.ascontiguousarray(one[i : i + batch])) for one in given))
                every = tuple(found.values()) if isinstance(found, dict) else (found,)
                parts.append(torch.cat([one.float().flatten(1) for one in every], 1).numpy())
        return np.concatenate(parts)

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


def further_preparations(dataset: Dataset) -> tuple[Preparation | SamplePreparation, ...]:
    """How the inputs after the first are prepared. Raises `Problem` where one is fed by columns of a list, which nobody
    has who uses an export."""
    found: list[Preparation | SamplePreparation] = []
    kept = dataset.preparation.get("more", ())
    for k, asked in enumerate(dataset.input.more):
        if asked.layer not in dataset.kind.layers:
            raise Problem.of(
                "export.columns",
                f"The network takes columns of a list beside each {dataset.kind.one}, which exports have no place for. "
                "Remove that input and train again, or evaluate the network here.",
            )
        values = kept[k]
        if dataset.kind.id == "pictures":
            mean, std = (tuple(float(v) for v in values[name]) for name in ("mean", "std"))
            found.append(Preparation(asked.size, asked.channels, dataset.settings.fit, mean, std))
        else:
            one = dataset.network_inputs([0])[k + 1][0]
            found.append(
                SamplePreparation(
                    dataset.kind.id, asked.layer, dict(asked.params), dict(values), one.shape, str(one.dtype)
                )
            )
    return tuple(found)


def own_values(dataset: Dataset) -> dict[str, Any]:
    """What was measured for the first input alone."""
    return {name: value for name, value in dataset.preparation.items() if name not in ("more", "targets")}


def preparation_of(dataset: Dataset) -> Preparation | SamplePreparation:
    """The preparation that a data set applies to the first input, read from the data set itself."""
    if dataset.kind.id != "pictures":
        one = dataset.network_input(dataset.raw(0)[None])[0]
        asked = dataset.input
        return SamplePreparation(
            dataset.kind.id, asked.layer, dict(asked.params), own_values(dataset), one.shape, str(one.dtype)
        )
    return Preparation(
        size=(int(dataset.size[0]), int(dataset.size[1])),
        channels=int(dataset.channels),
        fit=dataset.settings.fit,
        mean=tuple(float(v) for v in dataset.mean),
        std=tuple(float(v) for v in dataset.std),
    )
