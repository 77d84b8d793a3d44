"""What the epochs say: training and validation part, or every sample gets the same answer."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count
from workbench.training.advice.losses import FIND
from workbench.training.messages import EpochEnd

PARTED = 3
"""Epochs in a row the validation loss must be above its lowest before that is said."""
RISEN = 1.15
"""Times the lowest validation loss."""
NOTICEABLE = 0.05
"""Of the first validation loss: a rise below it is of no account, however small the lowest was."""
FALLEN = 0.85
"""Times the training loss at that time."""
SAME = 3
"""Epochs in a row in which every sample gets one answer."""


def parts(first: EpochEnd | None, best: EpochEnd | None, epochs: Sequence[EpochEnd]) -> Diagnostic | None:
    """The validation loss rises while the training loss goes on falling. `best` is the epoch of the lowest validation
    loss so far, `epochs` are the last ones."""
    if first is None or best is None or best.val_loss is None or first.val_loss is None:
        return None
    late = [(e.train_loss, e.val_loss) for e in epochs if e.epoch > best.epoch and e.val_loss is not None][-PARTED:]
    if len(late) < PARTED or any(val < RISEN * best.val_loss for _train, val in late):
        return None
    train_now, val_now = late[-1]
    risen = val_now - best.val_loss > NOTICEABLE * first.val_loss
    if not risen or train_now > FALLEN * best.train_loss or val_now < train_now:
        return None
    return Diagnostic(
        "advice.overfitting",
        f"Training and validation part since epoch {best.epoch}: the training loss fell on from "
        f"{best.train_loss:.3g} to {train_now:.3g}, the validation loss rose from {best.val_loss:.3g} to "
        f"{val_now:.3g}. The network learns its samples by heart. Try augmentation, more samples, dropout, weight "
        "decay or a smaller network. The best weights are kept, whatever comes after them.",
        Severity.INFO,
        fixes=(Fix("Stop early from now on (patience 5)", "set_recipe", {"name": "patience", "value": 5}),),
    )


def one_answer(epochs: Sequence[EpochEnd], classes: Sequence[str]) -> Diagnostic | None:
    """Every validation sample is taken for the same class, epoch after epoch."""
    tables = [e.confusion for e in epochs[-SAME:] if e.confusion is not None and e.confusion.sum()]
    if len(tables) < SAME or len(tables[-1]) < 2:
        return None
    answered = {tuple(table.sum(0).nonzero()[0].tolist()) for table in tables}
    support = tables[-1].sum(1)
    if len(answered) != 1 or len(next(iter(answered))) != 1 or (support > 0).sum() < 2:
        return None
    which = next(iter(answered))[0]
    name = classes[which] if which < len(classes) else str(which)
    share, total = float(support[which] / support.sum()), int(support.sum())
    is_most = support[which] == support.max()
    most = (
        f"the share of that class, the most common one, so the accuracy of {share:.1%} says nothing"
        if is_most and support.max() > support.min() * 1.2
        else f"so the accuracy of {share:.1%} is chance"
    )
    balance = Fix("Show rare classes more often", "set_data", {"name": "balance", "value": "sampling"})
    return Diagnostic(
        "advice.one_answer",
        f"For {count(SAME, 'epoch', 'epochs')} every one of the {count(total, 'validation sample')} was taken for "
        f"“{name}”: {most}. Try another learning rate (the finder suggests one), balance the classes, and check that "
        "the labels are right.",
        Severity.WARNING,
        fixes=(FIND, balance) if is_most and support.max() > support.min() * 1.2 else (FIND,),
    )
