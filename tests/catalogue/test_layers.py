"""One harness for every layer: the shape rule, its refusals, the counts and the help, held against torch.

Parameters are drawn from the declarations, so a layer added to the catalogue is tested without a line here.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from workbench.catalogue.declaration import LARGEST, Kind, Layer, Mismatch, Param, Tensor, Values
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.core.diagnostic import Fix

TORCH_REFUSES = (RuntimeError, ValueError, IndexError, AssertionError, TypeError)
DIVISIBLE = st.sampled_from((4, 8, 12, 24))
"""For the layers that share an axis out: by groups, heads, patches or a factor."""
SIZES = st.sampled_from((1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 24))
USUAL = {1: (24,), 2: (12, 24), 3: (16, 12, 8), 4: (8, 6, 4, 4)}

MIDDLE = [layer for layer in LAYERS.values() if not layer.is_input]
by_id = pytest.mark.parametrize("layer", MIDDLE, ids=lambda layer: layer.id)


def kinds_of(layer: Layer) -> list[str]:
    return ["float", "index"] if layer.takes == "any" else [layer.takes]


def tensor(shape: tuple[int, ...], kind: str) -> Tensor:
    return Tensor(shape, kind, 50 if kind == "index" else 0)


def ranks_of(layer: Layer) -> list[int]:
    """The numbers of axes a layer takes with some usual shape."""
    values, _ = check(layer, {})
    found = []
    for rank, shape in USUAL.items():
        x = (tensor(shape, kinds_of(layer)[0]),) * len(layer.input_ports(values))
        try:
            layer.infer(values, x)
        except Mismatch as mismatch:
            if mismatch.stricter and mismatch.param is None:
                continue
        found.append(rank)
    return found


def number(param: Param, *, small: int = 12) -> st.SearchStrategy[int]:
    low = int(param.minimum or 0)
    high = min(int(param.maximum if param.maximum is not None else low + small), low + small)
    usual = [n for n in (1, 2, 3, 4, 8) if low <= n <= high]
    return st.one_of(st.sampled_from(usual or [low]), st.integers(low, high))


def free_numbers(param: Param, rank: int) -> st.SearchStrategy[tuple[int, ...]]:
    """For parameters that name axes or sizes: all axes in some order, a few of them, or anything."""
    axes = st.permutations(range(1, rank + 1)).map(tuple)
    few = st.lists(st.integers(1, rank), min_size=1, max_size=rank).map(tuple)
    anything = st.lists(number(param, small=6), min_size=1, max_size=4).map(tuple)
    return st.one_of(axes, few, anything)


def value_of(param: Param, rank: int) -> st.SearchStrategy[Any]:
    if param.kind is Kind.BOOL:
        drawn: st.SearchStrategy[Any] = st.booleans()
    elif param.kind is Kind.CHOICE:
        drawn = st.sampled_from([value for value, _ in param.choices])
    elif param.kind is Kind.FLOAT:
        low, high = param.minimum or 0.0, min(param.maximum or 1.0, 10.0)
        drawn = st.one_of(st.just(param.default), st.floats(low, high))
    elif param.kind is Kind.INT:
        drawn = number(param)
    elif param.kind in (Kind.INTS, Kind.PADDING):
        each = number(param, small=4)
        drawn = st.tuples(*[each] * param.length) if param.length else free_numbers(param, rank)
        drawn = st.one_of(drawn, each) if param.length else drawn
        if param.kind is Kind.PADDING:
            drawn = st.one_of(st.sampled_from(("same", "valid")), drawn)
    else:
        drawn = st.text(max_size=20)
    return st.one_of(st.none(), drawn) if param.optional else drawn


@st.composite
def situations(draw: st.DrawFn, layer: Layer) -> tuple[Values, tuple[Tensor, ...]]:
    """Checked parameters of a layer and what may arrive at it, mostly of a shape it takes."""
    liked = ranks_of(layer)
    rank = draw(st.sampled_from(liked * 6 + [1, 2, 3, 4]))
    shape = draw(st.one_of(st.tuples(*[SIZES] * rank), st.tuples(*[DIVISIBLE] * rank)))
    given = {param.id: draw(value_of(param, rank)) for param in layer.params if draw(st.integers(0, 2))}
    values, problems = check(layer, given)
    assert problems == (), problems
    kind = draw(st.sampled_from(kinds_of(layer)))
    x = [tensor(shape, kind)]
    for _ in layer.input_ports(values)[1:]:
        x.append(tensor(draw(relatives(shape)), kind))
    return values, tuple(x)


@st.composite
def relatives(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The same shape, or one that differs in an axis, or another one."""
    how = draw(st.integers(0, 5))
    if how < 3:
        return shape
    if how < 5:
        axis = draw(st.integers(0, len(shape) - 1))
        return (*shape[:axis], draw(st.one_of(st.just(1), SIZES)), *shape[axis + 1 :])
    return tuple(draw(st.lists(SIZES, min_size=1, max_size=4)))


@contextmanager
def quiet() -> Iterator[None]:
    """torch warns about odd but legal settings, such as a kernel of even length with "same"."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def hold(layer: Layer, p: Values, x: tuple[Tensor, ...], run: Any) -> bool:
    """The rule and torch say the same. True if both took it."""
    try:
        y = layer.infer(p, x)
    except Mismatch as mismatch:
        hold_refusal(layer, p, x, mismatch, run)
        return False
    built = run(layer, p, x)
    with FlopCounterMode(display=False) as counter:
        out = built()
    assert tuple(out.shape) == (2, *y.shape), (dict(p), x)
    assert (out.dtype == torch.int64) == (y.kind == "index")
    assert layer.weights(p, x, y) == built.weights
    assert 2 * layer.flops(p, x, y) == counter.get_total_flops(), (dict(p), x)
    assert isinstance(layer.words(p), str)
    return True


def hold_refusal(layer: Layer, p: Values, x: tuple[Tensor, ...], mismatch: Mismatch, run: Any) -> None:
    message = mismatch.message
    assert message[0].isupper()
    assert message.endswith(".")
    assert mismatch.param is not None or any(t.words in message for t in x), message
    assert mismatch.param is None or mismatch.param in p
    assert mismatch.port is None or mismatch.port in {port.id for port in layer.input_ports(p)}
    for fix in mismatch.fixes:
        assert refusal_after(fix, layer, p, x, mismatch.port) != (message, mismatch.port), (message, fix)
    if mismatch.stricter:
        return
    try:
        run(layer, p, x)()
    except TORCH_REFUSES:
        return
    # Some meta kernels check less than the real ones do, so where one lets it pass the CPU is asked.
    with pytest.raises(TORCH_REFUSES):
        run(layer, p, x, device="cpu")()


def refusal_after(
    fix: Fix, layer: Layer, p: Values, x: tuple[Tensor, ...], port: str | None
) -> tuple[str, str | None] | None:
    """The refusal (message, port) that is left once a fix is taken, None if there is none."""
    arguments = fix.arguments
    try:
        if fix.action == "set_param":
            p, problems = check(layer, {**p, arguments["param"]: arguments["value"]})
            assert problems == ()
        else:
            assert fix.action == "insert_on_edge"
            k = 0 if port is None else [known.id for known in layer.input_ports(p)].index(port)
            inserted = LAYERS[arguments["layer"]]
            x = (*x[:k], inserted.infer(check(inserted, {})[0], (x[k],)), *x[k + 1 :])
        layer.infer(p, x)
    except Mismatch as mismatch:
        return mismatch.message, mismatch.port
    return None


def hold_everywhere(layer: Layer, run: Any, examples: int) -> None:
    taken = 0

    @settings(
        max_examples=examples,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(situation=situations(layer))
    def every(situation: tuple[Values, tuple[Tensor, ...]]) -> None:
        nonlocal taken
        with quiet():
            taken += hold(layer, *situation, run)

    every()
    assert taken >= examples // 20, f"the rule of {layer.id} took {taken} of {examples} draws, so little was tested"


@by_id
def test_rule_and_torch_agree(layer: Layer, run: Any) -> None:
    hold_everywhere(layer, run, 30)


@pytest.mark.faults
@by_id
def test_rule_and_torch_agree_at_length(layer: Layer, run: Any) -> None:
    hold_everywhere(layer, run, 100)


@by_id
def test_defaults_take_a_usual_shape(layer: Layer) -> None:
    assert ranks_of(layer), f"{layer.id} takes none of {USUAL} with its defaults"


@pytest.mark.parametrize("layer", [layer for layer in LAYERS.values() if layer.is_input], ids=lambda layer: layer.id)
@settings(max_examples=25)
@given(data=st.data())
def test_inputs_give_what_they_say(layer: Layer, data: st.DataObject) -> None:
    given = {param.id: data.draw(value_of(param, 1)) for param in layer.params}
    p, problems = check(layer, given)
    assert problems == ()
    assert layer.input_ports(p) == ()
    y = layer.infer(p, ())
    assert all(n >= 1 for n in y.shape)
    assert (y.kind == "index") == (y.levels > 0)


@by_id
def test_wrong_kind_is_refused_with_a_remedy(layer: Layer) -> None:
    if layer.takes == "any":
        return
    other = "index" if layer.takes == "float" else "float"
    p, _ = check(layer, {})
    x = (tensor((4, 4), other),) * len(layer.input_ports(p))
    with pytest.raises(Mismatch, match="4 × 4") as caught:
        layer.infer(p, x)
    assert caught.value.port == layer.input_ports(p)[0].id


def test_absurd_sizes_are_refused_before_anyone_computes_with_them() -> None:
    layer = LAYERS["upsample"]
    p, _ = check(layer, {"scale": 64})
    x = layer.infer(p, (Tensor((3, 64, 64)),))
    with pytest.raises(Mismatch, match="no machine"):
        layer.infer(p, (x,))


@by_id
def test_largest_parameters_stay_printable(layer: Layer) -> None:
    """Whatever a file asks for within the declared ranges, counts stay numbers one can print."""
    most: dict[str, Any] = {}
    for param in layer.params:
        if param.kind in (Kind.INT, Kind.FLOAT, Kind.INTS, Kind.PADDING):
            most[param.id] = param.maximum
    p, problems = check(layer, most)
    assert problems == ()
    for rank in (1, 2, 3, 4):
        side = int(LARGEST ** (1 / rank))
        x = (tensor((side,) * rank, kinds_of(layer)[0]),) * len(layer.input_ports(p))
        try:
            y = layer.infer(p, x)
        except Mismatch as mismatch:
            refused = mismatch.message
        else:
            refused = ""
        assert len(refused) < 600
        if refused:
            continue
        assert y.size <= LARGEST
        assert math.log10(1 + layer.weights(p, x, y) + layer.flops(p, x, y)) < 40
