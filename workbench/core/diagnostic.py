"""Problems as data: one `Diagnostic` type from every stage, shown alike by node, inspector, list and command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Severity(StrEnum):
    """How bad it is: an error stops training, a warning does not, an info is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Fix:
    """One remedy a person can take with a click.

    `action` names an edit that `workbench.session` knows how to apply ("insert_layer", "set_param", …);
    `arguments` are plain JSON values for it.
    """

    label: str
    action: str
    arguments: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: a stable code, a full sentence with the values seen, and where it sits.

    `message` says what was seen, what was expected and what to do. `details` is for the log and for the
    "Details" fold (a traceback may stand there, never in `message`). `path` names the block nodes to go through,
    from the outermost, to reach `node`; () is the network itself.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    node: str | None = None
    port: str | None = None
    param: str | None = None
    fixes: tuple[Fix, ...] = ()
    details: str = ""
    path: tuple[str, ...] = ()

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def at(self, node: str | None = None, port: str | None = None, param: str | None = None) -> Diagnostic:
        """The same problem, placed on a node, port or parameter (fields already set stay)."""
        return replace(self, node=self.node or node, port=self.port or port, param=self.param or param)

    def as_json(self) -> dict[str, Any]:
        """The row `workbench check --json` prints."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "message": self.message,
            "node": self.node,
            "port": self.port,
            "param": self.param,
            "fix": self.fixes[0].label if self.fixes else None,
            "path": list(self.path),
        }


class Problem(Exception):
    """A refusal that carries its diagnostics; raised where a caller must stop, caught at a room's edge."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(" ".join(d.message for d in diagnostics))
        self.diagnostics: tuple[Diagnostic, ...] = diagnostics

    @classmethod
    def of(cls, code: str, message: str, **where: Any) -> Problem:
        """A `Problem` with one error: ``raise Problem.of("data.missing", "The folder … is gone.")``."""
        return cls(Diagnostic(code, message, **where))
