"""Diagnostics as lines of JSON and back, whole: from one process to another, and into a run's record."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from workbench.core.diagnostic import Diagnostic, Fix, Severity


def told(diagnostic: Diagnostic) -> dict[str, Any]:
    """The diagnostic in JSON types, with its remedies and details."""
    return {
        "code": diagnostic.code,
        "message": diagnostic.message,
        "severity": str(diagnostic.severity),
        "node": diagnostic.node,
        "port": diagnostic.port,
        "param": diagnostic.param,
        "fixes": [{"label": f.label, "action": f.action, "arguments": dict(f.arguments)} for f in diagnostic.fixes],
        "details": diagnostic.details,
        "path": list(diagnostic.path),
    }


def heard(line: Mapping[str, Any]) -> Diagnostic:
    """What `told` gave. Raises `ValueError` for anything else."""
    try:
        return Diagnostic(
            code=_text(line["code"]),
            message=_text(line["message"]),
            severity=Severity(line["severity"]),
            node=_optional(line["node"]),
            port=_optional(line["port"]),
            param=_optional(line["param"]),
            fixes=tuple(
                Fix(_text(f["label"]), _text(f["action"]), MappingProxyType(dict(f["arguments"])))
                for f in line["fixes"]
            ),
            details=_text(line["details"]),
            path=tuple(_text(name) for name in line["path"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"no diagnostic: {error!r}") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} where a text belongs")
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)
