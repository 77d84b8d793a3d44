from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.training.scalars import COLUMNS, ScalarLog


def filled(count: int) -> ScalarLog:
    log = ScalarLog()
    for step in range(count):
        log.append(step, step * 2.0, 0.5, 1e-3, 10.0, 2.5)
    return log


@given(count=st.integers(0, 9_000), start=st.integers(0, 9_500), length=st.integers(0, 9_500))
def test_any_slice_is_what_was_appended(count: int, start: int, length: int) -> None:
    log = filled(count)
    rows = log.read(start, start + length)
    expected = np.arange(count, dtype=float)[start : start + length]
    assert rows.shape == (len(expected), len(COLUMNS))
    assert np.array_equal(rows[:, 0], expected)
    assert np.array_equal(rows[:, 1], expected * 2)


def test_a_copy_is_given_so_that_a_reader_cannot_change_the_record() -> None:
    log = filled(3)
    log.read()[:] = -1
    assert log.column("step").tolist() == [0, 1, 2]


def test_the_last_row_goes_by_name() -> None:
    assert ScalarLog().last() is None
    last = filled(5000).last()
    assert last == {
        "step": 4999,
        "loss": 9998,
        "accuracy": 0.5,
        "learning_rate": 1e-3,
        "images_per_second": 10.0,
        "gradient_norm": 2.5,
    }


def test_a_log_can_begin_with_what_was_recorded_before() -> None:
    rows = filled(4100).read()
    again = ScalarLog(rows)
    again.append(4100, 1.0, 1.0, 1.0)
    assert len(again) == 4101
    assert np.array_equal(again.read(0, 4100), rows)


def test_rows_of_before_there_were_norms_can_be_the_beginning() -> None:
    log = ScalarLog(filled(3).read()[:, :5])
    assert np.isnan(log.column("gradient_norm")).all()
    assert np.array_equal(log.read()[:, :5], filled(3).read()[:, :5])


def test_positions_count_from_the_beginning() -> None:
    with pytest.raises(ValueError):
        filled(3).read(-1)


def test_a_reader_beside_the_writer_sees_whole_rows_only() -> None:
    log, total, position = ScalarLog(), 50_000, 0
    writer = threading.Thread(target=lambda: [log.append(i, i, i, i, i, i) for i in range(total)])
    writer.start()
    while position < total:
        rows = log.read(position)
        assert (rows == rows[:, :1]).all()
        assert np.array_equal(rows[:, 0], np.arange(position, position + len(rows)))
        position += len(rows)
    writer.join()
