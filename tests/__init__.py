"""Tests of the workbench; mirrors the package."""
