"""Decisions about certificates: pure functions."""
