from __future__ import annotations

import pytest

from workbench.training.messages import EpochEnd
from workbench.training.pace import Pace


def end(epoch: int, beside: float) -> EpochEnd:
    return EpochEnd(epoch, 1.0, 0.5, 1.0, 0.5, 100.0, 10.0, validation_seconds=beside)


def test_rate_and_time_left_come_from_the_steps() -> None:
    pace = Pace()
    pace.begin(2)
    assert pace.stepped(100.0, 8) == 0
    assert pace.seconds_left(19) is None
    for k in range(1, 10):
        rate = pace.stepped(100 + 0.1 * k, 8)
    assert rate == pytest.approx(80)
    assert pace.seconds_left(10) == pytest.approx(1.0)


def test_validation_is_counted_for_the_epochs_to_come() -> None:
    pace = Pace()
    pace.begin(3)
    for k in range(10):
        pace.stepped(0.1 * k, 8)
    pace.epoch_ended(end(1, beside=4.0))
    assert pace.seconds_left(20) == pytest.approx(20 * 0.1 + 2 * 4.0)


def test_a_pause_counts_as_nothing() -> None:
    pace = Pace()
    pace.begin(1)
    pace.stepped(0.0, 8)
    pace.stepped(0.1, 8)
    pace.exclude(1000.0)
    assert pace.stepped(1000.2, 8) == pytest.approx(80)
    assert pace.seconds_left(10) == pytest.approx(1.0)


def test_a_machine_that_slept_barely_moves_the_time_left() -> None:
    pace = Pace()
    pace.begin(1)
    for k in range(20):
        pace.stepped(0.1 * k, 8)
    pace.stepped(60.0, 8)
    for k in range(1, 5):
        pace.stepped(60 + 0.1 * k, 8)
    assert pace.seconds_left(10) == pytest.approx(1.0)


def test_the_rate_is_that_of_the_last_seconds() -> None:
    pace = Pace()
    pace.begin(1)
    for k in range(100):
        pace.stepped(0.1 * k, 8)
    for k in range(1, 100):
        rate = pace.stepped(9.9 + 0.05 * k, 8)
    assert rate == pytest.approx(160, rel=0.02)


def test_the_rate_does_not_fall_to_nothing_where_an_epoch_begins() -> None:
    pace = Pace()
    pace.begin(2)
    for k in range(10):
        pace.stepped(0.1 * k, 8)
    pace.epoch_ended(end(1, beside=4.0))
    assert pace.stepped(5.0, 8) == pytest.approx(80)
    assert pace.stepped(5.2, 8) == pytest.approx(40)
