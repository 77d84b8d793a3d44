"""The canvas's actions, for the window's menus: words, shortcut, tip and icon of each, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from workbench.ui.facts_choice import FACTS
from workbench.ui.icons import icon
from workbench.ui.theme import Theme

if TYPE_CHECKING:
    from workbench.ui.canvas.panel import CanvasPanel


@dataclass(frozen=True, slots=True)
class Spec:
    """What an action says. `needs`: "selection" (something is selected), "change" (something is selected that may be
    changed), "several" (two or more are), "edit" (a project that may be changed), "project", "" (always possible)."""

    name: str
    group: str  # the menu it belongs in: "Edit", "View", "Add", or "Align", "Facts" (menus within Edit and View)
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    needs: str = "project"
    checkable: bool = False


SPECS = (
    Spec("add", "Add", "Add layer…\tSpace", "Search the layers and put one at the pointer.", icon="plus", needs="edit"),
    Spec(
        "add_behind",
        "Add",
        "Add behind…",
        "Search the layers that fit behind the selected one, and wire the chosen one to it.",
        ("Shift+A", "Ins"),
        needs="edit",
    ),
    Spec("wire_to", "Add", "Wire to…", "Choose the layer that the selected one feeds.", ("W",), "link", "change"),
    Spec("cut", "Edit", "Cut", "Take the selected layers out and onto the clipboard.", ("Ctrl+X",), "cut", "change"),
    Spec(
        "copy", "Edit", "Copy", "Put the selected layers on the clipboard, as text.", ("Ctrl+C",), "copy", "selection"
    ),
    Spec("paste", "Edit", "Paste", "Put copied layers at the pointer.", ("Ctrl+V",), "paste", "edit"),
    Spec(
        "paste_with_wires",
        "Edit",
        "Paste with wires",
        "Paste, and feed the layers by what fed the copied ones.",
        ("Ctrl+Shift+V",),
        needs="edit",
    ),
    Spec(
        "duplicate",
        "Edit",
        "Duplicate",
        "Make a second one of each selected layer.",
        ("Ctrl+D",),
        "duplicate",
        "change",
    ),
    Spec(
        "duplicate_with_wires",
        "Edit",
        "Duplicate with wires",
        "Duplicate the selected layers and feed the copies by what feeds the originals.",
        ("Ctrl+Shift+D",),
        needs="change",
    ),
    Spec(
        "delete",
        "Edit",
        "Delete",
        "Remove what is selected; what fed it then feeds what it fed, where that fits.",
        ("Delete", "Backspace"),
        "trash",
        "change",
    ),
    Spec(
        "group",
        "Edit",
        "Group into a block",
        "Put the selected layers into a block of their own, and name it.",
        ("Ctrl+G",),
        "group",
        "change",
    ),
    Spec(
        "dissolve",
        "Edit",
        "Dissolve block",
        "Put a block's layers in its place.",
        ("Ctrl+Shift+G",),
        "ungroup",
        "change",
    ),
    Spec(
        "unique",
        "Edit",
        "Make block unique",
        "Give the selected use of a block a definition of its own.",
        needs="change",
    ),
    Spec("keep", "Edit", "Keep block in my library", "Have this block in every project.", needs="selection"),
    Spec("drop_unused", "Edit", "Remove unused blocks", "Forget the blocks of this project that nothing uses."),
    Spec("open_block", "View", "Open block\tEnter", "Go inside the selected block.", icon="expand", needs="selection"),
    Spec("leave_block", "View", "Leave block", "Go back to what the block stands in.", ("PgUp",), "arrow-up"),
    Spec("rename", "Edit", "Rename…", "Give the selected layer a name of your own.", ("F2",), "rename", "change"),
    Spec(
        "bypass",
        "Edit",
        "Bypass",
        "Let what arrives at the selected layers pass through them untouched, or no longer.",
        ("Ctrl+B",),
        "bypass",
        "change",
    ),
    Spec(
        "mute",
        "Edit",
        "Mute",
        "Let the selected layers give nothing but zeros, or work again.",
        ("Ctrl+M",),
        "mute",
        "change",
    ),
    Spec(
        "freeze",
        "Edit",
        "Freeze",
        "Let the selected layers keep their weights while the others learn, or learn again.",
        ("F",),
        "freeze",
        "change",
    ),
    Spec("collapse", "Edit", "Collapse", "Show the selected layers as their titles alone.", ("C",), "", "change"),
    Spec(
        "frame",
        "Edit",
        "Frame selection",
        "Put a titled frame behind the selected layers.",
        ("Ctrl+Shift+R",),
        "frame",
        "edit",
    ),
    Spec("select_all", "Edit", "Select all", "Select every layer.", ("Ctrl+A",)),
    Spec(
        "align_left", "Align", "Left edges", "Line the selected layers up at the left.", ("Alt+Shift+L",), "", "several"
    ),
    Spec(
        "align_centre",
        "Align",
        "Centres",
        "Line the selected layers up below each other.",
        ("Alt+Shift+C",),
        "",
        "several",
    ),
    Spec(
        "align_right",
        "Align",
        "Right edges",
        "Line the selected layers up at the right.",
        ("Alt+Shift+R",),
        "",
        "several",
    ),
    Spec("align_top", "Align", "Top edges", "Line the selected layers up at the top.", ("Alt+Shift+T",), "", "several"),
    Spec(
        "align_middle",
        "Align",
        "Middles",
        "Line the selected layers up beside each other.",
        ("Alt+Shift+M",),
        "",
        "several",
    ),
    Spec(
        "align_bottom",
        "Align",
        "Bottom edges",
        "Line the selected layers up at the bottom.",
        ("Alt+Shift+B",),
        "",
        "several",
    ),
    Spec(
        "distribute_across",
        "Align",
        "Distribute horizontally",
        "Make the gaps between the selected layers equally wide.",
        ("Alt+Shift+H",),
        needs="several",
    ),
    Spec(
        "distribute_down",
        "Align",
        "Distribute vertically",
        "Make the gaps between the selected layers equally high.",
        ("Alt+Shift+V",),
        needs="several",
    ),
    Spec("fit", "View", "Fit", "Show what is selected, or the whole network.", (".",), "fit"),
    Spec("actual_size", "View", "Actual size", "Zoom to 100 %.", ("Ctrl+0",)),
    Spec("zoom_in", "View", "Zoom in", "Come nearer.", ("Ctrl++", "Ctrl+="), "zoom-in"),
    Spec("zoom_out", "View", "Zoom out", "Go further away.", ("Ctrl+-",), "zoom-out"),
    Spec(
        "arrange",
        "View",
        "Arrange",
        "Lay out the selected layers, or the whole network.",
        ("Ctrl+Shift+F",),
        "arrange",
        "edit",
    ),
    Spec(
        "arrange_down",
        "View",
        "Arrange from top to bottom",
        "Let layers follow each other downwards when they are laid out, not from left to right.",
        checkable=True,
        needs="",
    ),
    Spec("maps_off", "View", "No maps on layers", "Show no feature maps on the layers.", checkable=True, needs=""),
    Spec(
        "maps_selected",
        "View",
        "Maps on selected layers",
        "Show feature maps on what is selected.",
        checkable=True,
        needs="",
    ),
    Spec(
        "maps_all",
        "View",
        "Maps on all layers",
        "Show feature maps on every layer that makes them.",
        checkable=True,
        needs="",
    ),
    Spec("next_picture", "View", "Next picture", "Let the next picture run through the network.", ("N",)),
    Spec("picture_before", "View", "Picture before", "Let the picture before run through it.", ("Shift+N",)),
    Spec("choose_picture", "View", "Choose picture…", "Choose the picture that runs through the network.", ("P",)),
    Spec(
        "outline", "View", "Outline", "List the layers in order beside the canvas.", ("Ctrl+Shift+O",), "list", "", True
    ),
    Spec(
        "code",
        "View",
        "Python beside the canvas",
        "Show the network's source beside it; both follow the selection.",
        ("Ctrl+U",),
        "code",
        "",
        True,
    ),
    *(Spec(f"facts_{name}", "Facts", words, tip, needs="", checkable=True) for name, words, tip in FACTS),
    Spec("minimap", "View", "Minimap", "Show the whole network in the corner of the canvas.", (), "minimap", "", True),
    Spec(
        "save_picture",
        "View",
        "Export canvas as picture…",
        "Write the network, or what is selected, as a PNG or SVG file.",
        ("Ctrl+Shift+E",),
        "picture",
    ),
    Spec(
        "copy_picture",
        "View",
        "Copy canvas as picture",
        "Put a picture of what is selected, or of the whole network, on the clipboard.",
        ("Ctrl+Shift+C",),
    ),
)

ANYWHERE = frozenset({"actual_size", "zoom_in", "zoom_out", "arrange", "outline", "code"})
"""Actions whose keys work in the whole window; those of the others mean something else in lists and fields."""


def build(panel: CanvasPanel, handlers: dict[str, Callable[..., None]]) -> dict[str, QAction]:
    """One action for each of `SPECS`, connected, and added to the panel so that shortcuts work within it."""
    made: dict[str, QAction] = {}
    for spec in SPECS:
        action = QAction(spec.text, panel)
        action.setObjectName(f"canvas_{spec.name}")
        action.setStatusTip(spec.tip)
        action.setToolTip(spec.tip)
        action.setProperty("group", spec.group)
        action.setCheckable(spec.checkable)
        action.setShortcuts([QKeySequence(k) for k in spec.keys])
        near = Qt.ShortcutContext.WidgetWithChildrenShortcut
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut if spec.name in ANYWHERE else near)
        if spec.name in handlers:  # the others are switches, and who follows them listens to `toggled`
            action.triggered.connect(handlers[spec.name])
        panel.addAction(action)
        made[spec.name] = action
    return made


def enable(actions: dict[str, QAction], *, project: bool, edit: bool, selected: int) -> None:
    """Grey out what cannot be done now; so many layers are selected."""
    there = {
        "": True,
        "project": project,
        "edit": edit,
        "selection": selected > 0,
        "change": edit and selected > 0,
        "several": edit and selected > 1,
    }
    for spec in SPECS:
        actions[spec.name].setEnabled(there[spec.needs])


def tint(actions: dict[str, QAction], theme: Theme) -> None:
    """Draw the icons in the theme's colour."""
    for spec in SPECS:
        if spec.icon:
            actions[spec.name].setIcon(icon(spec.icon, theme))
