from __future__ import annotations

import threading

from workbench.training.slot import LatestSlot


def test_the_newest_value_wins_and_is_taken_once() -> None:
    slot: LatestSlot[str] = LatestSlot()
    assert slot.take() is None
    slot.put("old")
    slot.put("new")
    assert slot.peek() == (2, "new")
    assert slot.take() == "new"
    assert slot.take() is None
    assert slot.version == 2


def test_a_reader_never_sees_an_older_value_after_a_newer_one() -> None:
    slot: LatestSlot[int] = LatestSlot()
    seen: list[int] = []
    done = threading.Event()

    def write() -> None:
        for value in range(20_000):
            slot.put(value)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set() or slot.peek()[1] is not None:
        value = slot.take()
        if value is not None:
            seen.append(value)
    writer.join()
    assert seen == sorted(set(seen))
    assert seen[-1] == 19_999
