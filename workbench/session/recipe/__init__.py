"""The recipe of the open project: its settings by name, what is wrong with it, and its learning rate as a curve."""
