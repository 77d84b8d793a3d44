"""What a run in other processes and those who follow it say to each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.conftest import pictures, small_graph, small_recipe
from workbench.compiler.build import Compiled
from workbench.document.project import Project
from workbench.training.store import RunStore
from workbench.training.storing.talk import COMMAND, LONGEST, NOTICE


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def test_lines_arrive_once_and_in_order(store: RunStore, tmp_path: Path, compiled: Compiled) -> None:
    with store, RunStore(tmp_path) as other:
        store.begin(Project("P", small_graph(), recipe=small_recipe()), compiled, pictures())
        here, there = store.talk("run-1"), other.talk("run-1")
        assert there.newest() == 0
        here.say(COMMAND, {"command": "pause"})
        here.say(NOTICE, {"event": "started"})
        here.say(COMMAND, {"command": "stop"})
        heard = there.since(COMMAND, 0)
        assert [line["command"] for _number, line in heard] == ["pause", "stop"]
        assert there.since(COMMAND, heard[0][0]) == heard[1:]
        assert there.newest() == heard[1][0]
        assert other.talk("run-2").since(COMMAND, 0) == []
        here.show({"step": 1})
        here.show({"step": 2})
        assert there.shown() == {"step": 2}
        here.forget()
        assert (there.newest(), there.shown()) == (0, {})


def test_a_line_without_end_is_passed_over(store: RunStore, compiled: Compiled) -> None:
    with store:
        store.begin(Project("P", small_graph(), recipe=small_recipe()), compiled, pictures())
        talk = store.talk("run-1")
        talk.say(COMMAND, {"command": "x" * LONGEST})
        talk.say(COMMAND, {"command": "stop"})
        assert [line["command"] for _number, line in talk.since(COMMAND, 0)] == ["stop"]
