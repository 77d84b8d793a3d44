"""The results page judges a run in the background, shows what came out, and leads from a cell to its samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.session.session import Session
from workbench.training.metrics.confidence import Reliability
from workbench.training.metrics.evaluation import Evaluation
from workbench.training.metrics.gathering import Judged
from workbench.training.metrics.tally import Output
from workbench.ui.bridge import Bridge
from workbench.ui.results.class_table import ClassTable, lines_of
from workbench.ui.results.confusion_view import ConfusionView
from workbench.ui.results.figures import words
from workbench.ui.results.page import ResultsPage
from workbench.ui.training.panel import TrainingPanel


@pytest.fixture
def page(show: Callable[..., TrainingPanel], seen: Session) -> Iterator[ResultsPage]:
    """The page in its panel, beside whose tabs its head stands."""
    panel = show(TrainingPanel, (1000, 800))
    panel.show_page("results")
    found = panel.page("results")
    assert isinstance(found, ResultsPage)
    yield found
    panel.close()


@pytest.fixture
def judged(page: ResultsPage, trained: Session, qtbot: QtBot) -> ResultsPage:
    """The page after the newest run was judged on all samples, asked for by its own button."""
    page.splits.setCurrentIndex(page.splits.findData("all"))
    with qtbot.waitSignal(page._bridge.evaluatedChanged, timeout=60_000):
        qtbot.mouseClick(page.to_evaluate, Qt.MouseButton.LeftButton)
        assert page.cancel.isVisible()
        assert not page.evaluate.isEnabled()
    return page


def test_before_anything_was_trained_there_is_nothing_to_judge(page: ResultsPage) -> None:
    assert page.empty.isVisible()
    assert page.empty.words[0] == "Nothing to judge yet"
    assert not page.evaluate.isEnabled()
    assert not page.to_evaluate.isVisible()


def test_what_came_out_is_what_the_session_says(judged: ResultsPage, trained: Session) -> None:
    result = trained.evaluating.result
    assert result is not None
    found = result.evaluation
    assert judged.head.details == f"run 1 · all samples · {found.pictures} samples"
    assert judged.figures.shown["Accuracy"] == f"{found.accuracy * 100:.1f} %"
    assert judged.figures.shown["Loss"] == f"{found.loss:.3f}"
    assert "Top-5 accuracy" not in judged.figures.shown  # of three classes
    assert [line.name for line in judged.classes.lines] == ["bright", "dark", "middle"]
    assert [line.samples for line in judged.classes.lines] == list(found.support)
    assert judged.confusion.isVisible()
    assert judged.roc.isVisible()
    assert judged.reliability.isVisible()
    assert judged.evaluate.isEnabled()


def test_a_cell_leads_to_its_samples(judged: ResultsPage, trained: Session, qtbot: QtBot) -> None:
    result, dataset = trained.evaluating.result, trained.data.dataset
    assert result is not None
    assert dataset is not None
    confusion = result.evaluation.confusion
    true, answered = (int(i) for i in np.unravel_index(int(confusion.argmax()), confusion.shape))
    place = judged.confusion.cell_rect(true, answered).center().toPoint()
    with qtbot.waitSignal(judged._bridge.samplesAsked) as asked:
        qtbot.mouseClick(judged.confusion, Qt.MouseButton.LeftButton, pos=place)
    assert asked.args is not None
    indices, what = asked.args
    assert len(indices) == confusion[true, answered]
    assert {int(dataset.index.labels[i]) for i in indices} == {true}
    assert what.startswith(result.evaluation.classes[true])
    assert judged._bridge.place == "data"


def test_samples_that_are_gone_are_left_out(judged: ResultsPage, trained: Session, qtbot: QtBot) -> None:
    result, dataset = trained.evaluating.result, trained.data.dataset
    assert result is not None
    assert dataset is not None
    confusion = result.evaluation.confusion
    true, answered = (int(i) for i in np.unravel_index(int(confusion.argmax()), confusion.shape))
    whole = result.taken_for(true, answered, dataset.index)
    gone = dataset.index.path(whole[0])
    Path(dataset.index.root, gone).unlink()
    trained.rescan()
    qtbot.waitUntil(lambda: trained.data.phase == "ready" and trained.data.dataset is not dataset, timeout=20_000)
    assert trained.data.dataset is not None
    assert len(result.taken_for(true, answered, trained.data.dataset.index)) == len(whole) - 1


def test_another_run_or_split_can_be_judged(judged: ResultsPage, trained: Session, qtbot: QtBot) -> None:
    trained.start_training(epochs=1)
    qtbot.waitUntil(lambda: trained.run is not None and not trained.run.is_live, timeout=60_000)
    judged._run_changed(trained.run)
    assert [judged.runs.itemData(i) for i in range(judged.runs.count())] == ["run-2", "run-1"]
    assert judged.runs.currentData() == "run-1", "what was chosen stays chosen"
    judged.runs.setCurrentIndex(0)
    judged.splits.setCurrentIndex(judged.splits.findData("val"))
    with qtbot.waitSignal(judged._bridge.evaluatedChanged, timeout=60_000):
        qtbot.mouseClick(judged.evaluate, Qt.MouseButton.LeftButton)
    assert judged.head.details.startswith("run 2 · validation")


def test_an_empty_split_is_said_in_words(judged: ResultsPage, trained: Session, qtbot: QtBot) -> None:
    before = judged.head.details
    judged.splits.setCurrentIndex(judged.splits.findData("test"))
    with qtbot.waitSignal(judged._bridge.noticed, timeout=60_000) as told:
        qtbot.mouseClick(judged.evaluate, Qt.MouseButton.LeftButton)
    assert told.args is not None
    assert "no pictures in the split" in told.args[0].message
    qtbot.waitUntil(judged.evaluate.isVisible, timeout=10_000)
    assert judged.head.details == before


CONFUSION = np.array([[8, 2, 0], [0, 5, 0], [3, 0, 7]])
NAMES = ("cat", "dog", "fox")


@pytest.fixture
def matrix(bridge: Bridge, qtbot: QtBot) -> ConfusionView:
    view = ConfusionView(bridge)
    qtbot.addWidget(view)
    view.show_confusion(CONFUSION, NAMES)
    view.resize(view.sizeHint())
    view.show()
    qtbot.waitExposed(view)
    return view


def test_the_matrix_says_what_its_cells_mean(matrix: ConfusionView) -> None:
    assert matrix.words(0, 1) == "cat taken for dog: 2 of 10 samples (20 %)"
    assert matrix.words(1, 1) == "dog recognised: 5 of 5 samples (100 %)"
    assert matrix.worst_words == "Most mixed up: fox taken for cat: 3 of 10 samples (30 %)"
    assert matrix.current == (2, 0), "the keys begin at what is mixed up most"
    assert matrix.cell_at(matrix.cell_rect(1, 2).center()) == (1, 2)
    assert matrix.cell_at(QPointF(1, 1)) is None
    matrix.show_confusion(np.diag([3, 4, 5]), NAMES)
    assert matrix.worst_words == "Nothing is mixed up"


def test_the_matrix_is_walked_by_keys(matrix: ConfusionView, qtbot: QtBot) -> None:
    chosen: list[tuple[int, int]] = []
    matrix.cellChosen.connect(lambda true, answered: chosen.append((true, answered)))
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Right):
        QTest.keyClick(matrix, key)
    assert matrix.current == (0, 1)
    assert matrix.accessibleDescription() == matrix.words(0, 1)
    QTest.keyClick(matrix, Qt.Key.Key_Return)
    QTest.keyClick(matrix, Qt.Key.Key_Right)
    QTest.keyClick(matrix, Qt.Key.Key_Return)  # nothing was taken for it, so there is nothing to show
    assert chosen == [(0, 1)]


def test_the_colours_tell_right_from_wrong(matrix: ConfusionView) -> None:
    picture = matrix.grab().toImage()

    def colour(true: int, answered: int) -> tuple[int, int, int]:
        where = matrix.cell_rect(true, answered).topLeft().toPoint()
        found = picture.pixelColor(where.x() + 4, where.y() + 4)
        return found.red(), found.green(), found.blue()

    right, wrong, none = colour(1, 1), colour(2, 0), colour(1, 0)
    assert right[2] > right[0]
    assert wrong[0] > wrong[2]
    assert right != none != wrong


def test_a_thousand_classes_have_room(matrix: ConfusionView) -> None:
    counts = np.diag(np.full(1000, 3))
    counts[4, 7] = 1
    matrix.show_confusion(counts, tuple(f"class {i}" for i in range(1000)))
    assert matrix.sizeHint().width() < 600
    matrix.resize(matrix.sizeHint())
    assert not matrix.grab().isNull()
    assert matrix.worst_words.startswith("Most mixed up: class 4 taken for class 7")


def test_the_table_sorts_by_figures_and_is_copied(bridge: Bridge, qtbot: QtBot) -> None:
    table = ClassTable(bridge)
    qtbot.addWidget(table)
    found = Evaluation("val", ("cat", "dog", "fox"), 20, 0.8, 0.5, np.array([[8, 2, 0], [0, 5, 0], [0, 0, 0]]))
    table.show_lines(lines_of(found, {}))
    table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    model = table.model()
    assert [model.index(row, 0).data() for row in range(3)] == ["fox", "dog", "cat"]
    assert model.index(0, 2).data() == "–"
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QApplication.clipboard().text().splitlines()
    assert copied[0].split("\t") == ["Class", "Samples", "Precision", "Recall", "F1", "ROC area"]
    assert copied[2].split("\t")[:4] == ["dog", "5", "71.4 %", "100.0 %"]


def test_values_have_figures_and_nothing_else(page: ResultsPage, trained: Session) -> None:
    """A network that gives numbers mixes up no classes."""
    result = trained.results.judged(split="all")
    output = result.evaluation.outputs[0]
    values = replace(
        output.judged,
        kind="values",
        numbers={"mae": 2.5, "r2": 0.9},
        confusion=None,
        support=(),
        curves=(),
        reliability=Reliability(np.empty(0), np.empty(0), np.empty(0, np.int64), float("nan")),
    )
    alone = replace(
        result.evaluation,
        accuracy=float("nan"),
        confusion=np.zeros((0, 0), np.int64),
        outputs=(replace(output, judged=values),),
    )
    page._show_result(replace(result, evaluation=alone))
    assert page.figures.shown == {"Mean absolute error": "2.500", "R²": "0.900", "Loss": f"{alone.loss:.3f}"}
    for section in (page.confusion, page.classes, page.roc, page.reliability):
        assert not section.isVisible()


def test_one_of_several_outputs_is_chosen(page: ResultsPage, trained: Session, qtbot: QtBot) -> None:
    result = trained.results.judged(split="all")
    classes = result.evaluation.outputs[0]
    values = Judged("values", 36, {"mae": 2.5, "r2": 0.9})
    both = replace(result.evaluation, outputs=(Output("age_1", ("age",), 0.25, values), classes), main=1)
    page._show_result(replace(result, evaluation=both))
    assert page.outputs.isVisible()
    assert [page.outputs.itemText(k) for k in range(2)] == ["age_1", "Output"]
    assert page.outputs.currentData() == 1
    assert page.confusion.isVisible()
    page.outputs.setFocus()
    QTest.keyClick(page.outputs, Qt.Key.Key_Up)
    assert page.figures.shown == {"Mean absolute error": "2.500", "R²": "0.900", "Loss": "0.250"}
    assert not page.confusion.isVisible()
    page._show_result(result)
    assert not page.outputs.isVisible()
    assert page.confusion.isVisible()


def test_figures_for_people() -> None:
    assert words("accuracy", 0.8767) == "87.7 %"
    assert words("roc_area", 0.8767) == "0.877"
    assert words("rmse", 12345.6) == "12,346"
    assert words("r2", -0.5) == "-0.500"
    assert words("f1", float("nan")) == "–"
