"""A text, a sound or a row that cannot be used, and why."""

from __future__ import annotations

from workbench.core.diagnostic import Diagnostic
from workbench.data.unreadable import UnreadablePicture, why_not_opened


class UnreadableFile(UnreadablePicture):
    """One sample that is no picture and cannot be used; caught wherever an unreadable picture is.

    `reason` is a full sentence without the file's name.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason)
        named = f"“{path}” cannot be used. " if path else ""
        self.diagnostics = (Diagnostic("data.file", named + reason),)
        self.args = (named + reason,)

    @classmethod
    def because(cls, error: OSError | ValueError) -> UnreadableFile:
        """From what the operating system answered."""
        return cls(why_not_opened(error))
