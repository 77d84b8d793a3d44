"""Every problem of the project, with its remedies."""
