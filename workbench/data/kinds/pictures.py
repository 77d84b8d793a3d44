"""Pictures in class folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.data.caching.cache import PictureCache
from workbench.data.chance import key, shuffled
from workbench.data.crew import Progress, cancellation
from workbench.data.decoding.decode import network_picture, reduced_picture
from workbench.data.decoding.formats import EXTENSIONS
from workbench.data.feed import Asked, Feed, Preparation
from workbench.data.index import Index
from workbench.data.inputs import Input
from workbench.data.kinds.kind import check_layer
from workbench.data.pictures import Pictures
from workbench.data.scaling import Scaling
from workbench.data.scanning.headers import Header, read_header
from workbench.data.unreadable import read_regular
from workbench.document.project import DataSettings

Pixels = npt.NDArray[np.uint8]

MEASURED_ON = 1000
"""Training pictures from which mean and standard deviation are measured, at most."""

_MEASURED_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class PicturePreparation:
    """Pictures at the network's size, their values scaled."""

    scaling: Scaling
    size: tuple[int, int]
    channels: int
    fit: str

    @property
    def values(self) -> Mapping[str, Any]:
        return {"mean": list(self.scaling.mean), "std": list(self.scaling.std)}

    def apply(self, raw: Pixels) -> npt.NDArray[np.float32]:
        return self.scaling.apply(raw)

    def sample(self, given: str | Path) -> Pixels:
        return network_picture(read_regular(given), self.size, self.channels, self.fit)


class PictureKind:
    id = "pictures"
    title = "Pictures"
    one = "picture"
    extensions = EXTENSIONS
    layers: tuple[str, ...] = ("pictures",)

    def header(self, path: str | Path) -> Header:
        return read_header(path)

    def open(
        self,
        asked: Asked,
        *,
        feed: Feed | None = None,
        values: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> tuple[Feed, Preparation]:
        check_layer(self, asked.input)
        size, channels, fit = asked.input.size, asked.input.channels, asked.settings.fit
        scaling = None if values is None else _scaling_of(values, channels)
        pictures = feed if isinstance(feed, Pictures) and feed.fit == fit else _opened(asked)
        try:
            if scaling is None:
                scaling = _chosen(asked, pictures, progress, cancelled)
        except BaseException:
            if pictures is not feed:
                pictures.close()
            raise
        return pictures, PicturePreparation(scaling, size, channels, fit)

    def restored(self, asked: Input, settings: DataSettings, values: Mapping[str, Any]) -> PicturePreparation:
        check_layer(self, asked)
        return PicturePreparation(_scaling_of(values, asked.channels), asked.size, asked.channels, settings.fit)

    def words(self, index: Index, i: int) -> str:
        return f"{index.widths[i]} × {index.heights[i]}"

    def preview(self, index: Index, i: int, edge: int) -> Pixels | None:
        return reduced_picture(index.read(i), edge)

    def asks_of_input(self, preparation: Preparation) -> Mapping[str, Any]:
        return {}


PICTURES = PictureKind()


def _opened(asked: Asked) -> Pictures:
    index, size, channels, fit = asked.index, asked.input.size, asked.input.channels, asked.settings.fit
    notice = asked.notice or (lambda _diagnostic: None)
    cache = PictureCache.open(index, size, channels, fit, budget=asked.cache_budget, notice=notice)
    return Pictures(index, size, channels, fit, cache, asked.threads)


def _chosen(
    asked: Asked, pictures: Pictures, progress: Progress | None, cancelled: Callable[[], bool] | None
) -> Scaling:
    channels = asked.input.channels
    match asked.settings.normalise:
        case "unit":
            return Scaling.unit(channels)
        case "symmetric":
            return Scaling.symmetric(channels)
    sample = np.sort(shuffled(key(asked.settings.seed, "measure"), asked.train)[:MEASURED_ON])

    def batches() -> Iterator[Pixels]:
        """A fixed sample of the training pictures, whose decoding is not lost: the cache keeps them."""
        for k in range(0, len(sample), _MEASURED_AT_ONCE):
            if cancelled is not None and cancelled():
                raise cancellation("Measuring the pictures")
            finished = pictures.finish(pictures.begin(sample[k : k + _MEASURED_AT_ONCE]))
            if finished is not None:
                yield finished[0]
            if progress is not None:
                progress(min(k + _MEASURED_AT_ONCE, len(sample)), len(sample))

    return Scaling.measured(batches(), channels)


def _scaling_of(values: Mapping[str, Any], channels: int) -> Scaling:
    mean, std = (_numbers(values.get(name), channels) for name in ("mean", "std"))
    if mean is None or std is None or min(std) <= 0:
        raise Problem.of(
            "data.preparation",
            f"The scaling kept with this run does not fit pictures with {channels} channels. Train again.",
        )
    return Scaling(mean, std)


def _numbers(value: object, n: int) -> tuple[float, ...] | None:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != n:
        return None
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) and np.isfinite(v) for v in value):
        return None
    return tuple(float(v) for v in value)
