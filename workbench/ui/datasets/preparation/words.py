"""In words: how samples are prepared, as the network gets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.words import count, number

_CHANNELS = {1: ("grey",), 3: ("red", "green", "blue")}
_TOKENISERS = {"characters": "characters", "words": "words", "byte_pair": "pieces of words (byte pairs)"}

Row = tuple[str, str]
"""A name and what is said of it."""


def normalising(how: str, training: int, most: int) -> str:
    """Where mean and standard deviation come from."""
    if how == "unit":
        return "Values from 0 to 1, nothing measured."
    if how == "symmetric":
        return "Values from -1 to 1, nothing measured."
    return f"Measured from {count(min(training, most), 'training picture')}."


def channels(mean: Sequence[float], std: Sequence[float]) -> tuple[tuple[str, str, str], ...]:
    """(channel, mean, standard deviation), of pixels from 0 to 1."""
    names = _CHANNELS.get(len(mean), tuple(f"channel {k + 1}" for k in range(len(mean))))
    return tuple((name, f"{m:.3f}", f"{s:.3f}") for name, m, s in zip(names, mean, std, strict=False))


def other_kind(kind: str, values: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[str, tuple[Row, ...]]:
    """A sentence about how samples that are no pictures are prepared, and what was found while measuring.

    `values` is the data set's `preparation`, `params` those of the network's input layer.
    """
    if kind == "text":
        return _text(values, params)
    if kind == "audio":
        return _audio(values, params)
    if kind == "table":
        return _table(values)
    return "Augmentations are for pictures; these samples are given to the network as they are.", ()


def _text(values: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[str, tuple[Row, ...]]:
    pieces = [str(piece) for piece in values.get("vocabulary", ())]
    rows: list[Row] = [
        ("Cut into", _TOKENISERS.get(str(values.get("tokeniser")), str(values.get("tokeniser", "")))),
        ("Letters", "lower case" if values.get("lowercase") else "as written"),
        ("Vocabulary", count(len(pieces), "token")),
    ]
    if "length" in params:
        rows.append(("Length", f"{number(int(params['length']))} tokens; longer texts are cut, shorter ones filled"))
    if pieces:
        rows.append(("Most frequent", ", ".join(f"“{piece}”" for piece in pieces[2:10])))
    return "Texts become rows of token numbers. The vocabulary is taken from the training texts.", tuple(rows)


def _audio(values: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[str, tuple[Row, ...]]:
    rows: list[Row] = []
    if params.get("form") == "log_mel":
        rows.append(("Form", f"log-mel spectrogram, {number(int(params.get('mels', 0)))} bands"))
    elif "form" in params:
        rows.append(("Form", "waveform"))
    if "rate" in params:
        rows.append(("Rate", f"{number(int(params['rate']))} Hz"))
    if "seconds" in params:
        rows.append(
            ("Length", f"{float(params['seconds']):g} s; longer sounds are cut, shorter ones filled with silence")
        )
    for name, title in (("mean", "Mean"), ("std", "Std")):
        found = values.get(name, ())
        if found:
            rows.append((title, f"{float(found[0]):.4g}"))
    sentence = "Recordings are brought to one rate and length, and their values to mean 0 and standard deviation 1."
    return sentence, tuple(rows)


def _table(values: Mapping[str, Any]) -> tuple[str, tuple[Row, ...]]:
    rows: list[Row] = []
    for column in values.get("columns", ()):
        name = str(column.get("name", ""))
        categories = column.get("categories")
        if categories:
            shown = ", ".join(f"“{c}”" for c in list(categories)[:4]) + (" …" if len(categories) > 4 else "")
            rows.append((name, f"{count(len(categories), 'category')}: {shown}"))
        elif "mean" in column:
            rows.append((name, f"number, mean {float(column['mean']):.4g}, std {float(column.get('std', 0)):.4g}"))
        else:
            rows.append((name, "number"))
    rows += [(str(left.get("name", "")), f"left out: {left.get('why', '')}") for left in values.get("left_out", ())]
    return "Numbers are brought to mean 0 and standard deviation 1, categories become one number each.", tuple(rows)
