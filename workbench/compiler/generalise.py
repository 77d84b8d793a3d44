"""One constructor for several uses of a block: what differs between them becomes an argument.

This is anti-unification (Plotkin 1970, "A note on inductive generalization") of constructor calls: the least general
call that has all of them as instances, where equal columns of differences share a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.catalogue.expression import Argument, Call
from workbench.compiler.arguments import Cell, Naming, Use
from workbench.compiler.signatures import Signature, complete, signature

Signatures = Callable[[str], Signature]


@dataclass(frozen=True, slots=True)
class General:
    """What all uses have in common: calls in which arguments stand, and the value of each argument in every use."""

    calls: Mapping[str, Call]
    arguments: Mapping[str, tuple[Any, ...]]


def skeleton(call: Call) -> tuple[object, ...]:
    """What calls must share to be instances of one: names, and how many arguments there are."""
    known = signature(call.name)
    nested = tuple((i, skeleton(value)) for i, value in enumerate(call.args) if isinstance(value, Call))
    return call.name, len(call.args), nested, frozenset(key for key, _ in call.kwargs if key not in known.defaults)


def generalise(
    uses: Sequence[Use],
    written: Mapping[str, Mapping[str, frozenset[str]]],
    defaults: Mapping[str, Any],
    signatures: Signatures = signature,
) -> General:
    """The constructor that all uses are instances of; their calls have equal skeletons.

    `written` says for each attribute which names the expressions of its layer's parameters read: these are known to be
    the block's parameters even where all uses agree, unless they agree on one of the `defaults`. `signatures` knows the
    arguments of further constructors.
    """
    columns = {
        attribute: _Columns(attribute, [use.calls[attribute] for use in uses], signatures)
        for attribute in uses[0].calls
    }
    cells = [cell for column in columns.values() for cell in column.cells]
    naming = Naming(uses, written, defaults)
    leaves = iter(naming.leaves(cells))
    return General({attribute: column.filled(leaves) for attribute, column in columns.items()}, naming.arguments)


def _aligned(calls: Sequence[Call]) -> list[Call]:
    """The same calls with the same keyword arguments: what one of them leaves to its default is written out."""
    if all(call == calls[0] for call in calls):
        return list(calls)
    wanted = frozenset(key for call in calls for key, _value in call.kwargs)
    whole = [complete(call, wanted) for call in calls]
    paddings = {str(value) for call in whole for key, value in call.kwargs if key == "padding"}
    if "same" in paddings and len(paddings) > 1:
        whole = [_counted_padding(call) for call in whole]
    known = signature(calls[0].name)
    order = {name: place for place, name in enumerate(known.positional)}
    plain = {
        key for key in wanted & known.defaults.keys() if all(dict(c.kwargs)[key] == known.defaults[key] for c in whole)
    }
    return [
        Call(
            c.name,
            *c.args,
            **{key: dict(c.kwargs)[key] for key in sorted(wanted - plain, key=lambda k: order.get(k, 99))},
        )
        for c in whole
    ]


def _counted_padding(call: Call) -> Call:
    """A convolution padded by numbers in place of "same", which is equal where the kernel is odd."""
    given = dict(call.kwargs)
    if given.get("padding") != "same" or len(call.args) < 3:
        return call
    kernel, dilation = call.args[2], given.get("dilation", 1)
    axes = max(len(value) if isinstance(value, tuple) else 1 for value in (kernel, dilation))
    spans = [d * (k - 1) for k, d in zip(_spread(kernel, axes), _spread(dilation, axes), strict=True)]
    if any(span % 2 for span in spans):
        return call
    sides = tuple(span // 2 for span in spans)
    return Call(call.name, *call.args, **(given | {"padding": sides[0] if len(set(sides)) == 1 else sides}))


def _spread(value: Any, axes: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * axes


class _Columns:
    """The cells of all calls of one attribute, and the call that has other values in them."""

    def __init__(self, attribute: str, calls: Sequence[Call], signatures: Signatures) -> None:
        self._attribute, self._signatures = attribute, signatures
        self.cells: list[Cell] = []
        self._tree = self._call(calls)

    def filled(self, leaves: Iterator[Any]) -> Call:
        """The call with a leaf for each cell, in order."""
        call = _filled(self._tree, leaves)
        assert isinstance(call, Call)
        return call

    def _call(self, calls: Sequence[Call]) -> Call:
        calls = _aligned(calls)
        first = calls[0]
        names = self._signatures(first.name).positional
        args = [
            self._value(names[place] if place < len(names) else "value", [call.args[place] for call in calls])
            for place in range(len(first.args))
        ]
        kwargs = {
            key: self._value(key, [call.kwargs[place][1] for call in calls])
            for place, (key, _value) in enumerate(first.kwargs)
        }
        return Call(first.name, *args, **kwargs)

    def _value(self, name: str, values: Sequence[Any]) -> Any:
        """A cell, or the cells of a tuple whose length is the same in all uses."""
        if isinstance(values[0], Call):
            return self._call(values)
        lengths = {len(value) if isinstance(value, tuple) else -1 for value in values}
        if len(lengths) == 1 and -1 not in lengths:
            return tuple(self._value(name, column) for column in zip(*values, strict=True))
        self.cells.append(Cell(self._attribute, name, tuple(values)))
        return _HOLE


_HOLE = Argument("hole")


def _filled(value: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(value, Call):
        args = [_filled(part, leaves) for part in value.args]
        return Call(value.name, *args, **{key: _filled(part, leaves) for key, part in value.kwargs})
    return tuple(_filled(part, leaves) for part in value) if isinstance(value, tuple) else next(leaves)
