"""The whole main job on a built-in sample: opened, mended, trained, looked into, tested, exported and checked.

The tour is a script of steps that wait for conditions; the event loop runs in between, as when a person works.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QCoreApplication, QObject, QSize, QTimer
from PySide6.QtWidgets import QApplication

from workbench.core.diagnostic import Problem
from workbench.core.paths import user_dir
from workbench.core.words import count, duration, number, rate
from workbench.session.session import Session
from workbench.session.state import RunState
from workbench.session.templates import project_of
from workbench.ui import screenshots
from workbench.ui.bridge import Bridge
from workbench.ui.settings import Settings
from workbench.ui.theme import Theme
from workbench.ui.window import MainWindow

if TYPE_CHECKING:
    from workbench.export.check import ExportCheck

LONGEST_SECONDS = 3600.0
SIZE = QSize(1440, 900)
STEP_MILLISECONDS = 30

Condition = Callable[[], bool]


class Teller(Protocol):
    """Where the tour says what it does: `workbench.cli.output.Output` is one."""

    def row(self, values: dict[str, Any]) -> None: ...
    def say(self, text: str = "") -> None: ...


class Progress(Protocol):
    """A progress bar: `workbench.cli.output.Bar` is one."""

    def show(self, done: float, total: float | None, note: str = "") -> None: ...
    def close(self) -> None: ...


class Tour(QObject):
    """Runs once. `shown`: there is a display, so that a person watches; without one, pictures are all there is.

    `folder` gets the project, the exports and, in `window/`, pictures of the window and of every dock in both themes,
    at 100 % and 200 %. None: a folder of the user's own, and pictures only without a display.
    """

    def __init__(
        self,
        *,
        template: str,
        folder: str | None,
        epochs: int | None,
        shown: bool,
        teller: Teller,
        bar: Progress,
    ) -> None:
        super().__init__()
        self._template, self._epochs, self._shown = template, epochs, shown
        self._teller, self._bar = teller, bar
        self._folder = Path(folder) if folder is not None else user_dir("data") / "tour"
        self._pictures = folder is not None or not shown
        self._status = 1
        self._began = time.monotonic()
        self._window: MainWindow | None = None
        self._script: Iterator[Condition] | None = None
        self._until: Condition = lambda: True
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_MILLISECONDS)
        self._timer.timeout.connect(self._go_on)

    def run(self, app: QApplication, settings: Settings) -> int:
        """The tour, in the application's event loop. Gives the exit status."""
        theme = Theme("dark")
        bridge = Bridge(theme)
        window = MainWindow(bridge, settings, theme)
        window.resize(SIZE)
        window.show()
        self._window = window
        self._script = self._steps(window, bridge)
        self._timer.start()
        app.exec()
        self._bar.close()
        return self._status

    # --- the machinery -----------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Take the next step if what the last one waits for has come."""
        assert self._script is not None
        assert self._window is not None
        try:
            if time.monotonic() - self._began > LONGEST_SECONDS:
                raise Problem.of(
                    "tour.late", f"The tour did not end within {duration(LONGEST_SECONDS)} and was stopped."
                )
            if not self._until():
                return
            self._until = next(self._script)
        except StopIteration:
            self._timer.stop()
            if not (self._shown and sys.stdout.isatty()):
                self._leave()
        except Problem as problem:
            self._timer.stop()
            for diagnostic in problem.diagnostics:
                print(f"workbench: {diagnostic.message}", file=sys.stderr)
            self._leave()
        except Exception as error:  # the tour is over, but the window must close and the reason be told
            self._timer.stop()
            print(f"workbench: the tour stopped: {type(error).__name__}: {error}", file=sys.stderr)
            self._leave()
            raise

    def _leave(self) -> None:
        """Close the project without questions: everything is saved."""
        assert self._window is not None
        session = self._window.bridge.session
        self._window.bridge.set_session(None)
        if session is not None:
            session.close()
        self._window.close()
        QCoreApplication.quit()

    def _tell(self, stage: str, text: str, **facts: Any) -> None:
        seconds = round(time.monotonic() - self._began, 2)
        self._teller.row({"event": "stage", "stage": stage, **facts, "seconds": seconds})
        self._teller.say(text)

    def _take(self, window: MainWindow, name: str) -> None:
        """The window as it is now, and each dock once, in the present theme."""
        if not self._pictures:
            return
        theme = window.theme.name
        place = self._folder / "window"
        screenshots.save(window, place / f"{name}-{theme}.png")
        screenshots.save(window, place / "200" / f"{name}-{theme}.png", 2.0)
        for dock, panel in screenshots.visible_docks(window).items():
            file = place / "docks" / f"{dock}-{theme}.png"
            if dock != "start" and (not file.exists() or name == dock):
                screenshots.save(panel, file)

    def _both(self, window: MainWindow, name: str) -> Iterator[Condition]:
        """A picture in each theme, given time to settle."""
        for theme in ("light", "dark"):
            if self._pictures:
                window.bridge.set_theme(theme)  # type: ignore[arg-type]
                yield after(0.25)
                self._take(window, name)

    # --- the script --------------------------------------------------------------------------------------------------

    def _steps(self, window: MainWindow, bridge: Bridge) -> Iterator[Condition]:
        yield after(0.4)
        yield from self._both(window, "start")
        session = self._create()
        bridge.set_session(session)
        bridge.go_to("data")
        yield lambda: session.data.phase in ("ready", "failed")
        yield from self._data(window, session)
        yield from self._build(window, bridge, session)
        yield from self._train(window, bridge, session)
        yield from self._look(window, bridge, session)
        yield from self._export(window, bridge, session)
        self._status = 0
        if self._pictures:
            self._teller.say(f"Pictures of the window: {self._folder / 'window'}")
        seconds = time.monotonic() - self._began
        self._teller.row({"event": "end", "state": "done", "seconds": round(seconds, 1)})
        self._teller.say(f"Done in {duration(seconds)}.")

    def _create(self) -> Session:
        folder = self._folder / self._template
        k = 1
        while folder.exists():
            k += 1
            folder = self._folder / f"{self._template}-{k}"
        session = Session.create(folder, project_of(self._template))
        self._tell("open", f"Opened {self._template} in {folder}", project=str(folder))
        return session

    def _data(self, window: MainWindow, session: Session) -> Iterator[Condition]:
        dataset = session.data.dataset
        if dataset is None:
            raise Problem(*session.errors)
        self._tell(
            "data",
            f"{count(len(dataset.index), 'picture')} in {count(len(dataset.classes), 'class', 'classes')}: "
            f"{', '.join(dataset.classes)}",
            images=len(dataset.index),
            classes=list(dataset.classes),
        )
        yield after(1.0)
        yield from self._both(window, "data")

    def _build(self, window: MainWindow, bridge: Bridge, session: Session) -> Iterator[Condition]:
        """The canvas, then a mistake and what is said about it, then undo."""
        bridge.go_to("build")
        first = next((n.id for n in session.graph if n.layer == "conv2d"), next(iter(session.graph.nodes)))
        bridge.select([first])
        yield lambda: session.views is not None
        yield after(0.8)
        yield from self._both(window, "build")
        wires = [e for e in session.graph.edges if session.graph.nodes[e.source].layer == "max_pool2d"]
        if wires:
            last = max(wires, key=lambda e: session.graph.nodes[e.source].y)
            at = session.graph.nodes[last.source]
            wrong = session.add_layer("linear", at.x, at.y + 150, onto=last)
            bridge.select([wrong])
            window.furnish().canvas.show_network()
            said = [d.message for d in session.problems if d.node == wrong]
            yield after(0.8)
            yield from self._both(window, "mistake")
            window.show_problems()
            yield after(0.4)
            yield from self._both(window, "problems")
            window.reset_docks()
            session.undo()
            self._tell("mistake", f"A wrong wire is marked and said in words: {said[0]}", message=said[0])
            window.furnish().canvas.show_network()
        self._tell(
            "build",
            f"{count(len(session.graph), 'layer')}, {number(session.inferred.parameters)} parameters",
            layers=len(session.graph),
            parameters=session.inferred.parameters,
        )
        bridge.select([first])

    def _train(self, window: MainWindow, bridge: Bridge, session: Session) -> Iterator[Condition]:
        bridge.go_to("train" if not self._shown else "build")
        wishes: dict[str, Any] = {"epochs": self._epochs} if self._epochs else {}
        session.start_training(**wishes)
        told = 0
        halfway = False

        def run() -> RunState:
            state = session.run
            assert state is not None
            return state

        while run().is_live:
            yield after(0.1)
            state = run()
            self._bar.show(state.step, state.steps or None, rate(state.images_per_second, "pictures"))
            for epoch in state.epochs_log[told:]:
                self._teller.row(epoch.as_json())
                accuracy = f"{epoch.val_accuracy:.2%}" if epoch.val_accuracy is not None else "–"
                self._teller.say(
                    f"epoch {epoch.epoch}/{state.epochs}: training loss {epoch.train_loss:.4f}, "
                    f"validation accuracy {accuracy}"
                )
            told = len(state.epochs_log)
            if not halfway and told * 2 >= state.epochs:
                halfway = True
                yield from self._both(window, "training")
                bridge.go_to("build")
                yield after(0.8)
                yield from self._both(window, "window")
        end = run()
        self._bar.close()
        if end.phase != "done":
            raise Problem(*end.diagnostics)
        best = end.best_val_accuracy
        self._tell(
            "train",
            f"{end.id} done: best validation accuracy {best:.2%}" if best is not None else f"{end.id} done",
            run=end.id,
            best_val_accuracy=best,
        )

    def _look(self, window: MainWindow, bridge: Bridge, session: Session) -> Iterator[Condition]:
        """A deeper layer, and the network's answer for a validation picture."""
        bridge.go_to("look")
        deep = [n.id for n in session.graph if n.layer in ("relu", "conv2d")] or list(session.graph.nodes)
        bridge.select([deep[-1]])
        dataset = session.data.dataset
        assert dataset is not None
        picture = int(dataset.splits.val[len(dataset.splits.val) // 2])
        session.choose_picture(picture)
        name = dataset.index.path(picture)
        yield (
            lambda: (
                session.views is not None
                and session.views.picture_name == name
                and deep[-1] in session.views.maps
                and not session.views.live
            )
        )
        views = session.views
        assert views is not None
        yield after(0.6)
        yield from self._both(window, "look")
        best = max(range(len(views.scores)), key=views.scores.__getitem__) if views.scores else 0
        answer = views.classes[best] if views.classes else ""
        window.show_help()
        yield after(0.4)
        yield from self._both(window, "help")
        window.reset_docks()
        self._tell("look", f"{name} is labelled “{views.label}”, recognised as “{answer}”", picture=name, answer=answer)

    def _export(self, window: MainWindow, bridge: Bridge, session: Session) -> Iterator[Condition]:
        from workbench.export.registry import EXPORTS

        bridge.go_to("export")
        panel = window.furnish().export
        out = self._folder / "exported"
        panel.use_folder(out)
        for name in EXPORTS:
            panel.start(name)
            jobs = session.jobs.running
            if not jobs:
                raise Problem.of("tour.export", f"The export to {name} did not begin.")
            job = jobs[-1]
            yield lambda job=job: job.state != "running"  # type: ignore[misc]
            yield after(0.2)
            if job.state != "done":
                raise Problem(*job.diagnostics)
            check: ExportCheck = job.result
            self._teller.row({"event": "export", **check.as_json()})
            self._teller.say(
                f"{name}: largest difference {check.max_abs_diff:.2g}, labels agree on {check.labels_agree} of "
                f"{check.checked_on} pictures: {check.path}"
            )
            if not check.ok:
                raise Problem.of("tour.export", check.message)
        yield after(0.4)
        yield from self._both(window, "export")


def after(seconds: float) -> Condition:
    """A condition that holds from so many seconds on."""
    due = time.monotonic() + seconds
    return lambda: time.monotonic() >= due
