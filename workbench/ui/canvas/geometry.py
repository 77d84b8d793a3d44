"""Where everything of a card sits, in whole scene pixels. Pure: a card and text measures in, rectangles out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF

from workbench.ui.canvas.card import Card
from workbench.ui.canvas.look import Look

GRID = 8
BAR = 4
PAD_LEFT = 14  # from the card's edge, bar included
PAD_RIGHT = 12
HEIGHT = 56
PORT_Y = HEIGHT // 2
PORT_STEP = 16
PORT_RADIUS = 4.5
PORT_REACH = 11.0  # how near a pointer must come to a port, in screen pixels
RADIUS = 7.0
NARROWEST, WIDEST, WIDTH_STEP = 168, 288, 8
TITLE_TOP, TITLE_HEIGHT = 9, 18
WORDS_TOP, WORDS_HEIGHT = 29, 16
FACT_HEIGHT = 16
GAP = 10
THUMB, THUMB_GAP, THUMB_TOP, THUMBS = 40, 4, 52, 4
NOTE_GAP = 8
NOTE_NARROWEST = 232
NOTE_PAD = 10
NOTE_LINE = 17
SIGN = 14  # a mark beside the title: something is wrong, the layer is bypassed
LOW = 40  # the height of a collapsed card
SHEET = 4  # how far each sheet of a block's stack looks out below the card


@dataclass(frozen=True, slots=True)
class Frame:
    """A card laid out: its size and the place of each part, relative to its top left corner."""

    width: int
    height: int
    inputs: tuple[QPointF, ...]
    outputs: tuple[QPointF, ...]
    title: QRectF
    times: QRectF
    marks: tuple[QRectF, ...]
    count: QRectF
    words: QRectF
    shape: QRectF
    thumbnails: tuple[QRectF, ...]
    fact: QRectF = field(default_factory=QRectF)

    @property
    def rect(self) -> QRectF:
        return QRectF(0, 0, self.width, self.height)


def frame(card: Card, look: Look) -> Frame:
    """Lay a card out. The width follows the text in steps, so that it rarely changes while values are typed."""
    marks = len(card.marks) * (SIGN + 4)
    times = math.ceil(look.count_width(card.times)) + 12 if card.times else 0
    count_width = math.ceil(look.count_width(card.count)) if card.count and not card.collapsed else 0
    shape_width = math.ceil(look.body_width(card.shape)) if card.shape and not card.collapsed else 0
    words_width = math.ceil(look.body_width(card.words)) if not card.collapsed else 0
    title_width = math.ceil(look.title_width(card.title))
    beside = marks + (count_width + GAP if count_width else 0) + (times + 6 if times else 0)
    bottom_row = words_width + (shape_width + (GAP if words_width else 0) if shape_width else 0)
    maps = card.maps * (THUMB + THUMB_GAP) - THUMB_GAP
    fact_width = math.ceil(look.count_width(card.fact)) if card.fact else 0
    wanted = max(title_width + beside, bottom_row, maps, fact_width) + PAD_LEFT + PAD_RIGHT
    steps = math.ceil((wanted - NARROWEST) / WIDTH_STEP)
    width = min(WIDEST, NARROWEST + WIDTH_STEP * max(0, steps))

    right = width - PAD_RIGHT
    shape_left = max(PAD_LEFT, right - shape_width)
    middle = _middle(card)
    title_top = middle - TITLE_HEIGHT // 2 if card.collapsed else TITLE_TOP
    title = QRectF(PAD_LEFT, title_top, right - PAD_LEFT - beside, TITLE_HEIGHT)
    after = PAD_LEFT + min(title_width, title.width()) + 6
    return Frame(
        width=width,
        height=body_height(card),
        inputs=ports(len(card.inputs), 0.0, middle),
        outputs=ports(len(card.outputs), float(width), middle),
        title=title,
        times=QRectF(after, title_top + 1, times, TITLE_HEIGHT - 2),
        marks=tuple(
            QRectF(right - SIGN - i * (SIGN + 4), title.center().y() - SIGN / 2, SIGN, SIGN)
            for i in range(len(card.marks))
        ),
        count=QRectF(right - count_width - marks, title_top, count_width, TITLE_HEIGHT),
        words=QRectF(
            PAD_LEFT, WORDS_TOP, max(0, shape_left - GAP - PAD_LEFT if shape_width else right - PAD_LEFT), WORDS_HEIGHT
        )
        if not card.collapsed
        else QRectF(),
        shape=QRectF(shape_left, WORDS_TOP, right - shape_left, WORDS_HEIGHT) if not card.collapsed else QRectF(),
        fact=QRectF(PAD_LEFT, WORDS_TOP + WORDS_HEIGHT + 1, right - PAD_LEFT, FACT_HEIGHT) if card.fact else QRectF(),
        thumbnails=tuple(
            QRectF(PAD_LEFT + i * (THUMB + THUMB_GAP), _thumbs_top(card), THUMB, THUMB) for i in range(card.maps)
        ),
    )


def body_height(card: Card) -> int:
    """The card's height: two lines, more where it has many ports or thumbnails. A multiple of the grid."""
    if card.collapsed:
        return LOW + _extra(card)
    return (_thumbs_top(card) + THUMB + 12) if card.maps else HEIGHT + _extra(card)


def _middle(card: Card) -> int:
    """The height of the line on which the first ports stand."""
    return LOW // 2 if card.collapsed else PORT_Y


def _thumbs_top(card: Card) -> int:
    """Thumbnails stand below the second line, lower where a card has many ports."""
    return THUMB_TOP + _extra(card)


def _extra(card: Card) -> int:
    """A plain card has room for three ports; each further one makes it taller, and so does a line of facts."""
    further = max(0, max(len(card.inputs), len(card.outputs)) - 3) * PORT_STEP
    return further + (FACT_HEIGHT if card.fact else 0)


def ports(count: int, x: float, middle: int = PORT_Y) -> tuple[QPointF, ...]:
    """The ports of one edge: one in the middle of the text lines, more of them spread around it and downwards."""
    first = middle - PORT_STEP * (min(count, 3) - 1) / 2
    return tuple(QPointF(x, first + i * PORT_STEP) for i in range(count))


def snapped(value: float) -> int:
    """The nearest line of the grid."""
    return math.floor(value / GRID + 0.5) * GRID
