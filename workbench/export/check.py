"""Each export is run again, in its own runtime and a process of its own, on real pictures."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.export.python_folder import carried

TOLERANCE = 1e-3
"""Largest difference of a score that counts as equal (relative above 1): float32 sums in another order differ so."""

CLOSE_CALL = 0.05
"""Where the two likeliest classes are nearer than this, a grey value rounded otherwise may swap them."""

MOST_PICTURES = 256
LONGEST_SECONDS = 600


@dataclass(frozen=True, slots=True)
class ExportCheck:
    """How an export did against the project.

    `max_abs_diff` is the largest difference of a score on pictures already at the network's size; `labels_agree`
    counts the same answers on `checked_on` pictures as they are (the export resizes them itself), `close_calls` those
    that differ where the project itself was undecided. `milliseconds` is the time one picture takes in the export's
    own runtime.
    """

    format: str
    path: str
    max_abs_diff: float
    labels_agree: int
    checked_on: int
    close_calls: int
    milliseconds: float
    bytes: int
    ok: bool
    message: str

    def as_json(self) -> dict[str, Any]:
        """The row `workbench export --json` prints."""
        return asdict(self)


Sample = NDArray[Any] | tuple[NDArray[Any], ...]
"""What the one input takes, or what each of several does."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What the project answers, for samples as they are and as they enter the network.

    `originals` are pictures (uint8 H × W × 3), or the bytes of texts, sounds and rows (uint8, one axis); `prepared` are
    pictures at the network's size, or prepared samples.
    """

    originals: Sequence[NDArray[np.uint8]]
    original_scores: NDArray[np.float32]
    prepared: Sequence[Sample]
    prepared_scores: NDArray[np.float32]
    tensors: Sequence[Sample] = ()
    """The originals prepared, for exports that do not prepare them; () for pictures, which every export prepares."""
    classes: tuple[int, int] | None = None
    """Where in a row of scores those of the classes begin and end: (0, 0) where an answer names no class, None where
    all are such."""


def run_clean(script: str, target: Path, pictures: Sequence[Sample]) -> tuple[NDArray[np.float32], float]:
    """Scores of the export at `target` from a clean process, and seconds a picture. Raises `Problem` if it fails."""
    samples = [one if isinstance(one, tuple) else (one,) for one in pictures]
    with tempfile.TemporaryDirectory(prefix="workbench-check-") as place:
        program, given, answers = Path(place) / "run.py", Path(place) / "given.npz", Path(place) / "answers.npz"
        program.write_text(carried(script), encoding="utf-8")
        arrays = {f"p{i}_{k}": one for i, sample in enumerate(samples) for k, one in enumerate(sample)}
        counts = {"samples": np.array(len(samples)), "inputs": np.array(len(samples[0]))}
        np.savez(given, **counts, **arrays)  # type: ignore[arg-type]
        # -I: no PYTHONPATH, no user packages, not the current folder: only what is installed. -B leaves no __pycache__
        command = [sys.executable, "-I", "-B", str(program), str(target), str(given), str(answers)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("WORKBENCH", "QT_"))}
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=LONGEST_SECONDS,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise Problem.of(
                "export.slow", f"The export ran for more than {LONGEST_SECONDS} s without an answer and was ended."
            ) from late
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise Problem(
                Diagnostic("export.run", f"The export does not run outside the program: {last}", details=done.stderr)
            )
        with np.load(answers) as found:
            return found["scores"], float(found["seconds"]) / len(pictures)


def compare(
    format: str, path: Path, script: str, reference: Reference, size: int, *, prepares: bool = True
) -> ExportCheck:
    """Run the export and hold its answers against the project's; `prepares`: it takes any sample as it is."""
    as_they_are = reference.originals if prepares or not reference.tensors else reference.tensors
    pictures: list[Sample] = [*as_they_are, *reference.prepared]
    scores, seconds = run_clean(script, path, pictures)
    n = len(reference.originals)
    difference = float(np.abs(scores[n:] - reference.prepared_scores).max())
    limit = TOLERANCE * max(1.0, float(np.abs(reference.prepared_scores).max()))
    same, close = _agreement(scores[:n], reference, limit)
    agree, excused = int(same.sum()), int(close.sum())
    finite = bool(np.isfinite(scores).all())
    ok = finite and difference <= limit and agree + excused == n
    if ok:
        message = f"Equal to the project: the largest difference of a score is {difference:.2g}."
    elif not finite:
        message = "The export gives numbers that are not finite, so it was not kept."
    else:
        message = (
            f"The export does not match the project: a score differs by up to {difference:.2g} (allowed: {limit:.2g}) "
            f"and {agree} of {n} labels agree. It was not kept; train again or report this."
        )
    return ExportCheck(format, str(path), difference, agree, n, excused, seconds * 1000, size, ok, message)


def _agreement(
    scores: NDArray[np.float32], reference: Reference, limit: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which samples are answered alike, and which of the others were a close call."""
    expected = reference.original_scores
    if reference.classes is not None:
        first, last = reference.classes
        if first == last:
            alike = np.abs(scores - expected).max(1, initial=0.0) <= limit
            return alike, np.zeros(len(alike), np.bool_)
        scores, expected = scores[:, first:last], expected[:, first:last]
    if not len(scores):
        return np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    same = scores.argmax(1) == expected.argmax(1)
    return same, ~same & (_margin(expected) < CLOSE_CALL)


def _margin(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much likelier the first class is than the second, by softmax."""
    wide = scores.astype(np.float64)
    shares = np.exp(wide - wide.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    top = np.sort(shares, axis=1)
    result: NDArray[np.float64] = top[:, -1] - top[:, -2] if shares.shape[1] > 1 else np.ones(len(shares))
    return result
