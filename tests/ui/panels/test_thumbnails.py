"""Small pictures on demand: from threads, the newest wish first, kept while the files stay the same."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from workbench.core.diagnostic import Problem
from workbench.data.index import Index
from workbench.ui.datasets.thumbnails import Thumbnails


class SlowPictures:
    """A data set whose thumbnails wait until they are let go."""

    def __init__(self) -> None:
        self.index = Index.of(Path(), ("a",), ())
        self.gate = threading.Event()
        self.asked: list[int] = []
        self.threads: set[int] = set()

    def preview(self, number: int, edge: int) -> np.ndarray:
        self.asked.append(number)
        self.threads.add(threading.get_ident())
        self.gate.wait(5)
        if number == 13:
            raise Problem.of("data.gone", "The picture is gone.")
        return np.full((edge, edge, 3), number % 256, np.uint8)


@pytest.fixture
def thumbnails(theme: object) -> Thumbnails:
    made = Thumbnails(16)
    yield made  # type: ignore[misc]
    made.close()
    made.deleteLater()


def test_thumbnails_never_come_from_the_windows_thread(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    pictures = SlowPictures()
    thumbnails.use(pictures)  # type: ignore[arg-type]
    assert [thumbnails.get(n) for n in range(20)] == [None] * 20
    pictures.gate.set()
    qtbot.waitUntil(lambda: thumbnails.kept == 20, timeout=5000)
    assert threading.get_ident() not in pictures.threads
    assert thumbnails.get(5) is not None
    assert thumbnails.get(13) is None  # it cannot be read: a plain tile, asked for once
    assert pictures.asked.count(13) == 1


def test_the_newest_wish_is_served_first_and_what_scrolled_away_is_not_decoded(
    thumbnails: Thumbnails, qtbot: QtBot
) -> None:
    pictures = SlowPictures()
    thumbnails.use(pictures)  # type: ignore[arg-type]
    for number in range(5000):
        thumbnails.get(number)
    pictures.gate.set()
    qtbot.waitUntil(lambda: thumbnails.get(4999) is not None, timeout=5000)
    qtbot.waitUntil(lambda: len(pictures.asked) >= 300, timeout=5000)
    assert 4999 in pictures.asked[:4]
    assert len(pictures.asked) < 500


def test_answers_for_another_data_set_are_dropped(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    old, new = SlowPictures(), SlowPictures()
    thumbnails.use(old)  # type: ignore[arg-type]
    thumbnails.get(7)
    qtbot.waitUntil(lambda: old.asked == [7], timeout=5000)
    thumbnails.use(new)  # type: ignore[arg-type]
    arrived: list[int] = []
    thumbnails.arrived.connect(arrived.append)
    old.gate.set()
    qtbot.wait(100)
    assert arrived == []
    assert thumbnails.kept == 0


def test_closing_waits_for_the_workers(thumbnails: Thumbnails) -> None:
    pictures = SlowPictures()
    thumbnails.use(pictures)  # type: ignore[arg-type]
    thumbnails.get(1)
    threading.Timer(0.1, pictures.gate.set).start()
    thumbnails.close()
    assert not [t for t in threading.enumerate() if t.name == "thumbnails"]


def test_what_a_paint_asks_for_is_begun_after_it_the_first_in_view_first(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    pictures = SlowPictures()
    pictures.gate.set()
    thumbnails.use(pictures)  # type: ignore[arg-type]
    with thumbnails.painting(range(100, 104)):
        for number in (100, 101, 102, 103):
            assert thumbnails.get(number) is None
        time.sleep(0.05)
        assert pictures.asked == []
    qtbot.waitUntil(lambda: thumbnails.kept == 4, timeout=5000)
    assert set(pictures.asked[:2]) <= {100, 101, 102}


def test_what_is_not_in_view_any_more_is_dropped(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    pictures = SlowPictures()
    thumbnails.use(pictures)  # type: ignore[arg-type]
    for number in range(50):
        thumbnails.get(number)
    qtbot.waitUntil(lambda: len(pictures.asked) == 2, timeout=5000)
    with thumbnails.painting([7]):
        pass
    pictures.gate.set()
    qtbot.waitUntil(lambda: thumbnails.get(7) is not None, timeout=5000)
    assert len(pictures.asked) <= 4


def test_another_size_keeps_the_old_one_until_it_is_there(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    pictures = SlowPictures()
    pictures.gate.set()
    thumbnails.use(pictures)  # type: ignore[arg-type]
    thumbnails.get(3)
    qtbot.waitUntil(lambda: thumbnails.kept == 1, timeout=5000)
    pictures.gate.clear()
    thumbnails.resize(32)
    old = thumbnails.get(3)
    assert old is not None
    assert old.width() == 16
    pictures.gate.set()
    qtbot.waitUntil(lambda: (now := thumbnails.get(3)) is not None and now.width() == 32, timeout=5000)
    assert thumbnails.kept == 1
    assert thumbnails.bytes == 32 * 32 * 4


def test_the_oldest_go_when_there_are_too_many(theme: object, qtbot: QtBot) -> None:
    thumbnails = Thumbnails(16, most_bytes=5 * 16 * 16 * 4)
    pictures = SlowPictures()
    pictures.gate.set()
    thumbnails.use(pictures)  # type: ignore[arg-type]
    for number in range(9):
        thumbnails.get(number)
    qtbot.waitUntil(lambda: len(pictures.asked) == 9 and thumbnails.kept == 5, timeout=5000)
    assert thumbnails.bytes == 5 * 16 * 16 * 4
    thumbnails.close()
    thumbnails.deleteLater()


class Told:
    """A data set of texts."""

    index = Index.of(Path(), ("a",), (), kind="text")

    def preview(self, number: int, edge: int) -> None:
        return None

    def words(self, number: int) -> str:
        return f"once upon a time {number}"


def test_a_sample_without_a_picture_is_told_in_words(thumbnails: Thumbnails, qtbot: QtBot) -> None:
    thumbnails.use(Told())  # type: ignore[arg-type]
    assert thumbnails.words(4) == ""
    qtbot.waitUntil(lambda: thumbnails.words(4) == "once upon a time 4", timeout=5000)
    assert thumbnails.get(4) is None
    assert not thumbnails.failed(4)
