"""Texts, sounds and rows of a table from a new project to predictions, a look inside and checked exports."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from workbench.core.diagnostic import Problem
from workbench.document.project import Project
from workbench.session.fitting import project_for
from workbench.session.session import Session

KINDS = ("text", "audio", "table")


def texts(root: Path) -> Path:
    for name, word in (("cold", "snow and ice"), ("warm", "sun and sand")):
        (root / name).mkdir(parents=True)
        for k in range(12):
            (root / name / f"{k}.txt").write_text(f"Day {k}: we saw {word} there.\n" * (1 + k % 2), encoding="utf-8")
    return root


def sounds(root: Path) -> Path:
    rng = np.random.default_rng(0)
    for name, pitch in (("high", 1600.0), ("low", 300.0)):
        (root / name).mkdir(parents=True)
        for k in range(12):
            t = np.arange(2000 + 100 * k) / 8000
            wave = 0.4 * np.sin(2 * np.pi * pitch * t) + 0.01 * rng.standard_normal(len(t))
            soundfile.write(root / name / f"{k}.wav", wave.astype(np.float32), 8000)
    return root


def table(root: Path) -> Path:
    root.mkdir(parents=True)
    lines = ["length,colour,kind"]
    for k in range(24):
        lines.append(f"{'' if k == 5 else 1.5 + k % 3},{'red' if k % 2 else 'blue'},{'rose' if k % 2 else 'violet'}")
    path = root / "flowers.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


MAKERS = {"text": texts, "audio": sounds, "table": table}


def small(project: Project) -> Project:
    """One that is trained in a second or two."""
    return replace(project, name="p", recipe=replace(project.recipe, epochs=3, batch_size=4, threads=1))


@pytest.fixture(scope="module", params=KINDS)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """(kind, its data, the folder of a trained project)."""
    place = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(place / "home"))
        source = MAKERS[request.param](place / "data")
        with Session.create(place / "p", small(project_for(source))) as session:
            session.wait_for_data()
            assert not session.errors, session.errors
            session.start_training()
            assert session.wait_for_run(120).phase == "done"
        yield request.param, source, place / "p"


def some(kind: str, source: Path) -> Path:
    return source if kind == "table" else sorted(source.rglob("*.*"))[0]


def test_a_new_project_suits_its_data(trained) -> None:  # type: ignore[no-untyped-def]
    kind, _source, folder = trained
    with Session.open(folder, read_only=True) as session:
        session.wait_for_data()
        assert session.samples_kind.id == kind
        assert not session.errors
        params = next(n for n in session.project.graph if n.layer in ("tokens", "sound", "numbers")).params
    if kind == "table":
        assert params["features"] == 4  # a length, whether it is missing, two colours
    elif kind == "audio":
        assert 0.3 <= params["seconds"] <= 0.5
    else:
        assert 16 <= params["length"] <= 64


def test_answers_are_those_of_the_evaluation(trained) -> None:  # type: ignore[no-untyped-def]
    """A file that is predicted is prepared as it was for the evaluation, vocabulary, scaling and all."""
    kind, source, folder = trained
    with Session.open(folder, read_only=True) as session:
        evaluation = session.results.evaluate(split="all")
        if kind == "table":
            answers = session.results.predict([source])
            assert [a.path for a in answers[:2]] == [f"{source}#2", f"{source}#3"]
            truth = [line.rsplit(",", 1)[1] for line in source.read_text().splitlines()[1:]]
        else:
            files = sorted(source.rglob("*.*"))
            answers = session.results.predict(files)
            truth = [file.parent.name for file in files]
        right = sum(a.label == t for a, t in zip(answers, truth, strict=True))
        assert right == evaluation.confusion.diagonal().sum()
        assert all(abs(sum(a.scores.values()) - 1) < 1e-5 for a in answers)


def test_what_is_of_another_kind_is_refused_in_words(trained, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    kind, _source, folder = trained
    wrong = tmp_path / ("rows.csv" if kind == "text" else "words.wav" if kind == "audio" else "words.txt")
    wrong.write_text("nothing of that kind\n")
    with Session.open(folder, read_only=True) as session, pytest.raises(Problem) as refused:
        session.results.predict([wrong])
    assert refused.value.diagnostics[0].message.endswith(".")


def test_every_layer_shows_what_it_makes_of_a_sample(trained) -> None:  # type: ignore[no-untyped-def]
    kind, source, folder = trained
    with Session.open(folder, read_only=True) as session:
        session.wait_for_data()
        layers = [n.id for n in session.project.graph]
        session.watch(tuple(layers))
        session.looking.preview(layers)
        session.choose_picture(0)

        def looked() -> bool:
            session.pump()
            views = session.views
            return views is not None and views.which == 0 and set(layers) <= set(views.maps)

        _until(looked)
        views = session.views
        assert views is not None
        assert views.trained
        assert len(views.scores) == 2
        assert set(views.previews) >= set(layers)
        if kind == "audio":
            assert views.picture is not None
            assert views.picture.dtype == np.uint8
        else:
            assert views.picture is None
            assert ("saw" in views.words) if kind == "text" else ("colour: " in views.words)
        inputs = next(n.id for n in session.project.graph if n.layer in ("tokens", "sound", "numbers"))
        given = session.data.dataset.network_input([0])[0]  # type: ignore[union-attr]
        assert np.allclose(views.maps[inputs], given)  # the sample itself, not something drawn
        session.choose_picture(some(kind, source))
        _until(lambda: session.pump() or isinstance(session.views.which, Path))  # type: ignore[union-attr, func-returns-value]


def _until(done) -> None:  # type: ignore[no-untyped-def]
    import time

    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


@pytest.mark.faults  # each runs the export in processes of their own
@pytest.mark.parametrize("format", ["onnx", "safetensors"])
def test_exports_are_checked_and_label_files_by_themselves(trained, tmp_path: Path, format: str) -> None:  # type: ignore[no-untyped-def]
    kind, source, folder = trained
    file = some(kind, source)
    with Session.open(folder, read_only=True) as session:
        job = session.wait(session.export(format, tmp_path / "out"))
        assert job.state == "done", job.diagnostic
        check = job.result
        assert check.ok, check.message
        assert check.labels_agree + check.close_calls == check.checked_on == 24
        answer = session.results.predict([file])[0]
    if format == "onnx":
        from workbench.session.results import exported_predictor

        taken, predict = exported_predictor(Path(check.path))
        assert taken.id == kind
        again = next(iter(predict(file)))
        assert again.label == answer.label
        assert np.allclose(list(again.scores.values()), list(answer.scores.values()), atol=1e-4)
    else:
        command = [sys.executable, "-I", str(Path(check.path) / "predict.py"), str(file)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
        assert said == f"{answer.path}: {answer.label} ({max(answer.scores.values()):.1%})"


def test_without_data_something_made_up_goes_through(tmp_path: Path) -> None:
    from workbench.session.templates import FOR_KIND, project_of

    for kind in KINDS:
        project = project_of(FOR_KIND[kind])
        with Session.create(tmp_path / kind, replace(project, data=replace(project.data, source=""))) as session:
            layers = [n.id for n in session.project.graph]
            session.watch(tuple(layers))

            def looked(session: Session = session, layers: list[str] = layers) -> bool:
                session.pump()
                return session.views is not None and set(layers) <= set(session.views.maps)

            _until(looked)
            assert session.views is not None
            assert session.views.picture_name.startswith(("made-up", "a made-up"))
