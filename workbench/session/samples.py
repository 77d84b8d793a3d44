"""The picture that is looked at: one of the data set, a file, or, before anything was chosen, one drawn by us."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.inspection.samples import DRAWN, drawn_picture

if TYPE_CHECKING:
    import numpy as np

    from workbench.data.dataset import Dataset

Which = int | Path | None
"""A picture's index in the data set, a file, or the drawn one."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture ready for the network: `picture` uint8 H × W × C, `given` float32 1 × C × H × W."""

    picture: np.ndarray[Any, Any]
    given: np.ndarray[Any, Any]
    name: str
    label: str | None
    classes: tuple[str, ...]
    which: Which = None


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a network without a data set wants its pictures: (height, width), channels, and how they are fitted."""

    size: tuple[int, int]
    channels: int
    fit: str


def sample_of(dataset: Dataset | None, which: Which, preparation: Preparation) -> Sample:
    """Decode and prepare one picture as the network will see it. Raises `Problem` if it cannot be read.

    Without a data set pictures are scaled to 0..1; an index needs one.
    """
    from workbench.data.decode import decode
    from workbench.data.fit import fit, to_channels
    from workbench.data.scaling import Scaling

    if isinstance(which, int) and dataset is not None:
        picture = dataset.picture(which)
        name, label = dataset.index.path(which), dataset.classes[int(dataset.index.labels[which])]
    else:
        size = preparation.size if dataset is None else dataset.size
        found = decode(which) if isinstance(which, Path) else drawn_picture(*size)
        name, label = which.name if isinstance(which, Path) else DRAWN, None
        if dataset is not None:
            picture = dataset.prepare(found)
        else:
            picture = to_channels(fit(found, size, preparation.fit), preparation.channels)
    if dataset is not None:
        given = dataset.network_input(picture[None])
    else:
        given = Scaling.unit(preparation.channels).apply(picture[None])
    classes = tuple(dataset.classes) if dataset is not None else ()
    return Sample(picture, given, name, label, classes, which)
