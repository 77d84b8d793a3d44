"""Python's garbage collector, kept from walking what is there to stay, and from running in the wrong thread."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """No collection meanwhile. Where thousands of objects are made and all of them stay, walking them again and again
    takes as long as making them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def keep_what_is_there() -> None:
    """Everything alive now is never walked again: loaded libraries are hundreds of thousands of objects, and a full
    collection, which holds all threads up, would visit each of them for nothing."""
    gc.freeze()


def collect_what_is_due() -> int | None:
    """Collect as Python would by itself, but now and in this thread; gives the generation, None if nothing was due."""
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            return generation
    return None
