"""The problem list: worst first, and a mistake inside a block once, however often the block is used."""

from __future__ import annotations

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.ui.problems.order import Cause, causes, worst_first

WARNING = Diagnostic("node.idle", "It feeds nothing.", Severity.WARNING, node="relu_1")
WRONG = Diagnostic("shape.mismatch", "It takes 3 numbers.", node="linear_1")


def inside(*path: str, node: str = "conv2d_1") -> Diagnostic:
    return Diagnostic("param.expression", "“chanels” is not known here.", node=node, param="filters", path=path)


def at_use(node: str, *path: str) -> Diagnostic:
    return Diagnostic("block.inside", f"{node} does not work because of something inside it.", node=node, path=path)


def test_errors_come_first_in_reading_order() -> None:
    assert worst_first((WARNING, WRONG, inside("a"))) == (WRONG, inside("a"), WARNING)
    assert causes((WARNING, WRONG)) == (Cause(WRONG), Cause(WARNING))
    assert causes(()) == ()


def test_a_mistake_inside_stands_once_for_all_uses() -> None:
    seen = (at_use("stage_1"), inside("stage_1"), at_use("stage_2"), inside("stage_2"), inside("body_1", "stage_1"))
    assert causes((*seen, at_use("body_1"), at_use("stage_1", "body_1"))) == (Cause(inside("stage_1"), 3),)


def test_of_a_repeated_block_too() -> None:
    assert causes((at_use("stage_1"), inside("stage_1:2"))) == (Cause(inside("stage_1:2")),)


def test_different_mistakes_stay_apart() -> None:
    found = causes((inside("stage_1"), inside("stage_1", node="conv2d_2"), WRONG, WRONG.at()))
    assert [cause.problem.node for cause in found] == ["conv2d_1", "conv2d_2", "linear_1"]


def test_what_is_said_of_a_use_alone_stays() -> None:
    assert causes((at_use("stage_1"),)) == (Cause(at_use("stage_1")),)
