from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.document.project import Recipe
from workbench.training.course.best import Best, Figures
from workbench.training.engine import Engine
from workbench.training.messages import Ended, EpochEnd, Noticed

values = st.lists(st.one_of(st.none(), st.floats(0, 4, allow_nan=False), st.just(math.nan)), min_size=1, max_size=12)


@given(values, st.booleans())
def test_a_watched_value_is_best_where_none_before_was_as_good(given_: list[float | None], lower: bool) -> None:
    best = Best(Recipe(watch="val_loss" if lower else "val_f1"))
    seen: list[float] = []
    for epoch, value in enumerate(given_, 1):
        metrics = {} if value is None or lower else {"val_f1": value}
        is_best = best.take(epoch, Figures(loss=value if lower else 1.0, metrics=metrics))
        usable = value is not None and math.isfinite(value)
        assert is_best == (usable and all(value < v if lower else value > v for v in seen))
        if usable:
            seen.append(value)  # type: ignore[arg-type]
    if seen:
        assert best.value == (min(seen) if lower else max(seen))


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.1, 0.2, math.inf])), min_size=1))
def test_accuracy_decides_and_then_the_loss(epochs: list[tuple[float, float]]) -> None:
    best, standing = Best(Recipe()), None
    for epoch, (accuracy, loss) in enumerate(epochs, 1):
        is_best = best.take(epoch, Figures(loss, accuracy))
        now = (accuracy, -loss)
        assert is_best == (math.isfinite(loss) and (standing is None or now > standing))
        if is_best:
            standing = now
            assert (best.epoch, best.accuracy, best.loss, best.waited) == (epoch, accuracy, loss, 0)


def test_without_an_accuracy_the_loss_decides() -> None:
    best = Best(Recipe())
    assert [best.take(k, Figures(loss)) for k, loss in enumerate([3.0, 2.0, 2.5, 1.0], 1)] == [True, True, False, True]
    assert best.accuracy is None
    assert best.loss == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.integers(1, 4), st.integers(1, 19))
def test_it_goes_on_as_if_it_had_never_stopped(losses: list[float], patience: int, cut: int) -> None:
    recipe = Recipe(watch="val_loss", patience=patience)
    whole, before = Best(recipe), Best(recipe)
    for k, loss in enumerate(losses[:cut], 1):
        assert whole.take(k, Figures(loss)) == before.take(k, Figures(loss))
    after = Best(recipe)
    after.restore(before.state(), before.accuracy, before.loss, recipe.watch)
    for k, loss in enumerate(losses[cut:], cut + 1):
        assert whole.take(k, Figures(loss)) == after.take(k, Figures(loss))
        assert whole.ended() == after.ended()
    assert whole.state() == after.state()


def test_what_was_best_by_another_measure_is_forgotten() -> None:
    before = Best(Recipe())
    before.take(1, Figures(0.5, 0.9))
    after = Best(Recipe(watch="val_loss"))
    after.restore(before.state(), before.accuracy, before.loss, "auto")
    assert after.take(2, Figures(3.0, 0.1))


# --- a run that ends early -------------------------------------------------------------------------------------------


def test_a_run_ends_when_nothing_better_comes(compiled: Any, make: Any, tmp_path: Any) -> None:
    """So high a rate that the loss is best early; the notice names that epoch."""
    recipe = make.recipe(epochs=60, patience=3, watch="val_loss")
    events = list(Engine(compiled, make.pictures(), recipe, folder=tmp_path).events())
    epochs = [e for e in events if isinstance(e, EpochEnd)]
    best = max(e.epoch for e in epochs if e.is_best)
    assert len(epochs) == best + 3 < 60
    (notice,) = [e.diagnostic for e in events if isinstance(e, Noticed)]
    assert notice.code == "training.stopped_early"
    assert f"Epoch {best} was the best (validation loss " in notice.message
    assert not notice.is_error
    assert events[-1].state == "done"  # type: ignore[union-attr]
    assert isinstance(events[-1], Ended)
    assert events[-1].epochs == best + 3
    assert min(epochs, key=lambda e: e.val_loss or 0).epoch == best


def test_patience_goes_on_over_a_resume(compiled: Any, make: Any, tmp_path: Any) -> None:
    from workbench.training import checkpoint

    recipe = make.recipe(epochs=60, patience=3, watch="val_loss")
    whole = [e for e in Engine(compiled, make.pictures(), recipe).events() if isinstance(e, EpochEnd)]
    first = Engine(compiled, make.pictures(), recipe, folder=tmp_path)
    for event in first.events():
        if isinstance(event, EpochEnd) and event.epoch == len(whole) - 1:
            first.stop()
    again = Engine(compiled, make.pictures(), recipe, resume=checkpoint.read(tmp_path))
    assert [e.epoch for e in again.events() if isinstance(e, EpochEnd)] == [len(whole)]


def test_a_metric_tells_the_best_epoch(compiled: Any, make: Any) -> None:
    recipe = make.recipe(epochs=6, watch="val_f1")
    epochs = [e for e in Engine(compiled, make.pictures(), recipe).events() if isinstance(e, EpochEnd)]
    standing = -1.0
    for epoch in epochs:
        assert epoch.is_best == (epoch.metrics["val_f1"] > standing)
        standing = max(standing, epoch.metrics["val_f1"])


@pytest.mark.parametrize(
    ("change", "val"), [({"watch": "val_nothing"}, 12), ({"patience": 2}, 0), ({"watch": "val_loss"}, 0)]
)
def test_what_cannot_be_watched_is_said_once(compiled: Any, make: Any, change: dict[str, Any], val: int) -> None:
    events = list(Engine(compiled, make.pictures(val=val), replace(make.recipe(), **change)).events())
    (notice,) = [e.diagnostic for e in events if isinstance(e, Noticed)]
    assert notice.code == "training.nothing_watched"
    assert [e.is_best for e in events if isinstance(e, EpochEnd)] == [False] * 3


def test_the_training_loss_can_be_watched_without_validation(compiled: Any, make: Any) -> None:
    recipe = replace(make.recipe(), watch="train_loss")
    events = list(Engine(compiled, make.pictures(val=0), recipe).events())
    assert not [e for e in events if isinstance(e, Noticed)]
    assert any(e.is_best for e in events if isinstance(e, EpochEnd))
