"""What a section of the findings is: a line for the overview, and a widget with the details."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.session.session import Session

GOOD, WORTH_A_LOOK, UNKNOWN, BUSY = "good", "warning", "unknown", "busy"


@dataclass(frozen=True, slots=True)
class Finding:
    """A section in short: `state` is one of the four above, `words` say what was found."""

    title: str
    state: str
    words: str


class Section(QWidget):
    """The details of one subject. `show_session` is called when something changed and the page can be seen."""

    def show_session(self, session: Session, dataset: Dataset) -> Finding | None:
        """Show what is there now, and say it in short; None where it means nothing for this kind of data. This shows
        nothing."""
        return None
