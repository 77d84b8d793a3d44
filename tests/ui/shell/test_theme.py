"""Tokens, contrast, icons: what every painted thing rests on."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from workbench.catalogue.declaration import Category
from workbench.core.paths import resources_dir
from workbench.ui import icons
from workbench.ui.theme import Theme, contrast, mark

SURFACES = ("window", "panel", "raised", "canvas", "field")
WORDS = ("text", "dim", "accent", "good", "warning", "bad")
LINES = ("wire", "port", "outline", "accent", "good", "warning", "bad", "dim")


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest, qapp: QApplication) -> Theme:
    return Theme(request.param)


def test_contrast_agrees_with_the_standard() -> None:
    assert contrast(QColor("#FFFFFF"), QColor("#000000")) == pytest.approx(21.0)
    assert contrast(QColor("#777777"), QColor("#FFFFFF")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("surface", SURFACES)
def test_words_can_be_read(theme: Theme, surface: str) -> None:
    for token in WORDS:
        assert contrast(theme.color(token), theme.color(surface)) >= 4.5, (token, surface)


@pytest.mark.parametrize("surface", SURFACES)
def test_lines_and_icons_can_be_seen(theme: Theme, surface: str) -> None:
    for token in LINES:
        assert contrast(theme.color(token), theme.color(surface)) >= 3.0, (token, surface)
    for category in (*Category, "block"):
        assert contrast(theme.category(category), theme.color(surface)) >= 3.0, (category, surface)


def test_words_on_filled_and_marked_surfaces_can_be_read(theme: Theme) -> None:
    for surface in ("accent", "accent_hover", "accent_pressed"):
        assert contrast(theme.color("on_accent"), theme.color(surface)) >= 4.5, surface
    for surface in ("hover", "pressed", "selection"):
        assert contrast(theme.color("text"), theme.color(surface)) >= 4.5, surface


def test_both_themes_state_the_same_tokens(qapp: QApplication) -> None:
    text = {name: (resources_dir() / "theme" / f"{name}.json").read_text() for name in ("dark", "light")}
    keys = {name: re.findall(r'"([^"]+)":', t) for name, t in text.items()}
    assert keys["dark"] == keys["light"]


def test_categories_differ_from_each_other(theme: Theme) -> None:
    colors = [theme.category(c).name() for c in Category]
    assert len(set(colors)) == len(colors)


def test_style_sheet_is_complete_and_accepted(theme: Theme, qtbot: object) -> None:
    sheet = theme.stylesheet()
    assert "$" not in sheet
    for image in re.findall(r'url\("([^"]+)"\)', sheet):
        assert not QPixmap(image).isNull(), image
    widget = QWidget()
    qtbot.addWidget(widget)  # type: ignore[attr-defined]
    widget.setStyleSheet(sheet)  # a parse error would be a Qt warning, which fails the test
    button = QPushButton("Train", widget)
    mark(button, role="primary")
    assert button.property("role") == "primary"


def test_every_icon_has_ink_and_takes_the_colour(theme: Theme) -> None:
    assert len(icons.names()) > 50
    for name in icons.names():
        image = icons.pixmap(name, theme.color("accent"), 16, 2.0).toImage()
        inked = [
            image.pixelColor(x, y)
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() > 200
        ]
        assert len(inked) > 12, name
        wanted = theme.color("accent")
        assert all(abs(c.red() - wanted.red()) + abs(c.blue() - wanted.blue()) < 8 for c in inked), name


def test_icons_are_sharp_at_every_scale(theme: Theme) -> None:
    made = icons.icon("undo", theme)
    for ratio in (1.0, 1.5, 2.0):
        pixmap = made.pixmap(made.actualSize(icons.pixmap("undo", theme.color("text")).size()), ratio)
        assert pixmap.width() == round(16 * ratio)
    with pytest.raises(KeyError, match="no icon named"):
        icons.icon("no-such-icon", theme)


def test_drawings_are_of_one_family() -> None:
    for path in (resources_dir() / "icons").glob("*.svg"):
        text = path.read_text()
        for trait in ('viewBox="0 0 16 16"', 'stroke-width="1.5"', 'stroke-linecap="round"'):
            assert trait in text, (path.name, trait)
