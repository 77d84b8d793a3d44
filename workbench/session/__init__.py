"""The open project: edits, checks, data, runs, views and exports behind one object. Talks in messages, knows no Qt."""
