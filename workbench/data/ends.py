"""A network's ends beyond the usual: its inputs after the first, and what its outputs are held against."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.data.crew import Progress
from workbench.data.further import Further, open_further
from workbench.data.index import Index
from workbench.data.inputs import Input
from workbench.data.scanned import Scanned
from workbench.data.splitting.splits import Splits
from workbench.data.targets.against import Against, kept_in
from workbench.data.targets.making import Making
from workbench.document.project import DataSettings


class Ends:
    """What one data set has of them; nothing for a network of one input whose output is held against the classes.

    `problems` says why an end cannot be had: by ("input", its number from 1) or ("target", its number from 0).
    """

    def __init__(self, scanned: Scanned, wanted: Input) -> None:
        self.more: tuple[Further, ...] = ()
        self.against: tuple[Against, ...] = ()
        self.problems: Mapping[tuple[str, int], Diagnostic] = {}
        self._scanned = scanned
        self._wanted = wanted

    def open(
        self,
        index: Index,
        splits: Splits,
        settings: DataSettings,
        values: Mapping[str, Any] | None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        """Open the inputs and read the targets; `values` is the preparation a run kept. Raises `Problem` where it was
        cancelled or what was kept is damaged; all else that is wrong is in `problems`."""
        problems: dict[tuple[str, int], Diagnostic] = {}
        try:
            self.more = open_further(self._scanned, self._wanted, settings, splits.train, values, progress, cancelled)
        except Problem as problem:
            first = problem.diagnostics[0]
            if first.code in ("data.cancelled", "data.preparation"):
                raise
            problems["input", 1] = first
        try:
            self.against, found = self._targets(index, splits, settings, values, cancelled)
        except BaseException:
            self.let_go()
            raise
        self.problems = {**problems, **{("target", k): diagnostic for k, diagnostic in found.items()}}

    def held_for(self, index: Index, splits: Splits, settings: DataSettings) -> Ends:
        """The same inputs for another data set of the same scan, and the targets of its samples."""
        other = Ends(self._scanned, self._wanted)
        other.more = tuple(Further(one.input, one.held.hold(), one.preparation) for one in self.more)
        other.against, found = self._targets(index, splits, settings, None, None)
        inputs = {key: problem for key, problem in self.problems.items() if key[0] == "input"}
        other.problems = {**inputs, **{("target", k): diagnostic for k, diagnostic in found.items()}}
        return other

    def take(
        self,
        index: Index,
        splits: Splits,
        settings: DataSettings,
        values: Mapping[str, Any] | None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        """Measure anew on the training samples there are, or take what a run kept."""
        if not self._wanted.more and not self._wanted.targets:
            return
        before = self.more
        self.open(index, splits, settings, values, progress, cancelled)
        for further in before:
            further.held.let_go()

    @property
    def kept(self) -> Mapping[str, Any]:
        """What a run must keep of them, as JSON values; nothing where there is nothing."""
        found: dict[str, Any] = {}
        if self.more:
            found["more"] = [dict(one.preparation.values) for one in self.more]
        if self.against:
            found["targets"] = [one.kept for one in self.against]
        return found

    def fingerprint(self, of_samples: str) -> str:
        """That of the samples, and of the targets that do not follow from their classes."""
        rows = [one.rows for one in self.against if one.rows is not None]
        if not rows:
            return of_samples
        digest = hashlib.sha256(of_samples.encode())
        for values in rows:
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()

    def differ_from(self, values: Mapping[str, Any] | None) -> bool:
        """Whether columns hold other targets than those a run kept in its preparation."""
        known = zip(self.against, kept_in(values), strict=False)
        return any(kept.digest and kept.digest != one.digest for one, kept in known)

    def let_go(self) -> None:
        """Close the inputs, unless another data set holds them."""
        for further in self.more:
            further.held.let_go()
        self.more = ()

    def _targets(
        self,
        index: Index,
        splits: Splits,
        settings: DataSettings,
        values: Mapping[str, Any] | None,
        cancelled: Callable[[], bool] | None,
    ) -> tuple[tuple[Against, ...], dict[int, Diagnostic]]:
        if not self._wanted.targets:
            return (), {}
        used = np.sort(np.concatenate([splits.train, splits.val, splits.test]))
        making = Making(index, self._scanned.columns, settings, splits.train, used, cancelled)
        return making.against(self._wanted, values)
