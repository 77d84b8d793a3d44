"""Bypass and mute switch layers off for a while, to see what they are good for; frozen ones work and do not learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject

from workbench.ui.bridge import Bridge


class Switching(QObject):
    """The commands behind Ctrl+B, Ctrl+M and F; each switches what is selected off, or on again if all of it is off."""

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge

    def handlers(self) -> Mapping[str, Callable[..., None]]:
        return {"bypass": self.bypass, "mute": self.mute, "freeze": self.freeze}

    def bypass(self) -> None:
        self._toggle("bypassed")

    def mute(self) -> None:
        self._toggle("muted")

    def freeze(self) -> None:
        session, chosen = self._bridge.session, self._bridge.selection
        if session is None or not chosen or session.read_only:
            return
        session.set_frozen(chosen, not all(session.graph.nodes[node].frozen for node in chosen))

    def _toggle(self, state: str) -> None:
        session, chosen = self._bridge.session, self._bridge.selection
        if session is None or not chosen or session.read_only:
            return
        nodes = session.graph.nodes
        is_off = all(nodes[node].state == state for node in chosen)
        session.set_state(chosen, "" if is_off else state)
