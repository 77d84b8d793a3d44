"""What holds for all four panels: names for assistive tools, tips, both themes, large scales, small rooms."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QSpinBox,
    QTabBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.panel import DataPanel
from workbench.ui.exporting.panel import ExportPanel
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.runs.page import RunsPage
from workbench.ui.search.page import SearchPage
from workbench.ui.theme import Theme
from workbench.ui.training.panel import TrainingPanel
from workbench.ui.viewers.panel import ViewersPanel

PANELS = (DataPanel, TrainingPanel, RunsPage, SearchPage, ViewersPanel, ExportPanel)
CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QSpinBox, QAbstractItemView, QProgressBar)

panels = pytest.mark.parametrize("kind", PANELS)


def part_of_another(control: QWidget) -> bool:
    """The number field of a spin box and the list of a combo box are named by the whole."""
    above = control.parentWidget()
    while above is not None and not isinstance(above, (QSpinBox, QComboBox)):
        above = above.parentWidget()
    return above is not None


@panels
def test_every_control_has_a_name_and_every_icon_a_tip(
    kind: type[QWidget], trained: Session, show: Callable[..., QWidget]
) -> None:
    panel = show(kind, (1200, 700))
    nameless = []
    for control in panel.findChildren(QWidget):
        if not isinstance(control, CONTROLS) or control.objectName().startswith("qt_"):
            continue
        if part_of_another(control):
            continue
        named = control.accessibleName() or getattr(control, "text", lambda: "")()
        buddies = [label for label in panel.findChildren(QLabel) if label.buddy() is control]
        if not named and not buddies and not str(type(control)).count("Header"):
            nameless.append(control)
    assert nameless == []
    buttons = [b for b in panel.findChildren(QToolButton) if not isinstance(b.parentWidget(), QTabBar)]  # Qt's own
    tipless = [b for b in buttons if not b.text() and not b.toolTip()]
    assert tipless == []


@panels
def test_controls_can_be_reached_by_keys(kind: type[QWidget], trained: Session, show: Callable[..., QWidget]) -> None:
    panel = show(kind, (1200, 700))
    buttons = [b for b in panel.findChildren(QAbstractButton) if b.isVisible() and b.isEnabled()]
    unreachable = [
        b.accessibleName() or b.text()
        for b in buttons
        if not b.focusPolicy() & Qt.FocusPolicy.TabFocus and not b.objectName().startswith("qt_")
    ]
    assert [name for name in unreachable if name] == []


@panels
def test_both_themes_are_painted_in_their_colours(
    kind: type[QWidget], trained: Session, bridge: Bridge, show: Callable[..., QWidget], qtbot: QtBot
) -> None:
    from PySide6.QtWidgets import QApplication

    panel = show(kind, (900, 500))
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    for name in ("light", "dark"):
        bridge.set_theme(name)
        app.setPalette(bridge.theme.palette())
        app.setStyleSheet(bridge.theme.stylesheet())
        image = panel.grab().toImage()
        ground = image.pixelColor(3, image.height() - 3).name()
        assert ground == Theme(name).hex("panel").lower()  # type: ignore[arg-type]


@panels
@pytest.mark.parametrize("size", [(300, 200), (300, 900), (1800, 220)])
def test_odd_rooms_do_no_harm(
    kind: type[QWidget], size: tuple[int, int], seen: Session, show: Callable[..., QWidget]
) -> None:
    panel = show(kind, size)
    assert not panel.grab().isNull()


def test_panels_leave_the_window_its_freedom(seen: Session, show: Callable[..., QWidget]) -> None:
    """Docks cannot be made smaller than their panels ask: at 1280 × 720 all must fit beside each other."""
    for kind in PANELS:
        hint = show(kind, (600, 400)).minimumSizeHint()
        assert hint.width() <= 560, kind
        assert hint.height() <= 330, kind


def test_an_empty_state_shows_its_whole_sentence(bridge: Bridge, qtbot: QtBot) -> None:
    sentence = "A sentence that is long enough to need three lines or more where there is only a little room for it."
    state = EmptyState(bridge, "eye", "Nothing", sentence)
    qtbot.addWidget(state)
    state.resize(220, 300)
    state.show()
    label = next(one for one in state.findChildren(QLabel) if one.text() == sentence)
    assert label.height() >= label.heightForWidth(label.width()) > 40


def test_drawing_tools_are_not_loaded_before_there_is_something_to_draw() -> None:
    """pyqtgraph costs a fifth of a second: the first window must not wait for it, nor for torch."""
    code = (
        "import sys, workbench.ui.training.panel, workbench.ui.viewers.panel, workbench.ui.datasets.panel, "
        "workbench.ui.exporting.panel; print([m for m in ('pyqtgraph', 'torch', 'onnx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
