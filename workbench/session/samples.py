"""The sample that is looked at: one of the data set, a file, or, before anything was chosen, one made up by us."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.data.inputs import PICTURES, Input
from workbench.inspection.samples import DRAWN, drawn_picture

if TYPE_CHECKING:
    import numpy as np

    from workbench.data.dataset import Dataset

Which = int | Path | None
"""A sample's index in the data set, a file, or the one made up."""

MOST_WORDS = 4000
"""Characters of a text that are shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A sample ready for the network: `given` with a batch axis of one.

    `picture` is what people see of it, uint8 H × W × C: a picture at the network's size, the outline of a sound; None
    for texts and rows, of which `words` are shown, and `short` where there is little room.
    """

    picture: np.ndarray[Any, Any] | None
    given: np.ndarray[Any, Any]
    name: str
    label: str | None
    classes: tuple[str, ...]
    which: Which = None
    words: str = ""
    short: str = ""
    more: tuple[np.ndarray[Any, Any], ...] = ()
    """What the inputs after the first get, where the data feed them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a network without data takes: its input, and how pictures are fitted."""

    input: Input
    fit: str


def sample_of(dataset: Dataset | None, which: Which, wanted: Wanted) -> Sample:
    """Read and prepare one sample as the network will see it. Raises `Problem` if it cannot be read.

    Without a data set pictures are scaled to 0..1 and other samples are made up; an index needs one.
    """
    layer = wanted.input.layer if dataset is None else dataset.input.layer
    if layer == PICTURES:
        return _picture(dataset, which, wanted)
    if dataset is None or which is None:
        return _made_up(dataset, wanted.input if dataset is None else dataset.input)
    return _indexed(dataset, which) if isinstance(which, int) else _from_file(dataset, which)


def _picture(dataset: Dataset | None, which: Which, wanted: Wanted) -> Sample:
    from workbench.data.decoding.decode import decode
    from workbench.data.decoding.fit import fit, to_channels
    from workbench.data.scaling import Scaling

    if isinstance(which, int) and dataset is not None:
        picture = dataset.picture(which)
        name, label = dataset.index.path(which), _label(dataset, which)
    else:
        size = wanted.input.size if dataset is None else dataset.size
        found = decode(which) if isinstance(which, Path) else drawn_picture(*size)
        name, label = which.name if isinstance(which, Path) else DRAWN, None
        if dataset is not None:
            picture = dataset.prepare(found)
        else:
            picture = to_channels(fit(found, size, wanted.fit), wanted.input.channels)
    if dataset is not None:
        given = dataset.network_input(picture[None])
    else:
        given = Scaling.unit(wanted.input.channels).apply(picture[None])
    return Sample(picture, given, name, label, _classes(dataset), which, more=_more(dataset, which))


def _indexed(dataset: Dataset, which: int) -> Sample:
    """A text, a sound or a row of the data set."""
    given = dataset.network_input(dataset.raw(which)[None])
    name, label = dataset.index.path(which), _label(dataset, which)
    short = dataset.words(which)
    if dataset.kind.id == "audio":
        seen = _seen(given, dataset.input)
        return Sample(seen, given, name, label, _classes(dataset), which, short, short, _more(dataset, which))
    words = _whole(dataset, which)
    return Sample(None, given, name, label, _classes(dataset), which, words, short, _more(dataset, which))


def _label(dataset: Dataset, which: int) -> str | None:
    """The class of a sample; None where samples are labelled with numbers, which are no class."""
    return None if dataset.settings.target == "numbers" else dataset.classes[int(dataset.index.labels[which])]


def _more(dataset: Dataset | None, which: Which) -> tuple[np.ndarray[Any, Any], ...]:
    """What the further inputs get of a sample of the data set."""
    return dataset.network_inputs([which])[1:] if dataset is not None and isinstance(which, int) else ()


def _whole(dataset: Dataset, which: int) -> str:
    """All of a text, or each column of a row on a line of its own."""
    from workbench.data.kinds.table import row_of
    from workbench.data.kinds.text import text_of

    if dataset.kind.id == "table":
        return "\n".join(f"{name}: {value}" for name, value in row_of(dataset.index, which))[:MOST_WORDS]
    return text_of(dataset.index, which)[:MOST_WORDS]


def _from_file(dataset: Dataset, path: Path) -> Sample:
    """A file that is none of the data set; of a table its first row."""
    from workbench.core.diagnostic import Problem
    from workbench.data.kinds.texts import read_text
    from workbench.session.incoming import given_by

    first = next(given_by(dataset.kind, path), None)
    if first is None:
        raise Problem.of("data.table", f"“{path}” has no rows.")
    new = dataset.kind.restored(dataset.input, dataset.settings, dataset.preparation)
    given = new.apply(new.sample(first[1])[None])
    picture = _seen(given, dataset.input) if dataset.kind.id == "audio" else None
    words = ""
    if dataset.kind.id == "text":
        words = read_text(path)[:MOST_WORDS]
    elif dataset.kind.id == "table":
        words = "\n".join(f"{name}: {value}" for name, value in first[1].items())[:MOST_WORDS]
    return Sample(picture, given, path.name, None, _classes(dataset), path, words, ", ".join(words.split("\n"))[:200])


def _made_up(dataset: Dataset | None, asked: Input) -> Sample:
    """What enters a network before there are data: a sound, tokens or numbers that we made up."""
    from workbench.inspection.samples import MADE_UP, drawn_features, drawn_sound, drawn_tokens

    p = asked.params
    name = MADE_UP[asked.layer]
    given: np.ndarray[Any, Any]
    match asked.layer:
        case "tokens":
            given = drawn_tokens(int(p["length"]), int(p["vocabulary"]))
        case "sound":
            given = drawn_sound(str(p["form"]), int(p["rate"]), float(p["seconds"]), int(p["mels"]))
        case _:
            given = drawn_features(int(p["features"]))
    picture = _seen(given, asked) if asked.layer == "sound" else None
    return Sample(picture, given, name, None, _classes(dataset), None, name, name)


def _seen(given: np.ndarray[Any, Any], asked: Input) -> np.ndarray[Any, Any]:
    """A prepared sound as people see it: its spectrogram with high pitches above, or the outline of its wave."""
    import numpy as np

    from workbench.data.kinds.sounds import envelope
    from workbench.inspection.samples import spectrogram_picture

    if asked.params.get("form") == "waveform":
        return envelope(np.ascontiguousarray(given[0, 0], np.float32), 160)
    return spectrogram_picture(given[0, 0])


def _classes(dataset: Dataset | None) -> tuple[str, ...]:
    return tuple(dataset.classes) if dataset is not None else ()
