from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.core.identifiers import fresh_id, fresh_ids
from workbench.document.graph import ID_PATTERN


def test_counts_up_from_the_highest() -> None:
    assert fresh_id("conv2d", set()) == "conv2d_1"
    assert fresh_id("conv2d", {"conv2d_1", "conv2d_2"}) == "conv2d_3"
    assert fresh_id("conv2d", {"conv2d_2", "conv2d_x", "conv_9", "conv2d"}) == "conv2d_3"


def test_many_at_once_are_all_different() -> None:
    assert fresh_ids(["relu", "linear", "relu"], {"relu_4"}) == ("relu_5", "linear_1", "relu_6")


@given(st.text(max_size=200), st.sets(st.text(max_size=80)))
def test_any_layer_name_gives_a_valid_free_identifier(layer: str, taken: set[str]) -> None:
    first = fresh_id(layer, taken)
    second = fresh_id(layer, taken | {first})
    assert ID_PATTERN.match(first)
    assert ID_PATTERN.match(second)
    assert first not in taken
    assert second not in taken | {first}
