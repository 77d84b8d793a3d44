"""What nobody foresaw: one notice with its details and a line in the log; the window and the work live on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from workbench.core.log import install_excepthooks, start_log, stop_log

OpenWindow = Callable[..., Any]


@pytest.fixture
def watched(open_window: OpenWindow, small: Path) -> Iterator[Any]:
    """A window on the small project, with the log and the hooks that `workbench.app` installs."""
    person = open_window(small)
    person.log = start_log("workbench")
    restore = install_excepthooks(person.bridge.notify)
    yield person
    restore()
    stop_log()


def still_works(person: Any) -> None:
    person.key("Ctrl+3")
    assert person.bridge.place == "train"
    before = person.session.graph
    person.go_to("build")
    person.click_node("relu_1")
    person.key("Delete")
    assert person.session.graph != before


def test_an_exception_in_a_slot_is_one_notice_with_details(watched: Any) -> None:
    def fail() -> None:
        raise LookupError("the seventh shelf is empty")

    for _ in range(3):  # the same three times is told once
        QTimer.singleShot(0, fail)
    watched.wait(lambda: watched.notice, 5)
    watched.settle()

    assert "the seventh shelf is empty" in watched.notice
    assert "Traceback" not in watched.notice
    assert watched.window.notices._more.text() == ""
    assert not watched.window.notices.details.isVisible()
    watched.click(watched.window.notices.details_button)
    assert "in fail" in watched.window.notices.details.toPlainText()
    assert "the seventh shelf is empty" in watched.log.read_text(encoding="utf-8")
    assert QApplication.activeModalWidget() is None
    still_works(watched)
    watched.click(watched.window.notices.close_button)
    assert watched.notice == ""


def test_an_exception_in_a_thread_is_told_in_the_window(watched: Any) -> None:
    where: list[str] = []
    watched.bridge.noticed.connect(lambda _notice: where.append(threading.current_thread().name))

    def fail() -> None:
        raise LookupError("lost in a thread")

    thread = threading.Thread(target=fail, name="unlucky")
    thread.start()
    thread.join(5)
    watched.wait(lambda: watched.notice, 5)
    assert "lost in a thread" in watched.notice
    assert "unlucky" in watched.log.read_text(encoding="utf-8")
    still_works(watched)


def test_an_exception_in_a_panel_that_follows_the_project_spares_the_others(watched: Any) -> None:
    """A listener that fails must not keep the listeners after it from hearing, nor the edit from happening."""

    def fail(_change: object) -> None:
        raise LookupError("this panel is broken")

    watched.bridge.projectChanged.connect(fail)
    watched.click_node("relu_1")
    watched.key("Delete")
    watched.settle()
    assert "relu_1" not in watched.session.graph.nodes
    assert watched.panels.canvas.canvas.node("relu_1") is None
    assert watched.window.isWindowModified()
    assert "this panel is broken" in watched.notice
    watched.key("Ctrl+Z")
    assert watched.panels.canvas.canvas.node("relu_1") is not None


def test_an_exception_in_a_layer_ends_the_run_in_words(watched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def fail(self: object, given: object) -> None:
        raise RuntimeError("the kernel gave up")

    monkeypatch.setattr(torch.nn.Conv2d, "forward", fail)
    watched.key("Ctrl+Return")
    watched.wait(lambda: watched.session.run is not None and not watched.run.is_live, 60)
    assert watched.run.phase == "failed"
    watched.settle()
    assert watched.run.diagnostic is not None
    assert watched.panels.training.live.note.isVisible()
    assert watched.panels.training.live.note.diagnostic == watched.run.diagnostic
    assert "Traceback" not in watched.run.diagnostic.message
    monkeypatch.undo()
    watched.key("Ctrl+Return")
    watched.wait(lambda: watched.run.phase == "done", 60)
    still_works(watched)


def test_an_exception_in_the_training_thread_ends_the_run_in_words(
    watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def fail(*_given: object, **_more: object) -> None:
        raise LookupError("nobody thought of this")

    monkeypatch.setattr(torch.optim.Adam, "step", fail)
    watched.key("Ctrl+Return")
    watched.wait(lambda: watched.session.run is not None and not watched.run.is_live, 60)
    assert watched.run.phase == "failed"
    assert watched.run.diagnostic is not None
    assert "nobody thought of this" in watched.run.diagnostic.message + watched.run.diagnostic.details
    watched.window.close()
    watched.wait(lambda: not watched.window.isVisible(), 5)
