"""The built-in samples, made on first use, so that nothing has to be downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from workbench.core.diagnostic import Problem
from workbench.core.paths import user_dir

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Sample:
    """One built-in data set. `pictures` yields (path below the folder, picture), always the same ones.

    `version` goes up when the pictures change, so that an old folder is not mistaken for the new one.
    """

    name: str
    title: str
    summary: str
    count: int
    version: int
    pictures: Callable[[], Iterator[tuple[str, Image.Image]]]


def _digits() -> Iterator[tuple[str, Image.Image]]:
    from workbench.data.samples.digits import pictures

    return pictures()


def _scenes() -> Iterator[tuple[str, Image.Image]]:
    from workbench.data.samples.scenes import pictures

    return pictures()


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample(
            "digits",
            "Handwritten digits",
            "1,797 handwritten digits of 8 × 8 pixels, from scikit-learn.",
            1797,
            1,
            _digits,
        ),
        Sample(
            "scenes",
            "Scenes",
            "3,200 drawn pictures of houses, cars, people and pets. A program drew them; they are not photographs.",
            3200,
            1,
            _scenes,
        ),
    )
}


def sample_folder(name: str, progress: Progress | None = None) -> Path:
    """The labelled folder of a sample; written once, whole or not at all. Raises `Problem` for an unknown name."""
    sample = SAMPLES.get(name)
    if sample is None:
        raise Problem.of("data.sample", f"There is no sample called “{name}”. The samples are: {', '.join(SAMPLES)}.")
    parent = user_dir("data") / "samples"
    folder = parent / f"{name}-{sample.version}"
    if folder.is_dir():
        return folder
    making = parent / f".{name}-{sample.version}.{os.getpid()}.making"
    try:
        shutil.rmtree(making, ignore_errors=True)
        made: set[Path] = set()
        for done, (relative, picture) in enumerate(sample.pictures(), start=1):
            path = making / relative
            if path.parent not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(path.parent)
            picture.save(path, format="PNG", compress_level=1)
            if progress is not None:
                progress(done, sample.count)
        try:
            making.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another window was quicker; its folder is the same
                raise
    except OSError as error:
        raise Problem.of(
            "data.sample_write",
            f"The sample “{sample.title}” could not be written to {parent} ({error.strerror or error}). "
            "Free some space there and try again.",
        ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder
