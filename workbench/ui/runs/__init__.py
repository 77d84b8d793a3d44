"""The runs of a project: a table to find, mark and delete them, what is known of one, and several side by side."""
