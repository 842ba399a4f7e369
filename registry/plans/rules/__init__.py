"""Decisions about plans: pure functions."""
