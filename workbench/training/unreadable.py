"""Files that go bad while a run reads them: each is named once; the run goes on without them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.training.messages import Noticed

NAMED = 10
"""How many files are named one by one; a drive that is pulled out would otherwise give thousands of notices."""


class Unreadable:
    """Collects what a data set reports, on whichever thread, for the training thread to tell."""

    def __init__(self) -> None:
        self._found: deque[Any] = deque()
        self._count = 0

    @contextmanager
    def watching(self, dataset: Any) -> Iterator[None]:
        """Within this block, files that turn out unreadable are collected (and whoever listened before still hears)."""
        if not hasattr(dataset, "on_bad"):
            yield
            return
        before = dataset.on_bad

        def found(bad: Any) -> None:
            self._found.append(bad)
            if before is not None:
                before(bad)

        dataset.on_bad = found
        try:
            yield
        finally:
            if dataset.on_bad is found:
                dataset.on_bad = before

    def notices(self) -> list[Noticed]:
        """What was found since the last call."""
        told: list[Noticed] = []
        while self._found:
            bad = self._found.popleft()
            self._count += 1
            if self._count <= NAMED:
                more = " Further files are not named any more." if self._count == NAMED else ""
                text = f"“{bad.path}” cannot be read any more and is left out from here on. {bad.reason}{more}"
                told.append(Noticed(Diagnostic("data.bad_file", text, Severity.WARNING)))
        return told
