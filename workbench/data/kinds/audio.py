"""Sounds: WAV, FLAC and Ogg files in class folders, as waveforms or log-mel spectrograms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.catalogue.sound import frames_in, samples_in
from workbench.core.diagnostic import Problem
from workbench.core.words import number
from workbench.data.chance import key, shuffled
from workbench.data.crew import Progress, cancellation
from workbench.data.feed import Asked, Feed, Preparation
from workbench.data.index import Index
from workbench.data.inputs import Input
from workbench.data.kinds.feeding import FileFeed, Form
from workbench.data.kinds.kind import check_layer
from workbench.data.kinds.sounds import EXTENSIONS, decode_sound, envelope, read_header
from workbench.data.kinds.spectrogram import FLOOR, log_mel
from workbench.data.kinds.unusable import UnreadableFile
from workbench.data.scanning.headers import Header
from workbench.data.unreadable import UnreadablePicture, read_regular
from workbench.document.project import DataSettings

MEASURED_ON = 1000
"""Training sounds from which mean and standard deviation are measured, at most."""

_MEASURED_AT_ONCE = 32
_VERSION = 1
"""Raised when a raw sample is made otherwise, so that the cache is not believed."""

_PREVIEW_RATE = 8_000
_MOST_PREVIEWED = 10.0
_SMALLEST_STD = 1e-5

Raw = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SoundPreparation:
    """Sounds of one length and rate, with one mean taken off and divided by one deviation."""

    form: str
    rate: int
    seconds: float
    mels: int
    mean: float
    std: float

    @property
    def values(self) -> Mapping[str, Any]:
        return {"mean": [self.mean], "std": [self.std]}

    def apply(self, raw: Raw) -> Raw:
        """N × samples to N × 1 × samples, or N × mels × frames to N × 1 × mels × frames."""
        scaled = (raw - np.float32(self.mean)) * np.float32(1 / self.std)
        return np.asarray(scaled[:, None], np.float32)

    def sample(self, given: str | Path) -> Raw:
        """`given` is the path of a sound file."""
        return self.raw(read_regular(given))

    def raw(self, data: bytes) -> Raw:
        """What the bytes of a sound file become before the scaling."""
        waveform = decode_sound(data, self.rate, self.seconds)
        return waveform if self.form == "waveform" else log_mel(waveform, self.rate, self.mels)


class AudioKind:
    id = "audio"
    title = "Sounds"
    one = "sound"
    extensions = EXTENSIONS
    layers: tuple[str, ...] = ("sound",)

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
        unscaled = self.restored(asked.input, asked.settings, {"mean": [0.0], "std": [1.0]})
        index = asked.index

        def make(i: int) -> Raw:
            return unscaled.raw(index.read(i))

        form = _form(unscaled)
        sounds = feed if isinstance(feed, FileFeed) and feed.form == form else FileFeed.open(asked, form, make)
        try:
            if values is None:
                values = _measured(asked, unscaled, sounds, progress, cancelled)
            return sounds, self.restored(asked.input, asked.settings, values)
        except BaseException:
            if sounds is not feed:
                sounds.close()
            raise

    def restored(self, asked: Input, settings: DataSettings, values: Mapping[str, Any]) -> SoundPreparation:
        check_layer(self, asked)
        mean, std = (_one_number(values.get(name)) for name in ("mean", "std"))
        if mean is None or std is None or std <= 0:
            raise Problem.of("data.preparation", "The scaling kept with this run is damaged. Train again.")
        p = asked.params
        return SoundPreparation(str(p["form"]), int(p["rate"]), float(p["seconds"]), int(p["mels"]), mean, std)

    def words(self, index: Index, i: int) -> str:
        """How long it lasts; 0 where that is not known."""
        return f"{number(index.widths[i] / 1000)} s"

    def preview(self, index: Index, i: int, edge: int) -> npt.NDArray[np.uint8] | None:
        try:
            seconds = min(max(float(index.widths[i]) / 1000, 0.05), _MOST_PREVIEWED)
            return envelope(decode_sound(index.read(i), _PREVIEW_RATE, seconds), edge)
        except UnreadablePicture as refused:
            raise UnreadableFile(refused.reason, index.path(i)) from refused

    def asks_of_input(self, preparation: Preparation) -> Mapping[str, Any]:
        return {}


AUDIO = AudioKind()


def _form(made: SoundPreparation) -> Form:
    """What one raw sample is, before the scaling."""
    told = f"sound {_VERSION} {made.form} {made.rate} {made.seconds!r} {made.mels if made.form == 'log_mel' else ''}"
    if made.form == "waveform":
        return Form((samples_in(made.seconds, made.rate),), np.dtype(np.float32), told)
    return Form((made.mels, frames_in(made.seconds, made.rate)), np.dtype(np.float32), told)


def _measured(
    asked: Asked,
    unscaled: SoundPreparation,
    sounds: FileFeed,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> Mapping[str, Any]:
    """Mean and deviation as the settings ask for; measured over a fixed sample of the training sounds."""
    lowest = math.log(FLOOR) if unscaled.form == "log_mel" else -1.0
    match asked.settings.normalise:
        case "unit":
            return {"mean": [lowest], "std": [-lowest if unscaled.form == "log_mel" else 2.0]}
        case "symmetric":
            return {"mean": [lowest / 2], "std": [-lowest / 2]} if lowest < -1 else {"mean": [0.0], "std": [1.0]}
    sample = np.sort(shuffled(key(asked.settings.seed, "measure"), asked.train)[:MEASURED_ON])
    n, mean, squares = 0, 0.0, 0.0
    for k in range(0, len(sample), _MEASURED_AT_ONCE):
        if cancelled is not None and cancelled():
            raise cancellation("Measuring the sounds")
        finished = sounds.finish(sounds.begin(sample[k : k + _MEASURED_AT_ONCE]))
        if finished is not None and finished[0].size:
            part = finished[0].astype(np.float64)
            m, change = part.size, float(part.mean()) - mean
            squares += float(part.var()) * m + change**2 * n * m / (n + m)  # Chan, Golub and LeVeque 1979, (2.1)
            mean += change * m / (n + m)
            n += m
        if progress is not None:
            progress(min(k + _MEASURED_AT_ONCE, len(sample)), len(sample))
    if not n:
        return {"mean": [0.0], "std": [1.0]}
    return {"mean": [mean], "std": [max(math.sqrt(squares / n), _SMALLEST_STD)]}


def _one_number(value: object) -> float | None:
    if not isinstance(value, (list, tuple)) or len(value) != 1:
        return None
    only = value[0]
    if not isinstance(only, (int, float)) or isinstance(only, bool) or not math.isfinite(only):
        return None
    return float(only)
