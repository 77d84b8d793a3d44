"""Taking the model along: formats, progress, and how each export did when it was run again on real pictures."""
