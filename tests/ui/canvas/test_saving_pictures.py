"""The canvas as PNG and SVG, on the clipboard, and the sheet that asks how."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
import shiboken6
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from workbench.core.diagnostic import Problem
from workbench.document.graph import Graph
from workbench.ui.canvas.picture import LARGEST, MARGIN, Wish, image, png, save_canvas, svg
from workbench.ui.canvas.picture_sheet import PictureSheet


def colours(made: QImage) -> set[str]:
    return {made.pixelColor(x, y).name() for x in range(0, made.width(), 9) for y in range(0, made.height(), 9)}


def words(drawing: bytes) -> str:
    root = ElementTree.fromstring(drawing)
    return " ".join(t.text or "" for t in root.iter() if t.tag.endswith("text"))


def test_png_holds_the_whole_network_at_twice_its_size_whatever_is_seen(hands, tmp_path):
    hands.view.set_zoom(0.1)
    hands.bridge.select(("relu_1",))
    path = tmp_path / "network.png"
    hands.panel.save_picture(path)
    made = QImage(str(path))
    bounds = hands.canvas.bounds()
    assert made.width() >= 2 * (bounds.width() + 2 * MARGIN) - 2
    assert len(colours(made)) > 10
    assert hands.canvas.far, "the view is as it was"
    assert hands.canvas.node("relu_1").mood.selected


def test_the_picture_does_not_depend_on_the_selection(hands):
    plain = png(hands.canvas)
    hands.bridge.select(("relu_1",))
    assert png(hands.canvas) == plain


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
def test_the_scale_is_pixels_for_a_pixel_and_the_printed_size_stays(hands, scale):
    made = image(hands.canvas, Wish(scale=scale))
    plain = image(hands.canvas, Wish(scale=1.0))
    assert made.width() == pytest.approx(plain.width() * scale, abs=scale)
    inches = made.width() / (made.dotsPerMeterX() * 0.0254)
    assert inches == pytest.approx(plain.width() / 96, rel=0.01)


def test_a_picture_is_never_larger_than_an_image_may_be(hands):
    made = image(hands.canvas, Wish(scale=200.0))
    assert max(made.width(), made.height()) == LARGEST


def test_of_a_selection_only_that_is_drawn(hands):
    part = Wish(nodes=("conv2d_1", "relu_1"), scale=1.0)
    assert image(hands.canvas, part).width() < image(hands.canvas, Wish(scale=1.0)).width()
    said = words(svg(hands.canvas, part))
    assert "Conv 1" in said
    assert "Linear" not in said


def test_without_a_ground_there_is_nothing_between_the_cards(hands):
    corner = image(hands.canvas, Wish(transparent=True)).pixelColor(3, 3)
    assert corner.alpha() == 0
    assert image(hands.canvas).pixelColor(3, 3).alpha() == 255
    ground = hands.canvas.look.canvas.name()
    assert ground in svg(hands.canvas).decode()
    assert ground not in svg(hands.canvas, Wish(transparent=True)).decode()


def test_the_other_theme_for_paper_while_the_screen_stays_dark(hands):
    light = image(hands.canvas, Wish(theme="light"))
    assert light.pixelColor(3, 3).lightness() > 200
    assert image(hands.canvas).pixelColor(3, 3).lightness() < 60
    assert hands.canvas.look.is_dark


def test_svg_is_well_formed_and_has_the_words(hands, tmp_path):
    path = tmp_path / "network.svg"
    hands.panel.save_picture(path)
    said = words(path.read_bytes())
    assert "Conv 1" in said
    assert "64 × 64 × 8" in said


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


def test_copying_an_empty_canvas_says_so(empty_hands, qtbot):
    with qtbot.waitSignal(empty_hands.bridge.noticed) as notice:
        empty_hands.do("copy_picture")
    assert "Add a layer first" in notice.args[0].message


# --- the sheet --------------------------------------------------------------------------------------------------------


@pytest.fixture
def sheet(hands, qtbot) -> PictureSheet:
    """The sheet, opened by its key with two layers selected."""
    hands.bridge.select(("conv2d_1", "relu_1"))
    hands.keys("Ctrl+Shift+E")
    found = hands.panel.findChild(PictureSheet)
    qtbot.waitExposed(found)
    yield found
    if shiboken6.isValid(found):
        found.close()


def test_the_sheet_begins_with_what_is_selected_and_shows_it(sheet, hands):
    assert sheet.wish == Wish(("conv2d_1", "relu_1"), 2.0, "", False)
    assert not sheet.preview.pixmap().isNull()
    before = sheet.preview.accessibleDescription()
    sheet.what.setCurrentIndex(0)
    assert sheet.wish.nodes is None
    assert sheet.preview.accessibleDescription() != before
    hands.bridge.select(())
    assert not sheet.what.model().item(1).isEnabled()


def test_the_sheet_copies_and_saves_as_it_is_set(sheet, hands, tmp_path, monkeypatch):
    sheet.scale.setCurrentIndex(0)
    sheet.colours.setCurrentIndex(1)
    sheet.transparent.setChecked(True)
    wish = Wish(("conv2d_1", "relu_1"), 1.0, "light", True)
    assert sheet.wish == wish
    sheet.copy_button.click()
    assert QGuiApplication.clipboard().image().size() == image(hands.canvas, wish).size()
    asked = (str(tmp_path / "part"), "SVG drawing (*.svg)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: asked)
    sheet.save_button.click()
    assert "Conv 1" in words((tmp_path / "part.svg").read_bytes())


def test_a_second_press_of_the_key_brings_the_same_sheet_forward(sheet, hands):
    hands.do("save_picture")
    assert hands.panel.findChildren(PictureSheet) == [sheet]


def test_the_sheet_goes_with_its_project(sheet, hands, qtbot):
    hands.bridge.set_session(None)
    assert not sheet.isVisible()
    hands.bridge.set_session(hands.session)
