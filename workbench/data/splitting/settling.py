"""What settings make of a scan: whether they hold, a person's changes, the splits."""

from __future__ import annotations

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.data.index import Index, printable
from workbench.data.inputs import PICTURES, Input
from workbench.data.kinds.kind import DataKind, check_layer
from workbench.data.scanned import Scanned
from workbench.data.splitting.splits import Splits, check_shares, split
from workbench.document.data_format import FITS, NORMALISATIONS
from workbench.document.project import BALANCES, DataSettings


def settled(scanned: Scanned, settings: DataSettings) -> tuple[Index, Splits]:
    """The index with a person's changes, and its splits. Raises `Problem` where nothing is left to learn."""
    index = scanned.index.changed(settings.changes) if settings.changes else scanned.index
    if len(index.classes) < 2 <= len(scanned.index.classes):
        raise Problem.of(
            "data.one_class",
            f"All samples were put into one class (“{index.classes[0]}”), so there is nothing to tell apart. Undo the "
            "last change of classes.",
        )
    splits = split(scanned.index, settings, changed=index, drawing=scanned.drawing)
    if not len(splits.train):
        words = "All samples are excluded or moved" if settings.changes else "All samples are kept for other splits"
        raise Problem.of(
            "data.no_training",
            f"{words}, so “{printable(str(index.root))}” holds nothing to train on. Put some back into training.",
        )
    return index, splits


def misfit_of(kind: DataKind, wanted: Input) -> Diagnostic | None:
    """Why the network's input cannot take samples of this kind; None where it can."""
    try:
        check_layer(kind, wanted)
    except Problem as problem:
        return problem.diagnostics[0]
    return None


def check_settings(settings: DataSettings, wanted: Input) -> None:
    """Raises `Problem` for settings no data can be opened with, and for pictures of a size that cannot be."""
    if wanted.layer == PICTURES and (min(wanted.size) < 1 or wanted.channels not in (1, 3)):
        raise Problem.of(
            "data.size",
            f"Pictures of {wanted.size[0]} × {wanted.size[1]} with {wanted.channels} channels cannot be made; use 1 or "
            "3 channels.",
        )
    for param, value, choices in (
        ("fit", settings.fit, FITS),
        ("normalise", settings.normalise, NORMALISATIONS),
        ("balance", settings.balance, BALANCES),
    ):
        if value not in choices:
            raise Problem.of(
                f"data.{param}", f"“{value}” is no value for “{param}”; use one of {', '.join(choices)}.", param=param
            )
    check_shares(settings)
