"""Icons: 16-px line drawings from `resources/icons`, tinted with a colour of the theme, sharp at every scale."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from workbench.core.files import write_atomic
from workbench.core.paths import resources_dir, user_dir
from workbench.ui.theme import ICON, Theme

_RATIOS = (1.0, 1.5, 2.0, 3.0)


def icon(name: str, theme: Theme, token: str = "text", size: int = ICON, gap: int = 0) -> QIcon:
    """The icon `name` in the colour of `token`, with its disabled form. KeyError if there is none.

    `gap` adds so many empty pixels on the right, for buttons with words (style sheets cannot set that distance).
    """
    color, disabled = theme.hex(token), theme.hex("faint")
    made = QIcon()
    for ratio in _RATIOS:
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Active, QIcon.Mode.Selected):
            made.addPixmap(_pixmap(name, color, size, ratio, gap), mode)
        made.addPixmap(_pixmap(name, disabled, size, ratio, gap), QIcon.Mode.Disabled)
    return made


def pixmap(name: str, color: QColor, size: int = ICON, ratio: float = 1.0) -> QPixmap:
    """One tinted drawing, `size` logical pixels on each side, for painters. `ratio` is the device pixel ratio."""
    return _pixmap(name, color.name(QColor.NameFormat.HexArgb), size, ratio)


def names() -> tuple[str, ...]:
    """Every icon there is, sorted."""
    return tuple(sorted(path.stem for path in (resources_dir() / "icons").glob("*.svg")))


def tinted_file(name: str, color: str) -> Path:
    """A tinted copy on disk (in the user's cache), because style sheets take images only by file name."""
    path = user_dir("cache") / "icons" / f"{name}-{color.removeprefix('#').lower()}.svg"
    text = _source(name).replace("#000", color).encode()
    if not path.exists() or path.read_bytes() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text)
    return path


def _pixmap(name: str, color: str, size: int, ratio: float, gap: int = 0) -> QPixmap:
    key = f"workbench/{name}/{color}/{size}/{ratio}/{gap}"
    made = QPixmap()
    if QPixmapCache.find(key, made):  # Qt's own cache dies with the application; a Python one would outlive it
        return made
    drawing = QSvgRenderer(QByteArray(_source(name).encode()))  # may raise, so before any painter is open
    edge = round(size * ratio)
    made = QPixmap(edge + round(gap * ratio), edge)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    drawing.render(painter, QRectF(0, 0, edge, edge))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(made.rect(), QColor(color))
    painter.end()
    made.setDevicePixelRatio(ratio)
    QPixmapCache.insert(key, made)
    return made


@cache
def _source(name: str) -> str:
    path = resources_dir() / "icons" / f"{name}.svg"
    if not path.is_file():
        raise KeyError(f"There is no icon named {name!r}; resources/icons has {', '.join(names())}.")
    return path.read_text(encoding="utf-8")
