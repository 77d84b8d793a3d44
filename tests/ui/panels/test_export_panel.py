"""The export panel: a real ONNX export with its check, what goes wrong in words, nothing before there is a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.core.diagnostic import Diagnostic
from workbench.export.check import ExportCheck
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.exporting.card import facts
from workbench.ui.exporting.panel import ExportPanel

LEFT = Qt.MouseButton.LeftButton
GOOD = ExportCheck("onnx", "/somewhere/tiny.onnx", 2.4e-6, 256, 256, 0, 0.81, 382_000, True, "")
BAD = ExportCheck("onnx", "", 0.31, 201, 256, 0, 1.2, 382_000, False, "Only 201 of 256 pictures get the same label.")


def test_before_training_there_is_nothing_to_export(
    seen: Session, bridge: Bridge, show: Callable[..., ExportPanel]
) -> None:
    panel = show(ExportPanel)
    assert panel.empty.isVisible()
    QTest.mouseClick(panel.to_training, LEFT)
    assert bridge.place == "train"


def test_an_export_is_written_checked_and_told(
    trained: Session, show: Callable[..., ExportPanel], tmp_path: Path, qtbot: QtBot
) -> None:
    panel = show(ExportPanel)
    assert set(panel.cards) >= {"onnx", "safetensors"}
    panel.use_folder(tmp_path / "out")
    card = panel.cards["onnx"]
    QTest.mouseClick(card.button, LEFT)
    assert card.is_running
    assert card.button.text() == "Cancel"
    qtbot.waitUntil(lambda: bool(card.outcome), timeout=60_000)
    assert card.outcome.startswith("Written and checked")
    assert (tmp_path / "out" / "tiny.onnx").is_file()
    card.copy()
    text = QApplication.clipboard().text()
    assert "Same labels: 36 of 36" in text
    assert "tiny.onnx" in text


def test_a_folder_that_cannot_be_written_to_is_said_in_words(
    trained: Session, show: Callable[..., ExportPanel], tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "in the way").write_text("a file")
    panel = show(ExportPanel)
    panel.use_folder(tmp_path / "in the way")
    card = panel.cards["onnx"]
    panel.start("onnx")
    qtbot.waitUntil(lambda: bool(card.outcome), timeout=60_000)
    assert "could not be written" in card.outcome
    assert card.button.text() == "Export again"


def test_a_mismatch_is_a_failure_and_looks_like_one(trained: Session, show: Callable[..., ExportPanel]) -> None:
    panel = show(ExportPanel)
    card = panel.cards["onnx"]
    card.show_check(BAD)
    assert card.outcome == BAD.message
    assert card.state == ("error", "bad")
    card.show_check(GOOD)
    assert card.state == ("check", "good")
    card.show_problem(Diagnostic("export.write", "The disk is full."))
    assert card.outcome == "The disk is full."
    assert card.state == ("error", "bad")


def test_an_export_can_be_cancelled(
    trained: Session, show: Callable[..., ExportPanel], tmp_path: Path, qtbot: QtBot
) -> None:
    panel = show(ExportPanel)
    panel.use_folder(tmp_path / "out")
    card = panel.cards["onnx"]
    QTest.mouseClick(card.button, LEFT)
    QTest.mouseClick(card.button, LEFT)
    qtbot.waitUntil(lambda: card.button.text() == "Export", timeout=60_000)
    assert card.outcome == ""
    assert not (tmp_path / "out" / "tiny.onnx").exists()


def test_another_project_starts_with_clean_cards(
    trained: Session, bridge: Bridge, empty_session: Session, show: Callable[..., ExportPanel]
) -> None:
    panel = show(ExportPanel)
    panel.cards["onnx"].show_check(GOOD)
    bridge.set_session(empty_session)
    assert panel.cards["onnx"].outcome == ""
    assert panel.empty.isVisible()
    assert panel.folder == empty_session.folder / "exports"


@pytest.mark.parametrize(("check", "words"), [(GOOD, ("2.4e-06", "256 of 256", "0.81 ms", "382 kB"))])
def test_what_was_measured_in_words(check: ExportCheck, words: tuple[str, ...]) -> None:
    assert tuple(value for _title, value in facts(check)) == words
