"""What every kind of data declares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from workbench.catalogue.registry import LAYERS
from workbench.core.diagnostic import Diagnostic, Fix, Problem
from workbench.core.words import count
from workbench.data.feed import Kind, Preparation
from workbench.data.index import Index
from workbench.data.inputs import Input
from workbench.data.scanning.headers import Header
from workbench.document.project import DataSettings

Raw = npt.NDArray[Any]


class DataKind(Kind, Protocol):
    """A kind of data: which files it is read from, which layers it feeds, and how samples are prepared."""

    @property
    def id(self) -> str:
        """As in the project's `DataSettings.kind` and in `Index.kind`."""

    @property
    def title(self) -> str:
        """For people, in the plural: "Pictures"."""

    @property
    def one(self) -> str:
        """One sample for people, in the singular: "picture"."""

    @property
    def extensions(self) -> frozenset[str]:
        """The extensions of its files in class folders, in small letters with the point; none for tables."""

    @property
    def layers(self) -> tuple[str, ...]:
        """The input layers it feeds, the usual one first."""

    def header(self, path: str | Path) -> Header:
        """Checks one file without decoding it whole. Raises `UnreadablePicture` with the reason."""

    def restored(self, asked: Input, settings: DataSettings, values: Mapping[str, Any]) -> NewSamples:
        """The preparation kept with a run, without its data: for samples that come later. Raises `Problem`."""

    def preview(self, index: Index, i: int, edge: int) -> npt.NDArray[np.uint8] | None:
        """A sample as a small picture, uint8 h × w × 3 with sides of `edge` at most; None where words say it better.

        Raises `UnreadablePicture`.
        """

    def asks_of_input(self, preparation: Preparation) -> Mapping[str, Any]:
        """What the input layer's parameters must be for these data: the number of features; mostly nothing."""


class NewSamples(Preparation, Protocol):
    """A preparation that takes new samples too, for predictions."""

    def sample(self, given: Any) -> Raw:
        """One raw sample, without the batch axis, made as those of the data set were.

        `given` is the path of a file (pictures, sounds, texts), a text (`str` where the kind is text), or a mapping of
        column names to values (tables). Raises `Problem`.
        """


def check_layer(kind: DataKind, asked: Input) -> None:
    """Raises `Problem` ("data.input") unless data of this kind can enter the network by its input layer."""
    if asked.layer in kind.layers:
        return
    wanted = LAYERS[kind.layers[0]].title
    given = LAYERS[asked.layer].title if asked.layer in LAYERS else asked.layer
    raise Problem.of(
        "data.input",
        f"The data are {kind.title.lower()}, and the network's input is {given}. Put {wanted} in its place, or choose "
        "other data.",
    )


def misfit(asks: Mapping[str, Any], asked: Input, node: str) -> Diagnostic | None:
    """Where the data ask for other parameters than the input layer `node` has; None where all fit.

    `asks` is what `DataKind.asks_of_input` gives.
    """
    layer = LAYERS.get(asked.layer)
    for param in layer.params if layer is not None else ():
        value, given = asks.get(param.id), asked.params.get(param.id)
        if layer is not None and value is not None and given != value:
            words = count(value, param.title.lower().removesuffix("s"))
            label = f"Set {layer.title} to {words}"
            return Diagnostic(
                "data.features",
                f"The data have {words}, and {layer.title} takes {given:,}. {label}.",
                node=node,
                param=param.id,
                fixes=(Fix(label, "set_param", {"node": node, "param": param.id, "value": value}),),
            )
    return None
