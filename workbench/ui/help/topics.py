"""The help texts in `resources/help`: which there are, in which order, and their words."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.paths import resources_dir

ORDER = (
    "getting-started",
    "canvas",
    "blocks",
    "data",
    "training",
    "objectives",
    "runs",
    "results",
    "search",
    "processes",
    "looking-inside",
    "export",
    "shortcuts",
    "faults",
)


@dataclass(frozen=True, slots=True)
class Topic:
    """One help text; its first line is its title."""

    id: str
    title: str
    text: str


def topics() -> tuple[Topic, ...]:
    """All help texts, in the order a beginner reads them."""
    found = []
    for path in (resources_dir() / "help").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        found.append(Topic(path.stem, text.split("\n", 1)[0].lstrip("# ").strip(), text))
    known = {name: place for place, name in enumerate(ORDER)}
    return tuple(sorted(found, key=lambda t: (known.get(t.id, len(ORDER)), t.title)))
