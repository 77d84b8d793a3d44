"""What those who watch a run hold of it: its thread, and the events that the thread leaves for them to take."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from workbench.training.messages import Ended, Event


class Watched:
    """A run that goes on in a thread of this process: it trains there, or follows processes that do.

    `body` is what the thread does; it puts events into `_events`, the last of them an `Ended`.
    """

    def __init__(self, name: str, body: Callable[[], None]) -> None:
        self._events: deque[Event] = deque()
        self._thread = threading.Thread(target=body, name=name, daemon=True)

    def drain(self) -> list[Event]:
        """The state events since the last call, oldest first: no `StepEnd` (read `scalars`) and no `Validating`."""
        events: list[Event] = []
        while self._events:
            events.append(self._events.popleft())
        return events

    def stream(self) -> Iterator[Event]:
        """The state events as they come, up to `Ended`; blocks in between (for the command line and scripts)."""
        while True:
            is_over = not self.is_alive
            for event in self.drain():
                yield event
                if isinstance(event, Ended):
                    return
            if is_over:
                return
            time.sleep(0.01)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; False if it has not come in time. A run whose events nobody reads may need `stop` first."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()
