"""The canvas with 1,000 and 5,000 layers, really painted, against a bare scene of as many plain rectangles.

A frame is what a person's hand asks for (a mouse move, a turn of the wheel, a key) until every pixel of it is painted
into the window, which is shown (offscreen where there is no display) and counted: a frame that painted nothing would
stop the measurement. The bare scene stands in a plain `QGraphicsView` of the same size, at the same zoom, and is moved
by the same number of pixels; it has no wires, no words and no document behind it. Both take turns, frame by frame.
Besides the time on the clock each frame's processor time is told, for other programs may be running.
"""

from __future__ import annotations

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.harness import Row, at_most, fact, interleave, rounds

if TYPE_CHECKING:
    from PySide6.QtWidgets import QGraphicsView

    from workbench.document.graph import Graph
    from workbench.session.session import Session
    from workbench.ui.canvas.panel import CanvasPanel

SIZES = (1_000, 5_000)
WINDOW = (1440, 900)
FRAMES, QUICK_FRAMES = 24, 3
COLUMNS = 60
FAR_FRAME, NEAR_FRAME, DRAG, FIT = 20.0, 16.0, 8.0, 33.0  # milliseconds, the floors of the yardstick
OPENING, LAYOUT, RECHECK = 1_000.0, 1_000.0, 20.0
NEAR, MIDDLE = 1.0, 0.45
"""Zooms: at 100 %, and at the smallest one that still shows words, where most cards are seen at once."""

Frame = tuple[float, float]
"""Milliseconds on the clock and on the processor."""


def measure(quick: bool) -> list[Row]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="workbench-yardstick-") as place:
        before = os.environ.get("WORKBENCH_HOME")
        os.environ["WORKBENCH_HOME"] = place
        try:
            return [row for size in SIZES for row in _measure(Path(place), size, quick)]
        finally:
            if before is None:
                del os.environ["WORKBENCH_HOME"]
            else:
                os.environ["WORKBENCH_HOME"] = before


def network(layers: int) -> Graph:
    """So many layers in rows, and twice as many wires: convolutions, and sums of the last three."""
    from workbench.document.graph import Edge, Graph, Node, frozen

    nodes = [Node("pictures_1", "pictures")]
    edges: list[Edge] = []
    for i in range(1, layers - 1):
        x, y = (i % COLUMNS) * 240, (i // COLUMNS) * 128
        if i % 2 or i < 4:
            node = Node(f"conv2d_{i}", "conv2d", params=frozen({"filters": 3}), x=x, y=y)
            edges.append(Edge(nodes[-1].id, "out", node.id, "in"))
        else:
            node = Node(f"add_{i}", "add", params=frozen({"inputs": 3}), x=x, y=y)
            edges += [Edge(nodes[-k].id, "out", node.id, f"in_{k}") for k in (1, 2, 3)]
        nodes.append(node)
    last = Node(f"global_avg_{layers}", "output", x=0, y=(layers // COLUMNS + 1) * 128)
    edges.append(Edge(nodes[-1].id, "out", last.id, "in"))
    nodes.append(last)
    return Graph({node.id: node for node in nodes}, frozenset(edges))


def _measure(place: Path, size: int, quick: bool) -> list[Row]:
    from workbench.app import application
    from workbench.document import storage
    from workbench.document.project import Project
    from workbench.session.session import Session

    application()
    folder = place / f"network-{size}"
    folder.mkdir()
    storage.save(Project("Yardstick", network(size)), folder)
    frames = QUICK_FRAMES if quick else FRAMES
    opened: list[float] = []
    for _ in range(rounds(quick)):
        started = time.perf_counter()
        with Session.open(folder) as session:
            panel = _panel(session)
            opened.append((time.perf_counter() - started) * 1000)
            _close(panel)
    rows = [at_most(f"{size:,}: opening, from the file to the first frame", statistics.median(opened), "ms", OPENING)]
    with Session.open(folder) as session:
        panel = _panel(session)
        bare = _bare(panel)
        rows += _frames(panel, bare, size, rounds(quick), frames)
        rows += _edits(panel, session, size, rounds(quick))
        bare.close()
        _close(panel)
    return rows


# --- frames --------------------------------------------------------------------------------------------------------


def _frames(panel: CanvasPanel, bare: QGraphicsView, size: int, times: int, frames: int) -> list[Row]:
    from PySide6.QtCore import QPointF

    from workbench.ui.canvas.lens import ZOOM_STEP, LensView

    rows: list[Row] = []
    view = panel.view
    panel.fit()
    far, whole = view.zoom, panel.canvas.bounds()
    centre = whole.center()

    def place(shown: QGraphicsView, zoom: float, at: QPointF) -> None:
        if isinstance(shown, LensView):
            shown.set_zoom(zoom)
        else:
            shown.setTransform(shown.transform().fromScale(zoom, zoom))
        shown.centerOn(at)

    def pans(shown: QGraphicsView, zoom: float) -> Callable[[], list[Frame]]:
        def run() -> list[Frame]:
            place(shown, zoom, centre)
            _settle(shown)
            done = []
            for i in range(frames):
                dx, dy = ((17, 0), (0, 13), (-17, 0), (0, -13))[i * 4 // frames]
                done.append(_frame(shown, lambda dx=dx, dy=dy: _pan(shown, dx, dy)))
            return done

        return run

    def zooms(shown: QGraphicsView, zoom: float) -> Callable[[], list[Frame]]:
        def run() -> list[Frame]:
            place(shown, zoom, centre)
            _settle(shown)
            done = []
            for i in range(frames):
                step = ZOOM_STEP ** (0.25 * ((i % 6) - 2.5))
                done.append(_frame(shown, lambda step=step: place(shown, zoom * step, centre)))
            return done

        return run

    places = (("far out", far, FAR_FRAME), ("in the middle", MIDDLE, FAR_FRAME), ("near", NEAR, NEAR_FRAME))
    for where, zoom, limit in places:
        for what, make in (("pan", pans), ("zoom", zooms)):
            found = interleave({"ours": make(view, zoom), "bare": make(bare, zoom)}, times)
            rows += _rows(f"{size:,}: {what} {where} ({zoom:.0%})", found["ours"], found["bare"], limit)
    for where, zoom, limit in (("near", NEAR, DRAG), ("far out", far, FAR_FRAME)):
        found = interleave(
            {
                "ours": lambda zoom=zoom: _drag(panel, zoom, frames),
                "bare": lambda zoom=zoom: _drag_bare(bare, zoom, frames, place, centre),
            },
            times,
        )
        rows += _rows(f"{size:,}: drag of one layer {where}", found["ours"], found["bare"], limit)

    def fits(shown: QGraphicsView) -> Callable[[], list[Frame]]:
        def run() -> list[Frame]:
            place(shown, NEAR, QPointF(whole.topLeft()))
            _settle(shown)
            return [_frame(shown, panel.fit if shown is view else lambda: place(shown, far, centre))]

        return run

    found = interleave({"ours": fits(view), "bare": fits(bare)}, times)
    return rows + _rows(f"{size:,}: fit all", found["ours"], found["bare"], FIT)


def _rows(name: str, ours: Sequence[list[Frame]], theirs: Sequence[list[Frame]], limit: float) -> list[Row]:
    """The medians over all frames of all rounds."""

    def median(rounds_: Sequence[list[Frame]], which: int) -> float:
        return statistics.median(frame[which] for frames in rounds_ for frame in frames)

    value, base = median(ours, 0), median(theirs, 0)
    ratio = value / base if base else None
    return [
        Row(name, value, "ms", base, ratio, limit, value <= limit),
        fact(f"{name}, processor", median(ours, 1), "ms", median(theirs, 1)),
    ]


def _frame(shown: QGraphicsView, change: Callable[[], object]) -> Frame:
    """How long a change takes until it is painted."""
    clock, processor = time.perf_counter(), time.process_time()
    change()
    _paint(shown)
    return (time.perf_counter() - clock) * 1000, (time.process_time() - processor) * 1000


def _settle(shown: QGraphicsView) -> None:
    """Paint everything, whatever waits."""
    shown.viewport().update()
    _paint(shown)


def _paint(shown: QGraphicsView) -> None:
    """Let everything that waits to be painted be painted, as the event loop would next."""
    from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject

    class Painted(QObject):
        count = 0

        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            self.count += event.type() == QEvent.Type.Paint
            return False

    watch = Painted()
    viewport = shown.viewport()
    viewport.installEventFilter(watch)
    for _ in range(8):
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        if watch.count:
            break
    viewport.removeEventFilter(watch)
    if not watch.count:
        raise RuntimeError("a frame was not painted: nothing can be measured")


def _pan(shown: QGraphicsView, dx: int, dy: int) -> None:
    from workbench.ui.canvas.lens import LensView

    if isinstance(shown, LensView):
        shown.pan(dx, dy)
    else:
        shown.horizontalScrollBar().setValue(shown.horizontalScrollBar().value() + dx)
        shown.verticalScrollBar().setValue(shown.verticalScrollBar().value() + dy)


def _drag(panel: CanvasPanel, zoom: float, frames: int) -> list[Frame]:
    """Hold the middle layer with the mouse and move it; then let it fall back."""
    from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    view, viewport = panel.view, panel.view.viewport()
    ids = list(panel.canvas.graph.nodes)
    item = panel.canvas.node(ids[len(ids) // 2 + COLUMNS // 2])
    assert item is not None
    view.set_zoom(zoom)
    view.centerOn(item.rect.center())
    _settle(view)
    at = view.mapFromScene(item.rect.center())

    def mouse(kind: QEvent.Type, to: QPoint, button: Qt.MouseButton) -> None:
        where = QPointF(viewport.mapToGlobal(to))
        held = Qt.MouseButton.LeftButton
        QApplication.sendEvent(
            viewport, QMouseEvent(kind, QPointF(to), where, button, held, Qt.KeyboardModifier.NoModifier)
        )

    mouse(QEvent.Type.MouseButtonPress, at, Qt.MouseButton.LeftButton)
    _settle(view)
    step = max(1, round(9 * zoom))
    mouse(QEvent.Type.MouseMove, at + QPoint(30, 30), Qt.MouseButton.NoButton)
    _paint(view)
    done = []
    for i in range(frames):
        to = at + QPoint(30 + step * (i + 1), 30 + 8 * (i % 2))
        done.append(_frame(view, lambda to=to: mouse(QEvent.Type.MouseMove, to, Qt.MouseButton.NoButton)))
    view.cancel_gesture()
    _settle(view)
    panel.view.bridge.select(())
    return done


def _drag_bare(
    bare: QGraphicsView,
    zoom: float,
    frames: int,
    place: Callable[[QGraphicsView, float, object], None],
    centre: object,
) -> list[Frame]:
    items = bare.scene().items()
    item = items[len(items) // 2]
    place(bare, zoom, item.sceneBoundingRect().center())
    _settle(bare)
    home = item.pos()
    done = [
        _frame(bare, lambda i=i: item.setPos(home.x() + 9 * (i + 1), home.y() + 8 * (i % 2))) for i in range(frames)
    ]
    item.setPos(home)
    _settle(bare)
    return done


# --- edits and layout ------------------------------------------------------------------------------------------------


def _edits(panel: CanvasPanel, session: Session, size: int, times: int) -> list[Row]:
    """An edit of a parameter: without a window (the check alone), and until the canvas is painted."""
    from workbench.compiler.inference import infer
    from workbench.document.edits import move, set_param
    from workbench.session import checks
    from workbench.ui.canvas.arrange import arrange

    ids = [i for i in session.graph.nodes if i.startswith("conv2d")]
    early, late = ids[3], ids[-3]
    rows: list[Row] = []
    for name, node in (("first", early), ("last", late)):
        checked, shown = [], []
        for turn in range(times * 3):
            graph = set_param(session.graph, node, "kernel", (3, 3) if turn % 2 else (5, 5))
            clock = time.perf_counter()
            inferred = infer(graph, session.inferred)  # type: ignore[arg-type]
            checks.collect(session.project, inferred, session.data)
            checked.append((time.perf_counter() - clock) * 1000)
            panel.view.set_zoom(NEAR)
            panel.view.show_node(node)
            _settle(panel.view)
            shown.append(_frame(panel.view, lambda graph=graph: session.apply("Set", lambda _g: graph))[0])
        limit = RECHECK if size == 1_000 else None
        value = statistics.median(checked)
        title = f"{size:,}: an edit of the {name} layers checked again"
        rows.append(Row(title, value, "ms", None, None, limit, None if limit is None else value <= limit))
        rows.append(fact(f"{title}, shown and painted", statistics.median(shown), "ms"))
    moved = []
    for turn in range(times * 3):
        node = session.graph.nodes[late]
        panel.view.show_node(late)
        _settle(panel.view)
        places = {late: (node.x + (8 if turn % 2 else -8), node.y)}
        moved.append(_frame(panel.view, lambda p=places: session.apply("Move", lambda g: move(g, p)))[0])
    rows.append(fact(f"{size:,}: a layer moved in the document, shown and painted", statistics.median(moved), "ms"))
    sizes = {item.id: (item.frame.width, item.frame.height) for item in panel.canvas.nodes()}
    laid = []
    for _ in range(times):
        gc.collect()
        clock = time.perf_counter()
        arrange(session.graph, sizes, 12_000.0)
        laid.append((time.perf_counter() - clock) * 1000)
    rows.append(at_most(f"{size:,}: layout", statistics.median(laid), "ms", LAYOUT))
    return rows


# --- the two windows -----------------------------------------------------------------------------------------------


def _panel(session: Session) -> CanvasPanel:
    """The canvas on a session, shown and painted once."""
    from workbench.ui.bridge import Bridge
    from workbench.ui.canvas.panel import CanvasPanel
    from workbench.ui.theme import Theme

    theme = Theme("dark")
    bridge = Bridge(theme)
    panel = CanvasPanel(bridge, theme)
    panel.resize(*WINDOW)
    bridge.set_session(session)
    panel.show()
    _paint(panel.view)
    return panel


def _close(panel: CanvasPanel) -> None:
    panel.close()
    panel.view.bridge.close()
    panel.deleteLater()


def _bare(panel: CanvasPanel) -> QGraphicsView:
    """As many plain rectangles where the cards stand, in a plain view set as fast as Qt has it."""
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QBrush, QColor, QPainter
    from PySide6.QtWidgets import QGraphicsRectItem, QGraphicsScene, QGraphicsView

    scene = QGraphicsScene()
    fill = QBrush(QColor(90, 110, 140))
    for item in panel.canvas.nodes():
        rect = QGraphicsRectItem(QRectF(0, 0, item.rect.width(), item.rect.height()))
        rect.setPos(item.pos())
        rect.setBrush(fill)
        scene.addItem(rect)
    view = QGraphicsView(scene)
    scene.setParent(view)
    view.setSceneRect(panel.view.sceneRect())
    view.setRenderHints(QPainter.RenderHint.Antialiasing)
    view.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
    view.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
    view.resize(*WINDOW)
    view.show()
    _paint(view)
    return view
