"""Metrics: how good a network's answers are, as numbers for people. Nothing is learned from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.catalogue.declaration import Declaration

CLASSES, LABELS, VALUES = "classes", "labels", "values"
"""What an output answers: one of several classes, any number of labels, or numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Declaration):
    """One way to judge answers.

    `kinds` are the outputs it applies to. `better` is "higher" or "lower". `share` says that it lies within 0 and 1 and
    is shown as a percentage, `each` that there is one for every class too. `costs` tells what an epoch pays for it
    beside the answers themselves: "nothing", "little" (a few numbers a sample) or "much" (every class's score counted).
    """

    kinds: tuple[str, ...] = (CLASSES,)
    better: str = "higher"
    share: bool = True
    each: bool = False
    costs: str = "nothing"


_MEAN = (
    "The number for the whole network is the plain mean over the classes, so that a rare class weighs as much as a "
    "common one. Classes that neither occur nor are ever answered are left out."
)


def _top(k: int, word: str) -> Metric:
    return Metric(
        id=f"top_{k}",
        title=f"Top-{k} accuracy",
        summary=f"The share of samples whose class is among the {word} highest scores.",
        help=f"For data with many classes, some of which a person would mix up too. With {k} classes or fewer every "
        "answer counts as right.",
        keywords=("top k", "rank"),
        costs="little",
    )


METRICS = (
    Metric(
        id="accuracy",
        title="Accuracy",
        summary="The share of right answers.",
        help="The plainest number, and misleading where one class is much more common than the others: always "
        "answering the common one is right often. Of several labels, a sample is right where all of them are.",
        kinds=(CLASSES, LABELS),
        keywords=("correct", "hit rate"),
    ),
    _top(3, "three"),
    _top(5, "five"),
    Metric(
        id="balanced_accuracy",
        title="Balanced accuracy",
        summary="The mean over the classes of the share of each that was recognised.",
        help="Accuracy that does not reward answering the most common class: chance is 1 divided by the number of "
        "classes, however many samples each has (Brodersen et al. 2010). Classes without samples are left out.",
        keywords=("mean recall", "imbalance", "macro accuracy"),
    ),
    Metric(
        id="precision",
        title="Precision",
        summary="How many of the answers for a class are right.",
        help=f"Low precision means false alarms. {_MEAN}",
        kinds=(CLASSES, LABELS),
        each=True,
        keywords=("false positive", "positive predictive value"),
    ),
    Metric(
        id="recall",
        title="Recall",
        summary="How many of a class's samples are recognised.",
        help=f"Low recall means misses. {_MEAN}",
        kinds=(CLASSES, LABELS),
        each=True,
        keywords=("sensitivity", "true positive rate", "miss"),
    ),
    Metric(
        id="f1",
        title="F1",
        summary="Precision and recall in one number, near the smaller of the two.",
        help="The harmonic mean of precision and recall: high only where there are few false alarms and few misses. "
        f"{_MEAN}",
        kinds=(CLASSES, LABELS),
        each=True,
        keywords=("f score", "dice", "harmonic"),
    ),
    Metric(
        id="roc_area",
        title="ROC area",
        summary="How well the score of a class tells its samples from all others: 1 is perfect, 0.5 is chance.",
        help="The area under the curve of hits against false alarms over all thresholds; the chance that a sample of "
        "the class has a higher score for it than one of the others (Hanley and McNeil 1982). It does not depend on "
        "how common a class is, nor on a threshold. Scores are counted in 2,048 steps of log-odds; within one they "
        "count as equal. The number for the whole network is the mean over the classes that have both.",
        kinds=(CLASSES, LABELS),
        each=True,
        costs="much",
        keywords=("auc", "auroc", "receiver operating characteristic"),
    ),
    Metric(
        id="calibration_error",
        title="Calibration error",
        summary="How far the network's confidence is from its share of right answers; 0 is honest.",
        help="Answers are sorted by confidence into 15 groups; the error is the mean distance between confidence and "
        "accuracy, weighted by the groups' sizes (Guo et al. 2017, equation 3). A network that says 90 % should be "
        "right nine times in ten; most are too sure of themselves. Label smoothing, mixup and fewer epochs help.",
        better="lower",
        costs="little",
        keywords=("ece", "reliability", "confidence"),
    ),
    Metric(
        id="log_loss",
        title="Log loss",
        summary="Minus the mean logarithm of the probability given to the right class.",
        help="Cross-entropy without smoothing or class weights, so that runs with different objectives can be "
        "compared. A certain wrong answer costs much. Of several labels, the mean over the labels.",
        kinds=(CLASSES, LABELS),
        better="lower",
        share=False,
        costs="little",
        keywords=("cross-entropy", "nll", "perplexity"),
    ),
    Metric(
        id="label_accuracy",
        title="Label accuracy",
        summary="The share of right yes-or-no answers, counted label by label.",
        help="Of several labels at once, the accuracy asks that all be right; this counts each for itself (one minus "
        "the Hamming loss). Where most labels are absent most of the time, answering no to all of them is right often.",
        kinds=(LABELS,),
        keywords=("hamming", "binary accuracy"),
    ),
    Metric(
        id="mae",
        title="Mean absolute error",
        summary="How far the answers are off on average, in the target's own unit.",
        help="Every error counts by its size, so single outliers do not dominate it.",
        kinds=(VALUES,),
        better="lower",
        share=False,
        costs="little",
        keywords=("l1", "deviation"),
    ),
    Metric(
        id="rmse",
        title="Root mean squared error",
        summary="The typical error in the target's own unit, where large errors weigh more.",
        help="The square root of the mean squared error. Never smaller than the mean absolute error; much larger "
        "means that a few answers are far off.",
        kinds=(VALUES,),
        better="lower",
        share=False,
        costs="little",
        keywords=("l2", "mse"),
    ),
    Metric(
        id="r2",
        title="R²",
        summary="The share of the targets' variance that the answers explain: 1 is perfect, 0 no better than the mean.",
        help="One minus the squared errors divided by the targets' variance. Below 0, answering the mean of all "
        "targets would be better. Of several numbers, the one for all their variance together.",
        kinds=(VALUES,),
        share=False,
        costs="little",
        keywords=("coefficient of determination", "variance explained"),
    ),
)

_BY_ID: Mapping[str, Metric] = {metric.id: metric for metric in METRICS}


def for_kind(kind: str) -> tuple[Metric, ...]:
    """The metrics of an output of this kind ("classes", "labels" or "values"), in order."""
    return tuple(metric for metric in METRICS if kind in metric.kinds)


def of_key(key: str) -> Metric | None:
    """The metric behind a key such as "val_f1" or "val_f1.output_2"; None for "val_loss", "auto" and unknown ones."""
    name, _dot, _output = key.partition(".")
    return _BY_ID.get(name.removeprefix("val_")) if name.startswith("val_") else None


def is_better(key: str, new: float, old: float) -> bool:
    """Whether a value is better than one before, for "val_loss" and every metric's key (what is unknown: higher)."""
    metric = of_key(key)
    lower = key.partition(".")[0].endswith("_loss") if metric is None else metric.better == "lower"
    return new < old if lower else new > old
