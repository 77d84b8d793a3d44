"""The help tells the truth about keys: what it names exists, and what exists it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QKeySequence

from workbench.core.paths import resources_dir

OpenWindow = Callable[..., Any]

NO_ACTIONS = frozenset(
    {
        # keys of the canvas and the outline themselves; each is pressed in test_habits_*.py and test_without_a_mouse.py
        *("Space", "Esc", "Tab", "Shift+Tab", "Home", "End", "Return", "Enter", "Alt", "Shift", "Ctrl", "Up", "Down"),
        *(f"{held}{way}" for held in ("", "Shift+", "Alt+") for way in ("Left", "Right", "Up", "Down")),
        *(f"{held}{way}" for held in ("Ctrl+", "Ctrl+Shift+") for way in ("Left", "Right", "Up", "Down")),
        *("Menu", "Shift+F10"),
    }
)


def keys_of(window: Any) -> set[str]:
    deeds = window.panels.data.browser.deeds.actions.values()
    runs = window.panels.training.page("runs").deeds.actions.values()
    actions = [*window.actions_by_name, *window.panels.canvas.actions(), *deeds, *runs]
    return {k.toString(QKeySequence.SequenceFormat.PortableText) for a in actions for k in a.shortcuts()}


def written(topic: str) -> set[str]:
    """The keys a help text names: in the first column of its tables, and in bold."""
    text = (resources_dir() / "help" / f"{topic}.md").read_text(encoding="utf-8")
    if topic == "shortcuts":
        rows = re.findall(r"^\| (.+?) \|", text, re.M)
        return {part.strip() for row in rows if row != "key" for part in row.split(", ")}
    bold = re.findall(r"\*\*([^*]+)\*\*", text)
    return {words for words in bold if re.fullmatch(r"((Ctrl|Shift|Alt)\+)*([A-Z0-9.]|F[0-9]+|[A-Z][a-z]+)", words)}


@pytest.fixture
def taken(open_window: OpenWindow, small: Path) -> set[str]:
    return keys_of(open_window(small).window)


def test_every_key_in_the_list_does_something_and_none_is_missing(taken: set[str]) -> None:
    listed = {QKeySequence(k).toString(QKeySequence.SequenceFormat.PortableText) for k in written("shortcuts")}
    assert taken <= listed, f"not in the list: {taken - listed}"
    plain = {QKeySequence(k).toString(QKeySequence.SequenceFormat.PortableText) for k in NO_ACTIONS}
    assert listed <= taken | plain, f"listed, but nothing hears it: {listed - taken - plain}"


def test_the_keys_named_in_the_help_on_building_are_the_right_ones(taken: set[str]) -> None:
    named = {k for k in written("canvas") if k not in NO_ACTIONS}
    assert len(named) > 10
    found = {QKeySequence(k).toString(QKeySequence.SequenceFormat.PortableText) for k in named}
    assert found <= taken, f"named, but nothing hears it: {found - taken}"


@pytest.mark.parametrize(
    ("keys", "action"),
    [
        ("Ctrl+Shift+F", "arrange"),
        ("Ctrl+Shift+O", "outline"),
        ("Ctrl+Shift+E", "save_picture"),
        ("Ctrl+Shift+C", "copy_picture"),
        ("Ctrl+Shift+V", "paste_with_wires"),
        ("Ctrl+Shift+D", "duplicate_with_wires"),
        ("Shift+A", "add_behind"),
        ("W", "wire_to"),
    ],
)
def test_the_key_and_the_action_belong_together(open_window: OpenWindow, keys: str, action: str) -> None:
    window = open_window().window
    found = window.furnish().canvas.action(action).shortcuts()
    assert keys in {k.toString(QKeySequence.SequenceFormat.PortableText) for k in found}
    assert f"**{keys}**" in (resources_dir() / "help" / "canvas.md").read_text(encoding="utf-8")
