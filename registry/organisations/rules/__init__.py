"""Decisions about organisations: pure functions."""
