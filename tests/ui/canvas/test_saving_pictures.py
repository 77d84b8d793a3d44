"""The canvas as PNG and SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from PySide6.QtGui import QImage

from workbench.core.diagnostic import Problem
from workbench.document.graph import Graph
from workbench.ui.canvas.picture import MARGIN, png, save_canvas


def test_png_holds_the_whole_network_at_twice_its_size_whatever_is_seen(hands, tmp_path):
    hands.view.set_zoom(0.1)
    hands.bridge.select(("relu_1",))
    path = tmp_path / "network.png"
    hands.panel.save_picture(path)
    image = QImage(str(path))
    bounds = hands.canvas.bounds()
    assert image.width() >= 2 * (bounds.width() + 2 * MARGIN) - 2
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 9) for y in range(0, image.height(), 9)}
    assert len(colours) > 10
    assert hands.canvas.far, "the view is as it was"
    assert hands.canvas.node("relu_1").mood.selected


def test_the_picture_does_not_depend_on_the_selection(hands):
    plain = png(hands.canvas)
    hands.bridge.select(("relu_1",))
    assert png(hands.canvas) == plain


def test_svg_is_well_formed_and_has_the_words(hands, tmp_path):
    path = tmp_path / "network.svg"
    hands.panel.save_picture(path)
    root = ElementTree.parse(path).getroot()
    words = " ".join(t.text or "" for t in root.iter() if t.tag.endswith("text"))
    assert "Conv 1" in words
    assert "64 × 64 × 8" in words


def test_an_empty_canvas_is_refused_with_a_sentence(open_canvas, tmp_path):
    hands = open_canvas(Graph())
    with pytest.raises(Problem, match="nothing on the canvas"):
        save_canvas(hands.canvas, tmp_path / "x.png")


def test_a_folder_that_is_gone_gives_a_notice(hands, tmp_path, qtbot):
    with qtbot.waitSignal(hands.bridge.noticed):
        hands.panel.save_picture(tmp_path / "gone" / "x.png")


def test_a_drawing_of_many_layers_has_letters_not_copies(hands, tmp_path):
    hands.canvas.keep_drawings(True)
    path = tmp_path / "network.svg"
    hands.panel.save_picture(path)
    assert "Conv 1" in path.read_text(encoding="utf-8")
    assert hands.canvas.keeps_drawings
