"""Colours, type and spacing of the window, read from the tokens in `resources/theme`.

One `Theme` lives as long as the window. Panels keep it and ask it for colours whenever they paint; when a person
changes the theme it is the same object that answers differently, and `Bridge.themeChanged` says so.

The style sheet is the only one in the program. Widgets choose from it with dynamic properties (`mark(widget, …)`):

* ``role`` on a QLabel: ``title``, ``heading``, ``strong``, ``dim``, ``faint``, ``label``, ``group``, ``number``,
  ``bad``, ``warning``, ``good``, ``link``, ``mono``
* ``role`` on a QPushButton or QToolButton: ``primary``, ``quiet``, ``link``, ``segment``, ``tab``, ``danger``
* ``role`` on a QFrame: ``line`` (a 1-px divider), ``card``, ``notice``
* ``surface`` on any QWidget: ``window``, ``panel``, ``raised``, ``canvas``
* ``state`` on a field: ``error``, ``warning``
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from string import Template
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QWidget

from workbench.core.paths import resources_dir

ThemeName = Literal["dark", "light", "system"]

SPACE = 4  # every distance is a multiple of this
GAP = 8
MARGIN = 16
RADIUS = 6
BODY, LABEL, TITLE, HEADING = 13, 11, 15, 20  # pixels
ROW = 28  # height of a field or a button
ICON = 16
MOTION = 150  # milliseconds, ease-out


@cache
def _tokens(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Colours and category colours of one theme, as the file states them."""
    read = _theme_file(name)
    return read["colors"], read["categories"]


@cache
def _theme_file(name: str) -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads(
        (resources_dir() / "theme" / f"{name}.json").read_text(encoding="utf-8")
    )
    return read


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, "contrast ratio" and "relative luminance")."""

    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    def luminance(c: QColor) -> float:
        return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF())

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


class Theme:
    """The look in force: ``theme.color("accent")``, ``theme.category("convolution")``, ``theme.font("title")``."""

    def __init__(self, name: ThemeName = "dark") -> None:
        self._choice: ThemeName = name

    @property
    def choice(self) -> ThemeName:
        """What the person chose, "system" included."""
        return self._choice

    @property
    def name(self) -> Literal["dark", "light"]:
        """The theme in force, with "system" resolved to what the desktop asks for."""
        if self._choice == "system":
            hints = QGuiApplication.styleHints()
            return "light" if hints.colorScheme() == Qt.ColorScheme.Light else "dark"
        return self._choice

    @property
    def is_dark(self) -> bool:
        return self.name == "dark"

    def use(self, name: ThemeName) -> None:
        """Answer with another theme from now on. Tell the panels through `Bridge.set_theme`, not here."""
        self._choice = name

    def hex(self, token: str) -> str:
        """A token's colour as "#RRGGBB"; the categories answer as "category:pooling". KeyError for an unknown one."""
        colors, categories = _tokens(self.name)
        head, _, tail = token.partition(":")
        return categories[tail] if head == "category" else colors[token]

    def color(self, token: str, alpha: float = 1.0) -> QColor:
        """A token's colour, with an opacity from 0 to 1."""
        color = QColor(self.hex(token))
        color.setAlphaF(alpha)
        return color

    def category(self, category: str) -> QColor:
        """The colour of a layer category; layers this version does not know are grey like the inputs."""
        _, categories = _tokens(self.name)
        return QColor(categories.get(str(category), categories["in/out"]))

    def swatch(self, name: str) -> QColor:
        """What one of the colours looks like that a person may give to layers and frames. KeyError if there is none."""
        return QColor(_theme_file(self.name)["swatches"][name])

    def series(self) -> tuple[QColor, ...]:
        """Colours for further runs in a plot (training is "accent", validation is "warning")."""
        names = ("pooling", "dense", "normalisation", "block", "sequence", "merge", "regularisation", "shape")
        return tuple(self.category(name) for name in names)

    def font(self, role: str = "body", *, bold: bool = False) -> QFont:
        """The font of a role: "body", "label", "title", "heading" or "mono". Figures are tabular."""
        size = {"label": LABEL, "title": TITLE, "heading": HEADING, "mono": BODY - 1}.get(role, BODY)
        font = QFont(_mono_family() if role == "mono" else _family())
        font.setPixelSize(size)
        font.setWeight(QFont.Weight.DemiBold if bold or role in ("title", "heading") else QFont.Weight.Normal)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def palette(self) -> QPalette:
        """For everything the style sheet does not reach: item views, menus, native dialogs, pyqtgraph."""
        palette = QPalette()
        role = QPalette.ColorRole
        for which, token in (
            (role.Window, "panel"),
            (role.WindowText, "text"),
            (role.Base, "panel"),
            (role.AlternateBase, "raised"),
            (role.Text, "text"),
            (role.Button, "raised"),
            (role.ButtonText, "text"),
            (role.BrightText, "bad"),
            (role.Highlight, "accent"),
            (role.HighlightedText, "on_accent"),
            (role.Link, "accent"),
            (role.LinkVisited, "accent"),
            (role.ToolTipBase, "raised"),
            (role.ToolTipText, "text"),
            (role.PlaceholderText, "dim"),
            (role.Light, "raised"),
            (role.Midlight, "hover"),
            (role.Mid, "line"),
            (role.Dark, "window"),
            (role.Shadow, "shadow"),
            (role.Accent, "accent"),
        ):
            palette.setColor(which, self.color(token))
        for which in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, which, self.color("faint"))
        return palette

    def stylesheet(self) -> str:
        """The one style sheet, with this theme's colours and tinted arrows filled in."""
        from workbench.ui.icons import tinted_file

        colors, _ = _tokens(self.name)
        images = {
            f"image_{icon.replace('-', '_')}_{token}": tinted_file(icon, self.hex(token)).as_posix()
            for icon, token in (
                ("chevron-down", "dim"),
                ("chevron-up", "dim"),
                ("chevron-right", "dim"),
                ("chevron-down", "faint"),
                ("check", "on_accent"),
                ("minus", "on_accent"),
                ("close", "dim"),
            )
        }
        sizes = {"body": BODY, "label": LABEL, "title": TITLE, "heading": HEADING, "mono": BODY - 1, "radius": RADIUS}
        fonts = {"family": _family(), "mono_family": _mono_family()}
        return _template(resources_dir() / "theme" / "window.qss").substitute(colors, **images, **sizes, **fonts)


def mark(widget: QWidget, **properties: str) -> None:
    """Set dynamic properties that the style sheet selects on, and restyle the widget if it is already shown."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    if "surface" in properties:  # without it a style sheet paints no ground of a plain QWidget
        widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


@cache
def _template(path: Path) -> Template:
    return Template(path.read_text(encoding="utf-8"))


def _family() -> str:
    if "Inter" in QFontDatabase.families():
        return "Inter"
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()


def _mono_family() -> str:
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
