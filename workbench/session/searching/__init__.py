"""Searches over settings, and the folds of a data set, each as a series of ordinary runs."""
