"""The plots of a run: what each shows, in which order, and which are shown at first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.catalogue.metrics import of_key
from workbench.core.words import compact, file_size, number
from workbench.ui.plots.plot import plain_value
from workbench.ui.plots.ticks import percent, plain

Words = Callable[[float, float], str]


def share_words(value: float) -> str:
    return f"{value * 100:.1f} %"


def speed_words(value: float, _step: float = 0.0) -> str:
    return compact(value)


def memory_words(value: float, _step: float = 0.0) -> str:
    return file_size(value)


def small_words(value: float, step: float = 0.0) -> str:
    """A learning rate or a norm on an axis: "0.001", "2e-5"."""
    return plain(value, step) if step else number(value)


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot over epochs. `column` is that of the run's record which it draws ("" for none), `log` an axis that is
    logarithmic at first, `smooth` whether its curve is smoothed."""

    id: str
    title: str
    tip: str
    column: str = ""
    words: Words = plain
    value: Callable[[float], str] = plain_value
    limits: tuple[float, float] | None = None
    log: bool = False
    smooth: bool = True


LOSS = Chart("loss", "Loss", "How far the answers are from right, in training and validation.", "loss")
ACCURACY = Chart(
    "accuracy",
    "Accuracy",
    "The share of right answers, in training and validation.",
    "accuracy",
    percent,
    share_words,
    (0.0, 1.0),
)
RATE = Chart(
    "rate",
    "Learning rate",
    "How far each step moves the weights, as the schedule made it.",
    "learning_rate",
    small_words,
    number,
    smooth=False,
)
GRADIENT = Chart(
    "gradient",
    "Gradient norm",
    "The length of all gradients together, before clipping.",
    "gradient_norm",
    small_words,
    plain_value,
    log=True,
)
SPEED = Chart(
    "speed",
    "Pictures a second",
    "How many samples the network learns from each second.",
    "images_per_second",
    speed_words,
    speed_words,
)
MEMORY = Chart(
    "memory",
    "Memory",
    "What this program holds, or the device where that is not the processor.",
    "",
    memory_words,
    memory_words,
    smooth=False,
)
CHARTS: tuple[Chart, ...] = (LOSS, ACCURACY, RATE, GRADIENT, SPEED, MEMORY)

LAYERS = "layers"
LAYERS_TITLE, LAYERS_TIP = "Layers", "Gradients, weights and updates of each layer."

ORDER = ("loss", "accuracy", "metrics", "rate", "gradient", LAYERS, "speed", "memory")
"""Of the plots; "metrics" are those that the recipe has counted each epoch."""
AT_FIRST = ("loss", "accuracy", "metrics", "rate", "gradient", LAYERS)


def metric_chart(key: str) -> Chart:
    """The plot of a further metric of validation, by its key ("val_f1", "val_f1.output_2")."""
    metric = of_key(key)
    name, _dot, output = key.partition(".")
    title = metric.title if metric is not None else name.removeprefix("val_").replace("_", " ").capitalize()
    if output:
        title = f"{title}, {output}"
    if metric is not None and metric.share:
        return Chart(key, title, metric.summary, "", percent, share_words, None, smooth=False)
    return Chart(key, title, metric.summary if metric is not None else "", smooth=False)
