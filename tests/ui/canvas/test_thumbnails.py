"""Thumbnails on cards: the right thing of the right network, marked where out of date; cards that keep still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from tests.ui.canvas.conftest import Hands
from workbench.catalogue.declaration import Tensor
from workbench.document.edits import set_param
from workbench.document.graph import Graph, Node, frozen
from workbench.inspection.previews import preview_of
from workbench.ui.canvas import card_maps
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.thumbnail_painter import paint_thumbs
from workbench.ui.canvas.thumbnails import (
    KEPT,
    NO_THUMBS,
    Thumbs,
    _kept,
    map_image,
    picture_image,
    picture_thumbs,
    room_for,
    score_thumbs,
    thumbs_of,
)
from workbench.ui.theme import Theme

PLACES = tuple(QRectF(4 + 44 * i, 4, 40, 40) for i in range(4))


@pytest.fixture
def look(qapp: object) -> Look:
    return Look(Theme("dark"))


def drawn(thumbs: Thumbs, look: Look, scale: float = 1.0) -> QImage:
    image = QImage(round(184 * scale), round(48 * scale), QImage.Format.Format_RGB32)
    image.fill(look.card)
    painter = QPainter(image)
    painter.scale(scale, scale)
    paint_thumbs(painter, PLACES[: len(thumbs)], look, thumbs, scale)
    painter.end()
    return image


def seen(qtbot, hands: Hands, nodes: int | None = None) -> None:
    """Wait until the network as it is now has been looked at."""

    def done() -> bool:
        hands.session.pump()
        views = hands.session.views
        return (
            views is not None
            and views.graph is hands.session.project.graph
            and (nodes is None or len(views.previews) == nodes)
        )

    qtbot.waitUntil(done, timeout=60_000)
    hands.panel._maps.show()


# --- values


def test_maps_are_drawn_in_the_colours_of_their_scale() -> None:
    ramp = preview_of(torch.linspace(0, 1, 9).reshape(1, 3, 3))
    assert ramp is not None
    image = map_image(ramp.shades[0], ramp)
    assert image.pixelColor(0, 0).name() == "#440154"
    assert image.pixelColor(2, 2).name() == "#fde725"
    signed = preview_of(torch.linspace(-1, 1, 9).reshape(1, 3, 3))
    assert signed is not None
    middle = map_image(signed.shades[0], signed).pixelColor(1, 1)
    assert middle.saturation() < 80, "zero is nearly grey"


def test_pictures_of_one_and_three_channels_are_drawn_as_they_are() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (4, 6, 3), np.uint8)
    image = picture_image(picture)
    assert (image.width(), image.height()) == (6, 4)
    assert image.pixelColor(5, 3).getRgb()[:3] == tuple(picture[3, 5])
    grey = picture_image(picture[:, :, :1])
    assert grey.pixelColor(1, 2).getRgb()[:3] == (picture[2, 1, 0],) * 3


def test_the_right_class_is_always_among_the_scores() -> None:
    thumbs = score_thumbs([0.1, 0.5, 0.3, 0.06, 0.04], tuple("abcde"), "e")
    assert [score.name for score in thumbs.scores] == ["b", "c", "e"]
    assert [score.is_label for score in thumbs.scores] == [False, False, True]
    unknown = score_thumbs([0.1, 0.9], ("a", "b"), "something else")
    assert [score.name for score in unknown.scores] == ["b", "a"]
    assert not any(score.is_label for score in unknown.scores)


@pytest.mark.parametrize(
    ("shape", "places"),
    [((3, 8, 8), 3), ((64, 8, 8), 4), ((64, 1, 1), 4), ((10,), 4), ((7, 5), 4), ((1, 2, 2), 1)],
)
def test_room_is_kept_for_exactly_what_will_come(shape: tuple[int, ...], places: int) -> None:
    made = preview_of(torch.rand(shape))
    assert made is not None
    assert len(room_for(Tensor(shape))) == len(thumbs_of(made)) == places
    assert len(room_for(None)) == 0


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_everything_is_drawn_within_its_places(qapp: object, theme: str) -> None:
    look = Look(Theme(theme))  # type: ignore[arg-type]
    values = [torch.randn(6, 9, 5), torch.rand(20, 7), torch.randn(30), torch.rand(500), torch.full((5,), float("nan"))]
    made = [thumbs_of(p) for v in values if (p := preview_of(v)) is not None]
    made += [score_thumbs([0.7, 0.2, 0.1], ("a rather long name of a class", "b", "c"), "b")]
    made += [picture_thumbs(np.zeros((5, 9, 3), np.uint8)), Thumbs(places=4)]
    assert len(made) == 8
    blank = drawn(NO_THUMBS, look)
    for thumbs in made:
        for scale in (0.3, 1.0, 2.0):
            image = drawn(thumbs, look, scale)
            assert image != blank.scaled(image.size())
            if scale < 1:
                continue  # a pixel there lies on the edge of a place
            edge = {image.pixelColor(0, y).rgb() for y in range(image.height())}
            edge |= {image.pixelColor(image.width() - 1, y).rgb() for y in range(image.height())}
            assert edge == {look.card.rgb()}, "nothing reaches over the places"


def test_what_is_out_of_date_is_faint_and_bears_a_mark(look: Look) -> None:
    preview = preview_of(torch.rand(4, 6, 6))
    assert preview is not None
    fresh, stale = drawn(thumbs_of(preview), look), drawn(thumbs_of(preview, stale=True), look)
    at = (20, 24)
    ground = look.card.lightnessF()
    assert abs(stale.pixelColor(*at).lightnessF() - ground) < abs(fresh.pixelColor(*at).lightnessF() - ground)
    corner = QRectF(PLACES[3].right() - 18, PLACES[3].top(), 18, 18).toRect()
    dim = look.dim.lightness()
    marked = [stale.pixelColor(x, y).lightness() for x in range(corner.left(), corner.right()) for y in range(4, 22)]
    assert any(abs(lightness - dim) < 40 for lightness in marked)


def test_images_are_kept_for_so_many_cards_only(qapp: object) -> None:
    for _ in range(KEPT + 50):
        preview = preview_of(torch.rand(1, 2, 2))
        assert preview is not None
        thumbs = thumbs_of(preview)
        assert thumbs.images()[0] is thumbs.images()[0]
    assert len(_kept) == KEPT


def test_a_tooltip_names_the_channels_and_the_scale() -> None:
    maps = torch.zeros(6, 5, 5)
    for channel in range(6):
        maps[channel, 2, 2] = channel
    made = preview_of(maps)
    assert made is not None
    words = thumbs_of(made).words
    assert words.startswith("channels 5, 4, 3 and 2 of 6, from 0 to ")
    assert thumbs_of(made, stale=True).words.endswith("; from before the last edit")
    numbers = preview_of(torch.tensor([1.0, -1.0]))
    assert numbers is not None
    assert thumbs_of(numbers).words == "from -1 to 1"
    assert NO_THUMBS.words == ""


# --- on the canvas


def test_cards_have_their_size_before_the_pictures_come(qtbot, hands: Hands) -> None:
    hands.panel._maps.show()
    before = {item.id: item.rect for item in hands.canvas.nodes()}
    assert all(len(item.images) for item in hands.canvas.nodes() if item.id != "output_1")
    seen(qtbot, hands, len(hands.graph))
    assert {item.id: item.rect for item in hands.canvas.nodes()} == before
    assert all(item.images.preview is not None for item in hands.canvas.nodes() if item.id != "pictures_1")
    assert hands.canvas.node("pictures_1").images.picture is not None


def test_a_layer_put_behind_another_has_its_size_at_once(qtbot, hands: Hands) -> None:
    seen(qtbot, hands, len(hands.graph))
    hands.bridge.select(("relu_1",))
    made = hands.panel.append_layer("tanh")
    assert made is not None
    before = hands.canvas.node(made).rect.size()
    assert hands.canvas.node(made).card.maps == 4
    seen(qtbot, hands, len(hands.graph))
    assert hands.canvas.node(made).rect.size() == before
    assert hands.canvas.node(made).images.preview is not None
    hands.session.undo()
    assert hands.canvas.node(made) is None


def test_off_on_the_selection_and_on_all(qtbot, hands: Hands) -> None:
    seen(qtbot, hands, len(hands.graph))
    hands.panel.show_maps("selected")
    assert all(item.card.maps == 0 for item in hands.canvas.nodes())
    hands.bridge.select(("conv2d_1",))
    seen(qtbot, hands, 1)
    assert hands.canvas.node("conv2d_1").card.maps == 4
    assert hands.canvas.node("relu_1").card.maps == 0
    hands.panel.show_maps("off")
    assert all(item.card.maps == 0 for item in hands.canvas.nodes())
    assert hands.panel.maps_mode == "off"
    seen(qtbot, hands, 0)


def test_what_an_edit_changed_is_marked_when_no_look_follows(qtbot, hands: Hands) -> None:
    seen(qtbot, hands, len(hands.graph))
    hands.session.apply("Filters", lambda graph: set_param(graph, "conv2d_1", "filters", 5))
    assert not hands.canvas.node("relu_1").images.stale, "a look usually follows at once"
    qtbot.waitUntil(lambda: hands.canvas.node("relu_1").images.stale, timeout=5000)
    assert not hands.canvas.node("pictures_1").images.stale, "it does not depend on the edit"
    assert hands.canvas.node("relu_1").card.maps == 4, "dimmed, not gone"
    seen(qtbot, hands, len(hands.graph))
    assert not any(item.images.stale for item in hands.canvas.nodes())


def test_behind_a_mistake_the_last_pictures_stay_marked_and_before_it_they_are_new(qtbot, hands: Hands) -> None:
    seen(qtbot, hands, len(hands.graph))
    hands.session.apply("Break", lambda graph: set_param(graph, "relu_1", "negative_slope", 3))
    hands.session.apply("Break", lambda graph: set_param(graph, "linear_1", "units", -4))
    hands.session.apply("Filters", lambda graph: set_param(graph, "conv2d_1", "filters", 6))
    seen(qtbot, hands)
    qtbot.waitUntil(lambda: hands.canvas.node("linear_1").images.stale, timeout=5000)
    assert not hands.canvas.node("conv2d_1").images.stale
    assert hands.canvas.node("conv2d_1").images.preview.shape[0] == 6
    assert len(hands.canvas.node("linear_1").images)
    hands.session.undo()
    hands.session.undo()
    seen(qtbot, hands, len(hands.graph))
    assert not hands.canvas.node("linear_1").images.stale


def test_a_layer_that_was_never_computed_has_no_room_kept(qtbot, hands: Hands) -> None:
    hands.view.editing.add("conv2d", 0, 400)
    seen(qtbot, hands)
    assert hands.canvas.node("conv2d_2").card.maps == 0


def test_thumbnails_of_a_look_at_an_older_network_are_marked(qtbot, hands: Hands, monkeypatch) -> None:
    monkeypatch.setattr(card_maps, "GRACE", 0.0)
    seen(qtbot, hands, len(hands.graph))
    old = hands.session.views
    hands.session.apply("Filters", lambda graph: set_param(graph, "conv2d_1", "filters", 5))
    hands.bridge.viewsChanged.emit(old)  # a late answer
    assert hands.canvas.node("conv2d_1").images.stale
    assert not hands.canvas.node("pictures_1").images.stale


def test_a_thousand_cards_are_dressed_in_little_time_and_memory(qtbot, open_canvas: Callable[[Graph], Hands]) -> None:
    nodes = {"pictures_1": Node("pictures_1", "pictures", params=frozen({"size": (8, 8)}))}
    nodes |= {f"relu_{i}": Node(f"relu_{i}", "relu", x=240 * (i % 40), y=120 * (i // 40)) for i in range(1, 1000)}
    hands = open_canvas(Graph(nodes))
    preview = preview_of(torch.rand(64, 80, 80))
    assert preview is not None
    size = sum(p.nbytes for p in (preview.shades,))
    assert size <= 4 * 80 * 80, "26 MB for a thousand layers of large maps"
    views = hands.session.views
    seen(qtbot, hands)
    views = hands.session.views
    assert views is not None
    hands.session.looking.views = replace(views, previews=dict.fromkeys(nodes, preview))
    hands.panel._maps.show()
    assert sum(len(item.images) == 4 for item in hands.canvas.nodes()) == 1000
    hands.panel.grab()
    assert len(_kept) < 1000, "images are made of what is painted"


def test_thumbnails_go_along_in_a_saved_picture(qtbot, hands: Hands, tmp_path) -> None:
    seen(qtbot, hands, len(hands.graph))
    hands.panel.save_picture(tmp_path / "with.png")
    hands.panel.show_maps("off")
    hands.panel.save_picture(tmp_path / "without.png")
    assert QImage(str(tmp_path / "with.png")).height() > QImage(str(tmp_path / "without.png")).height()
