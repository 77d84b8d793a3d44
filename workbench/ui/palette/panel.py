"""The palette: find a layer or a block, drag it onto the canvas, or click it to put it behind what is selected."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDrag, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from workbench.catalogue.declaration import Layer
from workbench.session.state import ProjectChange
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.palette.delegate import PaletteDelegate, drag_picture
from workbench.ui.palette.kept import KeptBlocks
from workbench.ui.palette.model import PaletteModel
from workbench.ui.palette.offers import sections
from workbench.ui.theme import GAP, Theme, mark


class PaletteList(QListView):
    """The list; its drags show a small card. `menuAsked(index, where)` for a right click or the menu key."""

    menuAsked = Signal(QModelIndex, QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def startDrag(self, supported: Qt.DropAction) -> None:
        index = self.currentIndex()
        layer: Layer | None = index.data(PaletteModel.LAYER)
        if layer is None:
            return
        drag = QDrag(self)
        drag.setMimeData(self.model().mimeData([index]))
        drag.setPixmap(drag_picture(self._theme, layer, self.devicePixelRatioF()))
        drag.setHotSpot(QPoint(16, 18))
        drag.exec(supported, Qt.DropAction.CopyAction)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        where = event.globalPos() if by_mouse else self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        self.menuAsked.emit(index, where)
        event.accept()


class PalettePanel(QWidget):
    """Search field and list. `chosen(key)` asks for a layer or a block behind the selection: by click, or Enter.

    A drag carries `MIME`. The arrow keys move between field and list; typing in the list searches.
    """

    chosen = Signal(str)

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self.setAccessibleName("Layers")
        mark(self, surface="panel")
        self.model = PaletteModel(sections(bridge.session), self)
        self.search = QLineEdit()
        self.search.setObjectName("palette_search")
        self.search.setPlaceholderText("Search layers")
        self.search.setAccessibleName("Search layers")
        self.search.setClearButtonEnabled(False)
        self.search.setToolTip("Type a few letters of a layer's name (/ from anywhere). Enter adds the first one.")
        self._glass = self.search.addAction(icon("search", theme, "dim"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self._add_current)
        self.search.installEventFilter(self)
        self.list = PaletteList(theme)
        self.list.setObjectName("palette_list")
        self.list.setAccessibleName("Layers and blocks by category")
        self.list.setModel(self.model)
        self.list.setItemDelegate(PaletteDelegate(theme, self.list))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setDragEnabled(True)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._add)
        self.list.installEventFilter(self)
        self.kept = KeptBlocks(bridge, self.list)
        self.list.menuAsked.connect(self.kept.open_menu)
        self._nothing = QLabel("No layer is called that. Try another word, such as “conv” or “pool”.")
        self._nothing.setWordWrap(True)
        self._nothing.setContentsMargins(12, 4, 12, 0)
        mark(self._nothing, role="dim")
        self._nothing.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        field = QVBoxLayout()
        field.setContentsMargins(10, 0, 10, GAP)
        field.addWidget(self.search)
        column.addLayout(field)
        column.addWidget(self._nothing)
        column.addWidget(self.list, 1)
        self.setFocusProxy(self.search)
        bridge.themeChanged.connect(self._restyle)
        bridge.sessionChanged.connect(self._follow)
        bridge.projectChanged.connect(self._follow_project)
        bridge.scopeChanged.connect(self._offer)
        bridge.libraryChanged.connect(self._offer)
        self._follow()

    def sizeHint(self) -> QSize:
        return QSize(188, 400)

    def minimumSizeHint(self) -> QSize:
        return QSize(176, 120)

    def focus_search(self) -> None:
        """Put the cursor into the search field with its text selected."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate and self._bridge.session is not None:
            self._offer()  # another window may have put a block into the library
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if watched is self.search:
                return self._key_in_field(event)
            if watched is self.list:
                return self._key_in_list(event)
        return super().eventFilter(watched, event)

    def _key_in_field(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Down:
            self.list.setFocus(Qt.FocusReason.TabFocusReason)
            if not self.list.currentIndex().isValid():
                self._make_current(0, 1)
            return True
        if event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            return True
        return False

    def _key_in_list(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._add(self.list.currentIndex())
            return True
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_F2) and self.kept.is_kept(self.list.currentIndex()):
            act = self.kept.remove if event.key() == Qt.Key.Key_Delete else self.kept.rename
            act(self.list.currentIndex())
            return True
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            if not self._make_current(self.list.currentIndex().row() + step, step) and step < 0:
                self.focus_search()
            return True
        if (
            event.text().isprintable()
            and event.text().strip()
            and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        ):
            self.search.setText(event.text())
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return False

    def _make_current(self, start: int, step: int) -> bool:
        row = self.model.next_layer(start, step)
        if row is None:
            return False
        self.list.setCurrentIndex(self.model.index(row))
        return True

    def _search(self, text: str) -> None:
        self.model.search(text)
        found = self.model.rowCount() > 0
        self._nothing.setVisible(not found)
        self.list.setVisible(found)
        if text.strip():
            self._make_current(0, 1)
        self.list.scrollToTop()

    def _add_current(self) -> None:
        if self.search.text().strip():
            self._make_current(0, 1)
            self._add(self.list.currentIndex())

    def _add(self, index: QModelIndex) -> None:
        layer: Layer | None = index.data(PaletteModel.LAYER) if index.isValid() else None
        if layer is not None:
            self.chosen.emit(layer.id)

    def _follow(self, _session: object = None) -> None:
        session = self._bridge.session
        self.setEnabled(session is not None and not session.read_only)
        self._offer()

    def _follow_project(self, change: ProjectChange) -> None:
        if change.before.graph.blocks is not change.after.graph.blocks:
            self._offer()

    def _offer(self, _why: object = None) -> None:
        """Offer what can be added here now; what was current stays so."""
        current: Layer | None = self.list.currentIndex().data(PaletteModel.LAYER)
        top = self.list.verticalScrollBar().value()
        if self.model.show_sections(sections(self._bridge.session)):
            row = self.model.row_of(current.id) if current is not None else None
            if row is not None:
                self.list.setCurrentIndex(self.model.index(row))
            self.list.verticalScrollBar().setValue(top)

    def _restyle(self, theme: Theme) -> None:
        self._glass.setIcon(icon("search", theme, "dim"))
        self.list.viewport().update()
