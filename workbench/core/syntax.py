"""Python's parser for several threads at once.

Before 3.11.8 and 3.12.2, CPython counted the depth of all trees being built in one place: when a thread was interrupted
while it built one and another parsed meanwhile, it could end in "SystemError: AST constructor recursion depth
mismatch" (python/cpython issue 106905).
"""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.RLock()


def parse_module(text: str) -> ast.Module:
    """The syntax tree of a file; raises what `ast.parse` raises."""
    with _ONE_AT_A_TIME:
        return ast.parse(text)


def parse_expression(text: str) -> ast.expr:
    """The syntax tree of one expression; raises what `ast.parse` raises."""
    with _ONE_AT_A_TIME:
        return ast.parse(text, mode="eval").body
