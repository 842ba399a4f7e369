"""Decisions about the catalog: pure functions."""
