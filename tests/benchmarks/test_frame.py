"""The frame of the benchmarks, run with a yardstick that takes no time."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.benchmarks import __main__ as frame
from tests.benchmarks.harness import Row, as_json, at_most, fact, faster, interleave, slower_by


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with yardstick 42."""
    (tmp_path / "yardstick_42_nothing.py").touch()
    (tmp_path / "yardstick_notes.py").touch()
    module = ModuleType("tests.benchmarks.yardstick_42_nothing", "Nothing against nothing.\n\nMore words.")
    module.measure = lambda quick: [  # type: ignore[attr-defined]
        *faster("speed", [10.0, 12.0, 8.0], [4.0, 4.0, 4.0], "pictures/s", 2.5),
        at_most("lateness", 3.0 if quick else 1.0, "ms", 2.0),
        fact("odd", float("inf"), "s"),
    ]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return tmp_path


def test_json_is_the_last_line(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["42", "--json", "--quick"], fake) == 0
    out = capsys.readouterr().out
    assert "Yardstick 42: Nothing against nothing." in out
    assert "mean nothing" in out
    answer = json.loads(out.rstrip("\n").splitlines()[-1])
    assert set(answer) == {"yardstick", "machine", "rounds", "rows"}
    assert answer["yardstick"] == 42
    assert answer["rounds"] == 2
    assert [set(row) for row in answer["rows"]] == [
        {"name", "value", "unit", "baseline", "ratio", "floor", "holds"}
    ] * 4
    assert answer["rows"][0] | {"name": ""} == {
        "name": "", "value": 10.0, "unit": "pictures/s", "baseline": 4.0, "ratio": 2.5, "floor": 2.5, "holds": True,
    }  # fmt: skip
    assert [row["holds"] for row in answer["rows"]] == [True, None, False, None]
    assert answer["rows"][3]["value"] is None


def test_without_json_there_is_a_table_only(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["42"], fake) == 0
    out = capsys.readouterr().out
    assert "lateness" in out
    assert "{" not in out


def test_an_unknown_number_is_refused(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        frame.main(["7"], fake)
    assert caught.value.code == 2
    assert "there are 42" in capsys.readouterr().err


def test_rounds_are_interleaved_and_turn() -> None:
    order: list[str] = []
    peers = {name: lambda name=name: order.append(name) for name in "abc"}
    results = interleave(peers, 3)
    assert "".join(order) == "abcbcacab"
    assert {name: len(got) for name, got in results.items()} == {"a": 3, "b": 3, "c": 3}


def test_ratios() -> None:
    row, worst = slower_by("step", [1.0, 1.2, 1.1], [1.0, 1.0, 1.0], "s", 1.05)
    assert row.ratio == pytest.approx(1.1)
    assert row.holds is False
    assert worst.value == pytest.approx(1.2)
    assert faster("x", [2.0], [4.0], "1/s", None)[0].holds is None
    assert json.loads(as_json(1, 5, [Row("a", 1.0, "s")]))["rows"][0]["ratio"] is None


def test_the_yardsticks_that_are_there_can_be_listed() -> None:
    assert {1, 9, 10} <= frame.yardsticks().keys()
