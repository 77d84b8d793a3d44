"""The main window: top bar, docks, status bar and notices around one project; the start page when there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDockWidget,
    QMainWindow,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.diagnostic import Fix, Problem
from workbench.ui.actions import THEMES, Actions
from workbench.ui.arrangement import forget_separator
from workbench.ui.bridge import Bridge
from workbench.ui.commands import Commands
from workbench.ui.docks import DockTitle
from workbench.ui.ending import RunEnding
from workbench.ui.first_field import first_field
from workbench.ui.folders import kind
from workbench.ui.notices import NoticeBar
from workbench.ui.places import Places, soon
from workbench.ui.projects import Projects
from workbench.ui.settings import Settings
from workbench.ui.start.page import StartPage
from workbench.ui.status_bar import StatusBar
from workbench.ui.theme import Theme, ThemeName
from workbench.ui.top_bar import TopBar
from workbench.ui.typing_guard import TypingGuard

if TYPE_CHECKING:  # loaded when the first project opens, so that the window is there sooner
    from workbench.ui.panels import Panels

FIRST_SIZE = QSize(1440, 900)
SMALLEST = QSize(1024, 640)


class MainWindow(QMainWindow):
    """Built from its services; owns every widget and the bridge's session while it is open."""

    painted = Signal()  # once, when the window was first seen

    def __init__(self, bridge: Bridge, settings: Settings, theme: Theme) -> None:
        super().__init__()
        self.bridge, self.settings, self.theme = bridge, settings, theme
        self.panels: Panels | None = None
        self.was_seen = False
        self.setObjectName("window")
        self.setWindowTitle("Workbench")
        self.setMinimumSize(SMALLEST)
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setAnimated(False)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.actions_by_name = Actions(theme, self)
        self.projects = Projects(bridge, settings, self)
        self.ending = RunEnding(bridge, self)
        self.places = Places(self, settings)
        self.top_bar = TopBar(bridge, self.actions_by_name)
        self.notices = NoticeBar(bridge)
        self._fill_menus({})
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top_bar)
        column.addWidget(self.notices)
        self.setMenuWidget(head)
        self.start = StartPage(bridge, settings)
        self.setCentralWidget(self.start)
        self.status = StatusBar(bridge, self)
        self.setStatusBar(self.status)
        self._close_soon = soon(self, self._close)
        self.commands = Commands(self)
        self._guard = TypingGuard(self.actions_by_name, self)
        self._connect()
        self._restyle()
        self._place_on_screen()
        self._follow_session()

    # --- putting together --------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        bridge, projects, start = self.bridge, self.projects, self.start
        self.addActions(list(self.actions_by_name))
        bridge.sessionChanged.connect(self._follow_session)
        bridge.projectChanged.connect(self._follow_project)
        bridge.savedChanged.connect(self._follow_project)
        bridge.placeChanged.connect(self._go)
        bridge.themeChanged.connect(self._restyle)
        self.notices.fixChosen.connect(self._fix)
        self.top_bar.primaryClicked.connect(self.commands.primary)
        self.status.problemsWanted.connect(self.show_problems)
        start.picturesWanted.connect(projects.ask_pictures)
        start.openWanted.connect(projects.ask_open)
        start.emptyWanted.connect(projects.from_nothing)
        start.sampleWanted.connect(projects.from_sample)
        start.networkWanted.connect(projects.from_template)
        start.recentWanted.connect(projects.open)
        start.recoverWanted.connect(projects.recover)
        projects.working.connect(start.show_working)
        self.ending.badgeChanged.connect(self._show_badge)
        self.status.runWanted.connect(self._show_run)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    def furnish(self) -> Panels:
        """Build the panels, once; the start page does without them, so that it is there sooner."""
        if self.panels is None:
            from workbench.ui.panels import Panels

            self.panels = Panels(self.bridge, self.theme, self)
            canvas = self.panels.canvas
            self.top_bar.set_tool("arrange", canvas.action("arrange"))
            self.top_bar.set_tool("fit", canvas.action("fit"))
            canvas.action("arrange_down").setChecked(self.settings.arranges_down)
            canvas.action("arrange_down").toggled.connect(self._remember_arranging)
            canvas.action("code").setChecked(self.settings.shows_code)
            canvas.action("code").toggled.connect(self._remember_code)
            canvas.facts.choice.choose(self.settings.facts)
            canvas.facts.choice.changed.connect(self._remember_facts)
            canvas.view.inspectAsked.connect(self._inspect)
            self._guard.keep_quiet(canvas.actions())
            self.panels.data.show_page(self.settings.data_page)
            self.panels.data.pageChosen.connect(self._remember_data_page)
            self.panels.training.pageBuilt.connect(self._training_page_built)
            self.panels.training.show_page(self.settings.training_page)
            self.panels.training.pageChosen.connect(self._remember_training_page)
            self.panels.training.live.choose_plots(self.settings.plots)
            self.panels.training.live.plotsChosen.connect(self._remember_plots)
            self.panels.palette.chosen.connect(canvas.append_layer)
            self.panels.inspector.wanted.connect(self._canvas_command)
            self._fill_menus(self.panels.canvas_actions())
        return self.panels

    def _fill_menus(self, canvas: Mapping[str, Sequence[QAction]]) -> None:
        self._submenus = self.actions_by_name.fill(self.top_bar.menus, canvas)
        self._submenus["recent"].aboutToShow.connect(self._fill_recent)
        self._submenus["align"].addActions(list(canvas.get("Align", ())))
        self._submenus["facts"].addActions(list(canvas.get("Facts", ())))
        self._submenus["theme"].addActions([self.actions_by_name[name] for name in THEMES])
        if self.panels is not None:
            for dock in self.panels.docks.values():
                action = dock.toggleViewAction()
                action.setStatusTip(f"Show or hide the {dock.windowTitle().lower()} panel.")
                self._submenus["panels"].addAction(action)

    def _fill_recent(self) -> None:
        menu = self._submenus["recent"]
        menu.clear()
        for folder in self.settings.recent:
            action = menu.addAction(folder.name)
            action.setData(str(folder))
            action.setStatusTip(str(folder))
            action.setEnabled(kind(folder) == "project")
            action.triggered.connect(self._open_recent)
        if menu.isEmpty():
            nothing = menu.addAction("No projects yet")
            nothing.setStatusTip("Projects that you open are listed here.")
            nothing.setEnabled(False)

    def _place_on_screen(self) -> None:
        geometry = self.settings.geometry
        if geometry is None or not self.restoreGeometry(geometry):
            screen = QGuiApplication.primaryScreen()
            room = screen.availableSize() if screen is not None else FIRST_SIZE
            self.resize(FIRST_SIZE.boundedTo(room))

    # --- following the project ---------------------------------------------------------------------------------------

    def _follow_session(self, _session: object = None) -> None:
        session = self.bridge.session
        self.places.leave()
        if session is None:
            for dock in self.panels.docks.values() if self.panels is not None else ():
                dock.hide()
            self.start.show()
            self.start.refresh()
            self.start.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.furnish()
            self.start.hide()
            self._go(self.bridge.place)
            self.places.focus()
        self._follow_project()

    def _follow_project(self, _change: object = None) -> None:
        session = self.bridge.session
        badge = "● " if self.ending.badge else ""
        self.setWindowTitle("Workbench" if session is None else f"{badge}{session.project.name}[*] – Workbench")
        self.setWindowModified(session is not None and not session.is_saved)

    def _show_badge(self, badge: str) -> None:
        self.top_bar.show_badge("train", badge)
        self._follow_project()

    def _show_run(self) -> None:
        self.bridge.show_training_page("live")

    # --- places ------------------------------------------------------------------------------------------------------

    def _go(self, place: str) -> None:
        self.actions_by_name[f"place_{place}"].setChecked(True)
        if self.bridge.session is not None and self.panels is not None:
            self.places.enter(place, self.panels)

    def reset_docks(self) -> None:
        """Put the docks of this place back where they stood at first."""
        self.places.reset()

    def show_problems(self) -> None:
        """Open the problem list and put the focus there."""
        self._raise("problems")

    def show_help(self, topic: str = "") -> None:
        """Open the help beside the work; on the start page too."""
        panels = self.furnish()
        panels.help.show_topic(topic)
        shown, inspector = panels.docks["help"], panels.docks["inspector"]
        if shown.isHidden() and inspector.isVisible() and not inspector.isFloating():
            forget_separator(self)
            self.tabifyDockWidget(inspector, shown)  # a further column would leave the canvas too little
        self._raise("help")

    def _raise(self, name: str) -> QDockWidget | None:
        if self.panels is None:
            return None
        dock = self.panels.docks[name]
        dock.show()
        dock.raise_()
        widget = dock.widget()
        if widget is not None:
            widget.setFocus(Qt.FocusReason.OtherFocusReason)
        return dock

    # --- actions -----------------------------------------------------------------------------------------------------

    def _show_start(self) -> None:
        self.start.pictures_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_project(self) -> None:
        """Back to the start page, after asking where work would be lost."""
        self.projects.leave(self._show_start)

    def search_layers(self) -> None:
        if self.panels is not None and (dock := self._raise("palette")) is not None and dock.isVisible():
            self.panels.palette.focus_search()

    def _inspect(self) -> None:
        """Put the keyboard into the first field of what the inspector says of the selection; Esc gives it back."""
        if self.panels is not None and (dock := self._raise("inspector")) is not None and dock.isVisible():
            self.panels.inspector.show_tab("settings")
            if (field := first_field(self.panels.inspector)) is not None:
                field.setFocus(Qt.FocusReason.TabFocusReason)

    def _remember_code(self, shown: bool) -> None:
        self.settings.shows_code = shown

    def _remember_facts(self, name: str) -> None:
        self.settings.facts = name

    def _training_page_built(self, name: str, page: object) -> None:
        if name == "runs":
            page.choose_columns(self.settings.run_columns)  # type: ignore[attr-defined]
            page.columnsChosen.connect(self._remember_run_columns)  # type: ignore[attr-defined]

    def _remember_run_columns(self, names: tuple[str, ...]) -> None:
        self.settings.run_columns = names

    def _remember_data_page(self, name: str) -> None:
        self.settings.data_page = name

    def _remember_training_page(self, name: str) -> None:
        self.settings.training_page = name

    def _remember_plots(self, names: tuple[str, ...]) -> None:
        self.settings.plots = names

    def _remember_arranging(self, down: bool) -> None:
        self.settings.arranges_down = down

    def _canvas_command(self, name: str) -> None:
        if self.panels is not None:
            self.panels.canvas.action(name).trigger()

    def _fix(self, fix: Fix) -> None:
        if self.projects.follow_fix(fix):
            return
        session = self.bridge.session
        if session is not None and (refused := session.apply_fix(fix)) is not None:
            self.bridge.notify(refused)

    def _open_recent(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.projects.open(Path(str(action.data())))

    # --- look --------------------------------------------------------------------------------------------------------

    def use_theme(self, name: ThemeName) -> None:
        """Change and remember the theme."""
        self.settings.theme = name
        self.bridge.set_theme(name)

    def _system_changed(self, _scheme: object) -> None:
        if self.theme.choice == "system":
            self.bridge.set_theme("system")

    def _restyle(self, _theme: object = None) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setFont(self.theme.font())
            app.setPalette(self.theme.palette())
        self.setStyleSheet(self.theme.stylesheet())
        self.actions_by_name.restyle()
        self.actions_by_name[f"theme_{self.theme.choice}"].setChecked(True)
        for title in self.findChildren(DockTitle):
            title.restyle()

    # --- dropping ----------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if (path := _dropped(event)) is not None and kind(path) in ("project", "folder", "list"):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if (path := _dropped(event)) is not None:
            event.acceptProposedAction()
            self.projects.open_any(path)

    # --- keys --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the keyboard, as Space does, and Esc goes back to the canvas; nothing else
        on the way here wanted them."""
        button = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape and self.panels is not None and self.panels.canvas.isVisible():
            self.panels.canvas.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(button, QAbstractButton):
            if not event.isAutoRepeat():
                button.click()
            return
        super().keyPressEvent(event)

    # --- coming and going --------------------------------------------------------------------------------------------

    def offer_recoveries(self) -> None:
        """Offer what a crash left unsaved, on the start page and, over an open project, in the notice bar."""
        from workbench.document.autosave import pending

        try:
            found = pending()
        except Problem as problem:
            self.bridge.notify(problem.diagnostics[0])
            return
        self.start.show_recoveries(found)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.bridge.set_visible(not self.isMinimized())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.bridge.set_visible(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.bridge.set_visible(self.isVisible() and not self.isMinimized())
        elif event.type() == QEvent.Type.ActivationChange:
            self.ending.look()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.was_seen:
            self.was_seen = True
            self.painted.emit()

    def _close(self) -> None:
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask where work would be lost; go only when the project has been let go of."""
        if self.bridge.session is not None:
            event.ignore()
            self.places.keep()
            self.projects.leave(self._close_soon.start)  # not from within this event: Qt would not close then
            return
        self.places.keep()
        self.settings.geometry = self.saveGeometry()
        self.settings.flush()
        self.ending.close()
        self.projects.close_background()
        self.start.close_background()
        self.bridge.close()
        event.accept()


def _dropped(event: QDropEvent) -> Path | None:
    urls = event.mimeData().urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
