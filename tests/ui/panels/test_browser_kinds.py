"""Texts, rows of a table and sounds in the browser: in words or as a drawing, alone with all that is in them."""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.document.project import DataSettings, Project
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.page import BrowserPage
from workbench.ui.datasets.panel import DataPanel

OpenPage = Callable[[Path], tuple[DataPanel, BrowserPage]]


@pytest.fixture
def open_page(
    project: Project, tmp_path: Path, bridge: Bridge, show: Callable[..., DataPanel], qtbot: QtBot
) -> OpenPage:
    """The page of a project whose samples come from a folder or a file."""

    def open_(source: Path) -> tuple[DataPanel, BrowserPage]:
        session = Session.create(tmp_path / "project", replace(project, data=DataSettings(source=str(source))))
        bridge.set_session(session)
        panel = show(DataPanel, (1000, 600))
        qtbot.waitUntil(lambda: session.data.phase in ("ready", "failed"), timeout=20_000)
        assert session.data.phase == "ready", session.data.diagnostic
        return panel, panel.browser

    yield open_  # type: ignore[misc]
    if bridge.session is not None:
        bridge.session.close()


def test_texts_are_shown_by_their_words(open_page: OpenPage, tmp_path: Path, qtbot: QtBot) -> None:
    for name, words in (("calm", "all is well on the quiet lake"), ("stormy", "the wind howls over the waves")):
        (tmp_path / "texts" / name).mkdir(parents=True)
        for i in range(4):
            (tmp_path / "texts" / name / f"{i}.txt").write_text(f"{words} {'and so on ' * 40}{i}", "utf-8")
    panel, page = open_page(tmp_path / "texts")
    assert page.words == "8 texts"
    assert "8 texts · 2 classes" in panel.header.details
    assert not page.bar.sizes.isVisible()
    first = int(page.grid.found.numbers[0])
    qtbot.waitUntil(lambda: page.grid.thumbnails.words(first).startswith("all is well"), timeout=10_000)
    page.grid.move_to(0)
    page.open(first)
    qtbot.waitUntil(lambda: page.preview.words.endswith("and so on 0"), timeout=10_000)
    QTest.keyClick(page.preview, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: page.preview.words.startswith("the wind howls"), timeout=10_000)
    assert "pixels" not in page.preview.facts


def test_rows_of_a_table_are_shown_with_their_columns(open_page: OpenPage, tmp_path: Path, qtbot: QtBot) -> None:
    rows = [f"{i},{i * 0.5},{'low' if i < 10 else 'high'}" for i in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["height,width,class", *rows]) + "\n", "utf-8")
    _panel, page = open_page(tmp_path / "t.csv")
    assert page.words == "20 rows"
    number = int(page.grid.found.numbers[0])
    page.open(number)
    qtbot.waitUntil(lambda: "height\t" in page.preview.words, timeout=10_000)
    assert "class\thigh" in page.preview.words


def test_sounds_are_drawn(open_page: OpenPage, tmp_path: Path, qtbot: QtBot) -> None:
    for name, pitch in (("high", 880), ("low", 220)):
        (tmp_path / "sounds" / name).mkdir(parents=True)
        for i in range(3):
            with wave.open(str(tmp_path / "sounds" / name / f"{i}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                tone = np.sin(np.arange(4000) * pitch * 2 * np.pi / 8000) * 20_000
                file.writeframes(tone.astype("<i2").tobytes())
    _panel, page = open_page(tmp_path / "sounds")
    assert page.words == "6 sounds"
    number = int(page.grid.found.numbers[0])
    qtbot.waitUntil(lambda: page.grid.thumbnails.get(number) is not None, timeout=10_000)
    page.open(number)
    qtbot.waitUntil(lambda: page.preview.has_picture, timeout=10_000)
    assert "0.5 s" in page.preview.facts
    assert page.preview.words == ""
