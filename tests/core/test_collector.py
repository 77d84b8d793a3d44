"""The collector rests where it is told to, and works where it is asked to."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from workbench.core.collector import at_rest, collect_what_is_due, keep_what_is_there


@pytest.fixture
def awake() -> Iterator[None]:
    """Python collects by itself, as in a program without a window (the tests themselves collect between tests)."""
    gc.enable()
    yield
    gc.disable()


@pytest.mark.usefixtures("awake")
def test_it_rests_within_and_goes_on_afterwards():
    with at_rest():
        assert not gc.isenabled()
        with at_rest():
            assert not gc.isenabled()
        assert not gc.isenabled(), "the inner one must not wake it"
    assert gc.isenabled()


@pytest.mark.usefixtures("awake")
def test_it_goes_on_after_an_error():
    with pytest.raises(KeyError), at_rest():
        raise KeyError
    assert gc.isenabled()


def test_what_was_there_is_not_walked_again():
    before = gc.get_freeze_count()
    kept = [[] for _ in range(1000)]
    try:
        keep_what_is_there()
        assert gc.get_freeze_count() >= before + len(kept)
    finally:
        gc.unfreeze()


def test_only_what_is_due_is_collected():
    gc.collect()
    assert collect_what_is_due() is None
    kept = [[] for _ in range(gc.get_threshold()[0] + 100)]
    assert collect_what_is_due() == 0
    assert collect_what_is_due() is None
    del kept
