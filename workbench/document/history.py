"""Undo and redo by keeping the values before and after; there is no inverse to get wrong."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.document.diff import same
from workbench.document.project import Project

MOST_STEPS = 1_000
"""Steps kept. Values share what did not change, so a step costs a mapping of the nodes (36 kB for 1,000)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One edit as the Edit menu names it."""

    label: str
    before: Project
    after: Project
    gesture: object = None


class History:
    """The document's values in time. Not thread-safe: it belongs to the thread that edits."""

    def __init__(self, project: Project) -> None:
        self._value = project
        self._saved: Project | None = project
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._open = False  # whether the last step may still grow within its gesture

    @property
    def value(self) -> Project:
        """The document now."""
        return self._value

    def push(self, label: str, project: Project, gesture: object = None) -> None:
        """Records an edit. What was undone before is forgotten; a value equal to the present one is no edit.

        Pushes in a row with the same `gesture` (one drag, one turn of a spin box) become one step. A gesture that
        ends where it began leaves no step.
        """
        if same(project, self._value):
            return
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if self._open and last is not None and gesture is not None and last.gesture == gesture:
            self._done.pop()
            if same(project, last.before):
                project = last.before
            else:
                self._done.append(Step(label, last.before, project, gesture))
        else:
            self._done.append(Step(label, self._value, project, gesture))
            del self._done[:-MOST_STEPS]
        self._open = bool(self._done) and self._done[-1].after is project
        self._value = project

    def undo(self) -> Project:
        """Goes back one step and gives the value then; without one the present value."""
        return self._travel(self._done, self._undone, forward=False)

    def redo(self) -> Project:
        """Takes back the last undo and gives the value then; without one the present value."""
        return self._travel(self._undone, self._done, forward=True)

    def _travel(self, source: list[Step], target: list[Step], *, forward: bool) -> Project:
        if source:
            step = source.pop()
            target.append(step)
            self._value = step.after if forward else step.before
            self._open = False
        return self._value

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    @property
    def undo_label(self) -> str:
        """What undo would take back ("Move Conv2d"), or an empty text."""
        return self._done[-1].label if self._done else ""

    @property
    def redo_label(self) -> str:
        """What redo would do again, or an empty text."""
        return self._undone[-1].label if self._undone else ""

    def mark_saved(self, project: Project | None = None) -> None:
        """The given value (the present one by default) is what the file holds; a running gesture ends here."""
        self._saved = self._value if project is None else project
        self._open = False

    def mark_unsaved(self) -> None:
        """No value is what the file holds (a recovered document, a file that is gone)."""
        self._saved = None

    @property
    def is_saved(self) -> bool:
        """Whether the file holds the present value, however it was reached."""
        return self._saved is not None and same(self._saved, self._value)
