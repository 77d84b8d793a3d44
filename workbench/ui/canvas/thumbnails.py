"""What a card shows of its layer's value: maps, a sequence, bars, the picture itself, or the scores of the classes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PySide6.QtGui import QImage

from workbench.catalogue.declaration import Tensor
from workbench.inspection.colours import qt_table
from workbench.inspection.previews import MOST_MAPS, Preview
from workbench.ui.canvas.geometry import THUMBS

KEPT = 400
"""Cards whose images are kept; those of others are made anew when they are painted (a tenth of a millisecond)."""

ROWS = 3
"""Classes a card has room for."""


@dataclass(frozen=True, slots=True)
class Score:
    """One class at the output: its name, its probability, and whether the picture is labelled so."""

    name: str
    share: float
    is_label: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Thumbs:
    """The thumbnails of one card; its length says for how many of the card's places it needs room.

    At most one of `preview`, `picture` (uint8 H × W × C) and `scores` is there; with none of them the room is kept for
    what has not come yet. `stale`: from before an edit, and nothing newer can be shown.
    """

    preview: Preview | None = None
    picture: np.ndarray[Any, Any] | None = None
    scores: tuple[Score, ...] = ()
    places: int = 0
    stale: bool = False

    def __len__(self) -> int:
        return self.places

    @property
    def is_wide(self) -> bool:
        """One drawing across all places, rather than a picture in each."""
        return bool(self.scores) or (self.preview is not None and self.preview.kind != "maps")

    @property
    def words(self) -> str:
        """What is shown, for a tooltip: "channels 5, 12, 3 and 9 of 64, from -2 to 2"; "" where it explains itself."""
        if self.preview is None:
            said = ""
        else:
            low, high = self.preview.scale.low, self.preview.scale.high
            what = _channels(self.preview) or ("steps from left to right" if self.preview.kind == "sequence" else "")
            said = f"{what}{', ' if what else ''}from {low:g} to {high:g}"
        if self.stale:
            said += f"{'; ' if said else ''}from before the last edit"
        return said

    def images(self) -> tuple[QImage, ...]:
        """The pictures to draw, made when first asked for and kept while there is room."""
        key = self.preview if self.preview is not None else self.picture
        return () if key is None else _images(key)


NO_THUMBS = Thumbs()


def _channels(preview: Preview) -> str:
    """ "channels 5, 12, 3 and 9 of 64", counted from 0 as everywhere in the viewers."""
    names = [f"{channel:,}" for channel in preview.channels]
    if not names:
        return ""
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f"{'channels' if len(names) > 1 else 'channel'} {listed} of {preview.shape[0]:,}"


def thumbs_of(preview: Preview, stale: bool = False) -> Thumbs:
    """The thumbnails of a layer's value."""
    places = len(preview.channels) if preview.kind == "maps" else THUMBS
    return Thumbs(preview, places=places, stale=stale)


def picture_thumbs(picture: np.ndarray[Any, Any], stale: bool = False) -> Thumbs:
    """The chosen picture, on the card of the input it goes to."""
    return Thumbs(picture=picture, places=1, stale=stale)


def score_thumbs(scores: Sequence[float], classes: Sequence[str], label: str | None, stale: bool = False) -> Thumbs:
    """The likeliest classes, the likeliest first; the right one always among them."""
    order = sorted(range(len(scores)), key=lambda k: -scores[k])
    shown = order[:ROWS]
    right = classes.index(label) if label in classes else None
    if right is not None and right not in shown:
        shown[-1] = right
    rows = tuple(Score(classes[k], float(scores[k]), k == right) for k in shown)
    return Thumbs(scores=rows, places=THUMBS, stale=stale)


def room_for(tensor: Tensor | None) -> Thumbs:
    """Room for the thumbnails of a value of this shape, so that the card has its size before they come."""
    if tensor is None or not tensor.size:
        return NO_THUMBS
    shape = tensor.shape
    if len(shape) >= 3 and shape[-1] * shape[-2] > 1:
        return blank(min(MOST_MAPS, tensor.size // (shape[-1] * shape[-2])))
    return blank(THUMBS)


@cache
def blank(places: int) -> Thumbs:
    """Room for so many thumbnails; the same one each time, so that nothing is painted anew for it."""
    return Thumbs(places=places)


_kept: OrderedDict[int, tuple[object, tuple[QImage, ...]]] = OrderedDict()


def _images(of: Preview | np.ndarray[Any, Any]) -> tuple[QImage, ...]:
    """The images of a preview or a picture; the newest are kept (with what they are of, so that no id is reused)."""
    found = _kept.get(id(of))
    if found is None or found[0] is not of:
        made = (picture_image(of),) if isinstance(of, np.ndarray) else tuple(map_image(m, of) for m in of.shades)
        found = _kept[id(of)] = (of, made)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(id(of))
    return found[1]


def map_image(shades: np.ndarray[Any, Any], preview: Preview) -> QImage:
    """One map in the colours of its scale."""
    height, width = shades.shape
    coloured = np.ascontiguousarray(_colours(preview.scale.signed)[shades])
    # copy(): the image must not refer to memory that NumPy may free.
    return QImage(coloured.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


@cache
def _colours(signed: bool) -> np.ndarray[Any, Any]:
    """The colour table as 256 pixels (uint32 0xffRRGGBB)."""
    return np.array(qt_table(signed), np.uint32) | np.uint32(0xFF000000)


def picture_image(picture: np.ndarray[Any, Any]) -> QImage:
    """A picture (uint8 H × W × C, one or three channels)."""
    height, width, channels = picture.shape
    whole = np.ascontiguousarray(np.repeat(picture, 3, axis=2) if channels == 1 else picture[:, :, :3])
    return QImage(whole.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
