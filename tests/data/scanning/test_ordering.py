"""Natural order of packed names is that of the key for single names."""

from __future__ import annotations

import os

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.data.index import natural
from workbench.data.scanning.ordering import natural_order
from workbench.data.scanning.packed import Packed

NAMES = st.lists(
    st.one_of(
        st.text(st.sampled_from("aAbB019. /_-z"), max_size=24),
        st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12),
    ),
    max_size=40,
)


@given(NAMES)
@example(["b2", "B10", "a", "10", "9", "b1", "x9y10", "x9y9", "é", "007", "7", "07", "", "A", "a", "ß", "ss", "x" * 70])
@example(["0", "00", "000", "a0", "a00", "a", "0a"])
def test_the_order_is_that_of_the_key(names: list[str]) -> None:
    packed = Packed.of(names)
    assert [names[i] for i in natural_order(packed).tolist()] == sorted(names, key=natural)


@given(NAMES, st.integers(1, 4), st.randoms(use_true_random=False))
def test_classes_come_first(names: list[str], classes: int, chance: object) -> None:
    labels = [chance.randrange(classes) for _ in names]  # type: ignore[attr-defined]
    order = natural_order(Packed.of(names), np.array(labels, np.int64)).tolist()
    expected = sorted(range(len(names)), key=lambda i: (labels[i], natural(names[i])))
    assert [(labels[i], names[i]) for i in order] == [(labels[i], names[i]) for i in expected]


def test_many_names_in_several_blocks() -> None:
    rng = np.random.default_rng(0)
    names = [
        f"train/Cat {k % 7}/IMG_{v}{'é' if k % 5000 == 0 else ''}.jpg"
        for k, v in enumerate(rng.integers(0, 10**6, 20_000))
    ]
    assert [names[i] for i in natural_order(Packed.of(names)).tolist()] == sorted(names, key=natural)


def test_names_that_are_no_text() -> None:
    names = [os.fsdecode(name) for name in (b"b\xff2", b"b\xff10", b"a\xfe", b"\xc3\xa9")]
    assert [names[i] for i in natural_order(Packed.of(names)).tolist()] == sorted(names, key=natural)
