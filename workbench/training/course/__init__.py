"""The course of a run around its steps: how it begins, validates, knows its best, and what ended it."""
