"""What the window remembers of a person: theme, arrangement of each place, recent projects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from workbench.core.paths import user_dir
from workbench.ui.theme import ThemeName

MOST_RECENT = 12
THEMES: tuple[ThemeName, ...] = ("dark", "light", "system")


class Settings:
    """Typed access to `window.ini` in the user's configuration folder. Values of a wrong type read as the default."""

    def __init__(self, path: Path | None = None) -> None:
        where = path or user_dir("config") / "window.ini"
        self._store = QSettings(str(where), QSettings.Format.IniFormat)

    def flush(self) -> None:
        """Write what has changed now."""
        self._store.sync()

    @property
    def theme(self) -> ThemeName:
        value = self._store.value("theme", "dark")
        return next((name for name in THEMES if name == value), "dark")

    @theme.setter
    def theme(self, name: ThemeName) -> None:
        self._store.setValue("theme", name)

    @property
    def geometry(self) -> QByteArray | None:
        return self._bytes("geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("geometry", value)

    def arrangement(self, place: str) -> QByteArray | None:
        """How the docks of a place stood when it was left."""
        return self._bytes(f"arrangement/{place}")

    def sizes(self, place: str) -> Mapping[str, tuple[int, int]]:
        """How large the docks of a place were, by name: width and height in pixels."""
        try:
            read = json.loads(str(self._store.value(f"sizes/{place}", "{}")))
            return {str(name): (int(width), int(height)) for name, (width, height) in read.items()}
        except (ValueError, TypeError, AttributeError):
            return {}

    def set_arrangement(self, place: str, value: QByteArray, sizes: Mapping[str, tuple[int, int]]) -> None:
        self._store.setValue(f"arrangement/{place}", value)
        self._store.setValue(f"sizes/{place}", json.dumps(sizes))

    def forget_arrangement(self, place: str) -> None:
        self._store.remove(f"arrangement/{place}")
        self._store.remove(f"sizes/{place}")

    @property
    def recent(self) -> tuple[Path, ...]:
        """Project folders opened lately, newest first, whether they are still there or not."""
        value = self._store.value("recent", [])
        paths = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return tuple(Path(str(p)) for p in paths)[:MOST_RECENT]

    def remember(self, folder: Path) -> None:
        folder = folder.absolute()
        paths = [folder, *(p for p in self.recent if p != folder)][:MOST_RECENT]
        self._store.setValue("recent", [str(p) for p in paths])

    def forget(self, folder: Path) -> None:
        self._store.setValue("recent", [str(p) for p in self.recent if p != folder])

    @property
    def arranges_down(self) -> bool:
        """Whether networks are laid out from top to bottom, rather than from left to right."""
        return bool(self._store.value("arranges_down", False, type=bool))

    @arranges_down.setter
    def arranges_down(self, down: bool) -> None:
        self._store.setValue("arranges_down", down)

    @property
    def shows_code(self) -> bool:
        """Whether the Python source stands beside the canvas."""
        return bool(self._store.value("shows_code", False, type=bool))

    @shows_code.setter
    def shows_code(self, shown: bool) -> None:
        self._store.setValue("shows_code", shown)

    @property
    def facts(self) -> str:
        """Which fact stands on the cards of layers."""
        return str(self._store.value("facts", "off"))

    @facts.setter
    def facts(self, name: str) -> None:
        self._store.setValue("facts", name)

    @property
    def data_page(self) -> str:
        """Which page of the data place was looked at last; "" before there was one."""
        return str(self._store.value("data_page", ""))

    @data_page.setter
    def data_page(self, name: str) -> None:
        self._store.setValue("data_page", name)

    @property
    def training_page(self) -> str:
        """Which page of the training panel was looked at last; "" before there was one."""
        return str(self._store.value("training_page", ""))

    @training_page.setter
    def training_page(self, name: str) -> None:
        self._store.setValue("training_page", name)

    @property
    def plots(self) -> tuple[str, ...]:
        """Which plots of a run are shown; () before a person chose any."""
        return tuple(name for name in str(self._store.value("plots", "")).split(",") if name)

    @plots.setter
    def plots(self, names: tuple[str, ...]) -> None:
        self._store.setValue("plots", ",".join(names))

    @property
    def run_columns(self) -> tuple[str, ...]:
        """Which columns the table of runs has; () before a person chose any."""
        return tuple(name for name in str(self._store.value("run_columns", "")).split(",") if name)

    @run_columns.setter
    def run_columns(self, names: tuple[str, ...]) -> None:
        self._store.setValue("run_columns", ",".join(names))

    @property
    def last_folder(self) -> str:
        """Where a person last chose a file."""
        return str(self._store.value("last_folder", ""))

    @last_folder.setter
    def last_folder(self, folder: str) -> None:
        self._store.setValue("last_folder", folder)

    def _bytes(self, key: str) -> QByteArray | None:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None
