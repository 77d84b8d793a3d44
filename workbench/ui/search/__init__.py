"""Searching for better settings, and the folds of the data: set up, followed, and looked at afterwards."""
