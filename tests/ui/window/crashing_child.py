"""Edits a project and waits to be killed: run by test_projects as ``python crashing_child.py FOLDER NAME``.

With no NAME it only holds the project open.
"""

from __future__ import annotations

import sys
import time

from workbench.document.autosave import pending
from workbench.document.edits import remove
from workbench.document.graph import Graph
from workbench.session.session import Session


def without_relu(graph: Graph) -> Graph:
    after = remove(graph, ["relu_1"], heal=True)
    assert isinstance(after, Graph)
    return after


def main() -> None:
    session = Session.open(sys.argv[1])
    if len(sys.argv) > 2:
        session.apply("Delete layer", without_relu)
        session.change("Rename project", name=sys.argv[2])
        deadline = time.monotonic() + 30
        while not session.keeping._autosave._written and time.monotonic() < deadline:
            session.pump()
            time.sleep(0.01)
    assert pending() == ()  # nothing to offer while this process lives
    print("ready", flush=True)
    time.sleep(120)


main()
