"""Texts: one file each in class folders, or one row each of a CSV with a column of texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.data.chance import key, shuffled
from workbench.data.crew import Progress, cancellation
from workbench.data.feed import Asked, Feed, Preparation
from workbench.data.index import Index
from workbench.data.inputs import Input
from workbench.data.kinds.feeding import FileFeed, Form
from workbench.data.kinds.kind import check_layer
from workbench.data.kinds.tables import text_of_cell, unquoted
from workbench.data.kinds.texts import EXTENSIONS, decode_text, read_header, read_text
from workbench.data.kinds.unusable import UnreadableFile
from workbench.data.kinds.vocabulary import Vocabulary, measured_vocabulary, row_of, vocabulary_from
from workbench.data.scanning.headers import Header
from workbench.data.unreadable import UnreadablePicture
from workbench.document.project import DataSettings

MEASURED_ON = 100_000
"""Training texts from which the vocabulary is made, at most: a fixed sample of them where there are more."""

MOST_WORDS_SHOWN = 80

_TOLD_EVERY = 500
_CELL = re.compile(r"\.[ct]sv#\d+$", re.IGNORECASE)
"""The path of a text that is a cell of a CSV; others with "#" stand in shards."""


@dataclass(frozen=True, slots=True)
class TextPreparation:
    """Texts as rows of token numbers: int64 N × length."""

    vocabulary: Vocabulary
    length: int

    @property
    def values(self) -> Mapping[str, Any]:
        return self.vocabulary.as_json()

    def apply(self, raw: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        return raw.astype(np.int64)

    def sample(self, given: str | Path) -> npt.NDArray[np.int32]:
        """`given` is a text, or the `Path` of a file with one."""
        text = read_text(given) if isinstance(given, Path) else given
        return row_of(self.vocabulary.ids(text, self.length), self.length)

    def pieces(self, row: npt.NDArray[Any]) -> list[str]:
        """The tokens behind the numbers of a row, for people to read."""
        return [self.vocabulary.pieces[int(i)] for i in row]


class TextKind:
    id = "text"
    title = "Texts"
    one = "text"
    extensions = EXTENSIONS
    layers: tuple[str, ...] = ("tokens",)

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
        length, most, settings = (
            int(asked.input.params["length"]),
            int(asked.input.params["vocabulary"]),
            asked.settings,
        )
        if values is None:
            texts = _training_texts(asked, progress, cancelled)
            measured = measured_vocabulary(texts, settings.tokeniser, settings.lowercase, most)
            preparation = TextPreparation(measured, length)
        else:
            preparation = self.restored(asked.input, settings, values)
        vocabulary = preparation.vocabulary
        form = Form((length,), np.dtype(np.int32), f"tokens {key(str(vocabulary.as_json())):016x}")
        if isinstance(feed, FileFeed) and feed.form == form:
            return feed, preparation

        def make(i: int) -> npt.NDArray[np.int32]:
            return row_of(vocabulary.ids(text_of(asked.index, i), length), length)

        return FileFeed.open(asked, form, make), preparation

    def restored(self, asked: Input, settings: DataSettings, values: Mapping[str, Any]) -> TextPreparation:
        check_layer(self, asked)
        return TextPreparation(vocabulary_from(values, int(asked.params["vocabulary"])), int(asked.params["length"]))

    def words(self, index: Index, i: int) -> str:
        shown = " ".join(text_of(index, i)[: 8 * MOST_WORDS_SHOWN].split())
        return shown if len(shown) <= MOST_WORDS_SHOWN else f"{shown[: MOST_WORDS_SHOWN - 1].rstrip()}…"

    def preview(self, index: Index, i: int, edge: int) -> None:
        return None

    def asks_of_input(self, preparation: Preparation) -> Mapping[str, Any]:
        return {}


TEXT = TextKind()


def text_of(index: Index, i: int) -> str:
    """The whole text of a sample. Raises `UnreadablePicture`."""
    try:
        data = index.read(i)
        is_cell = index.offsets is not None and _CELL.search(index.path(i)) is not None
        return text_of_cell(unquoted(data)) if is_cell else decode_text(data)
    except UnreadablePicture as refused:
        raise UnreadableFile(refused.reason, index.path(i)) from refused


def _training_texts(asked: Asked, progress: Progress | None, cancelled: Callable[[], bool] | None) -> Iterator[str]:
    chosen = asked.train
    if len(chosen) > MEASURED_ON:
        chosen = np.sort(shuffled(key(asked.settings.seed, "measure"), chosen)[:MEASURED_ON])
    for done, i in enumerate(chosen.tolist(), start=1):
        if cancelled is not None and done % _TOLD_EVERY == 1 and cancelled():
            raise cancellation("Reading the texts")
        try:
            yield text_of(asked.index, i)
        except UnreadablePicture:
            continue  # it is told of when it is first asked for
        if progress is not None and (done % _TOLD_EVERY == 0 or done == len(chosen)):
            progress(done, len(chosen))
