"""The help texts, read in the window."""
