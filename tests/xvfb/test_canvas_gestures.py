"""The gestures of the canvas with a real pointer: what the window system makes of presses, drags, wheels and keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from workbench.document.graph import Graph
from workbench.document.storage import load

Start = Callable[..., Any]
TwinOf = Callable[..., Any]
NOWHERE = QPointF(560, 330)


class Bench:
    """The program on the small project, its twin, and what the project holds after a save."""

    def __init__(self, program: Any, twin: Any, folder: Path) -> None:
        self.program, self.twin, self.folder = program, twin, folder

    @property
    def graph(self) -> Graph:
        self.program.key("ctrl+s")
        time.sleep(0.4)
        return load(self.folder).graph

    def wires(self) -> set[tuple[str, str]]:
        return {(e.source, e.target) for e in self.graph.edges}

    def between(self, source: str, target: str) -> tuple[int, int]:
        a, b = self.twin.output(source), self.twin.input(target)
        return (a[0] + b[0]) // 2, (a[1] + b[1]) // 2

    def on(self, x: float, y: float) -> tuple[int, int]:
        point: tuple[int, int] = self.twin.on_canvas(QPointF(x, y))
        return point

    def still(self) -> None:
        """Wait until nothing moves any more."""

        def same() -> bool:
            before = self.program.picture()
            time.sleep(0.3)
            return bool((self.program.picture() == before).all(axis=2).mean() > 0.999)

        self.program.wait(same, 30, "a window that has settled")


@pytest.fixture
def bench(start: Start, twin_of: TwinOf, project: Path) -> Any:
    program = start(project)
    program.appear("Small")
    found = Bench(program, twin_of(program, project), project)
    found.still()
    return found


def test_a_layer_dragged_from_the_palette_onto_a_wire_goes_into_it(bench: Bench) -> None:
    bench.program.drag(bench.twin.in_palette("conv2d"), bench.between("linear_1", "output_1"))
    assert {("linear_1", "conv2d_2"), ("conv2d_2", "output_1")} <= bench.wires()
    bench.program.key("ctrl+z")
    assert ("linear_1", "output_1") in bench.wires()


def test_a_wire_dropped_on_nothing_asks_for_a_layer(bench: Bench) -> None:
    bench.program.drag(bench.twin.output("conv2d_1"), bench.on(560, 330))
    bench.program.type("max pool 2d")
    bench.program.key("Return")
    assert ("conv2d_1", "max_pool2d_1") in bench.wires()


def test_a_double_click_and_a_right_click_ask_for_a_layer(bench: Bench) -> None:
    bench.program.click_twice(bench.on(560, 330))
    bench.program.type("dropout")
    bench.program.key("Return")
    node = bench.graph.nodes["dropout_1"]
    assert abs(node.x + 84 - 560) <= 16
    assert abs(node.y + 28 - 330) <= 16
    bench.program.key("ctrl+z")
    x, y = bench.program._at(bench.on(560, 330))
    bench.program.screen.xdotool("mousemove", "--sync", x, y, "click", 3)
    time.sleep(0.4)
    bench.program.type("flatten")
    bench.program.key("Return")
    assert "flatten_2" in bench.graph.nodes


def test_a_tap_of_space_asks_for_a_layer_at_the_pointer(bench: Bench) -> None:
    bench.program.click(bench.on(560, 330))
    bench.program.key("space")
    time.sleep(0.3)
    bench.program.type("dropout")
    bench.program.key("Return")
    node = bench.graph.nodes["dropout_1"]
    assert abs(node.x + 84 - 560) <= 16
    assert abs(node.y + 28 - 330) <= 16


def test_the_rubber_band_selects_what_it_touches(bench: Bench) -> None:
    bench.program.drag(bench.on(700, 110), bench.on(300, -20))
    bench.program.key("Delete")
    assert set(bench.graph.nodes) == {"pictures_1", "flatten_1", "linear_1", "output_1"}


def test_the_wheel_zooms_about_the_pointer(bench: Bench) -> None:
    """What is under the pointer stays there: a card is dragged from where it was before."""
    at = bench.twin.node("linear_1")
    bench.program.wheel(at, -3)
    scale = 1.2**-3
    bench.program.drag(at, (at[0] + 60, at[1] + 40))
    node = bench.graph.nodes["linear_1"]
    assert abs(node.x - 232 - 60 / scale) <= 12
    assert abs(node.y - 160 - 40 / scale) <= 12


@pytest.mark.parametrize("way", ["space", "middle"])
def test_the_view_is_moved_and_nothing_else(bench: Bench, way: str) -> None:
    before = bench.graph
    start = bench.on(560, 330)
    end = (start[0] + 90, start[1] - 50)
    if way == "space":
        bench.program.click(start)
        bench.program.hold("space")
        bench.program.drag(start, end)
        bench.program.let_up("space")
    else:
        bench.program.drag(start, end, button=2)
    x, y = bench.twin.node("linear_1")
    bench.program.drag((x + 90, y - 50), (x + 90, y))  # the card is where the view was moved to
    after = bench.graph
    assert after.nodes["linear_1"].y > before.nodes["linear_1"].y + 30
    assert {n: (v.x, v.y) for n, v in after.nodes.items() if n != "linear_1"} == {
        n: (v.x, v.y) for n, v in before.nodes.items() if n != "linear_1"
    }


def test_a_card_held_at_the_rim_takes_the_view_along(bench: Bench) -> None:
    program, start = bench.program, bench.twin.node("linear_1")
    view = bench.twin.window.panels.canvas.view
    rim = bench.twin.of(
        view.viewport(), view.viewport().rect().bottomRight() / 2 + view.viewport().rect().bottomLeft() / 2
    )
    (x, y), (to_x, to_y) = program._at(start), program._at((rim[0], rim[1] - 4))
    program.screen.xdotool("mousemove", "--sync", x, y, "mousedown", 1)
    for step in range(1, 11):
        program.screen.xdotool("mousemove", x + (to_x - x) * step // 10, y + (to_y - y) * step // 10)
        time.sleep(0.03)
    time.sleep(1.0)
    program.screen.xdotool("mouseup", 1)
    time.sleep(0.3)
    fallen = view.mapToScene(0, view.viewport().height()).y()
    assert bench.graph.nodes["linear_1"].y > fallen, "it came to stand where nothing was seen before"


def test_esc_puts_a_dragged_card_back(bench: Bench) -> None:
    program, before = bench.program, bench.graph
    x, y = program._at(bench.twin.node("linear_1"))
    program.screen.xdotool("mousemove", "--sync", x, y, "mousedown", 1)
    for step in range(8):
        program.screen.xdotool("mousemove", x + 10 * step, y + 6 * step)
        time.sleep(0.03)
    program.key("Escape")
    program.screen.xdotool("mouseup", 1)
    time.sleep(0.2)
    assert bench.graph == before


def test_a_card_and_its_place_in_the_window_agree_with_the_twin(bench: Bench) -> None:
    """Holds the tests above: what the twin says is where the program draws."""
    x, y = bench.twin.node("linear_1")
    bench.program.click((x, y))
    bench.still()
    selected = bench.program.picture()
    bench.program.key("Escape")
    bench.still()
    plain = bench.program.picture()
    ys, xs = np.nonzero((selected != plain).any(axis=2))
    near = (abs(xs - x) < 170) & (abs(ys - y) < 130)
    assert near.sum() > 100, "nothing changed around the card when it was selected"
