from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

from workbench.core.diagnostic import Problem
from workbench.document.format import decode
from workbench.training.scalars import COLUMNS
from workbench.training.store import RunStore
from workbench.training.storing.schema import FORMAT

CORPUS = Path(__file__).parent / "corpus"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A project folder with a record of format 1: run-1 to run-3, of which run-3 trains on another machine, and the
    number of run-4, which was deleted."""
    (tmp_path / "runs").mkdir()
    shutil.copyfile(CORPUS / "format-1.sqlite", tmp_path / "runs" / "runs.sqlite")
    return tmp_path


def check(store: RunStore) -> None:
    three, two, one = store.rows()
    assert [(row.id, row.title, row.state) for row in (one, two, three)] == [
        ("run-1", "first light", "done"),
        ("run-2", "run 2", "failed"),
        ("run-3", "run 3", "running"),
    ]
    assert two.message == "The loss was not a number."
    assert dict(two.overrides) == {"epochs": 3}
    assert (one.tags, one.note, one.starred, one.deleted, one.series, one.fold) == ((), "", False, None, "", None)
    assert one.best_epoch == 2
    assert dict(one.metrics) == pytest.approx(
        {"train_loss": 0.5, "train_accuracy": 0.7, "val_loss": 0.55, "val_accuracy": 0.6}
    )
    assert [e.epoch for e in store.epochs("run-1")] == [1, 2, 3]
    assert [e.epoch for e in store.epochs("run-1", after=2)] == [3]
    assert store.epochs("run-1")[0].metrics == {}
    assert store.epochs("run-1")[0].confusion is not None
    rows = store.scalars("run-2")
    assert rows.shape == (18, len(COLUMNS))
    assert rows[:, 0].tolist() == list(range(1, 19))
    assert np.array_equal(store.scalars("run-2", 5), rows[5:], equal_nan=True)
    details = store.details("run-1")
    assert "conv2d_1" in decode(details.project.encode()).graph.nodes
    assert (details.promise, details.threads, details.notices) == ({}, (), ())
    assert store.layers("run-1").names == ()
    assert store.validations("run-1") == ()


def test_a_record_of_format_1_becomes_one_of_this(old: Path) -> None:
    with RunStore(old) as store:
        check(store)
    with sqlite3.connect(old / "runs" / "runs.sqlite") as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == FORMAT
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'runs'").fetchall() == [(4,)]
    db.close()
    with RunStore(old) as store:  # and is opened again as what it is now
        check(store)
        store.delete("run-1")
        store.empty("run-1")
        assert store.epochs("run-1") == ()


def test_many_bring_it_up_to_date_at_once(old: Path) -> None:
    troubles: list[BaseException] = []

    def look() -> None:
        try:
            with RunStore(old) as store:
                check(store)
        except BaseException as error:
            troubles.append(error)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not troubles


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.geteuid() != 0, reason="only root can be somebody else")
def test_an_old_record_that_may_not_be_written_is_read_all_the_same(old: Path) -> None:
    import tempfile

    place = Path(tempfile.mkdtemp())  # below pytest's own folder nobody else may look
    shutil.copytree(old, place / "p")
    for folder in (place, place / "p", place / "p" / "runs"):
        folder.chmod(0o555)
    (place / "p" / "runs" / "runs.sqlite").chmod(0o444)
    os.seteuid(65534)
    try:
        with RunStore(place / "p") as store:
            check(store)
            check(store)
            with pytest.raises(Problem, match=r"read-only|yours to write"):
                store.star("run-1")
    finally:
        os.seteuid(0)
    before = (CORPUS / "format-1.sqlite").read_bytes()
    assert (place / "p" / "runs" / "runs.sqlite").read_bytes() == before
    shutil.rmtree(place)


@pytest.mark.parametrize("harm", ["UPDATE epochs SET val_loss = 'small'", "DROP TABLE epochs", "DROP TABLE runs"])
def test_an_old_record_that_makes_no_sense_is_left_as_it_was(old: Path, harm: str) -> None:
    path = old / "runs" / "runs.sqlite"
    with sqlite3.connect(path) as db:
        db.execute(harm)
    db.close()
    with pytest.raises(Problem) as caught, RunStore(old) as store:
        store.rows()
    assert caught.value.diagnostics[0].code == "runs.damaged"
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == 1
        assert "details" not in {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    db.close()
