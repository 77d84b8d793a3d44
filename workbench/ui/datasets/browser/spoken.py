"""A sample in words: for tooltips, below the preview, and for screen readers."""

from __future__ import annotations

from html import escape

from workbench.core.words import count, file_size
from workbench.data.index import printable
from workbench.ui.datasets.browser.columns import SPLIT_TITLES, Columns
from workbench.ui.datasets.browser.selection import Selection


def facts(columns: Columns, number: int) -> tuple[str, ...]:
    """Its class, split, size in the file, and the network's answer, as far as they are known."""
    parts = [columns.classes[int(columns.labels[number])], SPLIT_TITLES[int(columns.splits[number])].lower()]
    width, height = columns.shapes[number].tolist()
    if width and height:
        parts.append(f"{width:,} × {height:,} pixels")
    elif width:  # of a sound: milliseconds
        parts.append(f"{width / 1000:.3g} s")
    parts.append(file_size(int(columns.bytes[number])))
    if columns.predicted[number] >= 0:
        says = columns.classes[int(columns.predicted[number])]
        parts.append(f"the network says {says} {columns.confidence[number]:.2f}")
    return tuple(parts)


def tip(columns: Columns, number: int) -> str:
    """The path and the facts in two lines, as markup, since a name may look like some."""
    lines = (printable(columns.names[number]), " · ".join(facts(columns, number)))
    return f"<p>{'<br>'.join(map(escape, lines))}</p>"


def spoken(columns: Columns, selection: Selection, shown: int) -> str:
    """Where the keyboard is and how many are chosen: "dog/3.png, dog, training, …; 2 of 120 samples chosen"."""
    chosen = f"{len(selection):,} of {count(shown, 'sample')} chosen"
    if selection.current is None:
        return chosen
    return f"{printable(columns.names[selection.current])}, {', '.join(facts(columns, selection.current))}; {chosen}"
