from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import strategies as st

from workbench.document.edits import add
from workbench.document.graph import COLOURS, Block, BlockParam, Edge, Frame, Graph, Node, frozen
from workbench.document.project import (
    BALANCES,
    COLUMN_USES,
    DECAYS,
    GROUPINGS,
    KINDS,
    LAYOUTS,
    PRECISIONS,
    TOKENISERS,
    Change,
    Chosen,
    DataSettings,
    Project,
    Recipe,
)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the real user's folders."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def wire() -> Callable[[str, str, str], Edge]:
    """``wire("a", "b")`` from a.out to b.in; ``wire("a", "add", "in_2")`` to another input."""

    def make(source: str, target: str, port: str = "in") -> Edge:
        return Edge(source, "out", target, port)

    return make


@pytest.fixture
def chain(wire: Callable[..., Edge]) -> Graph:
    """input -> conv -> relu -> add, with a second way around: input -> add."""
    names = ("input", "conv", "relu", "add", "output")
    result = add(
        Graph(),
        *(Node(f"{name}_1", name, x=100 * i, y=50) for i, name in enumerate(names)),
        edges=[
            wire("input_1", "conv_1"),
            wire("conv_1", "relu_1"),
            wire("relu_1", "add_1", "in_1"),
            wire("input_1", "add_1", "in_2"),
            wire("add_1", "output_1"),
        ],
    )
    assert isinstance(result, Graph)
    return result


def _strategies() -> st.SearchStrategy[Project]:
    text = st.text(max_size=30).filter(lambda s: "\0" not in s)
    scalar = (
        st.none()
        | st.booleans()
        | st.integers(-(2**63) + 1, 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | text
    )
    item = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | text
    value = scalar | st.lists(item, max_size=4).map(tuple)
    params = st.dictionaries(text.filter(bool), value, max_size=4).map(frozen)
    json = st.recursive(
        scalar,
        lambda inner: (
            st.lists(inner, max_size=3).map(tuple) | st.dictionaries(text, inner, max_size=3).map(MappingProxyType)
        ),
        max_leaves=5,
    )
    extra = st.dictionaries(text.map(lambda s: f"later_{s}"), json, max_size=2).map(MappingProxyType)
    ids = st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True), unique=True, max_size=7)
    coordinate = st.integers(-1_000_000, 1_000_000)
    chosen = st.builds(Chosen, id=st.sampled_from(["adam", "sgd", "later"]), params=params)
    share = st.floats(0, 0.4)

    state = st.sampled_from(["", "", "bypassed", "muted", "=stride == 1", "=)"])
    colour = st.sampled_from(["", *COLOURS])
    whole = st.integers(-1000, 1000)
    block_params = st.lists(
        st.builds(
            BlockParam,
            id=st.sampled_from(["channels", "stride", "rate", "on", "kind"]),
            title=text,
            kind=st.just("int"),
            default=whole,
            help=text,
            minimum=st.none() | st.just(-1000) | st.just(-1000.5),
            maximum=st.none() | st.just(1000),
        )
        | st.builds(BlockParam, id=st.just("rate"), title=text, kind=st.just("float"), default=whole | st.floats(0, 1))
        | st.builds(BlockParam, id=st.just("on"), title=text, kind=st.just("bool"), default=st.booleans())
        | st.just(BlockParam("kind", "Kind", "choice", "a", choices=("a", "b \U0001f600"))),
        max_size=3,
        unique_by=lambda p: p.id,
    ).map(tuple)

    rate = st.just(1.0) | st.floats(1e-6, 1e6)

    @st.composite
    def graphs(draw: st.DrawFn, layers: tuple[str, ...] = (), blocks: tuple[Block, ...] = (), most: int = 7) -> Graph:
        names = draw(ids)[:most]
        layer = st.sampled_from(["conv2d", "relu", "unknown.layer", "é", "block:nobody", *layers])
        nodes = {
            i: Node(
                i, draw(layer), draw(text), draw(params), draw(coordinate), draw(coordinate), draw(extra),
                draw(state), draw(colour), draw(st.booleans()), draw(st.booleans()), draw(rate),
            )
            for i in names
        }  # fmt: skip
        frames = {
            f: Frame(f, draw(text), draw(text), draw(coordinate), 7, 1, 2_000_000, draw(colour), draw(extra))
            for f in draw(ids)[:2]
        }
        # Wires run only forward in a shuffled order, so there is no circle whatever is drawn.
        ranked = draw(st.permutations(names))
        pairs = [(a, b) for i, a in enumerate(ranked) for b in ranked[i + 1 :]]
        picked = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=8)) if pairs else []
        edges = frozenset(Edge(a, "out", b, f"in_{k}") for k, (a, b) in enumerate(picked))
        defined = MappingProxyType({b.id: b for b in blocks})
        return Graph(MappingProxyType(nodes), edges, defined, MappingProxyType(frames))

    @st.composite
    def with_blocks(draw: st.DrawFn) -> Graph:
        """Blocks use those before them, so none stands within itself."""
        blocks: tuple[Block, ...] = ()
        for block_id in draw(ids)[:2]:
            inside = draw(graphs(("block_input", "block_output", *(f"block:{b.id}" for b in blocks)), most=3))
            title = draw(text.filter(bool))
            blocks += (Block(block_id, title, inside, draw(block_params), draw(text), draw(extra)),)
        return draw(graphs(tuple(f"block:{b.id}" for b in blocks), blocks))

    change = st.builds(
        Change,
        label=st.none() | text.filter(str.strip),
        split=st.none() | st.sampled_from(["train", "val", "test"]),
        excluded=st.booleans(),
    ).filter(lambda c: c != Change())
    data = st.builds(
        DataSettings,
        source=text,
        fit=st.sampled_from(["crop", "pad", "stretch"]),
        validation=share,
        test=share,
        seed=st.integers(0, 2**32 - 1),
        normalise=st.sampled_from(["measured", "unit", "symmetric"]),
        augmentations=st.lists(chosen, max_size=2).map(tuple),
        extra=extra,
        more=st.lists(text.filter(bool), max_size=2).map(tuple),
        kind=st.sampled_from(KINDS),
        path_column=text,
        label_column=text,
        columns=st.dictionaries(text, st.sampled_from(COLUMN_USES), max_size=3).map(MappingProxyType),
        tokeniser=st.sampled_from(TOKENISERS),
        lowercase=st.booleans(),
        group_by=st.sampled_from(GROUPINGS),
        group_level=st.integers(1, 64),
        group_pattern=text,
        folds=st.integers(0, 1000),
        fold=st.integers(0, 1000),
        balance=st.sampled_from(BALANCES),
        changes=st.dictionaries(text.filter(bool), change, max_size=3).map(MappingProxyType),
    )
    recipe = st.builds(
        Recipe,
        epochs=st.integers(1, 1000),
        batch_size=st.integers(1, 4096),
        optimizer=chosen,
        schedule=chosen,
        device=st.sampled_from(["auto", "cpu", "cuda", "cuda:1", "mps"]),
        seed=st.integers(0, 2**32 - 1),
        threads=st.integers(0, 64),
        deterministic=st.booleans(),
        extra=extra,
        clip=st.floats(0, 1e9),
        accumulate=st.integers(1, 65_536),
        decay=st.sampled_from(DECAYS),
        average=st.floats(0, 0.999999),
        patience=st.integers(0, 1_000_000),
        watch=text,
        precision=st.sampled_from(PRECISIONS),
        layout=st.sampled_from(LAYOUTS),
        compile=st.booleans(),
        initialisation=chosen,
        metrics=st.lists(text.filter(bool), max_size=3).map(tuple),
        keep=st.integers(1, 1000),
        processes=st.integers(1, 1024),
        shard=st.booleans(),
    )
    return st.builds(Project, name=text, graph=with_blocks(), data=data, recipe=recipe, notes=text, extra=extra)


@pytest.fixture(scope="session")
def projects() -> st.SearchStrategy[Project]:
    """Any project a file can hold, unknown layers and fields of later versions included."""
    return _strategies()
