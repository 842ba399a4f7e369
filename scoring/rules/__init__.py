"""Decisions about marks and outcome: pure functions."""
