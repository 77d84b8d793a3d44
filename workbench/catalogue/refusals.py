"""The sentences of a layer that gets a shape it cannot take, with the remedies a click away."""

from __future__ import annotations

from workbench.catalogue.declaration import Mismatch, Tensor
from workbench.core.diagnostic import Fix
from workbench.document.graph import Value

RANK_WORDS = {
    1: "a flat list of numbers",
    2: "a sequence of steps",
    3: "picture maps (height × width × channels)",
    4: "volumes (depth × height × width × channels)",
}
"""What the shapes of one sample are called, by their number of axes."""


def insert(layer: str, title: str) -> Fix:
    """The remedy "put this layer into the wire"."""
    return Fix(f"Add {title}", "insert_on_edge", {"layer": layer})


def set_param(title: str, param: str, value: Value, shown: str | None = None) -> Fix:
    """The remedy "turn this knob to that"."""
    return Fix(f"Set {title.lower()} to {shown if shown is not None else value}", "set_param", _args(param, value))


def _args(param: str, value: Value) -> dict[str, Value]:
    return {"param": param, "value": value}


FLATTEN = insert("flatten", "Flatten")
GLOBAL_AVERAGE = insert("global_avg_pool2d", "Global Average 2D")
TO_SEQUENCE = insert("map_to_sequence", "Map to Sequence")
PICK_STEP = insert("pick_step", "Pick Step")


def take_rank(title: str, x: Tensor, *ranks: int, words: str = "", port: str | None = None) -> None:
    """Refuses an input whose number of axes is none of `ranks`, with the layers that lead from one to the other."""
    rank = len(x.shape)
    if rank in ranks:
        return
    remedy, fixes = _way(rank, ranks)
    wanted = words or " or ".join(RANK_WORDS[r] for r in ranks)
    text = f"{title} takes {wanted} for each sample, this wire carries {x.words}. {remedy}"
    raise Mismatch(text, port=port, fixes=fixes, stricter=True)


def _way(rank: int, ranks: tuple[int, ...]) -> tuple[str, tuple[Fix, ...]]:
    if 1 in ranks and rank == 3:
        return "Add Flatten or Global Average 2D before it.", (FLATTEN, GLOBAL_AVERAGE)
    if 1 in ranks and rank == 2:
        return "Add Pick Step or Flatten before it.", (PICK_STEP, FLATTEN)
    if 1 in ranks:
        return "Add Flatten before it.", (FLATTEN,)
    if 2 in ranks and rank == 3:
        return "Add Map to Sequence before it.", (TO_SEQUENCE,)
    if rank < min(ranks) or rank > max(ranks):
        return "Add Reshape before it and set its shape, or connect it to an earlier layer.", ()
    return "Connect it to a layer that gives that.", ()
