"""Natural order ("10" after "9") of very many names, without holding the interpreter meanwhile.

Sorting a million keys in one call of `sorted` would hold the window's thread up for seconds. Here every name becomes a
key whose bytes compare as `index.natural` compares, made for some thousand names at once with numpy; and the keys are
sorted eight bytes at a time, each time only among those that were equal so far. Sorting numbers, numpy lets others run.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from workbench.data.index import natural
from workbench.data.scanning.courtesy import gathered, repeated, scatter
from workbench.data.scanning.packed import Packed

Order = npt.NDArray[np.int64]

_BLOCK = 1 << 13
_END, _NUMBER, _TEXT = 0, 2, 3
"""Bytes of a key: what ends a text, what begins a number, what begins a text."""

_WORD = 8


def natural_order(
    names: Packed, first_by: npt.NDArray[np.int64] | None = None, beat: Callable[[], None] | None = None
) -> Order:
    """The numbers of the names in natural order; with `first_by`, by these numbers first.

    The order is that of ``sorted(key=natural)``; equal names keep the order they have. `beat` is called every now and
    then; what it raises ends the work.
    """
    beat = beat or _nothing
    order, groups = _refined(natural_keys(names, beat), np.arange(len(names), dtype=np.int64), first_by, beat)
    tied = _tied(groups)
    if len(tied):  # "01" and "1", "a" and "A": the names themselves decide
        order[tied], _groups = _refined(names.taken(order[tied]), order[tied], groups[tied], beat)
    return order


def _nothing() -> None:
    return None


def natural_keys(names: Packed, beat: Callable[[], None] = _nothing) -> Packed:
    """For each name bytes that compare as the first part of `natural` does.

    A text is `_TEXT`, its bytes in UTF-8 with case folded, `_END`; a number is `_NUMBER`, how many digits it has (two
    bytes), the digits without leading zeros. No name holds a zero byte, and numbers come before texts.
    """
    parts: list[Packed] = []
    for first in range(0, len(names), _BLOCK):
        beat()
        part = names[first : first + _BLOCK]
        if (part.bytes_only >= 0x80).any() or not len(part.bytes_only):
            parts.append(Packed.of_bytes(_key(os.fsdecode(name)) for name in part.each_bytes()))
        else:
            parts.append(_ascii_keys(part.bytes_only, part.offsets - part.offsets[0]))
    return Packed.joined(parts)


def _key(name: str) -> bytes:
    key = bytearray()
    for kind, digits, text in natural(name)[0]:
        if kind:
            key += bytes([_TEXT]) + text.encode("utf-8", "surrogatepass") + bytes([_END])
        else:
            key += bytes([_NUMBER]) + min(digits, 0xFFFF).to_bytes(2, "big") + text.encode()
    return bytes(key)


def _ascii_keys(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> Packed:
    """As `_key`, for a block of names that are ASCII: all runs of digits and of other bytes are handled together."""
    digit = (data >= ord("0")) & (data <= ord("9"))
    begins = np.empty(len(data) + 1, np.bool_)
    begins[1:-1] = digit[1:] != digit[:-1]
    begins[offsets] = True
    starts = np.flatnonzero(begins[:-1])
    run = np.cumsum(begins[:-1]) - 1
    is_number = digit[starts]
    significant = np.cumsum(digit & (data != ord("0")))
    before = np.concatenate([[0], significant])[starts]
    kept = ~digit | (significant > before[run])  # all but leading zeros
    counted = np.concatenate([[0], np.cumsum(kept)])
    lengths = np.diff(counted[np.append(starts, len(data))])
    outs = np.concatenate([[0], np.cumsum(lengths + np.where(is_number, 3, 2))])
    keys = np.empty(int(outs[-1]), np.uint8)
    places = outs[run] + np.where(digit, 3, 1) + counted[1:] - 1 - counted[starts][run]
    lower = data + np.where((data >= ord("A")) & (data <= ord("Z")), np.uint8(32), np.uint8(0))
    keys[places[kept]] = lower[kept]
    numbers, texts = np.flatnonzero(is_number), np.flatnonzero(~is_number)
    keys[outs[numbers]] = _NUMBER
    keys[outs[numbers] + 1] = lengths[numbers] >> 8
    keys[outs[numbers] + 2] = lengths[numbers] & 0xFF
    keys[outs[texts]] = _TEXT
    keys[outs[texts + 1] - 1] = _END
    return Packed(keys, outs[np.searchsorted(starts, offsets)])


def _refined(
    keys: Packed, rows: Order, groups: npt.NDArray[np.int64] | None, beat: Callable[[], None]
) -> tuple[Order, npt.NDArray[np.int64]]:
    """`rows` sorted by group and key (`keys` has one for each of them); and for each place in that order a number that
    is the same for those which are equal."""
    count = len(rows)
    words = _Words(keys)
    order = np.arange(count, dtype=np.int64) if groups is None else np.argsort(groups, kind="stable")
    equal = np.zeros(count, np.int64) if groups is None else _numbered(gathered(groups, order))
    open_ = np.arange(count, dtype=np.int64)  # places that are not settled yet
    at = 0
    while len(open_ := gathered(open_, _tied(gathered(equal, open_)))):
        chosen = gathered(order, open_)
        if at * _WORD >= int(gathered(words.lengths, chosen).max()):
            break
        word, group = words.read(chosen, at), gathered(equal, open_)
        at += 1
        beat()
        if (word == word[0]).all():  # a beginning all have in common
            continue
        by = np.lexsort((word, group))
        scatter(order, open_, gathered(chosen, by))
        word, group = gathered(word, by), gathered(group, by)
        changes = np.flatnonzero((word[1:] != word[:-1]) | (group[1:] != group[:-1])) + 1
        firsts = np.concatenate([[0], changes])
        scatter(equal, open_, repeated(gathered(open_, firsts), np.diff(np.append(firsts, len(open_)))))
    return gathered(rows, order), equal


def _numbered(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sorted numbers, each replaced by the place where it first stands."""
    if not len(groups):
        return groups
    firsts = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
    return repeated(firsts, np.diff(np.append(firsts, len(groups))))


def _tied(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The places whose neighbour before or after them is of the same group."""
    if not len(groups):
        return np.zeros(0, np.int64)
    same = groups[1:] == groups[:-1]
    return np.flatnonzero(np.concatenate([[False], same]) | np.concatenate([same, [False]]))


class _Words:
    """Eight bytes of each key at once, as numbers that compare as the bytes do; zeros stand after a key's end."""

    def __init__(self, keys: Packed) -> None:
        self.lengths = keys.lengths
        self._starts = keys.offsets[:-1] - keys.offsets[0]
        self._data = keys.bytes_only

    def read(self, rows: Order, at: int) -> npt.NDArray[np.uint64]:
        found = np.empty(len(rows), np.uint64)
        for first in range(0, len(rows), _BLOCK):
            part = rows[first : first + _BLOCK]
            left = np.clip(self.lengths[part] - at * _WORD, 0, _WORD)
            starts = np.where(left > 0, self._starts[part] + at * _WORD, 0)
            eight = self._data[np.minimum(starts[:, None] + np.arange(_WORD), len(self._data) - 1)]
            word = eight.view(">u8").ravel().astype(np.uint64)
            shift = ((_WORD - left) * 8).astype(np.uint64)
            found[first : first + len(part)] = np.where(left > 0, word >> shift << shift, 0)
        return found
