"""The built-in samples, made on first use, so that nothing has to be downloaded."""

from __future__ import annotations

import io
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Problem
from workbench.core.paths import user_dir

if TYPE_CHECKING:
    from PIL import Image

Progress = Callable[[int, int | None], None]
Files = Iterator[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One built-in data set. `files` yields (path below the folder, bytes), always the same ones.

    `entry` is the file to open where the sample is one, else "". `version` goes up when the files change, so that an
    old folder is not mistaken for the new one.
    """

    name: str
    title: str
    summary: str
    count: int
    version: int
    files: Callable[[], Files]
    entry: str = ""


def _digits() -> Files:
    from workbench.data.samples.digits import pictures

    return _as_png(pictures())


def _scenes() -> Files:
    from workbench.data.samples.scenes import pictures

    return _as_png(pictures())


def _notes() -> Files:
    from workbench.data.samples.notes import texts

    return ((path, text.encode()) for path, text in texts())


def _spoken() -> Files:
    from workbench.data.samples.spoken import sounds

    return sounds()


def _wine() -> Files:
    from workbench.data.samples.wine import table

    return iter([("wine.csv", table().encode())])


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
        Sample(
            "notes",
            "Notes",
            "1,800 short texts: questions, orders and reports in the same words. A program wrote them from a grammar.",
            1800,
            1,
            _notes,
        ),
        Sample(
            "spoken",
            "Spoken digits",
            "1,200 sounds of the digits zero to nine at 8,000 Hz. A program formed them; nobody spoke them.",
            1200,
            1,
            _spoken,
        ),
        Sample(
            "wine",
            "Wine",
            "178 wines of three growers, 13 chemical measurements each, from scikit-learn (UCI).",
            1,
            1,
            _wine,
            "wine.csv",
        ),
    )
}


def sample_folder(name: str, progress: Progress | None = None) -> Path:
    """The labelled folder of a sample, or its table; written once, whole or not at all.

    Raises `Problem` for an unknown name ("data.sample") and where it cannot be written ("data.sample_write").
    """
    sample = SAMPLES.get(name)
    if sample is None:
        raise Problem.of("data.sample", f"There is no sample called “{name}”. The samples are: {', '.join(SAMPLES)}.")
    parent = user_dir("data") / "samples"
    folder = parent / f"{name}-{sample.version}"
    if folder.is_dir():
        return folder / sample.entry
    with _WRITING:  # the data are opened by one thread and a run prepared by another: the second finds it made
        if not folder.is_dir():
            _write(sample, folder, progress)
    return folder / sample.entry


_WRITING = threading.Lock()


def _write(sample: Sample, folder: Path, progress: Progress | None) -> None:
    parent = folder.parent
    making = parent / f".{folder.name}.{os.getpid()}.making"
    try:
        shutil.rmtree(making, ignore_errors=True)
        made: set[Path] = set()
        for done, (relative, data) in enumerate(sample.files(), start=1):
            path = making / relative
            if path.parent not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(path.parent)
            path.write_bytes(data)
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


def _as_png(pictures: Iterator[tuple[str, Image.Image]]) -> Files:
    for path, picture in pictures:
        buffer = io.BytesIO()
        picture.save(buffer, format="PNG", compress_level=1)
        yield path, buffer.getvalue()
