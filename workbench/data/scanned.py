"""What data sets of one scan share: the index as it was found, what is drawn for it, and the threads that read it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from workbench.core.diagnostic import Diagnostic
from workbench.data.bad import Bad
from workbench.data.feed import Asked, Feed, Indices
from workbench.data.index import Index
from workbench.data.inputs import Input
from workbench.data.kinds import KINDS
from workbench.data.kinds.kind import DataKind
from workbench.data.splitting.splits import Drawing
from workbench.data.targets.columns import Columns
from workbench.data.thumbnails import Thumbnails
from workbench.document.project import DataSettings


class Hearing(Protocol):
    """Who is told of what threads meet."""

    def heard_bad(self, bad: Bad) -> None: ...
    def heard(self, notice: Diagnostic) -> None: ...


class Scanned:
    """A scan and what follows from it alone. `notices` is what was told since; `found_bad` and `notice` may be called
    on any thread, and tell every data set that is still held."""

    def __init__(
        self,
        index: Index,
        threads: int | None = None,
        cache_budget: int | None = None,
        places: Sequence[Path] = (),
    ) -> None:
        """`places` are the sources of the index, in order; without them there are no columns to be held against."""
        self.index = index
        self.columns = Columns(index, places)
        self.kind: DataKind = KINDS[index.kind]
        self.drawing = Drawing(index)
        self.thumbnails = Thumbnails(index)
        self.notices: tuple[Diagnostic, ...] = ()
        self.threads, self._budget = threads, cache_budget
        self._hearing: weakref.WeakSet[Hearing] = weakref.WeakSet()
        self._guard = threading.Lock()

    def asked(self, train: Indices, settings: DataSettings, wanted: Input, apart: tuple[str, ...] = ()) -> Asked:
        """What a kind is asked to open of this scan, for one input of the network; `apart` are outputs' own columns."""
        return Asked(self.index, train, settings, wanted, self.threads, self._budget, self.notice, apart)

    def tell(self, one: Hearing) -> None:
        """From now on tell this one too."""
        with self._guard:
            self._hearing.add(one)

    def found_bad(self, bad: Bad) -> None:
        for one in self._all():
            one.heard_bad(bad)

    def notice(self, diagnostic: Diagnostic) -> None:
        with self._guard:
            self.notices += (diagnostic,)
        for one in self._all():
            one.heard(diagnostic)

    def _all(self) -> tuple[Hearing, ...]:
        with self._guard:
            return tuple(self._hearing)


class Held:
    """A feed that is closed when the last who holds it lets go."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self._holders = 1
        self._guard = threading.Lock()

    def hold(self) -> Held:
        with self._guard:
            self._holders += 1
        return self

    def let_go(self) -> None:
        with self._guard:
            self._holders -= 1
            last = self._holders == 0
        if last:
            self.feed.close()
