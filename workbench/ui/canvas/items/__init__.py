"""What stands in the canvas's scene: cards, wires, notes, the overview, and what shows only during a gesture."""
