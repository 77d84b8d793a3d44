"""The project as an immutable value: graph, data settings and recipe; edits, history, file format. No torch, no Qt."""
