"""Which problem comes first."""

from __future__ import annotations

from workbench.core.diagnostic import Diagnostic, Severity

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def worst_first(problems: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Errors, then warnings, then the rest; within these in reading order."""
    return tuple(sorted(problems, key=lambda d: _RANK[d.severity]))
