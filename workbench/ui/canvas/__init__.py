"""The canvas: the network as cards and wires that a person arranges, wires up and reads."""

from workbench.ui.canvas.panel import CanvasPanel

__all__ = ["CanvasPanel"]
