"""The pictures themselves: found by class, split, name, size, loss; looked at, relabelled, moved, excluded."""
