"""The real window on a virtual screen: what a person's mouse, keys and window manager do to it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from workbench.document.lock import FILE_NAME
from workbench.document.storage import load

Start = Callable[..., Any]
TwinOf = Callable[..., Any]


def wires(folder: Path) -> set[tuple[str, str]]:
    return {(e.source, e.target) for e in load(folder).graph.edges}


def save(program: Any) -> None:
    program.key("ctrl+s")
    time.sleep(0.3)


def changes(program: Any, seconds: float = 1.0) -> float:
    """The share of the window's pixels that differ after a while."""
    before = program.picture()
    time.sleep(seconds)
    return float((program.picture() != before).any(axis=2).mean())


def no_core(folder: Path) -> bool:
    return not list(folder.glob("core*")) and not list(Path.cwd().glob("core.*"))


def test_the_start_page_appears_and_the_window_closes(start: Start, tmp_path: Path) -> None:
    began = time.monotonic()
    program = start()
    program.appear()
    assert time.monotonic() - began < 40
    assert program.title == "Workbench"
    program.wait(lambda: len(np.unique(program.picture().reshape(-1, 3), axis=0)) > 50, 20, "the start page")
    program.ask_to_close()
    assert program.end() == 0
    assert no_core(tmp_path)


def test_building_training_and_leaving_with_real_mouse_and_keys(
    start: Start, twin_of: TwinOf, project: Path, tmp_path: Path
) -> None:
    program = start(project)
    program.appear("Small")
    twin = twin_of(program, project)
    program.wait(lambda: changes(program, 0.3) < 0.001, 30, "a window that has settled")

    # from the palette onto the canvas
    x, y = twin.node("linear_1")
    program.drag(twin.in_palette("conv1d"), (x, y - 60))
    save(program)
    assert "conv1d_1" in load(project).graph.nodes, "the drag did not arrive"
    program.key("ctrl+z")

    # from port to port
    program.drag(twin.output("conv2d_1"), twin.input("relu_1"))
    save(program)
    assert ("conv2d_1", "relu_1") in wires(project)
    assert "conv1d_1" not in load(project).graph.nodes
    program.key("ctrl+z")
    save(program)
    assert ("conv2d_1", "relu_1") not in wires(project)
    program.key("ctrl+y")
    save(program)
    assert ("conv2d_1", "relu_1") in wires(project)

    # training
    assert changes(program) < 0.002, "something moves though nothing runs"
    program.key("ctrl+Return")
    program.wait(lambda: list((project / "runs").glob("run-*")), 60, "a run")
    program.wait(lambda: changes(program, 0.5) > 0.002, 30, "a picture that moves")

    # the manager closes the window: a question; Escape stays, Enter stops and goes
    main = program.id
    program.ask_to_close()
    program.wait(lambda: len(program.windows()) > 1, 10, "the question")
    question = next(w for w in program.windows() if w != main)
    program.focus(question)
    program.key("Escape")
    program.wait(lambda: len(program.windows()) == 1, 10, "the end of the question")
    program.wait(lambda: changes(program, 0.5) > 0.002, 20, "a run that goes on")

    program.ask_to_close()
    program.wait(lambda: len(program.windows()) > 1, 10, "the question")
    program.focus(next(w for w in program.windows() if w != main))
    began = time.monotonic()
    program.key("Return")
    assert program.end() == 0
    assert time.monotonic() - began < 15
    assert list((project / "runs").rglob("*.safetensors")), "no checkpoint was kept"
    assert not (project / FILE_NAME).exists(), "the lock was left behind"
    assert no_core(tmp_path)
    assert no_core(project)


def test_a_second_start_on_the_same_project_says_so(start: Start, twin_of: TwinOf, project: Path) -> None:
    first = start(project)
    first.appear("Small")
    second = start(project)
    second.appear("Workbench")
    assert second.title == "Workbench", "it opened though another holds it"
    twin = twin_of(second)
    twin.window.projects.open(project)  # held by the first window for the twin as well
    link = twin.button("Open to read only")
    second.wait(lambda: changes(second, 0.3) < 0.001, 30, "a start page that has settled")
    second.click(link)
    second.wait(lambda: second.title.startswith("Small"), 10, "the project, to be read")

    before = (project / "project.json").read_bytes()
    reading = twin_of(second, project)
    second.click(reading.node("linear_1"))
    second.key("Delete", "ctrl+s")
    time.sleep(0.5)
    assert (project / "project.json").read_bytes() == before
    second.ask_to_close()
    assert second.end() == 0, "reading leaves nothing to ask about"
    assert (project / FILE_NAME).exists(), "the reader took the other window's lock along"
    first.ask_to_close()
    assert first.end() == 0
    assert not (project / FILE_NAME).exists()


def test_work_survives_a_crash_and_is_offered_at_the_next_start(
    start: Start, twin_of: TwinOf, project: Path, own_home: Path
) -> None:
    program = start(project)
    program.appear("Small")
    twin = twin_of(program, project)
    program.wait(lambda: changes(program, 0.3) < 0.001, 30, "a window that has settled")
    program.click(twin.node("linear_1"))
    program.key("Delete")
    time.sleep(1.5)  # at most the last second may be lost
    program.process.send_signal(signal.SIGABRT)
    assert program.end() == -signal.SIGABRT
    traces = [path.read_text(errors="replace") for path in own_home.rglob("*.crash.log")]
    assert any("Fatal Python error" in text for text in traces), "the crash left no trace"

    again = start()
    again.appear()
    offer = twin_of(again, home=own_home)
    assert offer.window.start.recovery.isVisible()
    again.wait(lambda: changes(again, 0.3) < 0.001, 30, "a start page that has settled")
    again.click(offer.of(offer.window.start.recovery.restore_button))
    again.wait(lambda: again.title.startswith("Small"), 10, "the restored project")
    assert "linear_1" in load(project).graph.nodes, "nothing is written before a person saves"
    save(again)
    assert "linear_1" not in load(project).graph.nodes
    again.ask_to_close()
    assert again.end() == 0
