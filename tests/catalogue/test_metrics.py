from __future__ import annotations

import pytest

from workbench.catalogue.metrics import CLASSES, LABELS, METRICS, VALUES, Metric, for_kind, is_better, of_key
from workbench.catalogue.registry import METRICS as REGISTERED


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_a_metric_says_what_it_is(metric: Metric) -> None:
    assert REGISTERED[metric.id] is metric
    assert metric.summary.endswith(".")
    assert len(metric.help) > 60
    assert set(metric.kinds) <= {CLASSES, LABELS, VALUES}
    assert metric.better in ("higher", "lower")
    assert metric.costs in ("nothing", "little", "much")
    assert "." not in metric.id


def test_each_kind_of_output_has_its_own() -> None:
    ids = {kind: {metric.id for metric in for_kind(kind)} for kind in (CLASSES, LABELS, VALUES)}
    assert {"accuracy", "top_5", "balanced_accuracy", "f1", "roc_area", "calibration_error"} <= ids[CLASSES]
    assert {"accuracy", "label_accuracy", "f1", "roc_area"} <= ids[LABELS]
    assert ids[VALUES] == {"mae", "rmse", "r2"}


@pytest.mark.parametrize(
    ("key", "id"),
    [
        ("val_f1", "f1"),
        ("val_f1.output_2", "f1"),
        ("val_log_loss", "log_loss"),
        ("val_loss", None),
        ("val_loss.output_2", None),
        ("auto", None),
        ("f1", None),
    ],
)
def test_keys_lead_to_their_metric(key: str, id: str | None) -> None:
    found = of_key(key)
    assert (found.id if found is not None else None) == id


@pytest.mark.parametrize(
    ("key", "lower"),
    [
        ("val_loss", True),
        ("val_loss.output_2", True),
        ("train_loss", True),
        ("val_log_loss", True),
        ("val_calibration_error", True),
        ("val_mae.output_3", True),
        ("val_r2", False),
        ("val_f1", False),
        ("val_accuracy", False),
    ],
)
def test_which_way_is_better(key: str, lower: bool) -> None:
    assert is_better(key, 1.0, 2.0) is lower
    assert is_better(key, 2.0, 1.0) is not lower
    assert not is_better(key, 1.0, 1.0)
