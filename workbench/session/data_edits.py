"""What a person decides about samples: another class, another split, left out. One undo step each, kept in the project.

Nothing is done to the files themselves; `session.writing` copies them for whoever wants that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic
from workbench.core.words import count
from workbench.data.depends import of_other_source
from workbench.document.data_format import MOST_CHANGES, change_fault
from workbench.document.project import SPLIT_NAMES, Change, DataSettings

if TYPE_CHECKING:
    from workbench.session.session import Session

NOTHING = Change()
SPLIT_WORDS = {"train": "training", "val": "validation", "test": "test"}


def with_source(session: Session, source: str) -> DataSettings:
    """The data settings with another source. What belongs to the samples of the one before does not stay, unless that
    one is gone: then the new one is where it was moved to."""
    data, told = session.project.data, session.data.diagnostic
    if source == data.source or (told is not None and told.code == "data.missing"):
        return replace(data, source=source)
    return of_other_source(data, source)


def relabel(session: Session, paths: Iterable[str], label: str) -> Diagnostic | None:
    """Put samples into another class, which may be a new one."""
    label = label.strip()
    if fault := change_fault("a", Change(label=label)):
        return Diagnostic("data.relabel", f"No sample was relabelled: the change {fault}.")
    return _edit(session, paths, "Relabel {}", lambda change: replace(change, label=label))


def move_to_split(session: Session, paths: Iterable[str], split: str | None) -> Diagnostic | None:
    """Put samples into a split for good; None leaves them to the folder and the shares again."""
    if split is not None and split not in SPLIT_NAMES:
        known = ", ".join(SPLIT_NAMES)
        return Diagnostic("data.split", f"No sample was moved: there is no split “{split}”. There are {known}.")
    words = f"Move {{}} to {SPLIT_WORDS[split]}" if split is not None else "Leave the split of {} to chance"
    return _edit(session, paths, words, lambda change: replace(change, split=split))


def exclude(session: Session, paths: Iterable[str], excluded: bool = True) -> Diagnostic | None:
    """Leave samples out of every split, or take them back in."""
    words = "Exclude {}" if excluded else "Take {} back in"
    return _edit(session, paths, words, lambda change: replace(change, excluded=excluded))


def _edit(session: Session, paths: Iterable[str], words: str, change: Callable[[Change], Change]) -> Diagnostic | None:
    """Changes all samples or none; gives why not."""
    chosen = list(dict.fromkeys(paths))
    if not chosen:
        return None
    if refused := _refused(session, chosen):
        return refused
    before = session.project.data.changes
    after = dict(before)
    for path in chosen:
        changed = _without_what_holds_anyway(session, path, change(before.get(path, NOTHING)))
        if changed == NOTHING:
            after.pop(path, None)
        else:
            after[path] = changed
    if len(after) > MOST_CHANGES:
        return Diagnostic(
            "data.too_many_changes",
            f"A project keeps changes to {MOST_CHANGES:,} samples at most, and this would make them {len(after):,}. "
            "Write the data to folders, and go on from there.",
        )
    if after != before:
        data = replace(session.project.data, changes=MappingProxyType(after))
        session.change(words.format(count(len(chosen), _one(session))), data=data)
    return None


def _refused(session: Session, paths: list[str]) -> Diagnostic | None:
    """Samples that are not there, or that a project cannot name."""
    dataset = session.data.dataset
    if dataset is not None:
        gone = [path for path, row in zip(paths, dataset.index.paths.find_all(paths).tolist(), strict=True) if row < 0]
        if gone:
            return Diagnostic(
                "data.unknown_sample",
                f"{count(len(gone), 'sample')} cannot be changed, such as “{_shown(gone[0])}”: "
                f"{'it is' if len(gone) == 1 else 'they are'} not among the data. Read the folder again.",
            )
    unfit = [path for path in paths if change_fault(path, NOTHING)]
    if unfit:
        return Diagnostic(
            "data.unfit_name",
            f"{count(len(unfit), 'sample')} cannot be changed, such as “{_shown(unfit[0])}”: no project can keep "
            f"{'this name' if len(unfit) == 1 else 'these names'}. Rename the files, and read the folder again.",
        )
    return None


def _without_what_holds_anyway(session: Session, path: str, change: Change) -> Change:
    """A sample put back into the class its folder has is not changed."""
    dataset = session.data.dataset
    if dataset is None or change.label is None or change.label != dataset.found_label(path):
        return change
    return replace(change, label=None)


def changed_words(changes: Mapping[str, Change]) -> str:
    """What was changed, for people: "12 relabelled, 3 moved, 1 excluded"; "" where nothing was."""
    counts = (
        (sum(c.label is not None for c in changes.values()), "relabelled"),
        (sum(c.split is not None for c in changes.values()), "moved"),
        (sum(c.excluded for c in changes.values()), "excluded"),
    )
    return ", ".join(f"{n:,} {words}" for n, words in counts if n)


def _one(session: Session) -> str:
    dataset = session.data.dataset
    return dataset.kind.one if dataset is not None else "sample"


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()[:80]
