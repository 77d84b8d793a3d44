"""The collector rests where it is told to, and only there."""

from __future__ import annotations

import gc

import pytest

from workbench.core.collector import at_rest, keep_what_is_there


def test_it_rests_within_and_goes_on_afterwards():
    assert gc.isenabled()
    with at_rest():
        assert not gc.isenabled()
        with at_rest():
            assert not gc.isenabled()
        assert not gc.isenabled(), "the inner one must not wake it"
    assert gc.isenabled()


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
