"""The blocks a person kept, in the palette: renaming and removing them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListView, QMenu

from workbench.catalogue.declaration import Layer
from workbench.core.diagnostic import Diagnostic
from workbench.document.rules import LONGEST_NAME
from workbench.ui.bridge import Bridge
from workbench.ui.palette.offers import KEPT

_LAYER = Qt.ItemDataRole.UserRole


class KeptBlocks(QObject):
    """The context menu of the library's rows, and the field that renames one in place."""

    def __init__(self, bridge: Bridge, rows: QListView) -> None:
        super().__init__(rows)
        self._bridge, self._list = bridge, rows
        self._chosen = ""  # the library's key of the row the menu or the field is about
        self.field = QLineEdit(rows.viewport())
        self.field.setObjectName("palette_rename")
        self.field.setAccessibleName("Name of the block")
        self.field.setMaxLength(LONGEST_NAME)
        self.field.hide()
        self.field.installEventFilter(self)
        self.field.editingFinished.connect(self._take)

    def is_kept(self, index: QModelIndex) -> bool:
        """Whether a row is a block of the library."""
        return bool(self._key(index))

    def open_menu(self, index: QModelIndex, where: QPoint) -> None:
        """The menu of a row; rows of layers and ready-made blocks have none."""
        if not self.is_kept(index):
            return
        self._chosen = self._key(index)
        menu = QMenu(self._list)
        rename = menu.addAction("Rename…\tF2")
        rename.triggered.connect(self._rename)
        remove = menu.addAction("Remove from my library\tDel")
        remove.triggered.connect(self._remove)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(where)

    def rename(self, index: QModelIndex) -> None:
        """Edit the name of a row in place."""
        layer: Layer | None = index.data(_LAYER)
        if layer is None or not self.is_kept(index):
            return
        self._chosen = self._key(index)
        row = self._list.visualRect(index)
        self.field.setGeometry(QRect(24, row.top() - 2, self._list.viewport().width() - 32, row.height() + 4))
        self.field.setText(layer.title)
        self.field.show()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.field.selectAll()

    def remove(self, index: QModelIndex) -> None:
        """Take a block out of the library; projects that use it keep theirs."""
        self._forget(self._key(index))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._close()
                return True
        return super().eventFilter(watched, event)

    def _rename(self) -> None:
        model = self._list.model()
        rows = (model.index(row, 0) for row in range(model.rowCount()))
        found = next((index for index in rows if self._key(index) == self._chosen), None)
        if found is not None:
            self.rename(found)

    def _remove(self) -> None:
        self._forget(self._chosen)

    def _forget(self, key: str) -> None:
        session = self._bridge.session
        if session is not None and key:
            self._tell(session.library.remove(key))

    def _close(self) -> None:
        self._chosen = ""
        if not self.field.isHidden():
            self.field.hide()
            self._list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take(self) -> None:
        session, key, title = self._bridge.session, self._chosen, self.field.text().strip()
        self._close()
        if session is not None and key and title:
            self._tell(session.library.rename(key, title))

    def _tell(self, refused: Diagnostic | None) -> None:
        if refused is not None:
            self._bridge.notify(refused)
        self._bridge.libraryChanged.emit()

    @staticmethod
    def _key(index: QModelIndex) -> str:
        layer: Layer | None = index.data(_LAYER) if index.isValid() else None
        return layer.id.removeprefix(KEPT) if layer is not None and layer.id.startswith(KEPT) else ""
