"""A field inside a block: a plain value, or an expression with completion, by mouse and by keyboard alone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.catalogue.declaration import Kind, Param
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.document.graph import Value
from workbench.ui.inspector.binding import in_words, read, written
from workbench.ui.inspector.form import Form
from workbench.ui.theme import Theme

NAMES = {"channels": 64, "kernel": 3, "stride": 1, "index": 0, "in_channels": None}
KERNEL = next(p for p in LAYERS["conv2d"].params if p.id == "kernel")
FILTERS = next(p for p in LAYERS["conv2d"].params if p.id == "filters")


class Filled:
    """A form of a convolution inside a block, that takes in what it reports."""

    def __init__(self, qtbot: QtBot, theme: Theme, **params: Value) -> None:
        self.form = Form(LAYERS["conv2d"].params, theme, NAMES)
        qtbot.addWidget(self.form)
        self.values: dict[str, Value] = {**check(LAYERS["conv2d"], {})[0], **params}
        self.reported: list[tuple[str, Value]] = []
        self.form.edited.connect(self._take)
        self._show()
        self.form.resize(240, 400)
        self.form.show()
        qtbot.waitExposed(self.form)
        self.form.activateWindow()
        QTest.qWaitForWindowActive(self.form)

    def _take(self, param: str, value: Value, _gesture: str) -> None:
        self.reported.append((param, value))
        self.values[param] = value
        self._show()

    def _show(self) -> None:
        bound = {p: 64 if written(v) is not None else v for p, v in self.values.items()}
        self.form.show_values(self.values, bound)


@pytest.fixture
def theme(qapp: object) -> Theme:
    return Theme("dark")


def test_typing_an_equals_sign_makes_a_field_an_expression(qtbot: QtBot, theme: Theme) -> None:
    filled = Filled(qtbot, theme)
    binding = filled.form.bindings["filters"]
    assert not binding.is_expression
    filled.form.fields["filters"].setFocus()
    QTest.keyClick(filled.form.fields["filters"].editor, "=")
    assert binding.is_expression
    assert binding.line.hasFocus()
    assert not filled.reported, "nothing is said yet"
    QTest.keyClicks(binding.line, "channels * 2")
    assert binding.line.text() == "=channels * 2"
    binding.line.suggestions.hide()
    QTest.keyClick(binding.line, Qt.Key.Key_Return)
    assert filled.reported == [("filters", "=channels * 2")]
    assert binding.is_expression
    assert binding.shown.text() == "64"
    assert binding.shown.isVisible()
    assert not binding.field.isVisible()


def test_names_are_completed(qtbot: QtBot, theme: Theme) -> None:
    filled = Filled(qtbot, theme)
    binding = filled.form.bindings["filters"]
    filled.form.fields["filters"].setFocus()
    QTest.keyClick(filled.form.fields["filters"].editor, "=")
    QTest.keyClicks(binding.line, "2 * ch")
    assert binding.line.suggestions.isVisible()
    QTest.keyClick(binding.line.suggestions, Qt.Key.Key_Return)
    assert binding.line.text() == "=2 * channels"
    assert not binding.line.suggestions.isVisible()
    QTest.keyClick(binding.line, Qt.Key.Key_Return)
    assert filled.reported == [("filters", "=2 * channels")]


def test_escape_leaves_the_field_as_it_was(qtbot: QtBot, theme: Theme) -> None:
    filled = Filled(qtbot, theme)
    binding = filled.form.bindings["filters"]
    filled.form.fields["filters"].setFocus()
    QTest.keyClick(filled.form.fields["filters"].editor, "=")
    QTest.keyClicks(binding.line, "5 +")
    QTest.keyClick(binding.line, Qt.Key.Key_Escape)
    assert not filled.reported
    assert not binding.is_expression
    assert filled.form.fields["filters"].editor.hasFocus()


def test_leaving_an_unfinished_expression_puts_the_value_back(qtbot: QtBot, theme: Theme) -> None:
    filled = Filled(qtbot, theme)
    binding = filled.form.bindings["filters"]
    binding.button.click()
    assert binding.line.text() == "=32"
    assert binding.line.selectedText() == "32"
    filled.form.fields["kernel"].setFocus()
    qtbot.waitUntil(lambda: not binding.is_expression)
    assert not filled.reported


def test_the_button_takes_the_value_in_the_place_of_the_expression(qtbot: QtBot, theme: Theme) -> None:
    filled = Filled(qtbot, theme, filters="=channels")
    binding = filled.form.bindings["filters"]
    assert binding.button.isChecked()
    QTest.mouseClick(binding.button, Qt.MouseButton.LeftButton)
    assert filled.reported == [("filters", 64)]
    assert not binding.is_expression


def test_a_plain_number_in_the_line_is_a_plain_number(qtbot: QtBot, theme: Theme) -> None:
    filled = Filled(qtbot, theme, filters="=channels")
    line = filled.form.bindings["filters"].line
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "48")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert filled.reported == [("filters", 48)]
    filled.form.setFocus()
    qtbot.waitUntil(lambda: not filled.form.bindings["filters"].is_expression)


def test_the_same_expression_entered_again_reports_nothing(qtbot: QtBot, theme: Theme) -> None:
    filled = Filled(qtbot, theme, filters="=channels")
    line = filled.form.bindings["filters"].line
    line.setFocus()
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert not filled.reported


@pytest.mark.parametrize(
    ("text", "param", "value"),
    [
        ("=channels", FILTERS, "=channels"),
        ("= channels * 2 ", FILTERS, "=channels * 2"),
        ("64", FILTERS, 64),
        ("1,024", FILTERS, 1024),
        ("channels", FILTERS, "=channels"),
        ("=", FILTERS, None),
        ("", FILTERS, None),
        ("=kernel", KERNEL, "=kernel"),
        ("=kernel, 1", KERNEL, ("=kernel", 1)),
        ("=max(kernel, 3) × 3", KERNEL, ("=max(kernel, 3)", 3)),
        ("=min(channels, 8)", FILTERS, "=min(channels, 8)"),
    ],
)
def test_what_an_entered_line_means(text: str, param: Param, value: Value) -> None:
    assert read(text, param) == value
    if value is not None and (shown := written(value)) is not None:
        assert read(shown, param) == value, "what is shown means the same again"


def test_a_tuple_of_the_same_expression_is_shown_once() -> None:
    assert written(("=kernel", "=kernel")) == "=kernel"
    assert written((3, 3)) is None
    assert written(3) is None
    assert in_words((3, 5)) == "3 × 5"
    assert in_words(None) == "?"
    assert in_words(True) == "on"
    assert in_words(2048) == "2,048"
    assert in_words(0.25) == "0.25"


def test_the_line_tells_what_the_names_stand_for(qtbot: QtBot, theme: Theme) -> None:
    filled = Filled(qtbot, theme)
    line = filled.form.bindings["filters"].line
    assert "Names: channels = 64, kernel = 3, stride = 1, index = 0, in_channels." in line.toolTip()
    assert line.accessibleDescription() == line.toolTip()


def test_outside_blocks_there_are_no_expressions(qtbot: QtBot, theme: Theme) -> None:
    form = Form(LAYERS["conv2d"].params, theme)
    qtbot.addWidget(form)
    assert not form.bindings


def test_every_kind_but_text_can_be_an_expression(qtbot: QtBot, theme: Theme) -> None:
    params = (Param("note", "Note", "A word.", Kind.TEXT, ""), FILTERS)
    form = Form(params, theme, NAMES)
    qtbot.addWidget(form)
    assert set(form.bindings) == {"filters"}


def test_read_only_greys_all_of_it_out(qtbot: QtBot, theme: Theme) -> None:
    filled = Filled(qtbot, theme, filters="=channels")
    filled.form.set_read_only(True)
    binding = filled.form.bindings["filters"]
    assert not binding.line.isEnabled()
    assert not binding.button.isEnabled()
    assert not binding.field.isEnabled()
