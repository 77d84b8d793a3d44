"""The export place: the folder, a card for each format, and the results."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.core.diagnostic import Problem
from workbench.session.jobs import Job
from workbench.ui.bridge import Bridge
from workbench.ui.exporting.card import ExportCard
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import ElidedLabel, PanelHeader
from workbench.ui.theme import GAP, MARGIN, Theme, mark

WIDEST = 760
"""Cards wider than this are hard to read."""


class ExportPanel(QWidget):
    """Exports the newest run's best weights; each export is checked before it is called good."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._folder: Path | None = None
        self.cards: dict[str, ExportCard] = {}
        mark(self, surface="panel")
        self.empty = EmptyState(
            bridge,
            "export",
            "Nothing to export yet",
            "Train the network first. Then take it along as one file, checked on your own data.",
        )
        self.to_training = self.empty.add_button("Go to training", "chart", "Go to Train (Ctrl+3)", primary=True)
        self._header = PanelHeader("Export")
        self._all = QPushButton("Export all")
        self._all.setToolTip("Write and check every format")
        self._header.add(self._all)
        self._place = ElidedLabel("body", Qt.TextElideMode.ElideMiddle)
        self._choose = QPushButton("Choose…")
        self._choose.setToolTip("Choose the folder that exports are written to")
        self._choose.setAccessibleName("Choose the export folder")
        self._show_folder = QPushButton("Show")
        self._show_folder.setToolTip("Open the folder in the file manager")
        self._show_folder.setAccessibleName("Show the export folder")
        self._list = QVBoxLayout()
        self._list.setSpacing(12)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self._build())
        bridge.sessionChanged.connect(self._session_changed)
        bridge.runChanged.connect(self._run_changed)
        bridge.jobsChanged.connect(self._jobs_changed)
        self.to_training.clicked.connect(self._go_to_training)
        self._all.clicked.connect(self.export_all)
        self._choose.clicked.connect(self._ask_for_folder)
        self._show_folder.clicked.connect(self._open_folder)

    def _build(self) -> QWidget:
        label = QLabel("Folder")
        mark(label, role="label")
        place = QHBoxLayout()
        place.setSpacing(GAP)
        place.addWidget(label)
        place.addWidget(self._place, 1)
        place.addWidget(self._show_folder)
        place.addWidget(self._choose)
        inner = QWidget()
        inner.setMaximumWidth(WIDEST)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, GAP, 0)
        column.setSpacing(12)
        column.addLayout(place)
        column.addLayout(self._list)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(inner)
        scroll.setAccessibleName("Export formats")
        content = QWidget()
        outer = QVBoxLayout(content)
        outer.setContentsMargins(MARGIN, GAP, MARGIN, 12)
        outer.setSpacing(12)
        outer.addWidget(self._header)
        outer.addWidget(scroll, 1)
        return content

    # --- following the session ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._add_cards()
        self._refresh()

    def _add_cards(self) -> None:
        """One card a format, on first sight: the formats' own libraries are not loaded for it."""
        if self.cards:
            return
        from workbench.export.registry import EXPORTS

        for export in EXPORTS.values():
            card = ExportCard(self._bridge, export.id, export.title, export.summary)
            card.exportAsked.connect(self.start)
            card.cancelAsked.connect(self._cancel)
            self.cards[export.id] = card
            self._list.addWidget(card)
        self._jobs: dict[str, Job] = {}

    def _session_changed(self, _session: object) -> None:
        self._folder = None
        for card in self.cards.values():
            card.forget()
        self._refresh()

    def _run_changed(self, _run: object) -> None:
        if self.isVisible():
            self._refresh()

    def _jobs_changed(self, _jobs: object) -> None:
        for card in self.cards.values():
            card.refresh()
        self._show_folder.setEnabled(self._bridge.session is not None and self.folder.is_dir())

    def _refresh(self) -> None:
        session = self._bridge.session
        trained = session is not None and has_weights(session)
        self._pages.setCurrentIndex(1 if trained else 0)
        if session is None:
            return
        self._place.setText(str(self.folder))
        self._show_folder.setEnabled(self.folder.is_dir())
        best = session.run.best_val_accuracy if session.run is not None else None
        self._header.set_details(
            session.project.name, "" if best is None else f"best validation accuracy {best * 100:.1f} %"
        )

    # --- what a person does ------------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """Where exports go: the chosen folder, else `exports` in the project."""
        if self._folder is not None:
            return self._folder
        session = self._bridge.session
        return (session.folder if session is not None else Path()) / "exports"

    def use_folder(self, folder: Path) -> None:
        self._folder = folder
        self._refresh()

    def start(self, format_id: str) -> None:
        """Export one format to the folder."""
        session = self._bridge.session
        if session is None:
            return
        self._add_cards()
        card = self.cards[format_id]
        if card.is_running:
            return
        try:
            job = session.export(format_id, self.folder)
        except Problem as problem:
            card.show_problem(problem.diagnostics[0])
            return
        self._jobs[format_id] = job
        card.follow(job)

    def export_all(self) -> None:
        """Export every format."""
        self._add_cards()
        for format_id in self.cards:
            self.start(format_id)

    def _cancel(self, format_id: str) -> None:
        job = self._jobs.get(format_id)
        if job is not None:
            job.cancel()

    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self.window(), "Choose the folder for exports", str(self.folder.parent)
        )
        if folder:
            self.use_folder(Path(folder))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.folder)))

    def _go_to_training(self) -> None:
        self._bridge.go_to("train")


def has_weights(session: object) -> bool:
    """Whether a run has ended, or is far enough to have learned something."""
    run = session.run  # type: ignore[attr-defined]
    if run is not None and (run.epoch >= 1 or not run.is_live):
        return True
    return bool(session.runs())  # type: ignore[attr-defined]
